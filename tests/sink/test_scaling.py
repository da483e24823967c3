# SPDX-License-Identifier: MIT
"""docs/scaling.md: two daemons, one broker, and workers that share what comes."""
from osm.broker import Subscriber
from osm.wait import wait_until

from . import counting


def start(make_daemon, broker, name, server, tmp_path):
    daemon = make_daemon("--event-mqtt", f"mqtt://{broker.address}/plant/{{client}}/{{handle}}/{{event}}?client={name}",
                         "--event-spool", tmp_path / f"{name}.db")
    counting.watch(daemon.client, server, items=1)
    return daemon


def events_of(subscriber, name):
    return [payload for topic, _, payload in subscriber.messages() if topic.startswith(f"plant/{name}/")]


def test_two_daemons_share_a_broker(make_daemon, counting_server, broker, tmp_path):
    """Each has its part of the topics; losing one costs the other nothing, and it comes back with what it kept."""
    with Subscriber(broker, "plant/#") as subscriber:
        daemons = {name: start(make_daemon, broker, name, counting_server, tmp_path) for name in ("north", "south")}
        for name in daemons:
            counting.wait_for_values(lambda: events_of(subscriber, name), 20)
        daemons["north"].stop()
        count = len(counting.values(events_of(subscriber, "south")))
        counting.wait_for_values(lambda: events_of(subscriber, "south"), count + 20)
        first = {e["sessionId"] for e in events_of(subscriber, "north") if "sessionId" in e}
        start(make_daemon, broker, "north", counting_server, tmp_path)
        wait_until(lambda: {e["sessionId"] for e in events_of(subscriber, "north") if "sessionId" in e} - first, 20,
                   "north is back")
        assert counting.is_whole(counting.values(events_of(subscriber, "south")))
        before = [e for e in events_of(subscriber, "north") if e.get("sessionId") in first]
        assert counting.is_whole(counting.values(before))
        cursors = [e["cursor"] for e in events_of(subscriber, "north")]
        assert cursors == sorted(set(cursors))


def test_workers_share_what_comes(make_daemon, counting_server, broker, tmp_path):
    """A shared subscription: every event goes to one of the two workers."""
    topic = "$share/workers/plant/#"
    with Subscriber(broker, topic) as one, Subscriber(broker, topic) as two:
        start(make_daemon, broker, "north", counting_server, tmp_path)
        wait_until(lambda: len(counting.values(one.events()) + counting.values(two.events())) >= 60, 20, "values")
        both = sorted(counting.values(one.events()) + counting.values(two.events()))
        assert counting.is_whole(both[:55])
        assert one.events() and two.events()
