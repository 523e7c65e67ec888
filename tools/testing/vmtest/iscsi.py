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
    # A download, the first time
    programs = pathlib.Path(run([os.fspath(FETCH)], timeout=300).strip()) / "usr/sbin"
    disk = scratch / "disk"
    run(["cp", "--sparse=always", os.fspath(root), os.fspath(disk)])
    settings = {"TGT_IPC_SOCKET": os.fspath(scratch / "tgt")}
    words = out / "tgtd.log"
    with open(words, "w", encoding="utf-8") as output:
        child = processes.start(
            [os.fspath(programs / "tgtd"), "--foreground", "--iscsi",
             f"portal={PORTAL}"],
            namespace, settings, stdout=output, stderr=subprocess.STDOUT)
    try:
        wait_for_text(words, "bs_init", child)
    except TrafficError as error:
        raise VmtestError(str(error)) from error
    tgtadm = ["env", *(f"{key}={value}" for key, value in settings.items()),
              os.fspath(programs / "tgtadm"), "--lld", "iscsi", "--tid", "1", "--op"]
    run([*tgtadm, "new", "--mode", "target", "--targetname", TARGET])
    run([*tgtadm, "new", "--mode", "logicalunit", "--lun", "1",
         "--backing-store", os.fspath(disk)])
    run([*tgtadm, "bind", "--mode", "target", "--initiator-address", "ALL"])
