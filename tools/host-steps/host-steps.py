#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a host does around the failover of a guest, step by step.

QEMU must have a monitor on a socket (-qmp unix:PATH,server=on,wait=off), and
its virtio NIC failover=on. Either NIC's place on the wire is told by the ports
of a bridge, or by a physical function and the number of its VF.
"""

import argparse
import pathlib
import socket
import sys

from hoststeps import macfilter, migration, pair
from hoststeps.errors import StepError
from hoststeps.qmp import QmpClient


class Words:
    """The monitor's talk, on demand."""

    def __init__(self, verbose):
        self._verbose = verbose

    def write(self, text):
        """One line of it."""
        if self._verbose:
            print(text, file=sys.stderr)


def parse_arguments(argv):
    """The options and the step."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--qmp", required=True, metavar="PATH",
                        help="socket of QEMU's monitor")
    parser.add_argument("--mac", required=True, help="of the virtio NIC and the VF")
    parser.add_argument("--bridge", metavar="DEV")
    parser.add_argument("--netns", metavar="NAME", help="where the bridge is")
    parser.add_argument("--standby-port", metavar="DEV", help="of the bridge")
    parser.add_argument("--vf-port", metavar="DEV", help="of the bridge")
    parser.add_argument("--pf", metavar="DEV")
    parser.add_argument("--vf", type=int, metavar="N", help="of the PF")
    parser.add_argument("--standby-id", default=pair.STANDBY_ID, metavar="ID")
    parser.add_argument("--primary-id", default=pair.PRIMARY_ID, metavar="ID")
    parser.add_argument("--timeout", type=float, default=pair.ANNOUNCE_TIMEOUT,
                        metavar="S", help="for the guest's part of the step (60)")
    parser.add_argument("-v", "--verbose", action="store_true")
    steps = parser.add_subparsers(dest="step", required=True, metavar="STEP")

    def step(name, text, function):
        sub = steps.add_parser(name, help=text)
        sub.set_defaults(function=function)
        return sub

    step("unplug", "deliver to standby, then unplug the VF", do_unplug)
    sub = step("plug", "plug a VF, deliver to it when the guest uses it", do_plug)
    sub.add_argument("device", metavar="DRIVER[,K=V..]")
    sub = step("migrate", "deliver to standby, then migrate; back if that fails",
               do_migrate)
    sub.add_argument("uri")
    sub = step("receive", "for a QEMU with -incoming defer: wait for the guest, "
               "and deliver to its new VF", do_receive)
    sub.add_argument("uri")
    sub.add_argument("device", nargs="?", metavar="DRIVER[,K=V..]")
    step("go-on", "run a guest whose migration completed, to a file, here",
         do_go_on)
    options = parser.parse_args(argv)
    if bool(options.bridge) == bool(options.pf):
        parser.error("either --bridge or --pf")
    if options.bridge and not (options.standby_port and options.vf_port):
        parser.error("--bridge needs --standby-port and --vf-port")
    if options.pf and options.vf is None:
        parser.error("--pf needs --vf")
    return options


def make_filter(options):
    """The filter that the options tell of."""
    if options.pf:
        return macfilter.PfFilter(options.mac, options.pf, options.vf)
    return macfilter.BridgeFilter(
        options.mac, options.bridge,
        {macfilter.VF: options.vf_port, macfilter.STANDBY: options.standby_port},
        options.netns)


def device_of(qmp, text):
    """Driver and properties of "DRIVER,K=V,..."."""
    driver, _, rest = text.partition(",")
    return driver, pair.typed_properties(qmp, driver, rest)


def do_unplug(options, _qmp, vf, _mac_filter):
    """Step unplug."""
    vf.unplug(options.timeout)


def do_plug(options, qmp, vf, _mac_filter):
    """Step plug."""
    vf.plug(*device_of(qmp, options.device), options.timeout)


def do_migrate(options, qmp, vf, mac_filter):
    """Step migrate, at the source."""
    mac_filter.move(macfilter.STANDBY)
    attempt = migration.Migration(qmp)
    try:
        attempt.start(options.uri)
        attempt.unplugged(options.timeout)
    except StepError:
        mac_filter.move(macfilter.VF)
        raise
    # However long it takes: the guest runs, and the filter is where it listens.
    attempt.wait((), None)
    report = attempt.report()
    print(report)
    if report.status == "completed":
        mac_filter.release()
        return
    where = "by its VF"
    if not attempt.asked_to_unplug():
        mac_filter.move(macfilter.VF)
    elif mac_filter.gives_mac:
        # QEMU has plugged the VF again, before it could have its MAC.
        vf.unplug(options.timeout)
        where = "by standby, plug its VF"
    else:
        with vf.followed(options.timeout):
            pass
    raise StepError(f"migration {report.status}, the guest goes on here {where}")


def do_receive(options, qmp, vf, mac_filter):
    """Step receive, at the target."""
    # Until it is here, the guest is reached elsewhere.
    mac_filter.release()
    if not options.device:
        come_in(options.uri, qmp, mac_filter)
        return
    vf.offer(*device_of(qmp, options.device))
    with vf.followed(options.timeout):
        come_in(options.uri, qmp, mac_filter)


def come_in(uri, qmp, mac_filter):
    """Wait for the guest, and deliver to its standby."""
    since = qmp.position()
    qmp.command("migrate-incoming", {"uri": uri})
    qmp.wait_event(lambda event: event["event"] == "RESUME", since, None)
    if not mac_filter.gives_mac:
        mac_filter.move(macfilter.STANDBY)


def do_go_on(options, qmp, vf, _mac_filter):
    """Step go-on."""
    with vf.followed(options.timeout):
        migration.go_on_here(qmp)


def main(argv):
    """The exit status: 0 done, 1 the step failed, 2 wrong use."""
    options = parse_arguments(argv)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            try:
                sock.connect(str(pathlib.Path(options.qmp)))
            except OSError as error:
                raise StepError(f"{options.qmp}: {error.strerror}") from error
            qmp = QmpClient(sock, Words(options.verbose))
            qmp.open()
            mac_filter = make_filter(options)
            vf = pair.Pair(qmp, mac_filter, options.standby_id, options.primary_id)
            options.function(options, qmp, vf, mac_filter)
            qmp.close()
    except StepError as error:
        print(f"host-steps: {options.step}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
