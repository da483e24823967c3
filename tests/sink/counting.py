# SPDX-License-Identifier: MIT
"""Counters of the demo server that arrive somewhere: is each value there, once and in order?"""
import collections
import json
import pathlib

from osm.wait import wait_until

BOOLEAN = 1


def watch(client, server, items=3, interval=50.0, queue=1000):
    """Opens a session and monitors counters 0 … items-1; the client handle is the number."""
    session = client.open(server.url)
    made = client.query(session, "createSubscription", interval)
    assert made["success"], made
    subscription = made["data"]["subscriptionId"]
    wanted = [{"nodeId": node(n), "clientHandle": n, "samplingInterval": 0.0, "queueSize": queue}
              for n in range(items)]
    made = client.query(session, "createMonitoredItems", subscription, wanted)
    assert made["success"] and not any(item["statusCode"] for item in made["data"]), made
    return session


def node(number):
    return f"ns=2;s=Generator/{number:04d}"


def run(client, session, running):
    """The counters stand still, so that what is on its way can be waited for, or go on."""
    assert client.query(session, "write", "ns=2;s=Generator/Running", running, BOOLEAN)["data"] == 0


def values(events, handle=0):
    """The counter's values in order of arrival."""
    return [e["dataValue"]["value"] if "value" in e["dataValue"] else e["dataValue"]["v"]
            for e in events if e["event"] == "DataChangeReceived" and e["clientHandle"] == handle]


def is_whole(numbers):
    """Each one by one more than the one before."""
    return all(b - a == 1 for a, b in zip(numbers, numbers[1:]))


def without_repeats(numbers):
    """First occurrences only."""
    return list(dict.fromkeys(numbers))


def only_came_again_behind(safe, events):
    """Up to which cursor all was confirmed was looked at before each loss: by that loss nothing of it comes again."""
    seen = collections.Counter(e["cursor"] for e in events)
    return all(times <= losses + 1 for losses, known in enumerate(safe)
               for cursor, times in seen.items() if cursor <= known)


def read_lines(path):
    """Events of a file of whole lines."""
    path = pathlib.Path(path)
    text = path.read_bytes() if path.exists() else b""
    return [json.loads(line) for line in text.split(b"\n")[:-1]]


def wait_for_values(source, count, handle=0, timeout=20):
    """source() gives events; until so many values of a counter are there."""
    def check():
        numbers = values(source(), handle)
        return numbers if len(numbers) >= count else None
    return wait_until(check, timeout, f"{count} values of counter {handle}")


def sink(daemon, name):
    """The sink as status shows it."""
    return next(s for s in daemon.client.data({"command": "status"})["sinks"] if s["name"] == name)


def wait_until_delivered(daemon, name):
    """What has come so far; there may always be something new on its way."""
    state = sink(daemon, name)
    goal = state["delivered"] + state["waiting"]
    wait_until(lambda: sink(daemon, name)["delivered"] >= goal, 20, f"{goal} events are delivered to {name}")


def told_of_every_gap(daemon, subscriber):
    """The gaps an MQTT subscriber has heard of, once the sink has caught up and they are all it counts."""
    state = sink(daemon, "mqtt")
    lost = subscriber.events("EventsLost")
    return lost if state["waiting"] < 50 and 0 < state["dropped"] == sum(e["dropped"] for e in lost) else None
