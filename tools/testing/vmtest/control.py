# SPDX-License-Identifier: GPL-2.0-or-later
"""The host's side of "vmhost": commands that a test sends over ttyS2.

A question is the line "ID COMMAND ARGUMENT...", the answer "ID ok TEXT" or
"ID err TEXT". README.md lists the commands.
"""

import json
import pathlib
import shlex
import threading
import time

import traffic
from errors import CommandError, StepError
from hoststeps import migration
from hoststeps.pair import PRIMARY_ID, UNPLUG_TIMEOUT, Pair
from lab import GUEST_MAC
from procs import run

HOST_SCRIPTS = pathlib.Path(__file__).resolve().parent / "host"
ABSENCE_TIMEOUT = 120
SCRIPT_TIMEOUT = 150
RESUME_TIMEOUT = 30
MARKS = {"yes": True, "on": True, "true": True,
         "no": False, "off": False, "false": False}
FAILURES = (StepError, traffic.TrafficError)


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


def split_sequence(words):
    """The commands between "+" words."""
    commands = [[]]
    for word in words:
        if word == "+":
            commands.append([])
        else:
            commands[-1].append(word)
    return [command for command in commands if command]


class Reboots:
    """Lets the guest reboot after it asked, and N times at most.

    Any other reset, as that of a panic, ends QEMU (machine.py: -no-reboot).
    """

    def __init__(self, vms, allowed):
        self._vms = vms
        self._allowed = allowed
        self._asked = 0

    def allow_next(self):
        """Let resets be a reboot, until the next boot's init asks for its number.

        QEMU tells of two or three resets then: SeaBIOS resets once more.
        """
        self.count()
        self._vms.current.qmp.command("set-action", {"reboot": "reset"})

    def count(self):
        """Another boot, for which the machine need not be reset: kexec."""
        if self._asked >= self._allowed:
            raise CommandError(f"no reboot left (reboots={self._allowed})")
        self._asked += 1

    def begin_boot(self):
        """The number of this boot."""
        self._vms.current.qmp.command("set-action", {"reboot": "shutdown"})
        return self._asked


class Absence:
    """What to do while the guest cannot ask for anything: it is suspended, or on
    its way from one kernel to the next."""

    def __init__(self, vms, execute):
        self._vms = vms
        self._execute = execute
        self._thread = None
        self._answers = None
        self._error = None

    def prepare(self, event, words, delay=0, end=None):
        """Execute commands, "+" between them, so many seconds after QEMU's next
        event of that name, and then a command of QEMU's."""
        if self._thread:
            raise CommandError("something is to be done already")
        self._answers, self._error = [], None
        self._thread = threading.Thread(
            target=self._run, daemon=True,
            args=(event, self._vms.current.qmp.position(), delay,
                  split_sequence(words), end))
        self._thread.start()

    def wait(self):
        """The commands' answers, when all is done."""
        if not self._thread:
            raise CommandError("nothing was asked for")
        self._thread.join()
        self._thread = None
        if self._error:
            raise self._error
        return " ".join(answer for answer in self._answers if answer)

    def _run(self, *arguments):
        try:
            self._execute_absent(*arguments)
        except FAILURES as error:
            self._error = error

    def _execute_absent(self, event, since, delay, commands, end):
        qmp = self._vms.current.qmp
        if not qmp.wait_event(lambda item: item["event"] == event, since,
                              ABSENCE_TIMEOUT):
            raise CommandError(f"no {event} within {ABSENCE_TIMEOUT} s")
        time.sleep(delay)
        try:
            for name, *arguments in commands:
                self._answers.append(self._execute(name, arguments))
        finally:
            if end:
                qmp.command(end)


class Stalls:
    """A host with so much else to do that the guest runs for a moment only,
    again and again. Its clock runs on."""

    def __init__(self, vms):
        self._vms = vms
        self._over = threading.Event()
        self._thread = None

    def begin(self, wait, go):
        """Seconds for which it has to wait, and for which it runs before that."""
        if self._thread:
            raise CommandError("it stalls already")
        self._over.clear()
        self._thread = threading.Thread(target=self._alternate, daemon=True,
                                        args=(wait, go))
        self._thread.start()

    def end(self):
        """Let it run as it likes."""
        if not self._thread:
            raise CommandError("it does not stall")
        self._over.set()
        self._thread.join()
        self._thread = None

    def _alternate(self, wait, go):
        while not self._over.wait(go):
            vm = self._vms.current
            vm.suspend()
            self._over.wait(wait)
            vm.resume()


class ControlServer:
    """Answers the guest's commands, one after the other."""

    def __init__(self, vms, lab, processes, out, log, spec):
        self._vms = vms
        self._lab = lab
        self._out = pathlib.Path(out)
        self._log = log
        self._reboots = Reboots(vms, spec.reboots)
        self._stalls = Stalls(vms)
        self._absence = Absence(vms, self._execute)
        self._may_suspend = spec.suspend
        self._iperf = traffic.Iperf(processes, lab.namespace, self._out)
        self._captures = traffic.Captures(processes, lab.namespace, self._out)
        self._pings = traffic.Pings(processes, lab.namespace, self._out)
        self._sequence = traffic.Sequence(processes, lab.namespace, self._out)

    @property
    def _qmp(self):
        return self._vms.current.qmp

    @property
    def _nics(self):
        return self._vms.current.nics

    def start(self):
        """Serve in the background until the guest's end."""
        threading.Thread(target=self._serve_to_the_end, daemon=True).start()

    def _serve_to_the_end(self):
        self._serve()
        # What this thread started dies with it (procs.py: pdeathsig), the
        # guest's QEMU after a migration too.
        self._vms.current.child.wait()

    def plug(self, text):
        """Execute a plug command for the runner itself."""
        self._do_plug(text.split())

    def _serve(self):
        """A question may be cut in two by a migration: its first part is in the
        source, which ends before we read what the guest wrote elsewhere."""
        vm, rest = self._vms.current, b""
        while True:
            try:
                data = vm.control.recv(4096)
            except OSError:
                return
            if not data:
                if vm is self._vms.current:
                    return
                vm = self._vms.current
                continue
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                self._reply(self._answer(line.decode(errors="replace")))

    def _reply(self, answer):
        if not answer:
            return
        try:
            self._vms.current.control.sendall(answer.encode() + b"\n")
        except OSError:
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
        self._nics.request_unplug(plain[0] if plain else named.get("id", PRIMARY_ID))

    def _do_standby(self, words):
        _, named = split_options(words)
        self._nics.replace_standby(named.get("opts", ""),
                                   float(named.get("timeout", UNPLUG_TIMEOUT)))

    def _do_step(self, words):
        """Plug or unplug with the filter in step, as hosts should."""
        plain, named = split_options(words)
        timeout = float(named.pop("timeout", UNPLUG_TIMEOUT))
        pair = Pair(self._qmp, self._nics.filter())
        if plain == ["unplug"]:
            pair.unplug(timeout)
            self._nics.forget(PRIMARY_ID)
        elif plain[0] == "plug" and len(plain) == 2:
            with pair.followed(timeout):
                self._nics.plug(plain[1], named)
        else:
            raise CommandError("usage: step unplug, step plug MODEL [opts K=V,...]")

    def _do_target(self, words):
        plain, named = split_options(words)
        self._vms.add_target(named.get("vf"), named.get("qemu", "same"),
                             plain != ["bare"])

    def _do_kill_target(self, _words):
        self._vms.drop_target()

    def _do_migrate(self, words):
        _, named = split_options(words)
        self._do_migrate_start(words)
        self._vms.migration.finish(float(named.get("timeout", UNPLUG_TIMEOUT)))
        return self._arrive()

    def _do_migrate_start(self, words):
        _, named = split_options(words)
        self._vms.migrate(named.get("uri"))

    def _do_migrate_until(self, words):
        state, timeout = words[0], float(words[1]) if len(words) > 1 else 30
        reached = self._vms.migration.wait((state,), timeout)
        if reached != state:
            raise CommandError(f"migration {reached}, not {state}")

    def _do_migrate_cancel(self, _words):
        self._vms.migration.cancel()
        return self._arrive()

    def _do_migrate_end(self, words):
        self._vms.migration.wait((), float(words[0]) if words else
                                 migration.MIGRATION_TIMEOUT)
        return self._arrive()

    def _arrive(self):
        """Follow the guest, if it went away; what happened."""
        target = self._vms.target
        moved = target and self._vms.migration.status() == "completed"
        if moved:
            if not target.qmp.wait_event(
                    lambda event: event["event"] == "RESUME", 0, RESUME_TIMEOUT):
                raise CommandError("the guest does not run at the target: "
                                   + target.last_words())
            # A word to the guest costs it, cold as it is to the emulator, 10 ms
            # of those for which it gives no answer.
            self._pings.await_answer()
        report = self._vms.migration.report(target.qmp if moved else None)
        self._vms.arrive(moved)
        return str(report)

    def _do_arrived(self, _words):
        self._vms.arrived()

    def _do_go_on(self, _words):
        migration.go_on_here(self._qmp)

    def _do_all(self, words):
        answers = [self._execute(name, arguments)
                   for name, *arguments in split_sequence(words)]
        return " ".join(answer for answer in answers if answer)

    def _do_link(self, words):
        if len(words) != 2 or words[1] not in MARKS:
            raise CommandError("usage: link standby|vf|ID on|off")
        name, state = words
        self._qmp.command("set_link", {"name": self._nics.ident_of(name),
                                       "up": MARKS[state]})

    def _do_path(self, words):
        self._nics.set_path(None if words[0] == "auto" else words[0])

    def _do_counters(self, words):
        return " ".join(map(str, self._lab.counters(self._nics.tap_of(words[0]))))

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
        netdev = self._capturable(rest[0]) if rest else None
        if action == "start" and netdev:
            self._captures.start(netdev, rest[1:])
            return None
        if action == "stop":
            return self._captures.stop(netdev)
        if action == "gap" and netdev:
            return f"longest_gap={self._captures.longest_gap(netdev):.0f}"
        raise CommandError("usage: capture start vf|standby|bridge [in|out] [FILTER], "
                           "capture stop [PLACE], capture gap PLACE")

    def _capturable(self, name):
        return "br0" if name == "bridge" else self._nics.tap_of(name)

    def _do_ping(self, words):
        action, *rest = words
        return {"start": self._pings.start, "stop": self._pings.stop}[action](*rest)

    def _do_sequence(self, words):
        return {"start": self._sequence.start, "pause": self._sequence.pause,
                "stop": self._sequence.stop}[words[0]]()

    def _do_run(self, words):
        name, *arguments = words
        script = HOST_SCRIPTS / name
        if "/" in name or not script.is_file():
            raise CommandError(f"no host script {name}")
        namespace = self._lab.namespace
        settings = {"VMTEST_NS": namespace, "VMTEST_OUT": self._out,
                    "VMTEST_MAC": GUEST_MAC,
                    **self._places("", self._vms.current),
                    **self._places("TARGET_", self._vms.target)}
        return run(["setpriv", "--pdeathsig", "KILL",
                    "nsenter", f"--net=/run/netns/{namespace}", "env",
                    *(f"{key}={value}" for key, value in settings.items()),
                    str(script), *arguments], timeout=SCRIPT_TIMEOUT).strip()

    @staticmethod
    def _places(prefix, vm):
        """Where a host script finds a QEMU and its taps."""
        if not vm:
            return {}
        return {f"VMTEST_{prefix}QMP": vm.monitor,
                f"VMTEST_{prefix}STANDBY": vm.nics.tap_of("standby"),
                f"VMTEST_{prefix}VF": vm.nics.tap_of("vf")}

    def _do_sleep_until_event(self, words):
        name, timeout = words[0], float(words[1]) if len(words) > 1 else 30
        event = self._qmp.next_event(name, timeout)
        if event is None:
            raise CommandError(f"no event {name} in {timeout:g} s")
        return json.dumps(event)

    def _do_stall(self, words):
        if words == ["off"]:
            self._stalls.end()
            return
        times = [float(word) / 1000 for word in words]
        if len(times) != 2 or min(times) <= 0:
            raise CommandError("usage: stall STOP_MS RUN_MS, stall off")
        self._stalls.begin(*times)

    def _do_qmp(self, words):
        return json.dumps(self._qmp.request(json.loads(" ".join(words))))

    def _do_wake(self, words):
        if not self._may_suspend:
            raise CommandError("the header has no suspend=on")
        self._absence.prepare("SUSPEND", words, end="system_wakeup")

    def _do_woken(self, _words):
        return self._absence.wait()

    def _do_at_boot(self, words):
        # SeaBIOS resets once more, at once
        self._absence.prepare("RESET", words[1:], delay=float(words[0]))

    def _do_at_boot_done(self, _words):
        return self._absence.wait()

    def _do_reboot(self, _words):
        self._reboots.allow_next()

    def _do_kexec(self, _words):
        self._reboots.count()

    def _do_begin_boot(self, _words):
        return str(self._reboots.begin_boot())

    def _do_log(self, words):
        self._log.write("guest: " + shlex.join(words))
