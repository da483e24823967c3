# SPDX-License-Identifier: MIT
"""uactl explore over ssh itself: a terminal, in it a client, behind it an sshd of the test's."""
import os
import shlex
import signal

import pytest

from osm.paths import program
from osm.servers import DemoServer
from osm.ssh import CannotRun, SshServer
from osm.terminal import Terminal
from osm.wait import wait_until
from tool.test_ends import BACK_ENDS, SESSIONS
from tool.test_uactl import Uactl

PASSED = ["OPCUA_SOCKET", "OPCUA_URL", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS"]


@pytest.fixture(scope="module")
def sshd():
    try:
        server = SshServer()
    except CannotRun as why:
        pytest.skip(str(why))
    with server:
        yield server


@pytest.fixture
def tool(daemon, demo_server):
    return Uactl(daemon, demo_server.url)


class Remote:
    """uactl at the other end: its pid is what the login shell wrote down before it became uactl."""

    def __init__(self, sshd, tool, folder, *arguments):
        self.note = folder / "pid"
        self.note.unlink(missing_ok=True)
        environment = [f"{name}={tool.environment[name]}" for name in PASSED if name in tool.environment]
        line = f"echo $$ > {self.note}.new; mv {self.note}.new {self.note}; " \
               f"exec env LC_ALL=C.UTF-8 {shlex.join([*environment, str(program('uactl')), *arguments, 'explore'])}"
        self.terminal = Terminal(sshd.command(f"exec sh -c {shlex.quote(line)}"))

    def pid(self):
        wait_until(self.note.exists, 60, self.terminal.screen)
        return int(self.note.read_text())


def is_gone(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] == "Z"  # its sshd has not asked for it yet
    except (FileNotFoundError, ProcessLookupError):
        return True


@pytest.fixture
def explore(sshd, daemon, tool, tmp_path):
    """explore over ssh; what it leaves behind at the server is looked at in the end."""
    before = int(tool("-q", "read", SESSIONS).stdout)
    opened = []

    def start(*arguments):
        opened.append(Remote(sshd, tool, tmp_path, *arguments))
        opened[-1].terminal.wait("(?s)connected.*Plant")
        return opened[-1]
    yield start
    for one in opened:
        wait_until(lambda: is_gone(one.pid()), 60, "uactl goes")
        one.terminal.__exit__()
    status = lambda: daemon.client.data({"command": "status"})["sessions"]
    wait_until(lambda: not any(session["subscriptions"] for session in status()), 30, "the subscriptions go")
    wait_until(lambda: int(tool("-q", "read", SESSIONS).stdout) <= before, 30, "the sessions go")


@pytest.mark.parametrize("how", BACK_ENDS, ids=["managed", "direct"])
def test_looking_and_resizing(explore, how):
    terminal = explore(*how).terminal
    terminal.wait(r"q:Quit[^\n]*\n\Z")
    terminal.keys("o")
    terminal.wait("Node id or path")
    terminal.type("ns=2;s=Dynamic/Sine")
    terminal.keys("Enter")
    terminal.wait(r"(?s)Type +Double.*[⠁-⣿]", without="Node id or path")
    for columns, rows in ((200, 50), (60, 14), (80, 24)):
        terminal.resize(columns, rows)
        terminal.wait(rf"\A(?=(?s:.*)Value)([^\n]*\n){{{rows - 1}}}[^\n]*q:Quit[^\n]*\n\Z")
    screen = terminal.wait("▸ Plant")
    row = next(i for i, line in enumerate(screen.splitlines()) if "▸ Plant" in line)
    terminal.click(6, row)
    terminal.wait(r"ns=2;s=Plant *\n")
    terminal.keys("q")
    assert terminal.ended() == 0
    assert "Plant" not in terminal.screen()


@pytest.mark.parametrize("how", BACK_ENDS, ids=["managed", "direct"])
def test_an_interrupt(explore, how):
    terminal = explore(*how).terminal
    terminal.keys("C-c")
    assert terminal.ended() == 0


@pytest.mark.parametrize("how", BACK_ENDS, ids=["managed", "direct"])
def test_a_lost_connection(explore, how):
    remote = explore(*how)
    os.kill(remote.terminal.child(), signal.SIGKILL)
    remote.terminal.wait("ended with 137")


def test_a_lost_connection_while_the_server_is_silent(sshd, daemon, tmp_path, make_server):
    """Nobody can be told goodbye, and nobody waits for that."""
    server = make_server(DemoServer)
    remote = Remote(sshd, Uactl(daemon, server.url), tmp_path, "--direct")
    remote.terminal.wait("(?s)connected.*Plant")
    server.freeze()
    try:
        os.kill(remote.terminal.child(), signal.SIGKILL)
        wait_until(lambda: is_gone(remote.pid()), 60, "uactl goes")
    finally:
        server.thaw()
        remote.terminal.__exit__()
