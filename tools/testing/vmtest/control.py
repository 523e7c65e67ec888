# SPDX-License-Identifier: GPL-2.0-or-later
"""The host's side of "vmhost": commands that a test sends over ttyS2.

A question is the line "ID COMMAND ARGUMENT...", the answer "ID ok TEXT" or
"ID err TEXT". README.md lists the commands.
"""

import json
import pathlib
import shlex
import threading

import traffic
from errors import VmtestError
from lab import GUEST_MAC, STANDBY_TAP, VF_TAP
from machine import PRIMARY_ID, ROOT_PORTS, STANDBY_ID
from procs import run
from qmp import QmpError

HOST_SCRIPTS = pathlib.Path(__file__).resolve().parent / "host"
UNPLUG_TIMEOUT = 30
SUSPEND_TIMEOUT = 120
SCRIPT_TIMEOUT = 150
# QEMU takes no multi-function device as a failover pair's primary: it would
# answer "ok", warn on stderr and never show the device.
UNPAIRABLE = ("igb",)
MARKS = {"yes": True, "on": True, "true": True,
         "no": False, "off": False, "false": False}


class CommandError(Exception):
    """A command failed; the text goes to the guest."""


FAILURES = (CommandError, QmpError, VmtestError, traffic.TrafficError)


def split_options(words):
    """Split "NAME=VALUE" and "opts K=V,..." words from positional ones."""
    plain, named = [], {}
    words = list(words)
    while words:
        word = words.pop(0)
        key, equals, value = word.partition("=")
        if word == "opts" and words:
            named["opts"] = words.pop(0)
        elif equals:
            named[key] = value
        else:
            plain.append(word)
    return plain, named


class Nics:
    """The NICs of a guest, each with a port and a tap of its own."""

    def __init__(self, qmp, lab, standby):
        self._qmp = qmp
        self._lab = lab
        self._standby = standby
        self._replaced = 0
        self.standby_id = STANDBY_ID
        self._slots = {PRIMARY_ID: 1}
        self._taps = {VF_TAP}

    def plug(self, model, named):
        """Add a device, or have QEMU keep it until the guest is ready for it."""
        ident = named.pop("id", PRIMARY_ID)
        tap = self._tap_of(ident, int(named.pop("queues", "1")))
        arguments = {"driver": model, "id": ident, "netdev": f"net-{tap}",
                     "bus": f"root{self._slots[ident]}", "romfile": "",
                     "mac": named.pop("mac", GUEST_MAC)}
        pairable = "failover" in self._standby and model not in UNPAIRABLE
        pair = named.pop("pair", "yes" if pairable else "no")
        if pair != "no":
            arguments["failover_pair_id"] = self.standby_id if pair == "yes" else pair
        arguments.update(self._typed(model, named.pop("opts", "")))
        if named:
            raise CommandError(f"unknown option {' '.join(named)}")
        self._qmp.command("device_add", arguments)

    def replace_standby(self, text, timeout):
        """Unplug the virtio NIC, and plug one with other options."""
        self.unplug(self.standby_id, timeout)
        # The id of a device from the command line stays taken.
        self._replaced += 1
        self.standby_id = f"{STANDBY_ID}-{self._replaced}"
        driver = self._standby["driver"]
        self._qmp.command("device_add", {
            **self._standby, "id": self.standby_id, **self._typed(driver, text)})

    def _tap_of(self, ident, queues):
        if ident not in self._slots:
            if len(self._slots) + 1 >= ROOT_PORTS:
                raise CommandError("no free slot")
            self._slots[ident] = len(self._slots) + 1
        number = self._slots[ident]
        tap = VF_TAP if number == 1 else f"{VF_TAP}{number}"
        if tap not in self._taps:
            self._lab.add_tap(tap, multi_queue=queues > 1)
            self._qmp.command("netdev_add", {
                "type": "tap", "id": f"net-{tap}", "ifname": tap, "queues": queues,
                "script": "no", "downscript": "no", "vhost": False})
            self._taps.add(tap)
        return tap

    def _typed(self, model, text):
        """Options as JSON values: newer QEMUs take no string for a number."""
        if not text:
            return {}
        listed = self._qmp.command("device-list-properties", {"typename": model})
        types = {item["name"]: item["type"] for item in listed}
        result = {}
        for word in text.split(","):
            key, _, value = word.partition("=")
            kind = types.get(key, "str")
            if kind in ("bool", "boolean"):
                result[key] = MARKS.get(value, value)
            elif kind.startswith(("int", "uint", "size")):
                result[key] = int(value, 0)
            else:
                result[key] = value
        return result

    def unplug(self, ident, timeout):
        """Ask the guest to let a device go, and wait until it did."""
        since = self._qmp.position()
        self._qmp.command("device_del", {"id": ident})
        gone = self._qmp.wait_event(
            lambda event: event["event"] == "DEVICE_DELETED"
            and event["data"].get("device") == ident, since, timeout)
        if gone is None:
            raise CommandError(f"{ident} is still there after {timeout} s")


class Reboots:
    """Lets the guest reboot after it asked, and N times at most.

    Any other reset, as that of a panic, ends QEMU (machine.py: -no-reboot).
    """

    def __init__(self, qmp, allowed):
        self._qmp = qmp
        self._allowed = allowed
        self._asked = 0

    def allow_next(self):
        """Let resets be a reboot, until the next boot's init asks for its number.

        QEMU tells of two or three resets then: SeaBIOS resets once more.
        """
        self.count()
        self._qmp.command("set-action", {"reboot": "reset"})

    def count(self):
        """Another boot, for which the machine need not be reset: kexec."""
        if self._asked >= self._allowed:
            raise CommandError(f"no reboot left (reboots={self._allowed})")
        self._asked += 1

    def begin_boot(self):
        """The number of this boot."""
        self._qmp.command("set-action", {"reboot": "shutdown"})
        return self._asked


class Sleep:
    """What to do while the guest is suspended and cannot ask for anything."""

    def __init__(self, qmp, execute):
        self._qmp = qmp
        self._execute = execute
        self._thread = None
        self._answers = None
        self._error = None

    def prepare(self, words):
        """When the guest sleeps: execute commands, "+" between them; wake it."""
        if self._thread:
            raise CommandError("there is a wake-up already")
        commands = [text.split() for text in " ".join(words).split("+")]
        self._answers, self._error = [], None
        self._thread = threading.Thread(
            target=self._run, daemon=True,
            args=([words for words in commands if words], self._qmp.position()))
        self._thread.start()

    def wait(self):
        """The commands' answers, after the wake-up."""
        if not self._thread:
            raise CommandError("no wake-up was asked for")
        self._thread.join()
        self._thread = None
        if self._error:
            raise self._error
        return " ".join(answer for answer in self._answers if answer)

    def _run(self, commands, since):
        try:
            self._execute_asleep(commands, since)
        except FAILURES as error:
            self._error = error

    def _execute_asleep(self, commands, since):
        if not self._qmp.wait_event(lambda event: event["event"] == "SUSPEND",
                                    since, SUSPEND_TIMEOUT):
            raise CommandError(f"not asleep after {SUSPEND_TIMEOUT} s")
        try:
            for name, *arguments in commands:
                self._answers.append(self._execute(name, arguments))
        finally:
            self._qmp.command("system_wakeup")


class ControlServer:
    """Answers the guest's commands, one after the other."""

    def __init__(self, sock, qmp, lab, processes, out, log, standby, reboots=0):
        self._socket = sock
        self._qmp = qmp
        self._lab = lab
        self._processes = processes
        self._out = pathlib.Path(out)
        self._log = log
        self._nics = Nics(qmp, lab, standby)
        self._reboots = Reboots(qmp, reboots)
        self._sleep = Sleep(qmp, self._execute)
        self._iperf = traffic.Iperf(processes, lab.namespace, self._out)
        self._captures = traffic.Captures(processes, lab.namespace, self._out)

    def start(self):
        """Serve in the background until the socket is closed."""
        threading.Thread(target=self._serve, daemon=True).start()

    def plug(self, text):
        """Execute a plug command for the runner itself."""
        self._do_plug(text.split())

    def _serve(self):
        with self._socket.makefile("rw", encoding="utf-8", errors="replace",
                                   newline="\n") as stream:
            try:
                for line in stream:
                    answer = self._answer(line)
                    if answer:
                        stream.write(answer + "\n")
                        stream.flush()
            except (OSError, ValueError):
                pass  # the guest is gone

    def _answer(self, line):
        words = line.split()
        if len(words) < 2:
            return None
        ident, name, *arguments = words
        self._log.write("vmhost> " + line.strip())
        try:
            text = self._execute(name, arguments)
            answer = f"{ident} ok {text}" if text else f"{ident} ok"
        except FAILURES as error:
            answer = f"{ident} err {error}"
        answer = " ".join(answer.split("\n"))
        self._log.write("vmhost< " + answer)
        return answer

    def _execute(self, name, arguments):
        """The answer of a command, which may be None."""
        method = getattr(self, "_do_" + name.replace("-", "_"), None)
        if not method:
            raise CommandError(f"unknown command {name}")
        try:
            return method(arguments)
        except (ValueError, KeyError, IndexError, TypeError) as error:
            raise CommandError(f"bad or missing argument ({error!r})") from error

    def _tap(self, name):
        tap = {"vf": VF_TAP, "standby": STANDBY_TAP}.get(name, name)
        if not self._lab.has_tap(tap):
            raise CommandError(f"no datapath {name}")
        return tap

    # The commands. Each takes the list of arguments and returns the answer.

    def _do_plug(self, words):
        plain, named = split_options(words)
        if len(plain) != 1:
            raise CommandError("usage: plug MODEL [id=ID] [pair=yes|no|ID] "
                               "[mac=MAC] [queues=N] [opts K=V,...]")
        self._nics.plug(plain[0], named)

    def _do_unplug(self, words):
        plain, named = split_options(words)
        ident = plain[0] if plain else named.get("id", PRIMARY_ID)
        self._nics.unplug(ident, float(named.get("timeout", UNPLUG_TIMEOUT)))

    def _do_unplug_async(self, words):
        plain, named = split_options(words)
        ident = plain[0] if plain else named.get("id", PRIMARY_ID)
        self._qmp.command("device_del", {"id": ident})

    def _do_standby(self, words):
        _, named = split_options(words)
        self._nics.replace_standby(named.get("opts", ""),
                                   float(named.get("timeout", UNPLUG_TIMEOUT)))

    def _do_link(self, words):
        if len(words) != 2 or words[1] not in MARKS:
            raise CommandError("usage: link standby|vf|ID on|off")
        name, state = words
        ident = {"vf": PRIMARY_ID, "standby": self._nics.standby_id}.get(name, name)
        self._qmp.command("set_link", {"name": ident, "up": MARKS[state]})

    def _do_path(self, words):
        self._lab.set_path(None if words[0] == "auto" else self._tap(words[0]))

    def _do_counters(self, words):
        return " ".join(map(str, self._lab.counters(self._tap(words[0]))))

    def _do_iperf_server(self, words):
        action = {"start": self._iperf.start_servers,
                  "stop": self._iperf.stop_servers}[words[0]]
        return action()

    def _do_iperf_client(self, words):
        return self._iperf.start_client(words)

    def _do_iperf_wait(self, words):
        return self._iperf.wait_client(words[0] if words else None)

    def _do_capture(self, words):
        action, *rest = words
        if action == "start":
            self._captures.start(self._tap(rest[0]), rest[1:])
            return None
        if action == "stop":
            return self._captures.stop(self._tap(rest[0]) if rest else None)
        raise CommandError("usage: capture start vf|standby [in|out] [FILTER], "
                           "capture stop [vf|standby]")

    def _do_run(self, words):
        name, *arguments = words
        script = HOST_SCRIPTS / name
        if "/" in name or not script.is_file():
            raise CommandError(f"no host script {name}")
        namespace = self._lab.namespace
        settings = {"VMTEST_NS": namespace, "VMTEST_OUT": self._out,
                    "VMTEST_STANDBY": STANDBY_TAP, "VMTEST_VF": VF_TAP,
                    "VMTEST_MAC": GUEST_MAC}
        return run(["setpriv", "--pdeathsig", "KILL",
                    "nsenter", f"--net=/run/netns/{namespace}", "env",
                    *(f"{key}={value}" for key, value in settings.items()),
                    str(script), *arguments], timeout=SCRIPT_TIMEOUT).strip()

    def _do_sleep_until_event(self, words):
        name, timeout = words[0], float(words[1]) if len(words) > 1 else 30
        event = self._qmp.next_event(name, timeout)
        if event is None:
            raise CommandError(f"no event {name} in {timeout:g} s")
        return json.dumps(event)

    def _do_qmp(self, words):
        return json.dumps(self._qmp.request(json.loads(" ".join(words))))

    def _do_wake(self, words):
        self._sleep.prepare(words)

    def _do_woken(self, _words):
        return self._sleep.wait()

    def _do_reboot(self, _words):
        self._reboots.allow_next()

    def _do_kexec(self, _words):
        self._reboots.count()

    def _do_begin_boot(self, _words):
        return str(self._reboots.begin_boot())

    def _do_log(self, words):
        self._log.write("guest: " + shlex.join(words))
