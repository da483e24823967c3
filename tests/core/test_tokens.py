# SPDX-License-Identifier: MIT
"""The shared secret (ipc-protocol.md §3): every command needs it, nothing of it leaks."""
import pytest

from osm.client import Connection, connect, parse, read_line
from osm.daemon import Daemon

from .asking import error

TOKEN = "s3cr3t-Ü/\"\\"
REFUSED = ("auth_failed", "Invalid or missing auth token")
ENV = {"OPCUA_AUTH_TOKEN": TOKEN}


@pytest.fixture(scope="module")
def guarded():
    with Daemon(env=ENV) as daemon:
        yield daemon


WRONG = [None, "", "x", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), f" {TOKEN}", f"{TOKEN}\0", f"{TOKEN}\0x", "x" * len(TOKEN),
         TOKEN * 1000, "x" * 60000, "\0" * 5000, 0, 5, True, [], [TOKEN], {"authToken": TOKEN}, 1e300]


@pytest.mark.parametrize("command", ["ping", "list", "open", "close", "query", "nonsense", ""])
def test_wrong_tokens(guarded, command):
    """The same answer whatever was wrong, for every command."""
    for wrong in WRONG:
        assert error(guarded.client.request({"command": command, "authToken": wrong})) == REFUSED
    assert error(guarded.client.request({"command": command})) == REFUSED


def test_the_right_one(guarded):
    assert guarded.client.request({"command": "ping", "authToken": TOKEN})["success"]
    assert error(guarded.client.request({"command": "nonsense", "authToken": TOKEN}))[0] == "unknown_command"


def test_what_comes_before_the_token(guarded):
    assert error(parse(guarded.client.raw(b"nonsense\n"))) == ("invalid_json", "Invalid JSON")
    assert error(parse(guarded.client.raw(b"[]\n"))) == REFUSED
    assert error(parse(guarded.client.raw(b'{"authToken":"' + b"x" * 65536 + b'"}\n')))[0] == "payload_too_large"


def test_nothing_in_the_log(make_daemon):
    daemon = make_daemon("--log-level", "debug", env=ENV)
    for wrong in ("hunter2", TOKEN):
        daemon.client.request({"command": "ping", "authToken": wrong})
    log = daemon.stop()
    assert log.count("[WARNING] Authentication failed from IPC client") == 1
    assert "hunter2" not in log and "s3cr3t" not in log


@pytest.mark.parametrize("token", ["x", "x" * 64 * 1024, "ä" * 1000, " with spaces "], ids=["1", "64KiB", "utf-8", "spaces"])
def test_tokens_of_any_length(make_daemon, token):
    """Even one that fits no classic frame: persistent connections with longer frames can use it."""
    daemon = make_daemon("--max-frame-bytes", "200000", env={"OPCUA_AUTH_TOKEN": token})
    assert error(daemon.client.request({"command": "ping", "authToken": token[:-1] + "?"}))[0] in (
        "auth_failed", "payload_too_large")
    if len(token) < 65000:
        assert daemon.client.request({"command": "ping", "authToken": token})["success"]
    assert error(daemon.client.request({"command": "ping", "authToken": ""})) == REFUSED


def test_no_token(make_daemon):
    """An empty environment variable is none; a token nobody asked for is ignored."""
    daemon = make_daemon(env={"OPCUA_AUTH_TOKEN": ""})
    for token in WRONG:
        assert daemon.client.request({"command": "ping", "authToken": token})["success"]


def test_persistent_connections(guarded):
    with Connection(guarded.endpoint) as line:
        assert error(line.request({"command": "ping"})) == REFUSED
        for _ in range(3):
            assert line.request({"command": "ping", "authToken": TOKEN})["success"]
            assert error(line.request({"command": "ping", "authToken": "x"})) == REFUSED


def test_guessing_on_one_connection(guarded):
    """Closed after eight wrong ones in a row; a right one in between starts the count again."""
    with Connection(guarded.endpoint) as line:
        for _ in range(7):
            assert error(line.request({"command": "ping", "authToken": "x"})) == REFUSED
        assert line.request({"command": "ping", "authToken": TOKEN})["success"]
        for _ in range(8):
            assert error(line.request({"command": "ping", "authToken": "x"})) == REFUSED
        assert line.receive() is None


def test_strangers_count_as_classic(make_daemon):
    """Persistent in form only: without the token they share the fifty places."""
    daemon = make_daemon(env=ENV, token=TOKEN)
    lines = [Connection(daemon.endpoint) for _ in range(50)]
    assert all(error(line.request({"command": "ping"})) == REFUSED for line in lines)
    with connect(daemon.endpoint) as sock:
        assert error(parse(read_line(sock)))[0] == "too_many_connections"
    for line in lines[:25]:
        assert line.request({"command": "ping", "authToken": TOKEN})["success"]
    assert daemon.client.data({"command": "ping"})["status"] == "ok"
    for line in lines:
        line.close()
