# SPDX-License-Identifier: MIT
"""Alarms of the demo server as events (daemon.md 11, M15): fields by name, and what is new counts."""
import pytest

from core.asking import ask, node
from osm.servers import DemoServer

from .lines import Stream, fields, names

FIELDS = ["EventId", "EventType", "SourceName", "Time", "Message", "Severity", "ConditionName", "ActiveState/Id",
          "AckedState/Id", "ConfirmedState/Id", "ShelvingState/CurrentState", "LimitState/CurrentState", "HighState/Id",
          "HighHighState/Id"]
STATES = {"AlarmActivated", "AlarmDeactivated", "AlarmAcknowledged", "AlarmConfirmed", "AlarmShelved"}
ACKNOWLEDGE, CONFIRM, ONE_SHOT_SHELVE = "i=9111", "i=9113", "i=2948"
BYTE_STRING, LOCALIZED_TEXT, DOUBLE = 15, 21, 11


@pytest.fixture
def plant(daemon, make_server):
    """A session with an event item on the Server object, and a stream of what alarms bring."""
    session = daemon.client.open(make_server(DemoServer).url)
    with Stream(daemon.endpoint, sessionId=session,
                events=[*STATES, "AlarmEventReceived", "AlarmSeverityChanged", "LimitAlarmExceeded",
                        "EventNotificationReceived", "OffNormalAlarmTriggered"]) as stream:
        subscription = ask(daemon.client, session, "createSubscription", 50, 1000, 20)["subscriptionId"]
        result = ask(daemon.client, session, "createEventMonitoredItem", subscription, "i=2253", FIELDS, 5)
        assert result["statusCode"] == 0
        yield Plant(daemon.client, session, stream)


class Plant:
    def __init__(self, client, session, stream):
        self.client, self.session, self.stream = client, session, stream

    def write(self, name, value):
        assert ask(self.client, self.session, "write", node(f"Alarms/{name}"), value) == 0

    def call(self, condition, method, *arguments):
        values = [{"type": kind, "value": value} for kind, value in arguments]
        assert ask(self.client, self.session, "call", node(condition), method, values)["statusCode"] == 0

    def until(self, state):
        """The events up to the next one about a state, which must be this."""
        events = [self.stream.event()]
        while events[-1]["event"] not in STATES:
            events.append(self.stream.event())
        assert events[-1]["event"] == state, names(events)
        return events


def test_the_life_of_an_alarm(plant):
    plant.write("Level", 85.0)
    events = plant.until("AlarmActivated")
    assert names(events)[:3] == ["EventNotificationReceived", "AlarmEventReceived", "AlarmSeverityChanged"]
    received, activated = events[1], events[-1]
    assert received["severity"] == activated["severity"] > 0
    assert received["message"] == activated["message"] and isinstance(received["message"], str)
    assert received["sourceName"] == activated["sourceName"]
    assert received["eventType"]["ns"] == 0 and isinstance(received["eventTime"], str)
    assert len(received["eventFields"]) == len(FIELDS)
    assert set(fields(activated)) == {"subscriptionId", "clientHandle", "sourceName", "severity", "message", "republished"}
    event_id = received["eventFields"][0]["value"]
    comment = [(BYTE_STRING, {"base64": event_id}), (LOCALIZED_TEXT, {"locale": "en", "text": "seen"})]
    condition = "Alarms/" + received["eventFields"][6]["value"]
    plant.call(condition, ACKNOWLEDGE, *comment)
    acknowledged = plant.until("AlarmAcknowledged")
    assert names(acknowledged) == ["EventNotificationReceived", "AlarmEventReceived", "AlarmAcknowledged"]
    assert set(fields(acknowledged[-1])) == {"subscriptionId", "clientHandle", "sourceName", "republished"}
    comment[0] = (BYTE_STRING, {"base64": acknowledged[0]["eventFields"][0]["value"]})
    plant.call(condition, CONFIRM, *comment)
    plant.until("AlarmConfirmed")
    plant.write("Level", 50.0)
    plant.until("AlarmDeactivated")


def test_an_alarm_is_shelved(plant):
    plant.call("Alarms/DoorAlarm/ShelvingState", ONE_SHOT_SHELVE)
    events = plant.until("AlarmShelved")
    assert "OffNormalAlarmTriggered" in names(events)
    assert events[-1]["sourceName"] == events[1]["sourceName"]
