# SPDX-License-Identifier: MIT
"""Notifications so large that their events are written beside the loop: they come whole and in order wherever events go,
with small ones between them, whatever becomes of other readers."""
import json
import struct
import threading

import pytest

from osm.broker import Subscriber
from osm.client import Connection
from osm.scripted import NOTHING, Fault, Script, array, data_value, node_id, text, ticks, uint32
from osm.wait import wait_until

LARGE = 100_000  # Doubles, 0.8 MB on the wire
PATIENCE = 120

DOUBLES = bytes([0x80 | 11]) + uint32(LARGE) + struct.pack("<d", 1.5) * LARGE
STRINGS = bytes([0x80 | 12]) + uint32(LARGE) + text("ä\"b") * LARGE
BYTES = bytes([15]) + text(b"\xff" * 8 * LARGE)
LONG = "x" * 8 * LARGE


def small(value):
    return bytes([6]) + struct.pack("<i", value)


def change(variant):
    """A DataChangeNotification with that value of item 1."""
    body = array([uint32(1) + data_value(variant)]) + NOTHING
    return node_id(0, 811) + b"\1" + text(body)


def event(*fields):
    """An EventNotificationList with one event of item 1."""
    body = array([uint32(1) + array(fields)])
    return node_id(0, 916) + b"\1" + text(body)


# What is told, and what is to be seen of it.
MESSAGES = [
    (change(small(1)), lambda told: told["dataValue"]["value"] == 1),
    (change(DOUBLES), lambda told: told["dataValue"]["value"] == [1.5] * LARGE),
    (change(small(2)), lambda told: told["dataValue"]["value"] == 2),
    (change(STRINGS), lambda told: told["dataValue"]["value"] == ["ä\"b"] * LARGE),
    (change(BYTES), lambda told: len(told["dataValue"]["value"]) == (8 * LARGE + 2) // 3 * 4),
    (event(small(7), bytes([12]) + text(LONG)), lambda told: told["eventFields"][1]["value"] == LONG),
    (change(small(3)), lambda told: told["dataValue"]["value"] == 3),
    (change(DOUBLES), lambda told: told["dataValue"]["value"] == [1.5] * LARGE),
]
TOLD = ("DataChangeReceived", "EventNotificationReceived")


class Plant(Script):
    """Tells its messages as fast as it is asked, from when `go` is set."""

    def __init__(self):
        self.go = threading.Event()
        self.number = 0
        self.may_answer = threading.Event()
        self.may_answer.set()
        super().__init__()

    def create_subscription(self, _):
        return uint32(77) + struct.pack("<dII", 100.0, 1000, 10)

    def create_monitored_items(self, _):
        self.go.set()
        return array([uint32(0) + uint32(5) + struct.pack("<dI", 100.0, 1) + b"\0\0\0"]) + NOTHING

    def delete_subscriptions(self, _):
        return array([uint32(0)]) + NOTHING

    def publish(self, _):
        if self.number == len(MESSAGES):
            return None
        if not self.go.is_set():
            raise Fault(0x80780000)  # BadTooManyPublishRequests: ask again
        self.may_answer.wait(PATIENCE)
        self.number += 1
        message = uint32(self.number) + struct.pack("<Q", ticks()) + array([MESSAGES[self.number - 1][0]])
        return uint32(77) + NOTHING + b"\0" + message + NOTHING + NOTHING


def watch(daemon, plant):
    session = daemon.client.open(plant.url, {"opcuaTimeout": 60})
    subscription = daemon.client.data({"command": "query", "sessionId": session, "method": "createSubscription",
                                       "params": [100]})["subscriptionId"]
    daemon.client.data({"command": "query", "sessionId": session, "method": "createMonitoredItems",
                        "params": [subscription, [{"nodeId": "ns=1;i=1"}]]})
    return session


def check(events):
    """All of them, each once, whole and in order."""
    assert [told["sequenceNumber"] for told in events] == list(range(1, len(MESSAGES) + 1))
    assert sorted(events, key=lambda told: told["cursor"]) == events
    for told, (_, fits) in zip(events, MESSAGES):
        assert fits(told), told["sequenceNumber"]


def lines_of(path):
    content = path.read_bytes() if path.exists() else b""
    return [json.loads(line) for line in content[:content.rfind(b"\n") + 1].splitlines()]


def told_in(events):
    return [told for told in events if told["event"] in TOLD]


def ping_until(daemon, over):
    """Somebody else is served all the while."""
    with Connection(daemon.client.endpoint) as other:
        while not over.wait(0.002):
            other.reply(other.send({"command": "ping"}))


@pytest.fixture
def plant():
    with Plant() as server:
        yield server


@pytest.mark.parametrize("spooled", [False, True], ids=["memory", "spool"])
def test_wherever_events_go(make_daemon, plant, broker, tmp_path, spooled):
    spool = ["--event-spool", tmp_path / "spool", "--deferred-ack"] if spooled else []
    log, piped = tmp_path / "log", tmp_path / "piped"
    daemon = make_daemon("--auto-publish", "--event-log", log, "--event-mqtt", f"mqtt://{broker.address}/all",
                         "--event-command", f"sh -c 'cat >> {piped}'", *spool)
    over = threading.Event()
    pinger = threading.Thread(target=ping_until, args=(daemon, over))
    stream = {"command": "stream", "events": TOLD}
    with Subscriber(broker, "all") as subscriber, Connection(daemon.client.endpoint, PATIENCE) as reader, \
            Connection(daemon.client.endpoint) as mute, Connection(daemon.client.endpoint) as gone:
        for connection in (reader, mute, gone):
            connection.reply(connection.send(stream))
        pinger.start()
        try:
            watch(daemon, plant)
            gone.receive()
            gone.sock.close()
            check([reader.receive() for _ in MESSAGES])
            for path in (log, piped):
                wait_until(lambda: len(told_in(lines_of(path))) == len(MESSAGES), PATIENCE, f"{path} has all", poll=0.2)
                check(told_in(lines_of(path)))
            subscriber.wait_for(lambda events: len(told_in(events)) == len(MESSAGES), PATIENCE)
            check(told_in(subscriber.events()))
        finally:
            over.set()
            pinger.join()
    assert daemon.client.request({"command": "ping"})["success"]


def test_the_end_in_the_middle(make_daemon, plant, tmp_path):
    """What is in the file then is whole."""
    log = tmp_path / "log"
    daemon = make_daemon("--auto-publish", "--event-log", log)
    watch(daemon, plant)
    wait_until(lambda: told_in(lines_of(log)), PATIENCE, "the first one is there")
    daemon.stop()
    events = told_in(lines_of(log))
    assert [told["sequenceNumber"] for told in events] == list(range(1, len(events) + 1))


def test_kept_for_a_caller_who_comes_later(daemon, plant):
    """Nobody publishes on the daemon's account: a caller's request is answered when he has gone."""
    session = watch(daemon, plant)
    publish = {"command": "query", "sessionId": session, "method": "publish", "params": []}
    for number, (_, fits) in enumerate(MESSAGES, 1):
        plant.may_answer.clear()
        with Connection(daemon.client.endpoint) as leaving:
            leaving.send(publish)
            wait_until(lambda: plant.count("publish") == number, PATIENCE, "the server is asked")
        for _ in range(2):  # by then it is known that he has gone
            daemon.client.request({"command": "ping"})
        plant.may_answer.set()
        notified = daemon.client.data(publish)
        assert notified["sequenceNumber"] == number
        assert fits(notified["notifications"][0])
