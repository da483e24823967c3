# SPDX-License-Identifier: MIT
"""The daemon's life: one at a time, what a crash leaves, signals, log files, surroundings."""
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time

import pytest

from osm.client import Connection, connect, parse, read_line
from osm.daemon import Daemon, lines
from osm.paths import program
from osm.process import Process
from osm.servers import DemoServer
from osm.wait import wait_until


@pytest.fixture
def folder():
    path = pathlib.Path(tempfile.mkdtemp(prefix="osm-life-"))
    yield path
    shutil.rmtree(path)


def second_start(path):
    environment = {k: v for k, v in os.environ.items() if k != "OPCUA_AUTH_TOKEN"}
    return subprocess.run([program(Daemon.PROGRAM), "--socket", str(path)], text=True, timeout=120,
                          capture_output=True, env=environment)


def already_running(pid, path):
    return f"Another daemon instance is already running (PID: {pid}). If this is stale, remove {path}.pid\n"


def names(folder):
    return sorted(p.name for p in folder.iterdir())


# --- one at a time -----------------------------------------------------------------------------

def test_second_daemon_is_refused(make_daemon):
    daemon = make_daemon()
    second = second_start(daemon.socket_path)
    assert (second.returncode, second.stdout) == (1, "")
    assert second.stderr == already_running(daemon.pid, daemon.socket_path)
    assert daemon.client.data({"command": "ping"})["status"] == "ok"
    assert pathlib.Path(f"{daemon.socket_path}.pid").read_text() == str(daemon.pid)


def test_live_number_without_lock_is_respected(folder):
    (folder / "s.pid").write_text("1")
    second = second_start(folder / "s")
    assert (second.returncode, second.stderr) == (1, already_running(1, folder / "s"))
    assert names(folder) == ["s.pid"]


def dead_pid():
    child = subprocess.Popen(["true"])
    child.wait()
    return child.pid


@pytest.mark.parametrize("content", [lambda: str(dead_pid()), lambda: "no number", lambda: "", lambda: "-1"])
def test_stale_pid_file_is_replaced(folder, content):
    (folder / "s.pid").write_text(content())
    with Daemon(endpoint=f"unix://{folder}/s") as daemon:
        assert (folder / "s.pid").read_text() == str(daemon.pid)
    assert names(folder) == []


def test_pid_file_that_is_a_link(folder):
    (folder / "s.pid").symlink_to(folder / "target")
    second = second_start(folder / "s")
    assert second.returncode == 1
    assert second.stderr.count("\n") == 1 and f"{folder}/s.pid" in second.stderr
    assert names(folder) == ["s.pid"]


def test_what_a_crash_leaves_does_not_hinder(folder):
    for _ in range(3):
        daemon = Daemon(endpoint=f"unix://{folder}/s")
        daemon.process.end(signal.SIGKILL)
        shutil.rmtree(daemon.folder)
        assert names(folder) == ["s", "s.pid"]
    with Daemon(endpoint=f"unix://{folder}/s") as daemon:
        assert daemon.client.data({"command": "ping"})["status"] == "ok"
    assert names(folder) == []


def test_socket_nobody_answers_on_is_replaced(folder):
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(folder / "s"))
    with Daemon(endpoint=f"unix://{folder}/s") as daemon:
        assert daemon.client.data({"command": "ping"})["status"] == "ok"


def test_many_starts_at_once(folder):
    """Exactly one of them serves, the others say so; over what a crash has left."""
    crashed = Daemon(endpoint=f"unix://{folder}/s")
    crashed.process.end(signal.SIGKILL)
    shutil.rmtree(crashed.folder)
    starts = [Process([program(Daemon.PROGRAM), "--socket", folder / "s"], folder, f"start{i}",
                      {"OPCUA_AUTH_TOKEN": None}) for i in range(8)]
    try:
        wait_until(lambda: sum(s.running for s in starts) <= 1, 20, "all but one have given up")
        (winner,) = [s for s in starts if s.running]
        winner.wait_for(lambda: "started on" in winner.stderr(), 10, "the winner serves")
        for loser in starts:
            if loser is not winner:
                assert loser.popen.returncode == 1
                assert loser.stderr() == already_running(winner.pid, folder / "s")
    finally:
        for start in starts:
            start.end()


def test_files_of_others_are_left_alone(folder):
    daemon = Daemon(endpoint=f"unix://{folder}/s")
    (folder / "s").unlink()
    (folder / "s.pid").unlink()
    (folder / "s").write_text("other")
    (folder / "s.pid").write_text("other")
    daemon.stop()
    assert [(folder / name).read_text() for name in names(folder)] == ["other", "other"]


# --- signals -----------------------------------------------------------------------------------

@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_orderly_end(folder, number):
    daemon = Daemon(endpoint=f"unix://{folder}/s")
    log = daemon.stop(number)
    assert lines(log)[-1].endswith("[INFO] Shutting down...")
    assert names(folder) == []


def test_end_right_after_the_start(folder):
    """Whoever sees the socket may already end the daemon."""
    for _ in range(5):
        daemon = Daemon(endpoint=f"unix://{folder}/s", ready=False)
        daemon.process.wait_for((folder / "s").exists, 10, "the socket")
        daemon.stop()
        assert names(folder) == []


def test_open_connections_do_not_hold_up_the_end(make_daemon):
    daemon = make_daemon()
    with connect(daemon.endpoint) as silent, connect(daemon.endpoint) as half, Connection(daemon.endpoint) as lasting:
        half.sendall(b'{"command":')
        assert lasting.request({"command": "ping"})["success"]
        daemon.stop()
        for sock in (silent, half):
            sock.settimeout(60)
            assert sock.recv(1) == b""
        assert lasting.receive() is None


def test_no_new_connections_while_ending(make_daemon, make_server):
    """A frozen server keeps the daemon busy; meanwhile the socket is gone. It ends long before the
    session would give the server up."""
    server = make_server(DemoServer)
    daemon = make_daemon()
    session = daemon.client.open(server.url, {"opcuaTimeout": 6000})
    server.freeze()
    daemon.process.send(signal.SIGTERM)
    wait_until(lambda: "Shutting down..." in daemon.log(), 5)
    wait_until(lambda: not daemon.socket_path.exists(), 2)
    daemon.process.freeze()  # or the second start may take longer than this end
    second = second_start(daemon.socket_path)
    assert second.stderr == already_running(daemon.pid, daemon.socket_path)
    assert daemon.process.running
    log = daemon.stop(signal.SIGCONT)  # goes on, and ends by itself
    assert f"[INFO] Disconnected session {session}\n" in log
    server.thaw()


def test_running_request_is_answered_before_the_end(make_daemon):
    """An open that waits for a server that says nothing fails in bounded time, with a reply."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        daemon = make_daemon()
        request = {"command": "open", "endpointUrl": f"opc.tcp://127.0.0.1:{mute.getsockname()[1]}",
                   "config": {"opcuaTimeout": 6000}}
        with connect(daemon.endpoint) as caller:
            caller.sendall(json.dumps(request).encode() + b"\n")
            mute.settimeout(60)
            with mute.accept()[0]:
                daemon.process.send(signal.SIGTERM)
                reply = parse(read_line(caller))
                assert reply["success"] is False
                assert reply["error"]["type"] == "ConnectionException"
                daemon.stop(signal.SIGCONT)


@pytest.mark.parametrize("first, then", [(signal.SIGTERM, signal.SIGTERM), (signal.SIGINT, signal.SIGTERM)])
def test_second_signal_ends_at_once(folder, make_server, first, then):
    server = make_server(DemoServer)
    daemon = Daemon(endpoint=f"unix://{folder}/s")
    daemon.client.open(server.url)
    server.freeze()
    daemon.process.send(first)
    wait_until(lambda: "Shutting down..." in daemon.log(), 5)
    wait_until(lambda: not (folder / "s").exists(), 2)
    log = daemon.stop(then, expect=1)
    assert log.endswith("Second signal: exiting at once\n")
    assert names(folder) == []
    server.thaw()


def test_callers_that_vanish(make_daemon):
    daemon = make_daemon()
    for _ in range(20):
        with connect(daemon.endpoint) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            sock.sendall(b'{"command":"ping"}\n')
    assert daemon.client.data({"command": "ping"})["status"] == "ok"


# --- log file ----------------------------------------------------------------------------------

def test_log_file_in_a_new_directory(folder, make_daemon):
    log = folder / "a" / "b" / "daemon.log"
    daemon = make_daemon("--log-file", str(log))
    wait_until(lambda: log.exists() and "Socket permissions" in log.read_text())
    assert daemon.log() == ""
    assert stat.S_IMODE(log.parent.stat().st_mode) == 0o755
    daemon.stop()
    assert lines(log.read_text())[-1].endswith("[INFO] Shutting down...")


def test_log_file_is_appended_to(folder):
    log = folder / "daemon.log"
    log.write_text("before\n")
    for _ in range(2):
        with Daemon("--log-file", str(log)):
            pass
    text = log.read_text()
    assert text.startswith("before\n")
    assert text.count("Shutting down...") == 2


def test_rotation(folder, make_daemon):
    log, rotated = folder / "daemon.log", folder / "daemon.log.1"
    daemon = make_daemon("--log-file", str(log))
    log.rename(rotated)
    daemon.process.send(signal.SIGHUP)
    wait_until(log.exists)
    assert daemon.client.data({"command": "ping"})["status"] == "ok"
    daemon.stop()
    assert "started on" in rotated.read_text() and "Shutting down" not in rotated.read_text()
    assert "Shutting down" in log.read_text() and "started on" not in log.read_text()


def test_rotation_that_fails_keeps_the_old_file(folder, make_daemon):
    log, rotated = folder / "daemon.log", folder / "daemon.log.1"
    daemon = make_daemon("--log-file", str(log))
    log.rename(rotated)
    log.mkdir()
    daemon.process.send(signal.SIGHUP)
    wait_until(lambda: "[ERROR] Cannot reopen log file" in rotated.read_text())
    daemon.stop()
    assert "Shutting down" in rotated.read_text()


@pytest.mark.parametrize("target, stream", [("php://stdout", "out"), ("php://stderr", "err"), ("/dev/stderr", "err"),
                                            ("/dev/stdout", "out")])
def test_standard_streams(make_daemon, target, stream):
    daemon = make_daemon("--log-file", target)
    text = {"out": daemon.process.stdout, "err": daemon.process.stderr}
    wait_until(lambda: "started on" in text[stream]())
    daemon.process.send(signal.SIGHUP)
    wait_until(lambda: "Log file reopened" in text[stream]())
    assert not os.path.exists("php:")


# --- surroundings ------------------------------------------------------------------------------

class Wrapped(Daemon):
    """Started by a shell line, with the program and its arguments as "$@"."""

    def __init__(self, line, folder, *options):
        script = folder / "start"
        script.write_text(f'#!/bin/sh\n{line}\n'.replace("PROGRAM", str(program(Daemon.PROGRAM))))
        script.chmod(0o755)
        self.PROGRAM = script
        super().__init__(*options)


def test_closed_standard_streams(folder):
    log = folder / "log"
    with Wrapped('exec PROGRAM "$@" <&- >&- 2>&-', folder, "--log-file", str(log)) as daemon:
        assert daemon.client.data({"command": "ping"})["status"] == "ok"
        for number in range(3):
            assert os.readlink(f"/proc/{daemon.pid}/fd/{number}") == "/dev/null"
    assert "Shutting down" in log.read_text()


def test_soft_limit_of_descriptors_is_raised(folder):
    with Wrapped('ulimit -S -n 64; exec PROGRAM "$@"', folder) as daemon:
        limits = pathlib.Path(f"/proc/{daemon.pid}/limits").read_text()
        soft, hard = re.search(r"^Max open files\s+(\S+)\s+(\S+)", limits, re.M).groups()
        assert soft == hard
    assert int(hard) == resource.getrlimit(resource.RLIMIT_NOFILE)[1]


@pytest.mark.parametrize("umask", ["000", "077"])
def test_umask_does_not_decide(folder, umask):
    with Wrapped(f'umask {umask}; exec PROGRAM "$@"', folder, "--socket-mode", "0660") as daemon:
        assert stat.S_IMODE(daemon.socket_path.stat().st_mode) == 0o660
        assert stat.S_IMODE(os.stat(f"{daemon.socket_path}.pid").st_mode) == 0o644
        status = pathlib.Path(f"/proc/{daemon.pid}/status").read_text()
        assert re.search(rf"^Umask:\s+0{umask}$", status, re.M)


def test_time_zone_of_the_log(make_daemon):
    daemon = make_daemon(env={"TZ": "UTC-13:45"})
    wait_until(lambda: "started on" in daemon.log())
    then = time.mktime(time.strptime(daemon.log()[1:20], "%Y-%m-%d %H:%M:%S")) - time.timezone
    assert abs(then - (13 * 3600 + 45 * 60) - time.time()) < 600


def test_stays_in_the_foreground(make_daemon):
    daemon = make_daemon()
    assert pathlib.Path(f"{daemon.socket_path}.pid").read_text() == str(daemon.process.popen.pid)


def test_no_descriptor_is_inheritable(folder, make_daemon):
    daemon = make_daemon("--log-file", str(folder / "log"))
    for entry in pathlib.Path(f"/proc/{daemon.pid}/fdinfo").iterdir():
        try:
            name = os.readlink(f"/proc/{daemon.pid}/fd/{entry.name}")
            text = entry.read_text()
        except FileNotFoundError:
            continue  # a connection that has just gone
        flags = int(re.search(r"^flags:\s+(\d+)", text, re.M).group(1), 8)
        assert int(entry.name) <= 2 or flags & os.O_CLOEXEC, name
