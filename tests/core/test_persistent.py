# SPDX-License-Identifier: MIT
"""Persistent connections (docs/protocol.md): ids, pipelines, order, bounds, the idle timeout."""
import json
import random
import threading

import pytest

from osm.client import Connection, connect, parse, read_line
from osm.servers import DemoServer

from .asking import error, node, query

PING = {"command": "ping"}
NO_ID = ("invalid_argument", 'A request on a persistent connection needs an "id" (string or integer)')


@pytest.mark.parametrize("ident", [0, 1, -1, 2**31, 2**53 + 1, 2**63 - 1, -2**63, 2**64 - 1, "", "a", "1", "ä€😀", "a\0b", '"\\/\n',
                                   "x" * 60000, " "])
def test_ids(shared, ident):
    """Given back as they came, as the first key."""
    with Connection(shared.endpoint) as line:
        for _ in range(2):
            line.send({**PING, "id": ident})
            raw = line.reader.readline()
            reply = json.loads(raw)
            assert raw.startswith(b'{"id":') and reply["success"]
            assert (reply["id"], type(reply["id"])) == (ident, type(ident))


@pytest.mark.parametrize("ident", ["1.5", "null", "true", "[]", "{}", "1e2", "-0.0", "18446744073709551616", "1" * 300])
def test_no_ids(shared, ident):
    """As first request: a classic one. Later: refused, and the connection goes on."""
    request = b'{"command":"ping","id":' + ident.encode() + b"}\n"
    with connect(shared.endpoint) as sock:
        sock.sendall(request)
        reply = parse(read_line(sock))
        assert reply["success"] and "id" not in reply and sock.recv(1) == b""
    with Connection(shared.endpoint) as line:
        assert line.request(PING)["success"]
        line.sock.sendall(request + b'{"command":"ping"}\n[]\n')
        for _ in range(3):
            reply = line.receive()
            assert error(reply) == NO_ID and "id" not in reply
        assert line.request(PING)["success"]


def test_five_thousand_in_one_go(shared, demo):
    """Written without reading in between, from a thread of its own; every id comes back once."""
    requests = [PING, {"command": "list"}, query(demo, "read", "i=2258"), query(demo, "isConnected"), {"command": "?"},
                query("nobody", "read")]
    with Connection(shared.endpoint) as line:
        block = b"".join(json.dumps({"id": i, **requests[i % len(requests)]}).encode() + b"\n" for i in range(5000))
        writer = threading.Thread(target=line.sock.sendall, args=(block,))
        writer.start()
        replies = [line.receive() for _ in range(5000)]
        writer.join(120)
    assert sorted(reply["id"] for reply in replies) == list(range(5000))
    for reply in replies:
        assert reply["success"] is (reply["id"] % len(requests) < 4)


def test_cut_anywhere(shared):
    """Where a line is cut into packets makes no difference."""
    dice = random.Random(7)
    block = b"".join(json.dumps({"id": i, **PING, "x": "y" * dice.randrange(300)}).encode() + b"\n" for i in range(300))
    with Connection(shared.endpoint) as line:
        at = 0
        while at < len(block):
            size = dice.randrange(1, 400)
            line.sock.sendall(block[at:at + size])
            at += size
        assert [line.receive()["id"] for _ in range(300)] == list(range(300))


def test_replies_come_as_they_are_done(shared, demo, make_server):
    """A call that waits does not hold up what needs no session, nor other sessions."""
    server = make_server(DemoServer)
    held = shared.client.open(server.url, {"opcuaTimeout": 120})
    server.freeze()
    with Connection(shared.endpoint) as line:
        slow = line.send(query(held, "call", node("Methods"), node("Methods/Nothing")))
        after = line.send(query(held, "read", "i=2258"))
        quick = [line.send(PING), line.send(query(demo, "read", "i=2258")), line.send(query(held, "getTimeout"))]
        assert {line.receive()["id"] for _ in quick} == set(quick)
        server.thaw()
        assert [line.receive()["id"] for _ in range(2)] == [slow, after]  # one session, in order of arrival
    shared.client.data({"command": "close", "sessionId": held})


def test_order_of_one_session(shared, demo):
    """Writes are barriers: each read sees the last write before it and none after."""
    target = node("Many/0333")
    with Connection(shared.endpoint) as line:
        for i in range(200):
            line.send({"id": f"w{i}", **query(demo, "write", target, i, 6)})
            for j in range(3):
                line.send({"id": f"r{i}.{j}", **query(demo, "read", target)})
        replies = [line.receive() for _ in range(800)]
    for reply in replies:
        if reply["id"].startswith("r"):
            assert f"r{reply['data']['value']}." in reply["id"]


def test_in_flight_bound(make_daemon, make_server):
    """At the bound the daemon stops reading; nothing fails, everything is answered in the end."""
    server = make_server(DemoServer)
    daemon = make_daemon("--max-in-flight", "8")
    session = daemon.client.open(server.url, {"opcuaTimeout": 120})
    server.freeze()
    with Connection(daemon.endpoint) as line:
        reads = [line.send(query(session, "read", node("Many/0000"))) for _ in range(20)]
        ping = line.send(PING)  # behind twelve that have not been read yet
        assert daemon.client.data(PING)["status"] == "ok"
        with Connection(daemon.endpoint) as other:
            assert other.request(PING)["success"]
        server.thaw()
        replies = [line.receive()["id"] for _ in range(21)]
    assert sorted(replies) == sorted([*reads, ping])
    assert replies.index(ping) >= 12


def test_in_flight_of_one_is_a_queue(make_daemon, demo_server):
    daemon = make_daemon("--max-in-flight", "1")
    session = daemon.client.open(demo_server.url)
    with Connection(daemon.endpoint) as line:
        idents = [line.send(query(session, "read", "i=2258") if i % 2 else PING) for i in range(500)]
        assert [line.receive()["id"] for _ in idents] == idents


def test_idle_timeout(make_daemon, make_server):
    """Closes who is idle; who waits for a reply is not, however long it takes."""
    server = make_server(DemoServer)
    daemon = make_daemon("--idle-timeout", "1")
    session = daemon.client.open(server.url, {"opcuaTimeout": 120})
    with Connection(daemon.endpoint) as idle, Connection(daemon.endpoint) as waiting:
        server.freeze()
        ident = waiting.send(query(session, "read", "i=2258"))
        assert idle.request(PING)["success"]
        assert idle.receive() is None
        server.thaw()
        assert waiting.reply(ident)["success"]
        assert waiting.receive() is None


def test_frames_as_long_as_allowed(make_daemon):
    daemon = make_daemon("--max-frame-bytes", "1000000")
    with Connection(daemon.endpoint) as line:
        assert line.request({**PING, "x": "y" * 900_000})["success"]
        line.send({**PING, "x": "y" * 1_000_000})
        assert error(line.receive()) == ("payload_too_large", "Request frame exceeds maximum size of 1000000 bytes")
        assert line.request(PING)["success"]


def test_the_same_id_twice(shared):
    """The caller's business: both are answered."""
    with Connection(shared.endpoint) as line:
        for command in ("ping", "list", "?"):
            line.send({"id": "same", "command": command})
        assert [line.receive()["success"] for _ in range(3)] == [True, True, False]
