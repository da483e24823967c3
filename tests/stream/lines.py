# SPDX-License-Identifier: MIT
"""Streams as tests read them."""
from osm.client import Connection
from osm.wait import PATIENCE

ENVELOPE = {"id", "event", "cursor", "time", "sessionId", "endpointUrl"}


def fields(event):
    """What an event has beside what all have."""
    assert ENVELOPE <= event.keys(), event
    return {key: value for key, value in event.items() if key not in ENVELOPE}


def names(events):
    return [event["event"] for event in events]


class Stream:
    """One stream on a connection of its own."""

    def __init__(self, endpoint, timeout=PATIENCE, **more):
        self.line = Connection(endpoint, timeout)
        try:
            reply = self.line.request({"command": "stream", "id": 1, **more})
            assert reply["success"] is True, reply
        except BaseException:
            self.line.close()
            raise
        self.next = reply["data"]["cursor"]

    def event(self):
        """The next line of the stream."""
        line = self.line.receive()
        assert line is not None, "the stream has ended"
        assert line["id"] == 1 and "event" in line, line
        return line

    def take(self, count):
        return [self.event() for _ in range(count)]

    def until(self, last):
        """The events up to the first with that name."""
        events = [self.event()]
        while events[-1]["event"] != last:
            events.append(self.event())
        return events

    def close(self):
        self.line.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
