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


def end_at_rest(daemon):
    """When all it has told has arrived: what a broker has not confirmed in the time a daemon has for its end comes
    twice."""
    for session in daemon.client.data({"command": "list"})["sessions"]:
        daemon.client.data({"command": "close", "sessionId": session["id"]})
    for name in ("mqtt", "spool"):
        wait_until(lambda: counting.sink(daemon, name)["waiting"] == 0, 20, f"nothing waits for {name}")
    daemon.stop()


def events_of(subscriber, name):
    return [payload for topic, _, payload in subscriber.messages() if topic.startswith(f"plant/{name}/")]


def test_two_daemons_share_a_broker(make_daemon, counting_server, broker, tmp_path):
    """Each has its part of the topics; losing one costs the other nothing, and it comes back with what it kept."""
    with Subscriber(broker, "plant/#") as subscriber:
        daemons = {name: start(make_daemon, broker, name, counting_server, tmp_path) for name in ("north", "south")}
        for name in daemons:
            counting.wait_for_values(lambda: events_of(subscriber, name), 20)
        end_at_rest(daemons["north"])
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

        def whole():
            """What one worker has not heard yet is missing between what the other one has."""
            both = sorted(counting.values(one.events()) + counting.values(two.events()))
            return len(both) >= 60 and counting.is_whole(both[:55])
        wait_until(whole, 20, "every value with one of them")
        assert one.events() and two.events()
