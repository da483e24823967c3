# SPDX-License-Identifier: MIT
"""The daemon under test."""
import pathlib
import re
import shutil
import signal
import socket
import tempfile

from .client import Client, connect, read_line
from .paths import program
from .process import Process
from .wait import PATIENCE

_SANITIZER = re.compile(r"ERROR: (Address|Leak|Thread|Memory)Sanitizer|runtime error: ", re.M)


def lines(log):
    """Those of a log, but for the one that a busy machine adds at any time."""
    return [line for line in log.splitlines() if "Event loop was held" not in line]


class Daemon:
    """A daemon on a socket in a folder of its own.

    with Daemon("--timeout", "5") as daemon:
        daemon.client.request({"command": "ping"})

    Leaving the block ends it by SIGTERM and fails if the exit status is not 0 or a sanitizer
    has reported. `endpoint` defaults to a Unix socket; `ready` is False for daemons that are
    not expected to come up.
    """

    PROGRAM = "opcua-session-manager"

    def __init__(self, *options, endpoint=None, env=None, token=None, ready=True):
        binary = program(self.PROGRAM)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="osm-"))
        self.endpoint = endpoint or f"unix://{self.folder / 'd.sock'}"
        self.client = Client(self.endpoint, token=token)
        argv = [binary, "--socket", self.endpoint, *options]
        try:
            self.process = Process(argv, self.folder, "daemon", {"OPCUA_AUTH_TOKEN": None, **(env or {})})
        except BaseException:
            shutil.rmtree(self.folder)
            raise
        if ready:
            try:
                self.process.wait_for(self._answers, PATIENCE, "the daemon does not answer")
            except BaseException:
                self.process.end(signal.SIGKILL)
                shutil.rmtree(self.folder)
                raise

    @property
    def pid(self):
        return self.process.pid

    @property
    def socket_path(self):
        return pathlib.Path(self.endpoint.removeprefix("unix://"))

    def _answers(self):
        """Not before its loop runs: then all is said of the start, and this connection is gone."""
        try:
            with connect(self.endpoint) as sock:
                sock.shutdown(socket.SHUT_WR)
                read_line(sock)
        except OSError:
            return False
        return True

    def log(self):
        return self.process.stderr()

    def check_sanitizers(self):
        found = _SANITIZER.search(self.log())
        assert not found, f"sanitizer report:\n{self.log()[found.start():][:6000]}"

    def stop(self, number=signal.SIGTERM, expect=0):
        """Ends the daemon; fails unless it ends cleanly. Returns its log."""
        try:
            status = self.process.end(number)
            self.check_sanitizers()
            assert status == expect, f"exit status {status}, not {expect}: {self.process.explain()}"
            return self.log()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if not self.folder.exists():
            return  # stopped in the block
        if kind is None:
            self.stop()
        else:
            # the failure of the block matters more than how the daemon ends
            print(f"--- log of the daemon\n{self.log()[-8000:]}")
            self.process.end(signal.SIGKILL)
            shutil.rmtree(self.folder, ignore_errors=True)
