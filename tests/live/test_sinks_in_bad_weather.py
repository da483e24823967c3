# SPDX-License-Identifier: MIT
"""The same counters in every way at once: stream, file, program and MQTT, while the line has weather
and what carries the events is killed."""
import json
import os
import random
import signal
import time

import pytest

from osm.broker import Broker, Subscriber
from osm.daemon import Daemon
from osm.wait import wait_until
from osm.weather import Line, Weather

from .test_nothing_lost import ALARM_FIELDS, EVENTS, SOURCES, count, settle, stop, subscribe
from .witness import LinesWitness, StreamWitness, SubscriberWitness

WORKER = """import json, os, sys
out = open(sys.argv[1], "a")
print("worker", os.getpid(), file=sys.stderr, flush=True)
for line in sys.stdin:
    out.write(line)
    out.flush()
    print("ack", json.loads(line)["cursor"], flush=True)
"""
LATER = 150.0  # seconds for the last of it: sinks try again after up to a minute


@pytest.mark.parametrize("name", SOURCES)
def test_three_witnesses_hear_the_same(name, make_daemon, make_server, live_seconds, seed, tmp_path):
    source = SOURCES[name]
    server = make_server(source.kind, options=source.options)
    with Broker() as broker, Subscriber(broker) as subscriber, Line(server) as line:
        daemon = make_daemon("--event-log", tmp_path / "log", "--event-mqtt", f"mqtt://{broker.address}?qos=2")
        witnesses = [StreamWitness(daemon.endpoint, EVENTS), LinesWitness("file", tmp_path / "log"),
                     SubscriberWitness(subscriber)]
        wait_until(lambda: witnesses[0].cursor is not None, what="the stream is open")
        subscribe(daemon.client, daemon.client.open(line.url), source)
        with Weather(line, seed) as weather:
            witnesses[0].ending.wait(live_seconds)
        print(f"weather of seed {seed}: {weather.counts}, {line.connections} connections")
        settle(witnesses, source.handles, stop(daemon.client, server.url, source))
        assert [w.ledger.declared for w in witnesses] == [0, 0, 0]
        assert len({w.ledger.received for w in witnesses}) == 1


class Carriers:
    """Daemon, broker and worker, and how each of them is killed and comes back."""

    def __init__(self, folder, url, source, broker):
        self.folder, self.broker = folder, broker
        self.socket = f"unix://{folder / 'd.sock'}"
        subscription = {"publishing_interval": 100.0, "lifetime_count": 3000, "monitored_items": [
            {"node_id": item, "sampling_interval": 0, "queue_size": 5000, "client_handle": handle}
            for handle, item in enumerate(source.items)]}
        if source.alarms:
            subscription["event_monitored_items"] = [{"node_id": source.alarms, "select_fields": ALARM_FIELDS,
                                                      "client_handle": source.handles[-1], "queue_size": 5000}]
        connections = {"counters": {"endpoint": url, "subscriptions": [subscription]}}
        (folder / "connections.yaml").write_text(json.dumps(connections))
        (folder / "worker.py").write_text(WORKER)
        self.deaths = {"broker": 0, "worker": 0, "daemon": 0}
        self.daemon = None
        self.start()

    def start(self):
        folder = self.folder
        self.daemon = Daemon(
            "--auto-connect", folder / "connections.yaml", "--event-log", folder / "log", "--event-spool", folder / "spool.db",
            "--event-mqtt", f"mqtt://{self.broker.address}?qos=1&client=live", "--deferred-ack", "--event-command-ack",
            "--event-command", f"/usr/bin/python3 {folder / 'worker.py'} {folder / 'worked'}", endpoint=self.socket)

    def worker(self):
        """The pid of the worker that runs, or None."""
        found = open(f"/proc/{self.daemon.pid}/task/{self.daemon.pid}/children", encoding="ascii").read().split()
        return int(found[0]) if found else None

    def kill(self, what):
        self.deaths[what] += 1
        if what == "broker":
            self.broker.kill()
            self.broker.start()
        elif what == "worker":
            os.kill(wait_until(self.worker, 70, "the worker is back"), signal.SIGKILL)
        else:
            self.daemon.stop(signal.SIGKILL, expect=-signal.SIGKILL)
            self.start()


@pytest.mark.parametrize("name", SOURCES)
def test_what_carries_it_is_killed(name, make_server, live_seconds, seed, tmp_path):
    """After every death the rest comes; what was just delivered may come twice, nothing is lost silently."""
    source = SOURCES[name]
    server = make_server(source.kind, options=source.options)
    calm = {"calm": (2.0, 5.0), "pause": (0.2, 1.5)}
    with Broker(persistent=True) as broker, Subscriber(broker, client="listener") as subscriber, Line(server) as line:
        carriers = Carriers(tmp_path, line.url, source, broker)
        try:
            stream = StreamWitness(carriers.socket, EVENTS)
            witnesses = [LinesWitness("file", tmp_path / "log"), LinesWitness("program", tmp_path / "worked"),
                         SubscriberWitness(subscriber), stream]
            wait_until(lambda: all(w.ledger.accounts for w in witnesses), 30, "the first values everywhere")
            chance = random.Random(seed)
            with Weather(line, seed, **calm) as weather:
                until = time.monotonic() + live_seconds
                while time.monotonic() < until or not all(carriers.deaths.values()):
                    for what in carriers.deaths:
                        stream.ending.wait(chance.uniform(2.0, 5.0))
                        carriers.kill(what)
            print(f"weather of seed {seed}: {weather.counts}; deaths: {carriers.deaths}")
            # An alarm has no first value to begin with, one that fires before it is watched is never told: so
            # the counters stop only after the last daemon has heard each of them count.
            watched = count(carriers.daemon.client, server.url, source)
            wait_until(lambda: witnesses[0].ledger.passed(source.handles, watched), LATER,
                       lambda: f"more than {watched} of every counter: {witnesses[0].ledger}")
            sent = stop(carriers.daemon.client, server.url, source)
            settle(witnesses, source.handles, sent, again=("file", "program", "mqtt", "stream"), within=LATER)
            kept, worked, heard, _ = (w.ledger for w in witnesses)
            assert kept.received == worked.received == heard.received
        finally:
            carriers.daemon.__exit__(None, None, None)
