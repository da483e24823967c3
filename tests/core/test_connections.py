# SPDX-License-Identifier: MIT
"""Callers by the dozen, callers that vanish, callers that never read: the others notice nothing."""
import contextlib
import json
import socket
import threading

import pytest

from osm.client import Connection, connect, parse, read_line
from osm.servers import DemoServer
from osm.wait import wait_until

from .asking import ask, error, node, query, read
from .machine import descriptors, resident, sanitized

TOO_MANY = ("too_many_connections", "Too many concurrent connections")
LARGE = node("Edge/LargeString")  # a megabyte
PATIENT = {"opcuaTimeout": 120}  # for who waits behind many of them
WAIT = node("Methods/Wait")


def send(sock, message):
    sock.sendall(json.dumps(message).encode() + b"\n")


@pytest.fixture
def held():
    """Sockets that are closed with the test."""
    with contextlib.ExitStack() as stack:
        yield lambda endpoint: stack.enter_context(connect(endpoint))


def test_the_51st(make_daemon, held):
    """Refused at once, without a request; room again as soon as one of the fifty goes."""
    daemon = make_daemon()
    fifty = [held(daemon.endpoint) for _ in range(50)]
    send(fifty[7], {"command": "ping"})
    assert parse(read_line(fifty[7]))["success"]  # that one is used up; the others still wait
    fifty.append(held(daemon.endpoint))
    for _ in range(5):
        refused = held(daemon.endpoint)
        assert error(parse(read_line(refused))) == TOO_MANY
    for sock in fifty[8:]:
        send(sock, {"command": "ping"})
        assert parse(read_line(sock))["success"]
    assert daemon.client.data({"command": "ping"})["status"] == "ok"


def test_persistent_connections_do_not_count(make_daemon, held):
    daemon = make_daemon()
    with contextlib.ExitStack() as stack:
        lines = []
        for _ in range(60):
            lines.append(stack.enter_context(Connection(daemon.endpoint)))
            assert lines[-1].request({"command": "ping"})["success"]
        for _ in range(50):
            held(daemon.endpoint)
        assert error(parse(read_line(held(daemon.endpoint)))) == TOO_MANY
        assert all(line.request({"command": "ping"})["success"] for line in lines)


def pings(endpoint):
    with Connection(endpoint) as line:
        return line.request({"command": "ping"})["success"]


def test_max_connections(make_daemon):
    daemon = make_daemon("--max-connections", "3")
    with contextlib.ExitStack() as stack:
        lines = [stack.enter_context(Connection(daemon.endpoint)) for _ in range(4)]
        replies = [line.request({"command": "ping"}) for line in lines]
        assert [reply["success"] for reply in replies] == [True] * 3 + [False]
        assert error(replies[3]) == TOO_MANY and lines[3].receive() is None
        lines[0].close()
        # The daemon may hear of a new connection before it hears of the one that has gone.
        wait_until(lambda: pings(daemon.endpoint), what="there is room again")


def test_vanishing_before_the_reply(make_daemon, demo_server):
    """What was asked is done or dropped; nobody else waits for it, nothing is left over."""
    daemon = make_daemon()
    session = daemon.client.open(demo_server.url, PATIENT)
    baseline = descriptors(daemon.pid)
    for i in range(200):
        with connect(daemon.endpoint) as sock:
            send(sock, query(session, "read", LARGE))
            if i % 2:
                sock.recv(i * 10)  # gone in the middle of the reply
        if i % 20 == 0:
            assert len(read(daemon.client, session, LARGE)) == 1_000_000
    with Connection(daemon.endpoint) as line:
        for _ in range(100):
            line.send(query(session, "read", LARGE))
    wait_until(lambda: descriptors(daemon.pid) <= baseline, 30, "no descriptor is left over")
    assert read(daemon.client, session, node("Many/0000")) is not None


def test_a_write_is_done_although_its_caller_has_gone(make_daemon, demo_server):
    daemon = make_daemon()
    session = daemon.client.open(demo_server.url)
    with connect(daemon.endpoint) as sock:
        send(sock, query(session, "write", node("Many/0900"), 4711, 6))
    wait_until(lambda: read(daemon.client, session, node("Many/0900")) == 4711, 20, "the write has been done")


def test_vanishing_while_the_server_is_frozen(make_daemon, make_server):
    """Their requests do not fill anything up for good."""
    server = make_server(DemoServer)
    daemon = make_daemon()
    session = daemon.client.open(server.url, PATIENT)
    baseline = descriptors(daemon.pid)
    server.freeze()
    for _ in range(300):
        with connect(daemon.endpoint) as sock:
            send(sock, query(session, "read", node("Many/0000")))
    wait_until(lambda: descriptors(daemon.pid) <= baseline, 30, "the connections are closed")
    server.thaw()
    assert read(daemon.client, session, node("Many/0000")) is not None


@pytest.mark.parametrize("persistent", [False, True], ids=["classic", "persistent"])
def test_never_reading(make_daemon, demo_server, held, persistent):
    """Callers that ask for megabytes and take nothing; others are served all the while. What is
    kept for one of them is bounded by what may be in flight."""
    daemon = make_daemon("--max-in-flight", "8")
    session = daemon.client.open(demo_server.url, PATIENT)
    for _ in range(4 if persistent else 40):
        sock = held(daemon.endpoint)
        sock.setblocking(False)
        message = json.dumps({**({"id": 1} if persistent else {}), **query(session, "read", LARGE)}).encode() + b"\n"
        with contextlib.suppress(BlockingIOError):
            for _ in range(5000 if persistent else 1):
                sock.sendall(message)
    for _ in range(10):
        assert len(read(daemon.client, session, node("Types/Array/String"))) == 3
    assert sanitized() or resident(daemon.pid) < 200, f"{resident(daemon.pid):.0f} MiB"


def test_a_flood_of_unread_pings(make_daemon, held):
    """Requests without end, replies untaken: the daemon stops reading, memory stays what it was."""
    daemon = make_daemon()
    sock = held(daemon.endpoint)
    sock.settimeout(2)
    block = b'{"id":"' + b"x" * 1000 + b'","command":"ping"}\n'
    with pytest.raises(TimeoutError):
        for _ in range(1000):
            sock.sendall(block * 100)  # 100 MB in all
    assert daemon.client.data({"command": "ping"})["status"] == "ok"
    assert sanitized() or resident(daemon.pid) < 60, f"{resident(daemon.pid):.0f} MiB"


def test_a_slow_reader_gets_everything(make_daemon, demo_server):
    """Who reads late misses nothing: hundred replies of a megabyte each."""
    daemon = make_daemon()
    session = daemon.client.open(demo_server.url, PATIENT)
    with Connection(daemon.endpoint) as line:
        idents = [line.send(query(session, "read", LARGE)) for _ in range(100)]
        for _ in range(20):
            assert ask(daemon.client, session, "isConnected") is True
        for ident in idents:
            assert len(line.reply(ident)["data"]["value"]) == 1_000_000


def test_half_closed_callers_get_their_replies(make_daemon, demo_server):
    daemon = make_daemon()
    session = daemon.client.open(demo_server.url)
    wait = {"type": 11, "value": 50}
    message = query(session, "call", node("Methods"), WAIT, [wait])
    line = json.dumps(message).encode() + b"\n"
    assert parse(daemon.client.raw(line, half_close=True))["data"]["statusCode"] == 0
    with Connection(daemon.endpoint) as persistent:
        idents = [persistent.send(message) for _ in range(3)]
        persistent.sock.shutdown(socket.SHUT_WR)
        assert {persistent.receive()["id"] for _ in range(3)} == set(idents)
        assert persistent.receive() is None


def test_many_callers_at_once(make_daemon, demo_server):
    """Forty threads, one connection per request: every reply belongs to its request."""
    daemon = make_daemon()
    session = daemon.client.open(demo_server.url)
    wrong = []

    def run(number):
        for i in range(25):
            reply = daemon.client.query(session, "read", node(f"Many/{number:04}"), 3)
            if reply["data"]["value"]["name"] != f"{number:04}":
                wrong.append((number, i, reply))
    callers = [threading.Thread(target=run, args=(number,)) for number in range(40)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(120)
    assert wrong == [] and not any(caller.is_alive() for caller in callers)
