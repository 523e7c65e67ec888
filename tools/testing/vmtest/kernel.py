# SPDX-License-Identifier: GPL-2.0-or-later
"""The guest's kernel: its image, its release, and what QEMU boots of it."""

import hashlib
import lzma
import os
import pathlib
import struct
import subprocess
import tempfile

from errors import VmtestError

# Documentation/arch/x86/boot.rst: where the boot protocol has its fields, and
# what its version pointer counts from.
MAGIC, VERSION, SETUP_SECTS, PAYLOAD_OFFSET = 0x202, 0x20e, 0x1f1, 0x248
POINTER_BASE, SECTOR = 0x200, 512
XZ, ZSTD = b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd"
# The entry that QEMU's -kernel takes of an ELF file: the note PHYS32_ENTRY (18)
# of Xen, include/xen/interface/elfnote.h, with 4 or 8 bytes of address.
PVH_NOTES = [struct.pack("<III", 4, size, 18) + b"Xen\0" for size in (4, 8)]


def _cache():
    """The cache that guest-image.sh has, too."""
    home = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(os.environ.get("VMTEST_CACHE")
                        or pathlib.Path(home) / "vmtest")


class Kernel:
    """A kernel directory: an unpacked Debian package, or vmlinuz + lib/modules."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        if not self.directory.is_dir():
            raise VmtestError(f"no kernel directory {directory}")
        images = [self.directory / "vmlinuz"]
        if not images[0].exists():
            images = sorted(self.directory.glob("boot/vmlinuz-*"))
        if len(images) != 1:
            raise VmtestError(f"{directory} needs one vmlinuz or boot/vmlinuz-*, "
                              f"it has {len(images)}")
        self.image = images[0]
        self._content = self.image.read_bytes()
        if self._content[MAGIC:MAGIC + 4] != b"HdrS":
            raise VmtestError(f"{self.image} is not a bzImage")

    @property
    def release(self):
        """What "uname -r" says in the guest."""
        offset, = struct.unpack_from("<H", self._content, VERSION)
        start = POINTER_BASE + offset
        text = self._content[start:start + 256].split(b"\0")[0]
        return text.split(b" ")[0].decode()

    def to_boot(self, may_suspend):
        """What QEMU boots: the kernel unpacked, since an emulated CPU takes
        seconds for that; the image itself if it is packed in a way that Debian
        does not use, or has no entry for QEMU. So it is for guests that suspend
        to RAM: QEMU puts an ELF file into memory again at each reset, and has
        one at a wake-up."""
        if may_suspend:
            return self.image
        cache = _cache()
        digest = hashlib.sha256(self._content).hexdigest()
        path = cache / f"vmlinux-{digest[:16]}"
        try:
            # What is in use stays in the cache (guest-image.sh).
            os.utime(path)
            return path
        except FileNotFoundError:
            unpacked = self._unpack()
        if not any(note in unpacked for note in PVH_NOTES):
            return self.image
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=cache, prefix="work.",
                                         delete=False) as file:
            file.write(unpacked)
        os.rename(file.name, path)
        return path

    def _unpack(self):
        payload = self._payload()
        try:
            if payload.startswith(XZ):
                return lzma.LZMADecompressor().decompress(payload)
            if payload.startswith(ZSTD):
                # Behind the stream is its size.
                return subprocess.run(["zstd", "-dcq"], input=payload[:-4],
                                      check=True, capture_output=True).stdout
        except (lzma.LZMAError, subprocess.CalledProcessError) as error:
            raise VmtestError(f"cannot unpack {self.image}: {error}") from error
        return b""

    def _payload(self):
        offset, length = struct.unpack_from("<II", self._content, PAYLOAD_OFFSET)
        offset += (self._content[SETUP_SECTS] + 1) * SECTOR
        return self._content[offset:offset + length]
