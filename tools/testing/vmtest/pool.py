# SPDX-License-Identifier: GPL-2.0-or-later
"""Run the jobs of a plan, several side by side, and add up what they came to."""

import collections
import concurrent.futures
import dataclasses
import re
import signal
import subprocess
import threading
import time

import ktap

COUNTS = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$")
SKIP = re.compile(r"^( *)(?:not )?ok \d+ (?:- )?(.*# SKIP\b.*)$", re.IGNORECASE)
# Of a log whose job failed: the first failures with what came after them, or
# its end if it names none
QUOTED_FAILURES, QUOTED_LINES = 3, 12
# Failures of a guest that had too little time, and passes when it is alone, are
# told and do not count. Not if there are many, nor what the kernel, the guest as
# a whole or the runner complains of.
SECOND_CHANCES = 3
FINAL = re.compile(r": (kernel log: |unexpected: |ended with status |no end after "
                   r"|the guest |QEMU |timed out$|did not )")
# For a job that was asked to end, as one that has to stop its guest
PATIENCE = 60


def count(lines, status):
    """The Counter of a job's results, out of its last line or its KTAP."""
    match = COUNTS.match(lines[-1]) if lines else None
    if match:
        numbers = dict(zip((ktap.PASSED, ktap.FAILED, ktap.SKIPPED),
                           (int(number or 0) for number in match.groups())))
        return collections.Counter(numbers)
    results = ktap.read_results(lines, status)
    return collections.Counter(outcome for outcome, _ in results)


def unexpected_skips(lines, patterns):
    """What was skipped and matches none of the patterns.

    A guest's checks are indented; where all were skipped its test is as well.
    """
    found = [match.groups() for match in map(SKIP.match, lines) if match]
    checks = [text for indent, text in found if indent]
    return [text for text in checks or [text for _, text in found]
            if not any(pattern.search(text) for pattern in patterns)]


def quote(lines):
    """What of a log tells most about its failures."""
    at = [number for number, line in enumerate(lines)
          if line.lstrip().startswith("not ok")][:QUOTED_FAILURES]
    if not at:
        return lines[-QUOTED_LINES:]
    wanted = sorted({number + i for number in at
                     for i in range(QUOTED_LINES + 1)
                     if number + i < len(lines)})
    return [lines[number] for number in wanted]


@dataclasses.dataclass
class Result:
    """What a job came to."""

    counts: collections.Counter
    failures: list
    quotes: list
    seconds: float

    def may_be_noise(self):
        """Are all failures checks of a test?"""
        return self.failures and not any(FINAL.search(line)
                                         for line in self.failures)


class Pool:
    """Jobs that ran, and their results."""

    def __init__(self, logs, say):
        self._logs = logs
        self._say = say
        self._lock = threading.Lock()
        self._children = set()
        self._stopped = False
        self._results = {}
        # Of jobs that passed only when they ran once more
        self.flaky = []

    @property
    def counts(self):
        """All results by kind."""
        return sum((result.counts for result in self._results.values()),
                   collections.Counter())

    @property
    def failures(self):
        """Lines that name them."""
        return [line for result in self._results.values()
                for line in result.failures]

    @property
    def quotes(self):
        """What of the logs tells most about them."""
        return [line for result in self._results.values()
                for line in result.quotes]

    @property
    def seconds(self):
        """What all jobs took."""
        return sum(result.seconds for result in self._results.values())

    def run(self, jobs, side_by_side):
        """Run jobs; those that may take long begin first."""
        jobs = sorted(jobs, key=lambda job: -job.seconds)
        with concurrent.futures.ThreadPoolExecutor(side_by_side) as threads:
            try:
                for future in [threads.submit(self._run, job) for job in jobs]:
                    future.result()
            except BaseException:
                self._stop()
                raise

    def run_again(self, jobs):
        """Once more, and alone: those whose failures may be noise."""
        failed = {name: result for name, result in self._results.items()
                  if result.failures}
        if len(failed) > SECOND_CHANCES:
            return
        for job in jobs:
            first = failed.get(job.name)
            if not first or not first.may_be_noise():
                continue
            self._say(f"{job.name}: once more")
            self._run(job)
            if self._results[job.name].failures:
                self._results[job.name] = first
            else:
                self.flaky += [line.replace("# failed: ", "# flaky: ", 1)
                               for line in first.failures]

    def _stop(self):
        """No further job begins, and those that run end."""
        with self._lock:
            self._stopped = True
            children = list(self._children)
        for child in children:
            child.send_signal(signal.SIGTERM)
        for child in children:
            child.wait(PATIENCE)

    def _start(self, job, log):
        with self._lock:
            if self._stopped:
                return None
            # Ends with us, and its guest with it
            child = subprocess.Popen(  # pylint: disable=consider-using-with
                ["setpriv", "--pdeathsig", "TERM", *job.command],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                start_new_session=True)
            self._children.add(child)
        return child

    def _run(self, job):
        path = self._logs / f"{job.name}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        start = time.monotonic()
        with open(path, "wb") as log:
            child = self._start(job, log)
        if not child:
            return
        status = child.wait()
        lines = path.read_text("utf-8", "replace").splitlines()
        with self._lock:
            self._children.discard(child)
            if not self._stopped:
                self._results[job.name] = self._collect(
                    job, lines, status, time.monotonic() - start)

    def _collect(self, job, lines, status, seconds):
        for line in lines:
            self._say(f"{job.name}: {line}")
        counts = count(lines, status)
        failures = [line.replace("# failed: ", f"# failed: {job.name}: ", 1)
                    for line in lines if line.startswith("# failed: ")]
        # 1 is a failure that was counted
        if status not in (0, 1) or (status and not counts[ktap.FAILED]):
            failures.append(f"# failed: {job.name}: ended with status {status}")
            counts[ktap.FAILED] += 1
        for text in unexpected_skips(lines, job.skips):
            failures.append(f"# failed: {job.name}: unexpected: {text}")
            counts[ktap.FAILED] += 1
            counts[ktap.SKIPPED] -= 1
        if counts[ktap.FAILED] and not failures:
            failures.append(f"# failed: {job.name}")
        quotes = [f"# {job.name}:"] + [f"#   {line}" for line in quote(lines)]
        return Result(counts, failures, quotes if failures else [], seconds)

    def summary(self):
        """The line of counts."""
        return ktap.count_line(self.counts)
