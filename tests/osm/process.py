# SPDX-License-Identifier: MIT
"""A child process with its output in files, ended by its pid."""
import os
import pathlib
import signal
import subprocess

from .wait import PATIENCE, wait_until

# No test server survives a test run that was killed. A program says so for the next one: a function between
# fork and exec would have all memory of this process copied, at each start.
_DIES_WITH_PARENT = ["setpriv", "--pdeathsig", "KILL"]


def stands_still(pid):
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


class Process:
    """argv started at once; stdout and stderr go to <folder>/<name>.out and .err.

    It dies with the thread that has started it, unless it is an `orphan`, which ends by itself.
    """

    def __init__(self, argv, folder, name, env=None, stdin=subprocess.DEVNULL, orphan=False):
        self.argv = [str(a) for a in argv]
        self.name = name
        self.out = pathlib.Path(folder) / f"{name}.out"
        self.err = pathlib.Path(folder) / f"{name}.err"
        environment = {**os.environ, **(env or {})}
        with open(self.out, "ab") as out, open(self.err, "ab") as err:
            self.popen = subprocess.Popen(
                self.argv if orphan else _DIES_WITH_PARENT + self.argv, stdin=stdin, stdout=out, stderr=err,
                env={k: v for k, v in environment.items() if v is not None})

    @property
    def pid(self):
        return self.popen.pid

    @property
    def running(self):
        return self.popen.poll() is None

    def cpu_seconds(self):
        """Processor time used so far; 0 when it has ended."""
        try:
            user, system = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        except OSError:
            return 0.0
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def stdout(self):
        return self.out.read_text(errors="replace")

    def stderr(self):
        return self.err.read_text(errors="replace")

    def explain(self):
        """What is known about the process, for messages of failed tests."""
        state = "running" if self.running else f"ended with {self.popen.returncode}"
        return f"{self.name} ({' '.join(self.argv)}) is {state}\n{self.stdout()[-2000:]}{self.stderr()[-4000:]}"

    def wait_for(self, condition, timeout, what):
        """Waits while the process lives; its end is an error that shows its output."""
        def check():
            value = condition()
            if not value and not self.running:
                raise AssertionError(f"{what}: {self.explain()}")
            return value
        return wait_until(check, timeout, f"{what}: {self.name}")

    def send(self, number):
        if self.running:
            os.kill(self.pid, number)

    def freeze(self):
        """It stands still until thaw(): what is sent to it meanwhile waits for it."""
        self.send(signal.SIGSTOP)
        wait_until(lambda: stands_still(self.pid), what=f"{self.name} stands still")

    def thaw(self):
        self.send(signal.SIGCONT)

    def end(self, number=signal.SIGTERM, timeout=PATIENCE):
        """Signals, waits, returns the exit status; SIGKILL when it does not end in time."""
        self.send(signal.SIGCONT)
        self.send(number)
        try:
            return self.popen.wait(timeout)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
            raise AssertionError(f"not ended within {timeout:g} s: {self.explain()}") from None
