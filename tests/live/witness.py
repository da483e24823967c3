# SPDX-License-Identifier: MIT
"""Those who watch: a stream, the event log, an MQTT subscriber. Each keeps a ledger of its own."""
import contextlib
import json
import threading

from osm.client import Connection

from .ledger import Ledger


class Witness:
    """Feeds a ledger from a thread of its own; `source()` yields events until `end()`."""

    def __init__(self, name):
        self.ledger = Ledger(name)
        self.failure = None
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        try:
            for event in self.source():
                self.ledger.feed(event)
        except Exception as failure:  # shown by check(), in the test's own thread
            self.failure = failure

    def check(self):
        if self.failure:
            raise AssertionError(f"{self.ledger.name}: {self.failure!r}") from self.failure

    def source(self):
        raise NotImplementedError

    def end(self):
        self.ending.set()
        self.thread.join(120)
        assert not self.thread.is_alive(), f"{self.ledger.name} does not end"


class StreamWitness(Witness):
    """A stream that is opened again, with its last cursor, when the daemon or the connection went."""

    def __init__(self, endpoint, events):
        self.endpoint = endpoint
        self.events = events
        self.cursor = None
        self.streams = 0
        super().__init__("stream")

    def source(self):
        while not self.ending.is_set():
            with contextlib.suppress(OSError, ConnectionError, ValueError):
                yield from self._lines()
            self.ending.wait(0.05)

    def _lines(self):
        with Connection(self.endpoint, timeout=1.0) as connection:
            request = {"command": "stream", "events": self.events}
            if self.cursor is not None:
                request["cursor"] = self.cursor
            ident = connection.send(request)
            self.streams += 1
            received = bytearray()
            while not self.ending.is_set():
                with contextlib.suppress(TimeoutError):
                    data = connection.sock.recv(1 << 18)
                    if not data:
                        return
                    received += data
                *lines, rest = received.split(b"\n")
                received = bytearray(rest)
                for line in lines:
                    yield from self._line(json.loads(line), ident)

    def _line(self, line, ident):
        assert line["id"] == ident, line
        if "event" not in line:
            assert line["success"], line
            if self.cursor is None:
                self.cursor = line["data"]["cursor"] - 1  # it names the next one, a request the last one read
            return
        self.cursor = line["to"] if line["event"] == "StreamGap" else line["cursor"]
        yield line


class LinesWitness(Witness):
    """Follows a file of JSON lines that something appends to; only whole lines count."""

    def __init__(self, name, path):
        self.path = path
        super().__init__(name)

    def parse(self, line):
        """The event of a line, or None."""
        return json.loads(line)

    def source(self):
        while not self.path.exists() and not self.ending.is_set():
            self.ending.wait(0.02)
        with open(self.path, "rb") as file:
            rest = b""
            while True:
                ending = self.ending.is_set()
                data = file.read(1 << 18)
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    event = self.parse(line) if line else None
                    if event:
                        yield event
                if not data:
                    if ending:
                        return
                    self.ending.wait(0.02)


class SubscriberWitness(LinesWitness):
    """What mosquitto_sub (osm.broker.Subscriber) prints: retained or not, the topic, the event."""

    def __init__(self, subscriber):
        super().__init__("mqtt", subscriber.process.out)

    def parse(self, line):
        return json.loads(line.split(b" ", 2)[2]) if line[:2] in (b"0 ", b"1 ") else None
