# SPDX-License-Identifier: MIT
"""One server that stands still holds up its own sessions only.

Proved by the order in which replies come, not by how long they take: while one request waits,
others that were sent later are answered.
"""
import threading

import pytest

from osm.client import Connection
from osm.servers import BareServer, DemoServer

from .asking import CURRENT_SESSIONS, node, query, read, sessions
from .strangers import BlackHole, mute

SINE = node("Dynamic/Sine")
PATIENT = {"opcuaTimeout": 120}  # frozen servers are thawed long before


@pytest.fixture(params=[DemoServer, BareServer], ids=["demo", "node-opcua"])
def stuck(request, make_server):
    """A server that the test may freeze."""
    return make_server(request.param, alone=True)


def test_pipelined_requests_overtake_a_frozen_server(make_daemon, stuck, demo_server):
    daemon = make_daemon()
    slow = daemon.client.open(stuck.url, PATIENT)
    fast = daemon.client.open(demo_server.url)
    stuck.freeze()
    with Connection(daemon.endpoint) as line:
        waiting = line.send(query(slow, "read", CURRENT_SESSIONS))
        line.send({"id": "ping", "command": "ping"})
        line.send({"id": "list", "command": "list"})
        line.send({"id": "other", **query(fast, "read", SINE)})
        line.send({"id": "state", **query(slow, "isConnected")})
        line.send({"id": "open", "command": "open", "endpointUrl": demo_server.url, "config": {"opcuaTimeout": 9}})
        replies = [line.receive() for _ in range(5)]
        assert {reply["id"] for reply in replies} == {"ping", "list", "other", "state", "open"}
        assert all(reply["success"] for reply in replies)
        stuck.thaw()
        assert line.reply(waiting)["data"]["value"] == 1
    assert "Connection lost" not in daemon.log()
    assert read(daemon.client, fast, CURRENT_SESSIONS) >= 2
    assert list(sessions(daemon.client))[:2] == [slow, fast]


def test_callers_on_connections_of_their_own(make_daemon, make_server, demo_server):
    stuck = make_server(DemoServer)
    daemon = make_daemon()
    slow = daemon.client.open(stuck.url, PATIENT)
    fast = daemon.client.open(demo_server.url)
    stuck.freeze()
    waiting = []
    callers = [threading.Thread(target=lambda: waiting.append(daemon.client.query(slow, "read", SINE)))
               for _ in range(10)]
    for caller in callers:
        caller.start()
    for _ in range(20):
        assert daemon.client.query(fast, "read", SINE)["success"]
        assert daemon.client.data({"command": "ping"})["sessions"] == 2
    assert waiting == [] and all(caller.is_alive() for caller in callers)
    stuck.thaw()
    for caller in callers:
        caller.join(120)
    assert [reply["success"] for reply in waiting] == [True] * 10


def test_order_within_the_session_survives_the_freeze(make_daemon, make_server):
    stuck = make_server(DemoServer)
    daemon = make_daemon()
    session = daemon.client.open(stuck.url, PATIENT)
    target = node("Many/0007")
    stuck.freeze()
    with Connection(daemon.endpoint) as line:
        for i in range(50):
            line.send({"id": f"w{i}", **query(session, "write", target, i, 6)})
            line.send({"id": f"r{i}", **query(session, "read", target)})
        assert daemon.client.data({"command": "ping"})["status"] == "ok"
        stuck.thaw()
        replies = [line.receive() for _ in range(100)]
    assert [reply["id"] for reply in replies] == [f"{kind}{i}" for i in range(50) for kind in "wr"]
    assert [reply["data"]["value"] for reply in replies[1::2]] == list(range(50))


def test_only_the_frozen_session_is_lost(make_daemon, make_server, demo_server):
    """Frozen for longer than the timeout: that session recovers, the other is never touched."""
    stuck = make_server(DemoServer)
    daemon = make_daemon("--log-level", "debug")
    slow = daemon.client.open(stuck.url, PATIENT)
    fast = daemon.client.open(demo_server.url)
    stuck.freeze()
    reply = daemon.client.request({**query(slow, "read", SINE), "timeout": 0.5})
    assert reply["error"] == {"type": "ConnectionException", "message": "Read timeout"}
    stuck.thaw()
    assert isinstance(read(daemon.client, slow, SINE), float)
    assert isinstance(read(daemon.client, fast, SINE), float)
    log = daemon.log()
    assert f"Reconnected session {slow}" in log
    assert f"Session {fast}: active ->" not in log


def test_half_of_the_servers_frozen(make_daemon, make_server, demo_server):
    """Many sessions on a frozen server do not use up anything the others need."""
    stuck = make_server(DemoServer)
    daemon = make_daemon()
    slow = [daemon.client.open(stuck.url, PATIENT, forceNew=True) for _ in range(20)]
    fast = [daemon.client.open(demo_server.url, forceNew=True) for _ in range(5)]
    stuck.freeze()
    with Connection(daemon.endpoint) as line, Connection(daemon.endpoint) as other:
        waiting = [line.send(query(session, "read", SINE)) for session in slow]
        for session in fast * 4:
            assert other.request(query(session, "read", SINE))["success"]
        stuck.thaw()
        assert all(line.reply(ident)["success"] for ident in waiting)


@pytest.mark.parametrize("stranger", [mute, BlackHole], ids=["mute", "black-hole"])
def test_opening_a_dead_end_holds_up_nobody(make_daemon, demo_server, stranger):
    daemon = make_daemon()
    with stranger() as dead_end, Connection(daemon.endpoint) as line:
        for i in range(8):
            line.send({"id": i, "command": "open", "endpointUrl": dead_end.url, "forceNew": True,
                       "config": {"opcuaTimeout": 60}})
        line.send({"id": "ping", "command": "ping"})
        line.send({"id": "open", "command": "open", "endpointUrl": demo_server.url})
        assert line.receive()["id"] == "ping"
        opened = line.receive()
        assert opened["id"] == "open" and opened["success"]
        assert daemon.client.data({"command": "list"})["count"] == 1
        daemon.stop()  # eight connects under way do not keep it
        assert all(line.receive()["success"] is False for _ in range(8))


def test_a_frozen_server_does_not_hold_up_the_end(make_daemon, make_server):
    stuck = make_server(DemoServer)
    daemon = make_daemon()
    session = daemon.client.open(stuck.url, PATIENT)
    stuck.freeze()
    with Connection(daemon.endpoint) as line:
        line.send(query(session, "read", SINE))
        assert line.request({"command": "ping"})["success"]  # so the read before it is under way
        log = daemon.stop()
        assert line.receive()["success"] is False
    assert f"Disconnected session {session}" in log
