# SPDX-License-Identifier: MIT
"""Streams on real connections (extensions.md 2): resuming, credits, gaps, many and slow callers."""
import contextlib
import json
import re
import selectors
import socket
import time

import pytest

from core.asking import ask, error, node, query
from core.machine import resident, sanitized
from osm.client import Connection, connect
from osm.servers import DemoServer

from .lines import ENVELOPE, Stream, names

TARGET = node("Many/0005")
INT32, BOOLEAN = 6, 1


@pytest.fixture
def client(daemon):
    return daemon.client


@pytest.fixture
def session(client, demo_server):
    return client.open(demo_server.url)


def tell(client, session, value):
    """One event that carries a number: NodeValueWritten."""
    assert ask(client, session, "write", TARGET, value, INT32) == 0


def values(events):
    return [event["value"] for event in events]


def test_published_values(client, session, daemon):
    with Stream(daemon.endpoint, sessionId=session, events=["DataChangeReceived"]) as stream:
        subscription = ask(client, session, "createSubscription", 50)["subscriptionId"]
        item = {"nodeId": TARGET, "clientHandle": 77, "samplingInterval": 20}
        ask(client, session, "createMonitoredItems", subscription, [item])
        stream.event()
        before = time.time()
        tell(client, session, 4711)
        event = stream.event()
    assert set(event) == ENVELOPE | {"subscriptionId", "sequenceNumber", "clientHandle", "dataValue", "republished"}
    assert event["republished"] is False
    assert (event["subscriptionId"], event["clientHandle"]) == (subscription, 77)
    assert event["dataValue"]["value"] == 4711
    assert before - 1 < event["time"] < time.time() + 1
    assert event["sessionId"] == session
    reply = client.query(session, "publish", [])
    assert error(reply)[0] == "auto_publish_active"


def test_resuming(client, session, daemon):
    with Stream(daemon.endpoint, events=["NodeValueWritten"]) as stream:
        for value in range(3):
            tell(client, session, value)
        first = stream.take(2)
        assert first[0]["cursor"] == stream.next
    for value in range(3, 6):
        tell(client, session, value)  # nobody is there
    with Stream(daemon.endpoint, events=["NodeValueWritten"], cursor=first[1]["cursor"]) as stream:
        assert stream.next == first[1]["cursor"] + 1
        assert values(stream.take(4)) == [2, 3, 4, 5]


def test_credits(client, session, daemon):
    with Stream(daemon.endpoint, events=["NodeValueWritten"], credits=2) as stream:
        for value in range(5):
            tell(client, session, value)
        assert values(stream.take(2)) == [0, 1]
        # What comes next is the answer to this, not a third event.
        stream.line.send({"command": "ping", "id": "still"})
        assert stream.line.receive()["id"] == "still"
        stream.line.send({"command": "credit", "id": 1, "credits": 2})
        assert stream.line.receive() == {"id": 1, "success": True, "data": {"credits": 2}}
        assert values(stream.take(2)) == [2, 3]
        stream.line.send({"command": "credit", "id": "more", "stream": 1, "credits": 1})
        assert stream.line.receive()["id"] == "more"
        assert values(stream.take(1)) == [4]


def test_gap(make_daemon, demo_server):
    daemon = make_daemon("--event-buffer", "10")
    client = daemon.client
    session = client.open(demo_server.url)
    with Stream(daemon.endpoint, events=["NodeValueWritten"], credits=1) as stream, \
            Stream(daemon.endpoint, events=["NodeValueWritten"]) as other:
        for value in range(25):
            tell(client, session, value)
            assert other.event()["value"] == value
        received = stream.take(1)
        stream.line.send({"command": "credit", "id": 1, "credits": 100})
        assert stream.line.receive()["success"]
        gap = stream.event()
        received += stream.take(10)
    assert gap == {"id": 1, "event": "StreamGap", "from": received[0]["cursor"] + 1,
                   "to": received[1]["cursor"] - 1, "dropped": 14}
    assert values(received) == [0, *range(15, 25)]


def test_a_cursor_of_an_earlier_daemon(make_daemon, demo_server):
    with Stream(make_daemon().endpoint) as stream:
        old = stream.next
    daemon = make_daemon()
    with Stream(daemon.endpoint, cursor=old) as stream:
        gap = stream.event()
        assert (gap["event"], gap["dropped"]) == ("StreamGap", None)
        daemon.client.open(demo_server.url)
        assert stream.event()["event"] == "ClientConnecting"


def test_two_streams_and_requests_on_one_connection(client, session, daemon):
    """Requests that are pipelined beside streams are answered like any others."""
    with Connection(daemon.endpoint) as line:
        for ident, event in (("w", "NodeValueWritten"), ("r", "NodeValueRead")):
            assert line.request({"command": "stream", "id": ident, "events": [event]})["success"]
        sent = []
        for value in range(50):
            sent.append(line.send(query(session, "write", TARGET, value, INT32)))
            sent.append(line.send(query(session, "read", TARGET)))
        lines = [line.receive() for _ in range(200)]
        assert values(entry for entry in lines if entry["id"] == "w") == list(range(50))
        assert [entry["dataValue"]["value"] for entry in lines if entry["id"] == "r"] == list(range(50))
        assert [entry["id"] for entry in lines if "success" in entry] == sent
        # One of them ends, the other goes on.
        ended = line.send({"command": "unstream", "stream": "w"})
        cursor = line.receive()
        assert cursor["id"] == ended and cursor["data"]["cursor"] > lines[-1].get("cursor", 0)
        tell(client, session, 1)
        ask(client, session, "read", TARGET)
        assert line.receive()["event"] == "NodeValueRead"
        assert error(line.request({"command": "unstream", "stream": "w"})) == (
            "invalid_argument", 'No stream of this connection has the id "w"')


def test_who_has_no_more_to_say_goes_on_listening(client, session, daemon):
    with Stream(daemon.endpoint, events=["NodeValueWritten"]) as stream:
        stream.line.sock.shutdown(socket.SHUT_WR)
        for value in range(3):
            tell(client, session, value)
            assert stream.event()["value"] == value


def test_a_token_is_needed(make_daemon):
    daemon = make_daemon("--auth-token", "s3cret", token="s3cret")
    with Connection(daemon.endpoint) as line:
        assert error(line.request({"command": "stream"}))[0] == "auth_failed"
        assert line.request({"command": "stream", "authToken": "s3cret"})["success"]


def test_refused(client, session, daemon):
    reply = client.request({"command": "stream"})
    assert error(reply)[0] == "invalid_argument"
    with Connection(daemon.endpoint) as line:
        assert error(line.request({"command": "stream", "events": ["NoSuchEvent"]})) == (
            "invalid_argument", "Unknown event: NoSuchEvent")
        assert error(line.request({"command": "stream", "sessionId": "x"})) == (
            "session_not_found", "Session not found: x")


def test_a_closed_session_is_quiet(client, demo_server, session, daemon):
    other = client.open(demo_server.url, {"opcuaTimeout": 7})
    with Stream(daemon.endpoint, sessionId=session) as stream:
        client.data({"command": "close", "sessionId": session})
        assert names(stream.until("ClientDisconnected"))[0] == "ClientDisconnecting"
        tell(client, other, 1)
        stream.line.send({"command": "ping", "id": "still"})
        assert stream.line.receive()["id"] == "still"


# --- many -----------------------------------------------------------------------------------------

CONSUMERS, ASLEEP = 500, 10
EVENTS = 4000
PAYLOAD = "x" * 500
EVENT, CURSOR = re.compile(rb'"event":"NodeValueWritten"'), re.compile(rb'"cursor":(\d+)')


class Consumer:
    """A caller that counts what it gets, without a thread of its own."""

    def __init__(self, endpoint):
        self.sock = connect(endpoint)
        self.sock.sendall(b'{"command":"stream","id":1,"events":["NodeValueWritten"]}\n')
        self.rest = b""
        self.cursors, self.lost, self.open = [], 0, False

    def read(self):
        data = self.sock.recv(1 << 20)
        assert data, "the stream has ended"
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            if EVENT.search(line):  # two million of them
                self.cursors.append(int(CURSOR.search(line)[1]))
                continue
            line = json.loads(line)
            if line.get("event") == "StreamGap":
                self.lost += line["dropped"]
            else:
                self.open = line["success"]

    @property
    def counted(self):
        return len(self.cursors) + self.lost


def drain(consumers, done, deadline=120.0):
    """Reads from all of them until it is done."""
    with selectors.DefaultSelector() as selector:
        for consumer in consumers:
            selector.register(consumer.sock, selectors.EVENT_READ, consumer)
        end = time.monotonic() + deadline
        while not done():
            assert time.monotonic() < end, sorted({consumer.counted for consumer in consumers})
            for key, _ in selector.select(1.0):
                key.data.read()


def test_many_consumers_some_of_which_stop_reading(make_daemon, demo_server):
    """Nobody misses anything but those who sleep, and they are told how much that was."""
    daemon = make_daemon("--event-buffer", "2000")
    client = daemon.client
    session = client.open(demo_server.url)
    with contextlib.ExitStack() as stack:
        consumers = [Consumer(daemon.endpoint) for _ in range(CONSUMERS)]
        for consumer in consumers:
            stack.callback(consumer.sock.close)
        line = stack.enter_context(Connection(daemon.endpoint))
        awake, asleep = consumers[ASLEEP:], consumers[:ASLEEP]
        drain(consumers, lambda: all(consumer.open for consumer in consumers))
        text = node("Types/Writable/String")
        before = resident(daemon.pid)
        sent = 0
        while sent < EVENTS:
            burst = [line.send(query(session, "write", text, PAYLOAD, 12)) for _ in range(100)]
            for ident in burst:
                assert line.reply(ident)["data"] == 0
            sent += len(burst)
            drain(awake, lambda: all(consumer.counted >= sent for consumer in awake))
        grown = resident(daemon.pid) - before
        # The ring (2 MiB), and for each consumer a buffer of at most 128 KiB.
        assert grown < 2 + CONSUMERS / 8 + 8 or sanitized(), grown
        assert all(consumer.lost == 0 for consumer in awake)
        assert all(consumer.cursors == awake[0].cursors for consumer in awake)
        assert awake[0].cursors == list(range(awake[0].cursors[0], awake[0].cursors[0] + EVENTS))
        drain(asleep, lambda: all(consumer.counted >= EVENTS for consumer in asleep))
        for consumer in asleep:
            assert consumer.lost > 0 and consumer.counted == EVENTS
            assert consumer.cursors == sorted(set(consumer.cursors))


def test_counters_arrive_without_loss(daemon, make_server):
    """A server's counters through a stream: every value, in order."""
    server = make_server(DemoServer, options=["--generate", "20@50"])
    client = daemon.client
    session = client.open(server.url)
    with Stream(daemon.endpoint, sessionId=session, events=["DataChangeReceived", "NotificationsLost"]) as stream:
        subscription = ask(client, session, "createSubscription", 50, 1000, 20)["subscriptionId"]
        items = [{"nodeId": node(f"Generator/{i:04}"), "clientHandle": i, "samplingInterval": 0, "queueSize": 1000}
                 for i in range(20)]
        ask(client, session, "createMonitoredItems", subscription, items)
        seen = {i: [] for i in range(20)}
        while any(len(counted) < 60 for counted in seen.values()):
            event = stream.event()
            assert event["event"] == "DataChangeReceived", event
            seen[event["clientHandle"]].append(event["dataValue"]["value"])
    for counted in seen.values():
        assert counted == list(range(counted[0], counted[0] + len(counted)))
