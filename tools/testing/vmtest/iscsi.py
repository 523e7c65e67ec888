# SPDX-License-Identifier: GPL-2.0-or-later
"""A disk on the host's side of the wire, by iSCSI: the root of a guest that has
none of its own."""

import os
import pathlib
import subprocess

from errors import VmtestError
from procs import run
from traffic import TrafficError, wait_for_text

FETCH = pathlib.Path(__file__).resolve().parents[3] / "scripts" / "fetch-tgt.sh"
PORTAL = "192.0.2.1:3260"
TARGET = "iqn.2018-01.example:root"


def serve(processes, namespace, root, scratch, out):
    """Give out a copy of root, which is gone with the guest."""
    done = subprocess.run([os.fspath(FETCH)], check=False, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True)
    if done.returncode:
        raise VmtestError(done.stderr.strip() or f"{FETCH.name} failed")
    programs = pathlib.Path(done.stdout.strip()) / "usr/sbin"
    disk = scratch / "disk"
    run(["cp", "--sparse=always", os.fspath(root), os.fspath(disk)])
    environment = {"TGT_IPC_SOCKET": os.fspath(scratch / "tgt")}
    words = out / "tgtd.log"
    with open(words, "w", encoding="utf-8") as output:
        child = processes.start(
            [os.fspath(programs / "tgtd"), "--foreground", "--iscsi",
             f"portal={PORTAL}"],
            namespace, environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        wait_for_text(words, "bs_init", child)
    except TrafficError as error:
        raise VmtestError(str(error)) from error
    for words in (["new", "--mode", "target", "--targetname", TARGET],
                  ["new", "--mode", "logicalunit", "--lun", "1", "--backing-store",
                   os.fspath(disk)],
                  ["bind", "--mode", "target", "--initiator-address", "ALL"]):
        run(["env", *(f"{key}={value}" for key, value in environment.items()),
             os.fspath(programs / "tgtadm"), "--lld", "iscsi", "--tid", "1",
             "--op", *words])
