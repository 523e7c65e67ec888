# SPDX-License-Identifier: GPL-2.0-or-later
"""A distribution's own system, as scripts/debian-image.sh has installed it."""

import pathlib

from errors import VmtestError


class Image:
    """A directory with the root's file system and a kernel's initramfs, one for each
    program that makes them."""

    def __init__(self, directory):
        directory = pathlib.Path(directory)
        self.root = directory / "root.ext4"
        self._directory = directory
        try:
            self.name, self.release = (directory / "image").read_text(
                encoding="utf-8").split()
        except (OSError, ValueError) as error:
            raise VmtestError(f"no image in {directory} ({error})") from error

    def initrd(self, maker=None):
        """The initramfs that the distribution makes, or another program."""
        path = self._directory / (f"initrd-{maker}" if maker else "initrd")
        if not path.is_file():
            raise VmtestError(f"no {path}")
        return path

    def check(self, kernel):
        """Its modules are for one kernel only."""
        if self.release != kernel.release:
            raise VmtestError(f"{self.root} is for {self.release}, not for "
                              f"{kernel.release}")
