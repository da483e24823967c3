# SPDX-License-Identifier: MIT
"""The alarms of the demo server: conditions as nodes and events, and what clients may do to them."""
import pytest

from core.asking import ask, node
from osm.servers import DemoServer

FIELDS = ["EventId", "EventType", "SourceName", "Time", "Message", "Severity", "ConditionName", "BranchId", "Retain",
          "EnabledState/Id", "ActiveState/Id", "AckedState/Id", "ConfirmedState/Id", "ShelvingState/CurrentState",
          "LimitState/CurrentState", "HighState/Id", "SuppressedOrShelved", "Comment", "ClientUserId"]
SERVER = "i=2253"
BOOLEAN, DOUBLE, BYTE_STRING, LOCALIZED_TEXT, UINT32 = 1, 11, 15, 21, 7
ACKNOWLEDGE, CONFIRM, ADD_COMMENT, ENABLE, DISABLE, REFRESH = "i=9111", "i=9113", "i=9029", "i=9027", "i=9028", "i=3875"
TIMED_SHELVE, ONE_SHOT_SHELVE, UNSHELVE = "i=2949", "i=2948", "i=2947"
REFRESH_START, REFRESH_END, OFF_NORMAL, NON_EXCLUSIVE, EXCLUSIVE = 2787, 2788, 10637, 10060, 9482
UNKNOWN_EVENT, ALREADY_ACKED, ALREADY_CONFIRMED = 0x809A0000, 0x80CF0000, 0x80D00000
NOT_SHELVED, ALREADY_SHELVED, TIME_OUT_OF_RANGE = 0x80D20000, 0x80D10000, 0x80D30000
DISABLED, ALREADY_DISABLED, ALREADY_ENABLED = 0x80990000, 0x80980000, 0x80CC0000
BAD_SUBSCRIPTION = 0x80280000


def plain(field):
    """What a field holds, without its wrapping; bytes as they can be sent again."""
    value = field["value"]
    if field.get("base64"):
        return {"base64": value}
    return value["text"] if isinstance(value, dict) and "text" in value else value


class Watcher:
    """A session with an event item; events are dicts of plain values."""

    def __init__(self, client, url, target=SERVER, config=None):
        self.client = client
        self.session = client.open(url, config, forceNew=True)
        self.subscription = ask(client, self.session, "createSubscription", 50, 1000, 20)["subscriptionId"]
        result = ask(client, self.session, "createEventMonitoredItem", self.subscription, target, FIELDS, 1)
        assert result["statusCode"] == 0
        self.waiting = []

    def event(self):
        while not self.waiting:
            answer = ask(self.client, self.session, "publish", [])
            self.waiting += [n["eventFields"] for n in answer["notifications"]]
        fields = self.waiting.pop(0)
        return dict(zip(FIELDS, map(plain, fields)))

    def write(self, name, value):
        kind = BOOLEAN if isinstance(value, bool) else DOUBLE
        assert ask(self.client, self.session, "write", node(f"Alarms/{name}"), value, kind) == 0

    def read(self, name):
        return ask(self.client, self.session, "read", node(f"Alarms/{name}"))["value"]

    def call(self, condition, method, *arguments):
        target = SERVER if condition == SERVER else condition if condition.startswith("i=") else node(condition)
        values = [{"type": kind, "value": value} for kind, value in arguments]
        return ask(self.client, self.session, "call", target, method, values)["statusCode"]

    def comment_on(self, name, method, event, text):
        return self.call(f"Alarms/{name}", method, (BYTE_STRING, event["EventId"]),
                         (LOCALIZED_TEXT, {"locale": "en", "text": text}))


@pytest.fixture
def server(make_server):
    return make_server(DemoServer)


@pytest.fixture
def watcher(daemon, server):
    return Watcher(daemon.client, server.url)


def states(event):
    return tuple(event[f"{name}State/Id"] for name in ("Active", "Acked", "Confirmed")) + (event["Retain"],)


def test_a_level_crosses_its_limits(watcher):
    watcher.write("Level", 85.0)
    high = watcher.event()
    assert high["EventType"]["id"] == NON_EXCLUSIVE and high["SourceName"] == "Level"
    assert (high["ConditionName"], high["Severity"], high["HighState/Id"]) == ("LevelAlarm", 500, True)
    assert states(high) == (True, False, True, True) and "high at 85" in high["Message"]
    watcher.write("Level", 96.0)
    assert (watcher.event()["Severity"], watcher.read("LevelAlarm/HighHighState/Id")) == (900, True)
    watcher.write("Level", 97.0)  # no limit crossed: no event
    watcher.write("Level", 50.0)
    normal = watcher.event()
    assert states(normal) == (False, False, True, True) and normal["Severity"] == 100
    watcher.write("Level", 20.0)
    assert "low at 20" in watcher.event()["Message"]


def test_an_exclusive_limit_says_which(watcher):
    for value, name in ((7.0, "High"), (9.0, "HighHigh"), (0.5, "LowLow"), (1.0, "Low"), (3.0, None)):
        watcher.write("Pressure", value)
        event = watcher.event()
        assert (event["EventType"]["id"], event["LimitState/CurrentState"]) == (EXCLUSIVE, name)
    assert watcher.read("PressureAlarm/LimitState/CurrentState/Id") == {"ns": 0, "id": 0, "type": "numeric"}


def test_acknowledge_and_confirm(watcher):
    watcher.write("PumpFault", True)
    raised = watcher.event()
    assert raised["EventType"]["id"] == OFF_NORMAL and raised["Severity"] == 700
    assert watcher.comment_on("PumpAlarm", CONFIRM, raised, "too early") == ALREADY_CONFIRMED
    assert watcher.comment_on("PumpAlarm", ACKNOWLEDGE, raised, "seen") == 0
    acked = watcher.event()
    assert states(acked) == (True, True, False, True)
    assert (acked["Comment"], acked["ClientUserId"]) == ("seen", "anonymous")
    assert watcher.comment_on("PumpAlarm", ACKNOWLEDGE, acked, "again") == ALREADY_ACKED
    assert watcher.comment_on("PumpAlarm", ACKNOWLEDGE, {"EventId": "nonsense"}, "") == UNKNOWN_EVENT
    assert watcher.comment_on("PumpAlarm", CONFIRM, acked, "mended") == 0
    assert states(watcher.event()) == (True, True, True, True)
    watcher.write("PumpFault", False)
    gone = watcher.event()
    assert states(gone) == (False, True, True, False) and gone["Comment"] == "mended"
    assert watcher.comment_on("PumpAlarm", ADD_COMMENT, gone, "spare part ordered") == 0
    assert watcher.event()["Comment"] == watcher.read("PumpAlarm/Comment")["text"] == "spare part ordered"


def test_shelving(watcher):
    shelving = "Alarms/DoorAlarm/ShelvingState"
    assert watcher.call(shelving, UNSHELVE) == NOT_SHELVED
    assert watcher.call(shelving, ONE_SHOT_SHELVE) == 0
    event = watcher.event()
    assert (event["ShelvingState/CurrentState"], event["SuppressedOrShelved"]) == ("OneShotShelved", True)
    assert watcher.call(shelving, ONE_SHOT_SHELVE) == ALREADY_SHELVED
    watcher.write("DoorOpen", True)
    assert watcher.event()["SuppressedOrShelved"] is True
    watcher.write("DoorOpen", False)
    assert watcher.event()["ShelvingState/CurrentState"] == "Unshelved"  # once is over
    for time in (0.0, 3600001.0):
        assert watcher.call(shelving, TIMED_SHELVE, (DOUBLE, time)) == TIME_OUT_OF_RANGE
    assert watcher.call(shelving, TIMED_SHELVE, (DOUBLE, 300.0)) == 0
    assert watcher.event()["ShelvingState/CurrentState"] == "TimedShelved"
    assert watcher.event()["ShelvingState/CurrentState"] == "Unshelved"  # by the clock
    assert watcher.call(shelving, TIMED_SHELVE, (DOUBLE, 60000.0)) == 0
    watcher.event()
    assert 0 < watcher.read("DoorAlarm/ShelvingState/UnshelveTime") <= 60000
    assert watcher.call(shelving, UNSHELVE) == 0
    assert watcher.event()["SuppressedOrShelved"] is False


def test_disabled_alarms_are_silent(watcher):
    assert watcher.call("Alarms/DoorAlarm", ENABLE) == ALREADY_ENABLED
    assert watcher.call("Alarms/DoorAlarm", DISABLE) == 0
    event = watcher.event()
    assert (event["EnabledState/Id"], event["Retain"]) == (False, False)
    assert watcher.call("Alarms/DoorAlarm", DISABLE) == ALREADY_DISABLED
    assert watcher.comment_on("DoorAlarm", ACKNOWLEDGE, event, "") == DISABLED
    watcher.write("DoorOpen", True)
    watcher.write("PumpFault", True)
    assert watcher.event()["SourceName"] == "PumpFault"
    assert watcher.call("Alarms/DoorAlarm", ENABLE) == 0
    assert states(watcher.event()) == (True, False, True, True)


def test_a_refresh_shows_what_is_retained(daemon, server, watcher):
    watcher.write("DoorOpen", True)
    watcher.write("Level", 99.0)
    watcher.write("Level", 50.0)  # retained: nobody has acknowledged
    late = Watcher(daemon.client, server.url, node("Alarms"), {"username": "viewer", "password": "viewer"})
    assert late.call("i=2782", REFRESH, (UINT32, watcher.subscription + 77)) == BAD_SUBSCRIPTION
    assert late.call("i=2782", REFRESH, (UINT32, late.subscription)) == 0
    events = [late.event() for _ in range(4)]
    assert [e["EventType"]["id"] for e in events] == [REFRESH_START, NON_EXCLUSIVE, OFF_NORMAL, REFRESH_END]
    assert states(events[1]) == (False, False, True, True) and states(events[2])[0] is True
    assert events[2]["ConditionName"] == "DoorAlarm"


def test_values_out_of_range_change_nothing(watcher):
    for name, value, kind in (("Level", 101.0, DOUBLE), ("Pressure", -1.0, DOUBLE)):
        assert ask(watcher.client, watcher.session, "write", node(f"Alarms/{name}"), value, kind) == 0x803C0000
    assert (watcher.read("Level"), watcher.read("Pressure")) == (50, 3)


def test_the_level_swings_by_itself(daemon, make_server):
    swinging = make_server(DemoServer, options=["--alarm-period", "2000"])
    watcher = Watcher(daemon.client, swinging.url)
    missing = {"very low", "low", "high", "very high"}
    for _ in range(90):  # a busy server leaps over some of them, each time others
        event = watcher.event()
        assert event["SourceName"] == "Level"
        missing.discard(event["Message"].split(": ")[1].split(" at")[0])
        if not missing:
            break
    assert not missing
