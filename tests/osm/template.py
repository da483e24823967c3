# SPDX-License-Identifier: MIT
"""Servers on Node that are forked from one process of the run (tests/servers/template.js)."""
import atexit
import functools
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import tempfile
import threading
import time

from .node import node
from .paths import SERVERS, program
from .process import Process, die_with_parent

READY_TIMEOUT = 300.0


class Forked:
    """What subprocess.Popen is for a child, for a child of the template; how it ended is not known."""

    def __init__(self, pid):
        self.pid = pid
        self.returncode = None
        self._fd = os.pidfd_open(pid)

    def _ended(self, timeout):
        if self.returncode is None and select.select([self._fd], [], [], timeout)[0]:
            self.returncode = "a signal"
            os.close(self._fd)
        return self.returncode

    def poll(self):
        return self._ended(0)

    def wait(self, timeout=None):
        if self._ended(timeout) is None:
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout)
        return self.returncode

    def kill(self):
        if self.returncode is None:
            signal.pidfd_send_signal(self._fd, signal.SIGKILL)


class Template:
    """The process that servers are forked from; it ends with the run."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="osm-template-"))
        atexit.register(self.end)
        self._lock = threading.Lock()
        self._answers, answers = os.pipe()
        addon = program("osm-test-fork.node")
        argv = [node(), "--single-threaded", SERVERS / "template.js", addon, str(answers)]
        with open(self.folder / "log", "ab") as log:
            self.popen = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=log, stderr=log, pass_fds=[answers],
                                          env={**os.environ, "UV_USE_IO_URING": "0", "LD_PRELOAD": str(addon)}, preexec_fn=die_with_parent)
        os.close(answers)

    def end(self):
        self.popen.stdin.close()
        self.popen.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answer(self):
        deadline = time.monotonic() + READY_TIMEOUT
        text = b""
        while not text.endswith(b"\n"):
            ready = select.select([self._answers], [], [], max(0.0, deadline - time.monotonic()))[0]
            piece = os.read(self._answers, 64) if ready else b""
            assert piece, f"no server was forked: {(self.folder / 'log').read_text()[-4000:]}"
            text += piece
        return int(text)

    def fork(self, argv, out, err):
        """Starts tests/servers/<argv[0]> with its output in two files."""
        request = {"argv": [str(a) for a in argv], "out": str(out), "err": str(err)}
        with self._lock:
            self.popen.stdin.write(json.dumps(request).encode() + b"\n")
            self.popen.stdin.flush()
            return Forked(self._answer())


@functools.cache
def _template():
    return Template()


def seconds():
    """Of processor time that the run's template and the servers that have ended have used."""
    if not _template.cache_info().currsize:
        return 0.0
    fields = pathlib.Path(f"/proc/{_template().popen.pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


class ForkedProcess(Process):
    """argv, a script of tests/servers and its arguments, forked from the run's template."""

    def _start(self, _env):
        self.out.touch()
        self.err.touch()
        return _template().fork(self.argv, self.out, self.err)
