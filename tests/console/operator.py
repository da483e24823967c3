# SPDX-License-Identifier: MIT
"""What the tests of this folder ask as operators."""
import json
import signal

from osm.wait import wait_until


def say(daemon, line, token=None):
    """The whole reply to a line."""
    more = {} if token is None else {"authToken": token}
    return daemon.client.request({"command": "console", "line": line, **more})


def done(daemon, line, token=None):
    """The message of an action that went well."""
    reply = say(daemon, line, token)
    assert reply["success"], (line, reply)
    return reply["data"]["message"]


def refused(daemon, line, token=None):
    """Type and message of what was refused."""
    reply = say(daemon, line, token)
    assert not reply["success"], (line, reply)
    return reply["error"]["type"], reply["error"]["message"]


def show(daemon, table, token=None):
    """A table as a list of dicts, all of its pieces."""
    rows, offset = [], 0
    while offset is not None:
        reply = say(daemon, f"SHOW {table} OFFSET {offset}", token)
        assert reply["success"], (table, reply)
        data = reply["data"]
        rows += [dict(zip(data["columns"], row)) for row in data["rows"]]
        offset = data["next"]
    return rows


class Config:
    """A configuration file that changes under a daemon."""

    def __init__(self, folder):
        self.path = folder / "daemon.yaml"
        self.options = {}

    def write(self, **options):
        """These beside what it has; None takes an option out."""
        self.options = {k: v for k, v in {**self.options, **options}.items() if v is not None}
        self.path.write_text(json.dumps(self.options, indent=1))
        self.path.chmod(0o600)
        return self.path


def hang_up(daemon, expect="Configuration reloaded"):
    before = len(daemon.log())
    daemon.process.send(signal.SIGHUP)
    wait_until(lambda: expect in daemon.log()[before:], what=expect)
    return daemon.log()[before:]
