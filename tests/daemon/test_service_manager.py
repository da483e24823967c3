# SPDX-License-Identifier: MIT
"""What systemd hears of the daemon, and the sockets it passes on (sd_notify(3), sd_listen_fds(3))."""
import os
import signal
import socket
import subprocess

import pytest

from osm.client import Client
from osm.paths import program
from osm.wait import PATIENCE, wait_until


class Manager:
    """The side of systemd: its socket, and all it has heard."""

    def __init__(self, folder):
        self.path = folder / "notify"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.path))
        self.socket.setblocking(False)
        self.heard = []

    def hears(self, text):
        try:
            while True:
                self.heard += self.socket.recv(4096).decode().splitlines()
        except BlockingIOError:
            return next((line for line in self.heard if line.startswith(text)), None)

    def wait_for(self, text):
        return wait_until(lambda: self.hears(text), PATIENCE, text)


@pytest.fixture
def manager(tmp_path):
    made = Manager(tmp_path)
    yield made
    made.socket.close()


def test_from_start_to_end(make_daemon, manager, demo_server, tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text("timeout: 600\n")
    config.chmod(0o600)
    daemon = make_daemon("--config", config, env={"NOTIFY_SOCKET": str(manager.path), "WATCHDOG_USEC": "1000000"})
    manager.wait_for("READY=1")
    manager.wait_for("WATCHDOG=1")
    daemon.client.open(demo_server.url)
    manager.wait_for("STATUS=1 sessions are connected")
    manager.heard = []
    os.kill(daemon.pid, signal.SIGHUP)
    manager.wait_for("MONOTONIC_USEC=")
    manager.wait_for("READY=1")
    assert manager.heard.index("RELOADING=1") < manager.heard.index("READY=1")
    manager.heard = []
    config.write_text("timeout: nonsense\n")
    os.kill(daemon.pid, signal.SIGHUP)
    manager.wait_for("RELOADING=1")
    manager.wait_for("READY=1")  # a mistake in the file is no reason to wait for ever
    daemon.stop()
    manager.wait_for("STOPPING=1")


def test_a_process_that_stands_still_is_silent(make_daemon, manager):
    daemon = make_daemon(env={"NOTIFY_SOCKET": str(manager.path), "WATCHDOG_USEC": "400000"})
    manager.wait_for("WATCHDOG=1")
    os.kill(daemon.pid, signal.SIGSTOP)
    try:
        wait_until(lambda: open(f"/proc/{daemon.pid}/stat").read().split()[2] == "T", PATIENCE, "it stands")
        manager.hears("")
        manager.heard = []
        assert manager.hears("WATCHDOG=1") is None
    finally:
        os.kill(daemon.pid, signal.SIGCONT)
    manager.wait_for("WATCHDOG=1")


def listening(family, address):
    made = socket.socket(family, socket.SOCK_STREAM)
    made.bind(address)
    made.listen(16)
    return made


def started(options, sockets, folder):
    """The daemon with these sockets as descriptors 3, 4, …, the way systemd starts it."""
    command = ["bash", "-c", 'export LISTEN_PID=$$; exec "$@"', "bash", program("opcua-session-manager"), *options]
    redirected = "".join(f" {3 + i}<&{s.fileno()}" for i, s in enumerate(sockets))
    with open(folder / "log", "wb") as log:
        return subprocess.Popen(["bash", "-c", f'exec "$@"{redirected}', "bash", *command], stderr=log,
                                pass_fds=[s.fileno() for s in sockets],
                                env={**os.environ, "LISTEN_FDS": str(len(sockets)), "LISTEN_FDNAMES": "callers:spare"})


def test_sockets_that_are_passed_on(tmp_path):
    path = tmp_path / "d.sock"
    first, spare = listening(socket.AF_UNIX, str(path)), listening(socket.AF_INET, ("127.0.0.1", 0))
    daemon = started(["--socket", f"unix://{path}"], [first, spare], tmp_path)
    try:
        client = Client(f"unix://{path}")
        assert client.request({"command": "ping"})["success"]  # waits in the backlog until the daemon is there
        wait_until(lambda: "at no address an option names" in (tmp_path / "log").read_text(), PATIENCE, "the spare one is told")
        daemon.terminate()
        assert daemon.wait(PATIENCE) == 0
    finally:
        daemon.kill()
        daemon.wait()
    assert path.exists()  # it is the manager's, who listens on
    # … and starts another one for who calls meanwhile
    daemon = started(["--socket", f"unix://{path}"], [first], tmp_path)
    try:
        assert Client(f"unix://{path}").request({"command": "ping"})["success"]
        daemon.terminate()
        assert daemon.wait(PATIENCE) == 0
    finally:
        daemon.kill()
        daemon.wait()
        first.close()
        spare.close()
