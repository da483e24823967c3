# SPDX-License-Identifier: MIT
"""What becomes of operations when the line or the server goes (daemon.md §9; R4, R10, R14).

A proxy between daemon and server cuts the line at a given request and counts what passes.
"""
import json
import threading

import pytest

from osm.client import Connection, connect
from osm.servers import BareServer, DemoServer
from osm.wait import wait_until

from .asking import CURRENT_SESSIONS, LOST_SINCE, SESSIONS_EVER, ask, error, log_order, node, query, read
from .proxy import ACTIVATE_SESSION, BROWSE, BROWSE_NEXT, CALL, CREATE_SESSION, READ, WRITE, Proxy

CLOSED = ("ConnectionException", "Connection closed by remote")
ADD = (node("Methods"), node("Methods/Add"), [{"type": 11, "value": 1.5}, {"type": 11, "value": 2}])
TARGET = node("Many/0001")


@pytest.fixture
def server(make_server):
    return make_server(DemoServer)


@pytest.fixture
def line(server):
    with Proxy(server) as proxy:
        yield proxy


def refused(server):
    return "ConnectionException", f"Failed to connect to localhost:{server.port}: [111] Connection refused"


REPEATED = {
    "read": (READ, ["read", TARGET], lambda data: data["value"] == 1),
    "readMulti": (READ, ["readMulti", [{"nodeId": TARGET}] * 3], lambda data: len(data) == 3),
    "write": (WRITE, ["write", TARGET, 1, 6], lambda data: data == 0),
    "write, detecting": (READ, ["write", TARGET, 1], lambda data: data == 0),
    "writeMulti": (WRITE, ["writeMulti", [{"nodeId": TARGET, "value": 1}] * 3], lambda data: data == [0] * 3),
    "browse": (BROWSE, ["browse", node("Many")], lambda data: len(data) == 1000),
    "browseAll": (BROWSE, ["browseAll", node("Many")], lambda data: len(data) == 1000),
}


@pytest.mark.parametrize("reached", [True, False], ids=["answer-lost", "request-lost"])
@pytest.mark.parametrize("name", REPEATED)
def test_repeated_without_autoretry(make_daemon, line, name, reached):
    service, request, expected = REPEATED[name]
    daemon = make_daemon()
    session = daemon.client.open(line.url)
    ask(daemon.client, session, "write", TARGET, 1, 6)
    before = line.count(service)
    line.cut_at(service, forward=reached)
    assert expected(ask(daemon.client, session, *request))
    assert line.count(service) >= before + 2
    log_order(daemon.log(), f"Connection lost for session {session}, attempting recovery", "Reconnecting to ",
              f"Reconnected session {session}")
    assert read(daemon.client, session, CURRENT_SESSIONS) == 1


def test_browse_all_lost_half_way(make_daemon, make_server):
    """Begins again from the start: no reference twice, none missing."""
    daemon = make_daemon()
    with Proxy(make_server(DemoServer, options=["--limits"])) as line:
        session = daemon.client.open(line.url)
        uncached = (node("Many"), 0, None, True, [], False)
        whole = ask(daemon.client, session, "browseAll", *uncached)
        line.cut_at(BROWSE_NEXT)
        assert ask(daemon.client, session, "browseAll", *uncached) == whole
        assert line.cut is None and len(whole) == 1000


def test_call_is_not_repeated(make_daemon, line):
    """It may have happened: the caller hears of the loss, the session works again."""
    daemon = make_daemon()
    session = daemon.client.open(line.url)
    line.cut_at(CALL)
    assert error(daemon.client.query(session, "call", *ADD)) == CLOSED
    assert line.count(CALL) == 1
    assert ask(daemon.client, session, "isConnected") is True  # recovered before the reply
    assert ask(daemon.client, session, "call", *ADD)["outputArguments"][0]["value"] == 3.5
    assert line.count(CALL) == 2
    assert daemon.log().count("attempting recovery") == 1


def test_call_is_not_repeated_with_autoretry(make_daemon, line):
    daemon = make_daemon()
    session = daemon.client.open(line.url, {"autoRetry": 5})
    line.cut_at(CALL)
    assert error(daemon.client.query(session, "call", *ADD)) == CLOSED
    assert line.count(CALL) == 1


def test_call_of_a_lost_session_is_sent(make_daemon, line):
    """Not sent yet, so it may be sent after the recovery."""
    daemon = make_daemon()
    session = daemon.client.open(line.url)
    line.cut_now()
    wait_until(lambda: not ask(daemon.client, session, "isConnected"), 20, "the loss is noticed")
    assert ask(daemon.client, session, "call", *ADD)["outputArguments"][0]["value"] == 3.5
    assert line.count(CALL) == 1


def test_call_that_is_late_happens_once(make_daemon, server):
    """A frozen server that gets the call, thaws after the timeout and does it: once."""
    daemon = make_daemon()
    with Proxy(server) as line:
        session = daemon.client.open(line.url, {"opcuaTimeout": 120})
        server.freeze()
        late = {**query(session, "call", *ADD), "timeout": 0.7}
        assert error(daemon.client.request(late)) == ("ConnectionException", "Read timeout")
        server.thaw()
        assert isinstance(read(daemon.client, session, node("Dynamic/Sine")), float)
        assert line.count(CALL) == 1


@pytest.mark.parametrize("kind", [DemoServer, BareServer], ids=["demo", "node-opcua"])
def test_restarted_server(make_daemon, make_server, kind):
    """Nobody but the log sees that the server was another one for a while."""
    server = make_server(kind)
    daemon = make_daemon()
    session = daemon.client.open(server.url)
    server.restart()
    assert read(daemon.client, session, SESSIONS_EVER) == 1
    assert ask(daemon.client, session, "getConnectionState") == "Connected"
    log_order(daemon.log(), f"Connecting to {server.url}", f"Connected to {server.url}",
              f"Connection lost for session {session}, attempting recovery", f"Reconnecting to {server.url}",
              f"Connected to {server.url}", f"Reconnected session {session}")


def test_server_that_stays_away(make_daemon, server):
    """First the loss in its own words, then that it was lost; reconnect and open say why."""
    daemon = make_daemon()
    session = daemon.client.open(server.url)
    server.kill()
    wait_until(lambda: ask(daemon.client, session, "getConnectionState") == "Broken", 20, "the loss is noticed")
    assert error(daemon.client.query(session, "read", TARGET)) == CLOSED
    for method, *more in (["read"], ["write", 1, 6], ["browse"]):
        assert error(daemon.client.query(session, method, TARGET, *more)) == ("ConnectionException", LOST_SINCE)
    assert error(daemon.client.query(session, "reconnect")) == refused(server)
    again = daemon.client.request({"command": "open", "endpointUrl": server.url})
    assert error(again) == refused(server)
    assert daemon.client.data({"command": "list"})["count"] == 1
    assert ask(daemon.client, session, "isConnected") is False
    assert f"Reconnect failed for session {session}: {refused(server)[1]}" in daemon.log()
    server.start()
    assert ask(daemon.client, session, "reconnect") is None
    assert read(daemon.client, session, CURRENT_SESSIONS) == 1


def test_open_recovers_a_failed_session(make_daemon, server):
    """R14: what open hands out works; the id stays what it was."""
    daemon = make_daemon()
    session = daemon.client.open(server.url)
    server.restart()
    wait_until(lambda: ask(daemon.client, session, "getConnectionState") == "Broken", 20, "the loss is noticed")
    assert daemon.client.data({"command": "open", "endpointUrl": server.url}) == {"sessionId": session, "reused": True}
    assert ask(daemon.client, session, "isConnected") is True


def test_failed_sessions_are_left_alone_until_needed(make_daemon, server):
    """No reconnecting without a caller; closing and expiry need no server."""
    daemon = make_daemon()
    session = daemon.client.open(server.url)
    server.kill()
    wait_until(lambda: not ask(daemon.client, session, "isConnected"), 20, "the loss is noticed")
    assert "Reconnecting" not in daemon.log()
    assert daemon.client.request({"command": "close", "sessionId": session})["success"]
    assert daemon.client.data({"command": "list"})["count"] == 0


@pytest.mark.parametrize("retries", [0, 3, -7])
def test_autoretry_counts(make_daemon, server, retries):
    """n retries and the daemon's own one; each ends at the port where nobody listens."""
    daemon = make_daemon()
    session = daemon.client.open(server.url, {"autoRetry": retries})
    server.kill()
    assert error(daemon.client.query(session, "read", TARGET)) == CLOSED
    assert daemon.log().count(f"Reconnect failed for session {session}") == 1 + max(retries, 0)


def test_endless_retries_hold_up_nobody(make_daemon, server, demo_server):
    """A caller's absurd autoRetry burns no more than its own request; closing ends it."""
    daemon = make_daemon("--log-level", "critical")
    session = daemon.client.open(server.url, {"autoRetry": 2**63 - 1})
    server.kill()
    with Connection(daemon.endpoint) as caller:
        waiting = caller.send(query(session, "read", TARGET))
        other = daemon.client.open(demo_server.url)
        for _ in range(50):
            read(daemon.client, other, SESSIONS_EVER)
        assert caller.request({"command": "ping"})["success"]
        assert daemon.client.request({"command": "close", "sessionId": session})["success"]
        assert error(caller.reply(waiting))[0] == "ConnectionException"


@pytest.mark.parametrize("persistent", [False, True], ids=["classic", "persistent"])
def test_retries_end_with_their_caller(make_daemon, server, persistent):
    """Whoever asked for a million retries and left does not keep the daemon at it."""
    daemon = make_daemon()
    session = daemon.client.open(server.url, {"autoRetry": 1_000_000})
    server.kill()
    with connect(daemon.endpoint) as caller:
        request = {**({"id": 1} if persistent else {}), **query(session, "write", TARGET, 4711, 6)}
        caller.sendall(json.dumps(request).encode() + b"\n")
        wait_until(lambda: daemon.log().count("Reconnecting") > 3, 20, "it tries")

    def quiet():
        before = daemon.log().count("Reconnecting")
        for _ in range(1000):  # thousands of tries would fit in here
            daemon.client.data({"command": "ping"})
        return daemon.log().count("Reconnecting") == before
    wait_until(quiet, 20, "it tries no more")
    server.start()
    assert read(daemon.client, session, TARGET) != 4711


def test_many_callers_one_recovery(make_daemon, line):
    """Whoever waits is served by the same recovery; every write in order, every call once."""
    daemon = make_daemon()
    session = daemon.client.open(line.url)
    with Connection(daemon.endpoint) as caller:
        line.cut_at(READ)
        first = [caller.send(query(session, "read", TARGET)) for _ in range(20)]
        writes = [caller.send(query(session, "write", TARGET, i, 6)) for i in range(20)]
        last = caller.send(query(session, "read", TARGET))
        assert all(caller.reply(ident)["success"] for ident in first)
        assert [caller.reply(ident)["data"] for ident in writes] == [0] * 20
        assert caller.reply(last)["data"]["value"] == 19
    assert daemon.log().count("attempting recovery") == 1


def test_lost_during_setup(make_daemon, line):
    """Cut at the first Read after the session is up: the open fails, nothing is stored."""
    daemon = make_daemon()
    line.cut_at(READ)
    assert error(daemon.client.request({"command": "open", "endpointUrl": line.url})) == CLOSED
    assert daemon.client.data({"command": "list"})["count"] == 0
    assert read(daemon.client, daemon.client.open(line.url), CURRENT_SESSIONS) <= 2


@pytest.mark.parametrize("service", [CREATE_SESSION, ACTIVATE_SESSION])
def test_lost_during_the_handshake(make_daemon, line, service):
    daemon = make_daemon()
    line.cut_at(service)
    assert error(daemon.client.request({"command": "open", "endpointUrl": line.url})) == CLOSED
    assert daemon.client.data({"command": "list"})["count"] == 0
    session = daemon.client.open(line.url)
    line.cut_at(ACTIVATE_SESSION)
    assert error(daemon.client.query(session, "reconnect")) == CLOSED
    assert isinstance(read(daemon.client, session, node("Dynamic/Sine")), float)


def test_reconnect(make_daemon, server):
    """On a healthy session, from several callers at once: a new channel, no session left behind."""
    daemon = make_daemon()
    session = daemon.client.open(server.url)
    replies = []
    callers = [threading.Thread(target=lambda: replies.append(daemon.client.query(session, "reconnect")))
               for _ in range(6)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(120)
    assert [reply["data"] for reply in replies] == [None] * 6
    assert read(daemon.client, session, CURRENT_SESSIONS) == 1
