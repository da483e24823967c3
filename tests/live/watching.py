# SPDX-License-Identifier: MIT
"""What the tests of live data share: a stream, and what a session counts."""
from core.asking import ask, node
from osm.client import Connection

BOOLEAN, UINT32 = 1, 7
PUBLISH, REPUBLISH = 826, 832


class Stream:
    """Events of one session (or all) on a persistent connection."""

    def __init__(self, daemon, events, session=None, **more):
        self.line = Connection(daemon.endpoint, timeout=120)
        request = {"command": "stream", "id": "s", "events": events, **more}
        if session:
            request["sessionId"] = session
        self.kept = []
        self.start = self.line.request(request)["data"]["cursor"]

    def next(self):
        event = self.line.receive()
        assert event is not None, "the stream has ended"
        assert event["event"] != "StreamGap", event
        return event

    def keep(self, count):
        """The next so many data changes, kept for collect_counters(). Others are, too."""
        while count:
            self.kept.append(self.next())
            count -= self.kept[-1]["event"] == "DataChangeReceived"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.line.close()


def publishing(client, session):
    """What the session says of its publishing."""
    for entry in client.data({"command": "status"})["sessions"]:
        if entry["id"] == session:
            return entry["publishing"]
    raise AssertionError(f"no session {session}")


def subscribe(client, session, nodes, interval=50, keep_alive=20, **item):
    """A subscription to the nodes; client handles count from 1. Returns its id."""
    subscription = ask(client, session, "createSubscription", interval, 10000, keep_alive)["subscriptionId"]
    items = [{"nodeId": where, "clientHandle": i + 1, "samplingInterval": 0, "queueSize": 10000, **item}
             for i, where in enumerate(nodes)]
    assert {r["statusCode"] for r in ask(client, session, "createMonitoredItems", subscription, items)} <= {0}
    return subscription


def counters(size):
    """The first nodes of the demo server's generator."""
    return [node(f"Generator/{i:04}") for i in range(size)]


def collect_counters(stream, size, enough, stop):
    """Values of the generator's counters by handle, and of `NotificationsLost`, until stop() has
    said what the last value is and every counter has come to it. stop is called when each has come
    `enough` times."""
    seen, lost, last = {i + 1: [] for i in range(size)}, [], None
    while last is None or any(values[-1:] != [last] for values in seen.values()):
        event = stream.kept.pop(0) if stream.kept else stream.next()
        if event["event"] == "DataChangeReceived":
            seen[event["clientHandle"]].append(event["dataValue"]["value"])
        elif event["event"] == "NotificationsLost":
            lost.append(event)
        if last is None and all(len(values) >= enough for values in seen.values()):
            last = stop()
    return seen, lost
