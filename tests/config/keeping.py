# SPDX-License-Identifier: MIT
"""Files of connections and what status tells of them."""
import json
import signal

from osm.wait import wait_until


class File:
    """A configuration file that changes under a daemon."""

    def __init__(self, folder):
        self.path = folder / "config.yaml"

    def write(self, connections=None, **options):
        """JSON is YAML."""
        self.path.write_text(json.dumps({**options, "connections": connections or {}}, indent=1))
        self.path.chmod(0o600)
        return self.path


def connection(url, *subscriptions, **more):
    return {"endpoint": url, "subscriptions": list(subscriptions), **more}


def subscription(*items, interval=100.0, events=(), **more):
    """Items are NodeIds or whole maps."""
    def whole(item):
        return item if isinstance(item, dict) else {"node_id": item, "sampling_interval": 50}
    return {"publishing_interval": interval, "monitored_items": [whole(i) for i in items],
            "event_monitored_items": list(events), **more}


def status(daemon):
    reply = daemon.client.request({"command": "status"})
    assert reply["success"], reply
    return reply["data"]


def entry(daemon, label="plant"):
    found = [c for c in status(daemon)["connections"] if c["label"] == label]
    return found[0] if found else None


def session(daemon, label="plant"):
    """The session that an entry keeps, or None."""
    found = [s for s in status(daemon)["sessions"] if label in s["autoConnect"]]
    return found[0] if found else None


def is_complete(daemon, label="plant"):
    one = entry(daemon, label)
    return one and one["state"] == "kept" and all(
        s["id"] and s["items"]["desired"] == s["items"]["actual"] for s in one["subscriptions"]) and one


def complete(daemon, label="plant", timeout=30.0):
    """Waits until everything of the entry is on the server; the entry."""
    return wait_until(lambda: is_complete(daemon, label), timeout, f"{label} is complete")


def flowing(daemon, label="plant", timeout=30.0):
    """Waits until values come; the session."""
    first = session(daemon, label)["publishing"]["values"]

    def more():
        one = session(daemon, label)
        return one and one["publishing"]["values"] > first and one
    return wait_until(more, timeout, f"values of {label}")


def reload(daemon, expect="Configuration reloaded"):
    """SIGHUP, and waits for what the log says to it; the new part of the log."""
    before = len(daemon.log())
    daemon.process.send(signal.SIGHUP)
    wait_until(lambda: expect in daemon.log()[before:], 10.0, f"{expect!r} in the log")
    return daemon.log()[before:]
