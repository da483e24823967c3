# SPDX-License-Identifier: MIT
"""uactl console: one line, a script, and a terminal with editing and completion."""
import json
import os
import pty
import select
import subprocess
import termios
import time

import pytest

from osm.paths import program
from osm.wait import PATIENCE, wait_until


def environment(daemon):
    return {**os.environ, "OPCUA_SOCKET": str(daemon.socket_path), "TERM": "vt100", "TZ": "UTC"}


def run(daemon, *arguments, code=0, script=""):
    ran = subprocess.run([program("uactl"), "console", *arguments], env=environment(daemon), input=script,
                         capture_output=True, text=True, timeout=120)
    assert ran.returncode == code, ran.stdout + ran.stderr
    return ran


def test_one_line(daemon, demo_server):
    session = daemon.client.open(demo_server.url)
    head, row = run(daemon, "SHOW SESSIONS").stdout.splitlines()
    assert head.split()[:3] == ["session", "server", "state"]
    assert row.split()[:3] == [session, demo_server.url, "active"]
    assert head.index("server") == row.index(demo_server.url)
    told, = json.loads(run(daemon, "--json", "SHOW SESSIONS").stdout)
    assert told["session"] == session and told["waiting"] == 0 and told["since"] > 1e9
    assert run(daemon, f"KILL {session}").stdout == "Session closed\n"
    assert json.loads(run(daemon, "--json", "RELOAD").stdout) == {"message": "Reloaded"}
    assert run(daemon, "--csv", "SHOW CONFIG option=timeout").stdout.splitlines()[1] == "timeout,600,600,true"


def test_what_goes_wrong(daemon, make_daemon):
    assert 'no console command "SHOW NOTHING"' in run(daemon, "SHOW NOTHING", code=2).stderr
    assert run(daemon, "a", "b", code=2)
    for line in ("RECONNECT nothing", "KILL nothing"):
        told = run(daemon, line, code=4).stderr
        assert "see SHOW SESSIONS" in told and "Open the session" not in told
    guarded = make_daemon(env={"OPCUA_AUTH_TOKEN": "secret"}, token="secret")
    assert "auth token" in run(guarded, "SHOW STATS", code=4).stderr


def test_a_long_table(daemon, demo_server):
    session = daemon.client.open(demo_server.url, {"opcuaTimeout": 60})
    subscription = daemon.client.query(session, "createSubscription", 1000.0)["data"]["subscriptionId"]
    for _ in range(3):
        items = [{"nodeId": "i=2258", "samplingInterval": 1000.0}] * 1000
        assert daemon.client.query(session, "createMonitoredItems", subscription, items)["success"]
    assert len(run(daemon, "-q", "SHOW ITEMS").stdout.splitlines()) == 3000
    assert len(run(daemon, "-q", "SHOW ITEMS limit 2500;").stdout.splitlines()) == 2500


def test_a_script(daemon):
    out = run(daemon, "-q", script="# of an operator\nSET timeout 5\n\nSHOW CONFIG option=timeout\nquit\nSHOW NOTHING\n")
    assert out.stdout == "5\n"
    assert run(daemon, script="SHOW NOTHING\nRELOAD\n", code=2).stdout == ""


class Terminal:
    def __init__(self, daemon):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(program("uactl"), ["uactl", "console"], environment(daemon))
        self.seen = ""

    def expect(self, text):
        end = time.monotonic() + PATIENCE
        while text not in self.seen:
            assert select.select([self.fd], [], [], max(0.0, end - time.monotonic()))[0], self.seen
            try:
                self.seen += os.read(self.fd, 4096).decode(errors="replace")
            except OSError:
                assert text in self.seen, self.seen
        self.seen = self.seen.split(text, 1)[1]

    def expect_prompt(self):
        """Its library shows it before it takes keys one by one; what comes just between is lost."""
        self.expect("uactl> ")
        wait_until(lambda: not termios.tcgetattr(self.fd)[3] & termios.ICANON, what="it takes keys")

    def type(self, text):
        os.write(self.fd, text.encode())

    def end(self):
        _, status = os.waitpid(self.pid, 0)
        os.close(self.fd)
        return os.waitstatus_to_exitcode(status)


@pytest.fixture
def terminal(daemon):
    return Terminal(daemon)


def test_on_a_terminal(terminal):
    terminal.expect_prompt()
    terminal.type("SHOW CONF\toption=time\x7f\x7fmeout\r")
    terminal.expect("timeout")
    terminal.expect("600")
    terminal.expect_prompt()
    terminal.type("SET time\t 7\r")
    terminal.expect("changed: --timeout")
    terminal.expect_prompt()
    terminal.type("nonsense\r")
    terminal.expect("no console command")
    terminal.expect_prompt()
    terminal.type("\x1b[A\x1b[A\r")  # the line before the last once more
    terminal.expect("Set")
    terminal.expect_prompt()
    terminal.type("quit\r")
    assert terminal.end() == 0


def test_the_daemon_goes(make_daemon):
    daemon = make_daemon()
    terminal = Terminal(daemon)
    terminal.expect_prompt()
    daemon.stop()
    terminal.type("SHOW STATS\r")
    terminal.expect("uactl: ")
    assert terminal.end() == 4


def test_the_end_of_input_ends_it(terminal):
    terminal.expect_prompt()
    terminal.type("\x04")
    assert terminal.end() == 0
