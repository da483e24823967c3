# SPDX-License-Identifier: MIT
"""The alarms of node-opcua: the same questions to a server with conditions of its own."""
import pytest

from core.asking import ask
from osm.servers import AlarmServer

FIELDS = ["EventId", "EventType", "SourceName", "Message", "Severity", "ConditionName", "Retain", "ActiveState/Id",
          "AckedState/Id", "ConfirmedState/Id", "ShelvingState/CurrentState"]
SERVER = "i=2253"
BOOLEAN, UINT32, DOUBLE, BYTE_STRING, LOCALIZED_TEXT = 1, 7, 11, 15, 21
REFRESH_START, REFRESH_END, OFF_NORMAL, NON_EXCLUSIVE, EXCLUSIVE = 2787, 2788, 10637, 9906, 9341
ACKNOWLEDGE, CONFIRM, REFRESH = "i=9111", "i=9113", "i=3875"


def node(name):
    return f"ns=1;s=Tank/{name}"


def plain(field):
    value = field["value"]
    if field.get("base64"):
        return {"base64": value}
    return value["text"] if isinstance(value, dict) and "text" in value else value


class Tank:
    """A session with an event item at the Server object."""

    def __init__(self, client, url):
        self.client, self.session, self.waiting = client, client.open(url), []
        self.subscription = ask(client, self.session, "createSubscription", 50, 1000, 20)["subscriptionId"]
        made = ask(client, self.session, "createEventMonitoredItem", self.subscription, SERVER, FIELDS, 1)
        assert made["statusCode"] == 0
        # node-opcua takes queue size 0 for one event, and fires several at once
        larger = [{"monitoredItemId": made["monitoredItemId"], "clientHandle": 1, "queueSize": 1000}]
        assert ask(client, self.session, "modifyMonitoredItems", self.subscription, larger)[0]["statusCode"] == 0

    def write(self, name, value, kind):
        assert ask(self.client, self.session, "write", node(name), value, kind) == 0

    def event_of(self, kind, **state):
        """The next event of this type with these fields ("ActiveState" means its Id); others are skipped."""
        for _ in range(20):
            while self.waiting:
                event = dict(zip(FIELDS, map(plain, self.waiting.pop(0))))
                if event["EventType"]["id"] == kind and all(event[f"{n}/Id"] is v for n, v in state.items()):
                    return event
            answer = ask(self.client, self.session, "publish", [])
            self.waiting += [n["eventFields"] for n in answer["notifications"] if n["type"] == "Event"]
        raise AssertionError(f"no event of type {kind} with {state}")

    def call(self, target, method, *arguments):
        values = [{"type": kind, "value": value} for kind, value in arguments]
        return ask(self.client, self.session, "call", target, method, values)["statusCode"]


@pytest.fixture
def tank(daemon, make_server):
    return Tank(daemon.client, make_server(AlarmServer).url)


def test_limits_and_faults(tank):
    tank.write("Level", 97.0, DOUBLE)
    assert tank.event_of(NON_EXCLUSIVE, ActiveState=True)["ConditionName"] == "LevelAlarm"
    tank.write("Level", 50.0, DOUBLE)
    assert tank.event_of(NON_EXCLUSIVE, ActiveState=False)["Retain"] is True
    tank.write("Pressure", 0.5, DOUBLE)
    assert tank.event_of(EXCLUSIVE)["ConditionName"] == "PressureAlarm"
    tank.write("PumpFault", True, BOOLEAN)
    event = tank.event_of(OFF_NORMAL)
    assert (event["ActiveState/Id"], event["AckedState/Id"], event["Retain"]) == (True, False, True)


def test_acknowledge_confirm_and_refresh(tank):
    tank.write("PumpFault", True, BOOLEAN)
    raised = tank.event_of(OFF_NORMAL)
    text = (LOCALIZED_TEXT, {"locale": "en", "text": "seen"})
    assert tank.call(node("PumpAlarm"), ACKNOWLEDGE, (BYTE_STRING, raised["EventId"]), text) == 0
    acked = tank.event_of(OFF_NORMAL, AckedState=True)
    assert acked["ConfirmedState/Id"] is False
    assert tank.call("i=2782", REFRESH, (UINT32, tank.subscription)) == 0
    tank.event_of(REFRESH_START)
    assert tank.event_of(OFF_NORMAL)["EventId"] == acked["EventId"]
    tank.event_of(REFRESH_END)
    assert tank.call(node("PumpAlarm"), CONFIRM, (BYTE_STRING, acked["EventId"]), text) == 0
    assert tank.event_of(OFF_NORMAL, ConfirmedState=True)["Retain"] is False
