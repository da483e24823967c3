# SPDX-License-Identifier: MIT
"""alarms: found by name, acknowledged, confirmed and shelved on a server with real state machines."""
import json

import pytest

from osm.servers import AlarmServer
from osm.wait import wait_until
from tool.test_uactl import Uactl

LEVEL = "ns=1;s=Tank/Level"


@pytest.fixture(scope="module")
def alarm_server():
    with AlarmServer() as server:
        yield server


@pytest.fixture(params=["managed", "direct"])
def tool(request, daemon, alarm_server):
    uactl = Uactl(daemon, alarm_server.url)
    how = ["--timeout", "30"] + (["--direct"] if request.param == "direct" else [])
    run = lambda *arguments, **more: uactl(*how, *arguments, **more)
    run("write", LEVEL, "50")
    run("write", LEVEL, "97")  # a new event, which nobody has acknowledged
    return run


def alarms(tool):
    return {row["alarm"]: row for row in map(json.loads, tool("--jsonl", "alarms").stdout.splitlines())}


def test_what_is_to_be_seen_to(tool):
    level = alarms(tool)["LevelAlarm"]
    assert level["active"] and not level["acked"] and not level["confirmed"] and not level["shelved"]
    assert level["node"] == "ns=1;s=Tank/LevelAlarm" and level["severity"] > 0 and "97" in level["message"]
    shown = tool("alarms", "list").stdout.splitlines()
    assert shown[0].split()[:4] == ["alarm", "source", "severity", "state"]
    assert any(line.startswith("LevelAlarm") and "active, unacknowledged" in line for line in shown)


@pytest.mark.parametrize("name", ["LevelAlarm", "1:tank/levelalarm", "event"])
def test_acknowledging_and_confirming(tool, name):
    name = alarms(tool)["LevelAlarm"]["eventId"] if name == "event" else name
    assert "would ack" in tool("-n", "alarms", "ack", name).stdout
    assert not alarms(tool)["LevelAlarm"]["acked"]
    tool("alarms", "ack", name, "--comment", "on my way")
    assert alarms(tool)["LevelAlarm"]["acked"]
    tool("alarms", "confirm", "LevelAlarm")
    assert alarms(tool).get("LevelAlarm", {"confirmed": True})["confirmed"]


def test_shelving(tool):
    try:
        tool("alarms", "unshelve", "LevelAlarm")  # which this server takes for neither until it is told
    except AssertionError as refused:
        assert "BadConditionNotShelved" in str(refused)  # it was told by who came before
    tool("alarms", "shelve", "LevelAlarm", "--for", "60")
    assert alarms(tool)["LevelAlarm"]["shelved"]
    tool("alarms", "unshelve", "LevelAlarm")
    tool("alarms", "shelve", "/Objects/Tank/LevelAlarm")
    assert alarms(tool)["LevelAlarm"]["shelved"]
    tool("alarms", "unshelve", "LevelAlarm")
    assert not alarms(tool)["LevelAlarm"]["shelved"]


def test_disabling(tool):
    tool("alarms", "disable", "LevelAlarm")
    assert "LevelAlarm" not in alarms(tool)
    tool("alarms", "enable", "LevelAlarm")  # which the server does not tell of any more
    assert "BadConditionAlreadyEnabled" in tool("alarms", "enable", "LevelAlarm", code=1).stderr


def test_mistakes(tool):
    assert 'is "LevelAlarm" meant?' in tool("alarms", "ack", "LvelAlarm", code=1).stderr
    assert "which alarm" in tool("alarms", "ack", code=2).stderr
    assert "shelve" in tool("alarms", "acknowlegde", "LevelAlarm", code=2).stderr
    assert tool("alarms", "ack", "LevelAlarm", "NoSuchAlarm", code=5).stderr
    assert alarms(tool)["LevelAlarm"]["acked"], "the others are seen to all the same"
    assert "--for" in tool("alarms", "shelve", "LevelAlarm", "--for", "ever", code=2).stderr


def test_nothing_is_left(daemon, alarm_server):
    Uactl(daemon, alarm_server.url)("alarms")
    status = lambda: daemon.client.data({"command": "status"})["sessions"][0]["subscriptions"]
    wait_until(lambda: not status(), 20, "the subscription goes")
