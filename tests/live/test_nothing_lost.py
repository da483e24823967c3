# SPDX-License-Identifier: MIT
"""Nothing is lost without a word: counters watched in every way at once while the line has weather.

Each source counts up by one, in a value or in the message of an alarm, so what was received and what
was declared lost must make up what was sent. OSM_LIVE_SECONDS makes it longer, `scripts/soak-live`
(`make soak`) runs it for ten minutes; OSM_LIVE_SEED is the weather, which a failure tells.
"""
import pytest

from core.asking import ask
from osm.servers import AlarmServer, DemoServer
from osm.wait import wait_until
from osm.weather import Line, Weather

from .witness import StreamWitness

ITEMS, RATE = 20, 20
BOOLEAN = 1
EVENTS = ["DataChangeReceived", "NotificationsLost", "QueueOverflow", "SubscriptionRecreated", "SubscriptionLost",
          "MonitoredItemCreated", "AlarmEventReceived"]
ALARM_FIELDS = ["EventId", "EventType", "SourceName", "Time", "Message", "Severity", "ActiveState/Id"]
CATCH_UP = 90.0  # seconds after the weather: the longest back-off and a recovery


class Source:
    """What counts: a server, its counters, and the switch that stops them. The object `alarms` fires
    an alarm with each count, whose message is the count; it comes behind the items."""

    def __init__(self, kind, options, items, running, alarms=None):
        self.kind, self.options, self.items, self.running, self.alarms = kind, options, items, running, alarms
        self.handles = range(len(items) + (alarms is not None))


SOURCES = {
    "demo": Source(DemoServer, ["--generate", f"{ITEMS}@{RATE}"], [f"ns=2;s=Generator/{i:04}" for i in range(ITEMS)],
                   "ns=2;s=Generator/Running"),
    "node-opcua": Source(AlarmServer, ["--rate", RATE, "--alarms"], ["ns=1;s=Tank/Counter"], "ns=1;s=Tank/Running",
                         alarms="i=2253"),
}


def subscribe(client, session, source, queue=5000):
    subscription = ask(client, session, "createSubscription", 100, 3000, 10)["subscriptionId"]
    wanted = [{"nodeId": item, "clientHandle": handle, "samplingInterval": 0, "queueSize": queue}
              for handle, item in enumerate(source.items)]
    created = ask(client, session, "createMonitoredItems", subscription, wanted)
    assert all(c["statusCode"] == 0 and c["revisedQueueSize"] == queue for c in created), created
    if source.alarms:
        made = ask(client, session, "createEventMonitoredItem", subscription, source.alarms, ALARM_FIELDS,
                   source.handles[-1], queue)
        assert made["statusCode"] == 0 and made["revisedQueueSize"] == queue, made
    return subscription


def stop(client, url, source):
    """Stops the counters over a calm line of its own; returns where they and the alarms stand."""
    return count(client, url, source, running=False)


def count(client, url, source, running=True):
    """Where the counters stand, over a calm line of its own; without `running` they stop there."""
    session = client.open(url, forceNew=True)
    if not running:
        assert ask(client, session, "write", source.running, False, BOOLEAN) == 0
    value = ask(client, session, "read", source.items[0])["value"]
    client.data({"command": "close", "sessionId": session})
    return value


def settle(witnesses, sources, sent, again=(), within=CATCH_UP):
    """Waits until every witness has the last value, then closes the books."""
    try:
        for witness in witnesses:
            wait_until(lambda w=witness: w.failure or w.ledger.reached(sources, sent), within,
                       lambda w=witness: f"all of it, up to {sent}: {w.ledger}")
    finally:
        for witness in witnesses:
            witness.end()
            print(witness.ledger)
    for witness in witnesses:
        witness.check()
        witness.ledger.settle(sources, sent, again=witness.ledger.name in again)


@pytest.mark.parametrize("name", SOURCES)
def test_every_value_or_a_word(name, daemon, make_server, live_seconds, seed):
    source = SOURCES[name]
    server = make_server(source.kind, options=source.options)
    stream = StreamWitness(daemon.endpoint, EVENTS)
    wait_until(lambda: stream.cursor is not None, what="the stream is open")
    with Line(server) as line:
        session = daemon.client.open(line.url)
        subscribe(daemon.client, session, source)
        with Weather(line, seed) as weather:
            stream.ending.wait(live_seconds)
        print(f"weather of seed {seed}: {weather.counts}, {line.connections} connections")
        sent = stop(daemon.client, server.url, source)
        settle([stream], source.handles, sent)
        assert stream.ledger.declared == 0, f"the server kept everything, and yet: {stream.ledger}"
        assert weather.counts["cut"] > 0 and line.connections > 1


def test_a_small_queue_says_what_it_drops(daemon, make_server, seed):
    source = SOURCES["demo"]
    server = make_server(source.kind, options=source.options)
    stream = StreamWitness(daemon.endpoint, EVENTS)
    wait_until(lambda: stream.cursor is not None, what="the stream is open")
    with Line(server) as line:
        session = daemon.client.open(line.url)
        subscribe(daemon.client, session, source, queue=3)
        with Weather(line, seed, calm=(0.2, 0.5), pause=(2.0, 3.0)):
            wait_until(lambda: stream.ledger.counts.get("QueueOverflow"), 60, "the queue of three overflows")
        sent = stop(daemon.client, server.url, source)
        settle([stream], source.handles, sent)
        assert stream.ledger.declared > 0
