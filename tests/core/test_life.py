# SPDX-License-Identifier: MIT
"""A session's life in the store: limit, expiry, touching, closing (ipc-protocol.md §5, daemon.md §7)."""
import time

import pytest

from osm.client import Connection
from osm.servers import DemoServer
from osm.wait import wait_until

from .asking import CURRENT_SESSIONS, ask, error, node, query, read, sessions
from .strangers import mute

SHORT = ("--timeout", "1", "--cleanup-interval", "1")
WAIT = node("Methods/Wait")
NOT_CONNECTED = ("ConnectionException", "Not connected")


def double(value):
    return {"type": 11, "value": value}


def count(client):
    return client.data({"command": "list"})["count"]


def test_max_sessions(make_daemon, demo_server):
    client = make_daemon("--max-sessions", "2").client
    first, second = (client.open(demo_server.url, forceNew=True) for _ in range(2))
    full = ("max_sessions_reached", "Maximum number of sessions (2) reached")
    more = {"command": "open", "endpointUrl": demo_server.url, "forceNew": True}
    assert error(client.request(more)) == full
    assert error(client.request({**more, "endpointUrl": "nonsense"})) == full  # asked before the URL
    assert client.open(demo_server.url) == first  # sharing needs no room
    client.data({"command": "close", "sessionId": second})
    assert client.request(more)["success"]


def test_sessions_under_way_count(make_daemon, demo_server):
    daemon = make_daemon("--max-sessions", "2")
    with mute() as there, Connection(daemon.endpoint) as line:
        mute_ones = {"command": "open", "endpointUrl": there.url, "forceNew": True, "config": {"opcuaTimeout": 1}}
        *under_way, one_more = line.send_all([mute_ones] * 2 + [{"command": "open", "endpointUrl": demo_server.url}])
        assert error(line.reply(one_more))[0] == "max_sessions_reached"
        assert all(error(line.reply(ident))[1] == "Read timeout" for ident in under_way)
        assert line.request({"command": "open", "endpointUrl": demo_server.url})["success"]


@pytest.mark.parametrize("limit", ["0", "-1"])
def test_no_limit(make_daemon, demo_server, limit):
    client = make_daemon("--max-sessions", limit).client
    assert len({client.open(demo_server.url, forceNew=True) for _ in range(120)}) == 120
    assert client.data({"command": "ping"})["sessions"] == 120


def test_expiry(make_daemon, make_server):
    """Unused for longer than --timeout: logged, gone from the list, gone from the server."""
    server = make_server(DemoServer)
    daemon, watcher = make_daemon(*SHORT), make_daemon()
    session = daemon.client.open(server.url)
    outside = watcher.client.open(server.url)
    wait_until(lambda: count(daemon.client) == 0, 30, "the session expires")
    assert f"Session {session} expired (endpoint: {server.url})" in daemon.log()
    assert error(daemon.client.query(session, "isConnected")) == ("session_not_found", f"Session not found: {session}")
    wait_until(lambda: read(watcher.client, outside, CURRENT_SESSIONS) == 1, 30, "the server has been told")


TOUCHING = {
    "query": lambda client, session, url: client.query(session, "isConnected"),
    "refused query": lambda client, session, url: client.query(session, "read"),
    "open": lambda client, session, url: client.open(url),
}
NOT_TOUCHING = {
    "ping": lambda client, session, url: client.data({"command": "ping"}),
    "list": lambda client, session, url: client.data({"command": "list"}),
    "forbidden": lambda client, session, url: client.query(session, "disconnect"),
}


@pytest.mark.parametrize("kind", TOUCHING)
def test_what_keeps_a_session(make_daemon, demo_server, kind):
    client = make_daemon("--timeout", "4", "--cleanup-interval", "1").client
    idle, used = client.open(demo_server.url, {"autoRetry": 1}), client.open(demo_server.url)

    def idle_is_gone():
        TOUCHING[kind](client, used, demo_server.url)
        return idle not in sessions(client)
    wait_until(idle_is_gone, 30, "the unused session expires")
    assert list(sessions(client)) == [used]


@pytest.mark.parametrize("kind", NOT_TOUCHING)
def test_what_does_not(make_daemon, demo_server, kind):
    client = make_daemon(*SHORT).client
    session = client.open(demo_server.url)

    def gone():
        NOT_TOUCHING[kind](client, session, demo_server.url)
        return not sessions(client)
    wait_until(gone, 30, "the session expires in spite of it")


def test_last_used(client, demo_server):
    session = client.open(demo_server.url, forceNew=True)
    opened = sessions(client)[session]["lastUsed"]
    assert abs(opened - time.time()) < 60
    assert sessions(client)[session]["lastUsed"] == opened
    ask(client, session, "isConnected")
    assert sessions(client)[session]["lastUsed"] > opened
    client.data({"command": "close", "sessionId": session})


def test_close_twice(client, demo_server):
    session = client.open(demo_server.url, forceNew=True)
    close = {"command": "close", "sessionId": session}
    reply = client.request(close)
    assert reply == {"success": True, "data": None}
    missing = ("session_not_found", f"Session not found: {session}")
    assert error(client.request(close)) == missing
    assert error(client.query(session, "read", "i=85")) == missing
    with Connection(client.endpoint) as line:
        other = line.request({"command": "open", "endpointUrl": demo_server.url, "forceNew": True})["data"]["sessionId"]
        twice = [line.send({"command": "close", "sessionId": other}) for _ in range(2)]
        assert line.reply(twice[1])["error"]["type"] == "session_not_found"
        assert line.reply(twice[0])["success"]


def test_close_during_a_query(make_daemon, make_server):
    """What is at work and what waits is answered; the daemon and the server go on."""
    server = make_server(DemoServer)
    daemon = make_daemon()
    session = daemon.client.open(server.url, {"opcuaTimeout": 120})
    with Connection(daemon.endpoint) as line:
        call = line.send(query(session, "call", node("Methods"), WAIT, [double(60000)]))
        later = [line.send(query(session, "read", CURRENT_SESSIONS)) for _ in range(3)]
        assert line.request(query(session, "isConnected"))["data"] is True
        close = line.send({"command": "close", "sessionId": session})
        assert [error(line.reply(ident)) for ident in (call, *later)] == [NOT_CONNECTED] * 4
        assert line.reply(close) == {"id": close, "success": True, "data": None}
    again = daemon.client.open(server.url)
    assert again != session and read(daemon.client, again, CURRENT_SESSIONS) == 1


def test_close_of_a_frozen_session(make_daemon, make_server):
    """The session is gone at once, whatever its server does; the reply waits a bounded time."""
    server = make_server(DemoServer)
    daemon = make_daemon()
    session = daemon.client.open(server.url)
    server.freeze()
    with Connection(daemon.endpoint) as line:
        close = line.send({"command": "close", "sessionId": session})
        assert line.request({"command": "list"})["data"]["count"] == 0
        assert line.reply(close)["success"]


def test_close_ends_it_for_everybody(client, demo_server):
    """O7: a shared session is closed for all who share it."""
    config = {"defaultBrowseMaxDepth": 77}
    session = client.open(demo_server.url, config)
    assert client.open(demo_server.url, config) == session
    client.data({"command": "close", "sessionId": session})
    assert error(client.query(session, "isConnected"))[0] == "session_not_found"
    assert client.open(demo_server.url, config) != session


@pytest.mark.parametrize("given, shown", [
    (None, ""), ("", ""), ("x" * 32, "x" * 32), ("x" * 60000, "x" * 60000), ("0" * 31, "0" * 31), ("ä/b//c", "ä/b//c"),
    ("opc.tcp://h/x /etc/passwd", "opc.tcp://h/x /etc/passwd"), ("a\x00b", "a\x00b"), ('"\\\n', '"\\\n')])
@pytest.mark.parametrize("command", ["close", "query"])
def test_unknown_session(client, command, given, shown):
    request = {"command": command, "method": "read"}
    if given is not None:
        request["sessionId"] = given
    assert error(client.request(request)) == ("session_not_found", f"Session not found: {shown}")
