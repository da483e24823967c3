# SPDX-License-Identifier: MIT
"""Test servers on Node side by side in one process (tests/servers/many.js), which loads node-opcua once.

A worker of the run has one such process. When it dies, those fail whose servers were in it, with what it
has said last, and the next server gets another.
"""
import contextlib
import itertools
import json
import pathlib
import shutil
import subprocess
import tempfile
import threading

from .node import node
from .paths import SERVERS
from .process import Process
from .wait import PATIENCE

_lock = threading.Lock()
_host = None


class Host:
    """The process, and what it is asked."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="osm-servers-"))
        # It ends with its stdin, so with this process; not with the thread that needed it first.
        self.process = Process([node(), SERVERS / "many.js"], self.folder, "servers", stdin=subprocess.PIPE, orphan=True)
        self._ids = itertools.count(1)
        self._answers = {}
        self._read = 0

    def ask(self, what, **wish):
        """Sends a wish and waits for its answer."""
        with _lock:
            ident = next(self._ids)
            try:
                self.process.popen.stdin.write(json.dumps({"id": ident, **wish}).encode() + b"\n")
                self.process.popen.stdin.flush()
            except BrokenPipeError:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.process.popen.wait(PATIENCE)  # its pipes go before it can be asked how it ended
                raise AssertionError(f"{what}: {self.process.explain()}") from None
        answer = self.process.wait_for(lambda: self._answer(ident), PATIENCE, what)
        assert "error" not in answer, f"{what}: {answer['error']}\n{self.process.explain()}"

    def _answer(self, ident):
        with _lock:
            with open(self.process.out, "rb") as out:
                out.seek(self._read)
                for line in out:
                    if not line.endswith(b"\n"):
                        break
                    self._read += len(line)
                    if line.startswith(b'{"id":'):
                        answer = json.loads(line)
                        self._answers[answer["id"]] = answer
            return self._answers.pop(ident, None)

    def end(self):
        with contextlib.suppress(BrokenPipeError):  # it has died with a wish unread
            self.process.popen.stdin.close()
        try:
            self.process.popen.wait(PATIENCE)
        finally:
            self.process.popen.kill()
            self.process.popen.wait()
            shutil.rmtree(self.folder, ignore_errors=True)


def _common():
    global _host
    with _lock:
        if not _host or not _host.process.running:
            _host = Host()
        return _host


class Hosted:
    """A server in the common process; what the tests ask of a Process, they ask of this."""

    def __init__(self, script, port, words, host=None):
        self._host = host or _common()
        self._port = port
        self._host.ask(f"{script} on port {port} is not ready", start=script, words=[str(word) for word in words])

    def end(self, _signal):
        """Gone at once, whatever the signal."""
        self._host.ask(f"port {self._port} is not cut", cut=self._port)

    def freeze(self):
        raise AssertionError("all servers of the process would stand still: make this one alone=True")

    def explain(self):
        return self._host.process.explain()


def cpu_seconds():
    """Processor time of the common process."""
    return _host.process.cpu_seconds() if _host else 0.0


def end():
    """At the end of the run."""
    global _host
    with _lock:
        host, _host = _host, None
    if host:
        host.end()
