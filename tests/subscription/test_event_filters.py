# SPDX-License-Identifier: MIT
"""Event filters (extensions.md 8): fields by type and attribute, where clauses, what servers say of them."""
import pytest

from core.asking import ask, error, node
from osm.servers import AlarmServer

from .test_items import QUICK, fire, notifications

SERVER, BOOLEAN, DOUBLE = "i=2253", 1, 11
LIMIT, OFF_NORMAL = "i=2955", "i=10637"
PUMP, LEVEL = ({"ns": 1, "id": f"Tank/{name}Alarm", "type": "string"} for name in ("Pump", "Level"))
CONDITION_ID = [
    "ConditionId", "0:ConditionId", "i=2782#NodeId", "i=2782#1", "i=2782",
    {"typeDefinitionId": "i=2782", "browsePath": [], "attributeId": 1},
    {"type": {"ns": 0, "id": 2782, "type": "numeric"}, "attribute": "NodeId"}, {"path": "ConditionId"}]


@pytest.fixture(scope="module")
def alarms():
    with AlarmServer() as running:
        yield running


class Watch:
    """A session with one event item."""

    def __init__(self, client, server, source, select, where=None, **more):
        self.client, self.session = client, client.open(server.url, forceNew=True)
        subscription = ask(client, self.session, "createSubscription", *QUICK)["subscriptionId"]
        self.reply = client.query(self.session, "createEventMonitoredItem", subscription, source, select, 1, 100, where)
        self.result = self.reply.get("data")

    def write(self, name, value, kind):
        assert ask(self.client, self.session, "write", f"ns=1;s=Tank/{name}", value, kind) == 0

    def events(self, count):
        return [[f["value"] for f in n["eventFields"]] for n in notifications(self.client, self.session, count)]


@pytest.fixture
def client(daemon):
    return daemon.client


@pytest.fixture
def move(client, alarms):
    """Lets the alarms of pump and level go off, and everything be as before when the test is over."""
    session = client.open(alarms.url, forceNew=True)

    def write(name, value, kind):
        assert ask(client, session, "write", f"ns=1;s=Tank/{name}", value, kind) == 0

    def trouble(fault, level):
        write("PumpFault", fault, BOOLEAN)
        write("Level", level, DOUBLE)
    trouble(False, 50.0)
    yield trouble
    trouble(False, 50.0)


def test_condition_id_in_every_spelling(client, alarms, move):
    watch = Watch(client, alarms, SERVER, [*CONDITION_ID, "ConditionName"])
    assert watch.result["statusCode"] == 0
    move(True, 50.0)
    *ids, name = watch.events(1)[0]
    assert (ids, name) == ([PUMP] * len(CONDITION_ID), "PumpAlarm")


@pytest.mark.parametrize("where", [
    {"ofType": LIMIT}, {"OfType": [LIMIT, "i=2041"], "Not": {"ofType": OFF_NORMAL}}, {"Not": {"source": "nowhere"},
                                                                                     "ofType": LIMIT},
    {"operator": "And", "operands": [{"operator": "OfType", "operands": [LIMIT]}, {">=": ["Severity", 1]}]},
])
def test_types(client, alarms, move, where):
    """The pump's alarm, which goes off first, is not told."""
    watch = Watch(client, alarms, SERVER, ["ConditionId"], where)
    assert watch.result["statusCode"] == 0 and watch.result["warnings"] == [], watch.result
    move(True, 85.0)
    assert watch.events(1)[0] == [LEVEL]


@pytest.mark.parametrize("where", [{"severity": 500}, {"GreaterThanOrEqual": ["Severity", 500]},
                                   {">": ["Severity", {"value": 499, "type": 5}]}])
def test_severity(client, demo_server, where):
    watch = Watch(client, demo_server, node("Events"), ["Message", "Severity"], where)
    assert watch.result["statusCode"] == 0, watch.reply
    for severity in (100, 499, 500, 800):
        fire(client, watch.session, severity, str(severity))
    assert [severity for _, severity in watch.events(2)] == [500, 800]


def test_a_field_that_selects_nothing_is_told(client, alarms, daemon):
    watch = Watch(client, alarms, SERVER, ["Message", {"path": "Colour"}])
    assert watch.result["selectClauseResults"][0] == 0 and watch.result["selectClauseResults"][1] & 0x80000000
    assert len(watch.result["selectClauseResults"]) == 2
    assert len(watch.result["warnings"]) == 1 and "Colour" in watch.result["warnings"][0]
    assert "field 2, Colour, selects nothing" in daemon.log()


@pytest.mark.parametrize("strict, more", [({}, {"strict": True}), ({"strict": True}, {})])
def test_strict_callers_are_told_with_texts_as_fields_too(client, demo_server, strict, more):
    session = client.open(demo_server.url, more, forceNew=True)
    subscription = ask(client, session, "createSubscription", *QUICK)["subscriptionId"]
    reply = client.request({"command": "query", "sessionId": session, "method": "createEventMonitoredItem",
                            "params": [subscription, SERVER, ["Message"], 1], **strict})
    assert {"selectClauseResults", "warnings"} <= set(reply["data"])


def test_the_plain_form_is_upstreams(client, alarms, daemon):
    watch = Watch(client, alarms, SERVER, ["Message", "Colour"])
    assert set(watch.result) == {"statusCode", "monitoredItemId", "revisedSamplingInterval", "revisedQueueSize"}
    assert "field 2, Colour, selects nothing" in daemon.log()


def test_wrong_filters(client, alarms):
    for select, where, expected in [
            ([5], None, None), (["Message"], {"Colour": 1}, "params[5].Colour must be And"),
            (["Message"], {"severity": "x"}, "severity"), ([{"browsePath": 5}], None, "params[2][0].browsePath"),
            (["i=x/Message"], None, "Invalid NodeId format")]:
        reply = Watch(client, alarms, SERVER, select, where).reply
        if expected:
            assert expected in error(reply)[1]
        else:
            assert reply["success"]  # a number is cast, as ever


def test_by_name(client, alarms, move):
    """`invoke` takes `where` by its name, with tagged ids."""
    session = client.open(alarms.url, forceNew=True)
    subscription = client.invoke(session, "createSubscription", *map(float, QUICK[:1]), *QUICK[1:])["data"]["data"]["subId"]
    reply = client.invoke(session, "createEventMonitoredItem", {
        "subscriptionId": subscription, "nodeId": SERVER, "selectFields": ["ConditionId"],
        "where": {"ofType": {"__t": "NodeId", "v": LIMIT}}})
    assert reply["success"] and reply["data"]["data"]["status"] == 0, reply
    move(True, 85.0)
    event, = notifications(client, session, 1)
    assert [f["value"] for f in event["eventFields"]] == [LEVEL]
