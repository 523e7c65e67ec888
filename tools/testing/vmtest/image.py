# SPDX-License-Identifier: GPL-2.0-or-later
"""The guest's root: what scripts/guest-image.sh builds, plus tests; or a root of
Debian's that scripts/debian-image.sh has built, on which tests are laid at boot."""

import itertools
import pathlib
import re
import shlex
import shutil
import subprocess

from errors import VmtestError

HERE = pathlib.Path(__file__).resolve().parent
BUILDER = HERE.parents[2] / "scripts" / "guest-image.sh"
# In the guest, tests lie below this directory at the host's paths.
TESTS_ROOT = "t"
RELATIVE = re.compile(r"(?:\.\./)+[\w.+/-]+")
# A test's directory may hold build products; nothing of that size is needed.
LARGEST_FILE = 16 << 20
# Far above that of a real test's directory, far below that of /tmp or a home.
LARGEST_DIRECTORY = 2000
# Seconds by a clock that counts instructions: while such a guest has none to run,
# minutes of it pass in a second of the host's. The host's limits hold.
ICOUNT_TIMEOUT = 10_000_000

# What of guest/ goes where: in each guest, in our own, in one of a distribution
RUNNER = {"agent": "vmtest/agent", "run-test": "vmtest/run-test",
          "vmhost": "usr/bin/vmhost", "vmreboot": "usr/bin/vmreboot"}
INIT = {"init": "init", "hotplug": "vmtest/hotplug",
        "vmsuspend": "usr/bin/vmsuspend", "vmkexec": "usr/bin/vmkexec"}
SERVICE = {"service": "vmtest/service",
           "vmtest.service": "etc/systemd/system/vmtest.service"}
WANTS = "etc/systemd/system/multi-user.target.wants/vmtest.service"


def build(kernel, modules, tests, spec, token, scratch):
    """Make the initramfs for some tests; its path."""
    tree = scratch / "tree"
    _install_runner(tree, RUNNER | INIT)
    _write_config(tree, tests, spec, token)
    for test in tests:
        _install_test(tree, test)
    if spec.kexec:
        shutil.copy(kernel.image, tree / "vmtest/vmlinuz")
    for directory in spec.add:
        shutil.copytree(directory, tree, dirs_exist_ok=True, symlinks=True)
    out = scratch / "initrd.cpio"
    argv = [str(BUILDER), "--add", str(tree)]
    if spec.python:
        argv.append("--python")
    for module in modules:
        argv += ["--module", str(module)]
    # Its own words on stderr are the error message.
    done = subprocess.run([*argv, str(kernel.directory), str(out)], check=False,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        raise VmtestError(done.stderr.strip() or "guest-image.sh failed")
    return out


def lay_on(image, tests, spec, token, scratch):
    """The initramfs of a distribution's image with what a run adds to its root: a
    script in there (debian-image.sh) copies what it finds in /vmtest-root."""
    tree = scratch / "tree"
    root = tree / "vmtest-root"
    _install_runner(root, RUNNER | SERVICE)
    link = root / WANTS
    link.parent.mkdir(parents=True)
    link.symlink_to("../vmtest.service")
    _write_config(root, tests, spec, token)
    for test in tests:
        _install_test(root, test)
        for directory in test.spec.root:
            shutil.copytree(test.path.parent / directory, root,
                            dirs_exist_ok=True, symlinks=True)
    out = scratch / "initrd"
    shutil.copy(image.initrd(spec.initrd), out)
    names = sorted(str(path.relative_to(tree)) for path in tree.rglob("*"))
    done = subprocess.run(["cpio", "-o", "-H", "newc", "-R", "0:0", "--quiet"],
                          cwd=tree, input="\n".join(names).encode(), check=True,
                          capture_output=True)
    with open(out, "ab") as file:
        # The kernel looks for another archive at a multiple of 4
        file.write(bytes(-file.tell() % 4) + done.stdout)
    return out


def _install_runner(tree, files):
    for name, target in files.items():
        path = tree / target
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(HERE / "guest" / name, path)
        path.chmod(0o755)


def _write_config(tree, tests, spec, token):
    directory = tree / "vmtest"
    # Leave the guest time to say why, before the host's limit.
    limit = spec.timeout - 30 if spec.timeout > 60 else max(spec.timeout // 2, 1)
    environment = {"VMTEST": "1", "VMTEST_QUEUE_PAIRS": spec.queue_pairs,
                   "VMTEST_SMP": spec.smp}
    if spec.icount:
        limit = environment["VMHOST_TIMEOUT"] = ICOUNT_TIMEOUT
    settings = {"token": token, "test_timeout": limit,
                "autoload": "yes" if spec.autoload else "no",
                "reboots": spec.reboots}
    _write_assignments(directory / "config", settings.items())
    _write_assignments(directory / "environment", [
        *environment.items(), *(item.split("=", 1) for item in spec.env)])
    (directory / "tests").write_text("".join(
        f"/{TESTS_ROOT}{test.path.parent} {test.name}\n" for test in tests))


def _write_assignments(path, pairs):
    path.write_text("".join(f"{key}={shlex.quote(str(value))}\n"
                            for key, value in pairs))


def _install_test(tree, test):
    """Copy a test's directory, and what lies beside it and is named in it."""
    root = tree / TESTS_ROOT
    directory = test.path.parent
    files = itertools.islice(directory.rglob("*"), LARGEST_DIRECTORY)
    if sum(1 for _ in files) == LARGEST_DIRECTORY or tree.is_relative_to(directory):
        raise VmtestError(f"{directory} is no directory for tests: the guest "
                          "gets a copy of it")
    _copy(directory, root)
    for extra in test.spec.files:
        path = (directory / extra).resolve()
        if not path.exists():
            raise VmtestError(f"{test.path}: files={extra}: no such file")
        _copy(path, root)
    waiting = [path for path in directory.iterdir() if path.is_file()]
    seen = set(waiting)
    while waiting:
        for path in _named_files(waiting.pop()):
            if path not in seen:
                seen.add(path)
                waiting.append(path)
                _copy(path, root)


def _named_files(script):
    """The existing files that a script names by a path with "../"."""
    if script.suffix not in (".sh", ".bash", ".py", ""):
        return
    if script.stat().st_size > 1 << 20:
        return
    for match in RELATIVE.finditer(script.read_text(errors="replace")):
        path = (script.parent / match[0]).resolve()
        if path.is_file():
            yield path


def _copy(path, root):
    target = root / path.relative_to("/")
    if path.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    else:
        shutil.copytree(path, target, dirs_exist_ok=True, ignore=_unwanted,
                        ignore_dangling_symlinks=True)


def _unwanted(directory, names):
    base = pathlib.Path(directory)
    return {name for name in names
            if name in (".git", "__pycache__") or name.endswith(".cmd")
            or (name.endswith(".o") and not name.endswith(".bpf.o"))
            or ((base / name).is_file()
                and (base / name).stat().st_size > LARGEST_FILE)}
