# SPDX-License-Identifier: GPL-2.0-or-later
"""What a test asks for: the "# vmtest: key=value ..." lines of its header.

Spec is for its guest, Needs for who plans the guests of many tests.
"""

import dataclasses
import pathlib
import re
import shlex

from errors import VmtestError

HEADER = re.compile(r"#\s*vmtest:(.*)")


def _flag(text):
    values = {"on": True, "yes": True, "off": False, "no": False}
    if text not in values:
        raise ValueError("is not on/off")
    return values[text]


def _count(text):
    number = int(text)
    if number < 1:
        raise ValueError("is not positive")
    return number


@dataclasses.dataclass
class Spec:
    """Settings of one guest. None means: not asked for, the default holds."""

    smp: int = None
    memory: int = None
    queue_pairs: int = None
    timeout: int = None
    qemu: int = None
    target_qemu: int = None
    vf: str = None
    vf_boot: str = None
    failover: bool = None
    autoload: bool = None
    icount: bool = None
    reboots: int = None
    kexec: bool = None
    suspend: bool = None
    native_hotplug: bool = None
    python: bool = None
    image: str = None
    initrd: str = None
    dhcp: bool = None
    iscsi: bool = None
    virtio_opts: list = dataclasses.field(default_factory=list)
    append: list = dataclasses.field(default_factory=list)
    env: list = dataclasses.field(default_factory=list)
    allow: list = dataclasses.field(default_factory=list)
    files: list = dataclasses.field(default_factory=list)
    root: list = dataclasses.field(default_factory=list)
    # Not for headers: where it is depends on who calls.
    add: list = dataclasses.field(default_factory=list)

    def override(self, other):
        """A copy in which all that other sets wins."""
        result = dataclasses.replace(self)
        for field in dataclasses.fields(self):
            ours, theirs = getattr(self, field.name), getattr(other, field.name)
            if isinstance(ours, list):
                setattr(result, field.name, ours + theirs)
            elif theirs is not None:
                setattr(result, field.name, theirs)
        return result

    def join(self, other):
        """The settings of a guest that runs the tests of both."""
        result = dataclasses.replace(self)
        for field in dataclasses.fields(self):
            ours, theirs = getattr(self, field.name), getattr(other, field.name)
            if isinstance(ours, list):
                value = ours + [item for item in theirs if item not in ours]
            elif ours is None or theirs is None or ours == theirs:
                value = theirs if ours is None else ours
            elif field.name == "timeout":
                value = ours + theirs
            elif field.name in ("smp", "memory", "queue_pairs", "qemu",
                                "target_qemu"):
                value = max(ours, theirs)
            else:
                raise VmtestError("--together: the tests ask for different "
                                  f"{field.name.replace('_', '-')}")
            setattr(result, field.name, value)
        return result

    def complete(self):
        """A copy with the defaults filled in."""
        defaults = Spec(smp=2, memory=1024, queue_pairs=1, timeout=300,
                        failover=True, autoload=True, icount=False,
                        reboots=0, kexec=False, suspend=False,
                        native_hotplug=False, python=False, dhcp=False,
                        iscsi=False)
        return defaults.override(self)


PARSERS = {
    "smp": _count, "memory": _count, "queue-pairs": _count, "timeout": _count,
    "qemu": _count, "target-qemu": _count, "vf": str, "vf-boot": str, "failover": _flag,
    "autoload": _flag, "icount": _flag, "virtio-opts": str, "append": str,
    "env": str, "allow": re.compile, "files": str, "reboots": _count,
    "kexec": _flag, "suspend": _flag, "native-hotplug": _flag, "python": _flag,
    "image": str, "initrd": str, "dhcp": _flag, "iscsi": _flag, "root": str,
}


@dataclasses.dataclass
class Needs:
    """What a test asks of a plan; plan.py does it."""

    alone: bool = False
    qemu_matters: bool = False
    kernel_tests: bool = False
    built_in: bool = False
    debug: bool = True
    turns: int = 1
    newest: bool = False
    skips: list = dataclasses.field(default_factory=list)


NEEDS = {
    "alone": _flag, "qemu-matters": _flag, "kernel-tests": _flag,
    "built-in": _flag, "debug": _flag, "turns": _count, "newest": _flag,
    "skips": re.compile,
}


def set_key(spec, needs, key, text):
    """Take one "key=value" of a header."""
    for parsers, target in ((PARSERS, spec), (NEEDS, needs)):
        if key in parsers:
            break
    else:
        raise ValueError(f"unknown key '{key}'")
    name = key.replace("-", "_")
    try:
        value = parsers[key](text)
    except (ValueError, re.error) as error:
        raise ValueError(f"{key}={text}: {error}") from error
    if isinstance(getattr(target, name), list):
        getattr(target, name).append(value)
    else:
        setattr(target, name, value)


class Test:
    """One test script on the host."""

    def __init__(self, path):
        self.path = pathlib.Path(path).resolve()
        self.name = self.path.name
        if not self.path.is_file():
            raise VmtestError(f"no test {path}")
        self.spec = Spec()
        self.needs = Needs()
        self._read_header()

    def _read_header(self):
        lines = self.path.read_text("utf-8", "replace").splitlines()
        for number, line in enumerate(lines, 1):
            if line and not line.startswith("#"):
                break
            match = HEADER.match(line)
            if not match:
                continue
            try:
                for word in shlex.split(match[1]):
                    key, equals, value = word.partition("=")
                    if not equals:
                        raise ValueError(f"'{word}' is not key=value")
                    set_key(self.spec, self.needs, key, value)
            except ValueError as error:
                raise VmtestError(f"{self.path}:{number}: {error}") from error

    def __str__(self):
        return self.name
