# SPDX-License-Identifier: MIT
"""How commands end before they are done: full disks, readers that go, ^C at any moment, nobody who answers."""
import os
import pty
import select
import signal
import subprocess
import time

import pytest

from core.proxy import Proxy
from osm.paths import program
from osm.wait import wait_until
from tool.test_uactl import Uactl

BACK_ENDS = [[], ["--direct"]]
SESSIONS = "i=2277"  # CurrentSessionCount


@pytest.fixture
def tool(daemon, demo_server):
    return Uactl(daemon, demo_server.url)


@pytest.mark.parametrize("command", [["read", "i=2261"], ["export", "ns=2;s=Many"], ["--json", "browse"], ["tree"],
                                     ["--help"], ["completion", "bash"], ["watch", "-i", "50", "ns=2;s=Dynamic/Counter"]])
def test_a_full_disk(tool, command):
    with open("/dev/full", "w") as full:
        ran = subprocess.run([program("uactl"), *command], env=tool.environment, stdout=full, stderr=subprocess.PIPE,
                             text=True, timeout=120)
    assert ran.returncode == 2 and "No space left on device" in ran.stderr


@pytest.mark.parametrize("command", [["export"], ["tree", "--depth", "6"], ["--jsonl", "watch", "-i", "50", "ns=2;s=Dynamic/Counter"]])
def test_a_reader_who_goes(tool, command):
    running = tool.start(*command)
    running.stdout.readline()
    running.stdout.close()
    assert running.wait(120) in (0, 2)  # 0: all of it was in the pipe by then
    assert "write" not in running.stderr.read()
    running.stderr.close()


def interrupted(tool, *arguments, after, number=signal.SIGINT):
    running = tool.start(*arguments)
    time.sleep(after)  # the moment is what is tried
    running.send_signal(number)
    out, err = running.communicate(timeout=120)
    return running.returncode, err


def test_a_stop_shows_the_cursor(tool):
    """^Z of a shell with job control: the cursor is there for the shell, and hidden when it goes on."""
    script = f"{program('uactl')} watch -i 50 ns=2\\;s=Dynamic/Counter; echo at the prompt; fg; echo over"
    child, master = pty.fork()
    if child == 0:
        os.execvpe("bash", ["bash", "-mc", script], {**tool.environment, "TERM": "xterm"})
    shown = b""

    def until(text):
        nonlocal shown
        while text not in shown:
            assert select.select([master], [], [], 60)[0], shown
            shown += os.read(master, 4096)
        before, _, shown = shown.partition(text)
        return before

    until(b"\033[?25l")
    os.write(master, b"\x1a")
    assert b"\033[?25h" in until(b"at the prompt")
    until(b"\033[?25l")
    os.write(master, b"\x03")
    until(b"\033[?25h")
    os.close(master)
    os.waitpid(child, 0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("how", BACK_ENDS)
def test_a_server_that_does_not_answer(daemon, demo_server, how, number):
    with Proxy(demo_server) as proxy:
        tool = Uactl(daemon, proxy.url)
        tool(*how, "read", "i=2261")
        proxy.pause()
        running = tool.start(*how, "--timeout", "6000", "read", "i=2261")
        wait_until(lambda: os.path.exists(f"/proc/{running.pid}/fd/3"), 60, "it has begun")
        running.send_signal(number)
        _, err = running.communicate(timeout=120)
        proxy.resume()
        assert running.returncode == -number, err


@pytest.mark.parametrize("how", BACK_ENDS)
@pytest.mark.parametrize("command", [["watch", "-i", "50", "ns=2;s=Dynamic/Counter"], ["events"], ["export"],
                                     ["alarms"]])
def test_nothing_is_left(daemon, demo_server, how, command):
    tool = Uactl(daemon, demo_server.url)
    before = int(tool("-q", "read", SESSIONS).stdout)
    for after in (0.0, 0.004, 0.009, 0.015, 0.022, 0.03, 0.05, 0.12):
        code, err = interrupted(tool, *how, *command, after=after)
        assert code in (0, -signal.SIGINT), err
    # The daemon keeps its session for the next call, and nothing in it.
    status = lambda: daemon.client.data({"command": "status"})["sessions"]
    wait_until(lambda: all(not session["subscriptions"] for session in status()), 30, "the subscriptions go")
    wait_until(lambda: int(tool("-q", "read", SESSIONS).stdout) <= before, 30, "the sessions go")
