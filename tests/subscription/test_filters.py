# SPDX-License-Identifier: MIT
"""Filters of data changes (M23): what is reported, what servers refuse, and that recovery keeps them."""
import pytest

from core.asking import ask, error, node
from osm.servers import DemoServer

from .test_items import QUICK, changes, subscribe, write

VALUE, OTHER = node("Many/0010"), node("Many/0011")
GOOD = 0


@pytest.fixture
def client(daemon):
    return daemon.client


@pytest.fixture
def session(client, demo_server):
    return client.open(demo_server.url)


def steps(client, session, last, *values):
    """What is told of the values, up to the last one of them."""
    told = []
    for value in values:
        write(client, session, VALUE, value)
    while not told or told[-1] != last:
        told += [value for _, value in changes(client, session, 1)]
    return told


def deadband(value, **more):
    return {"filter": {"deadbandType": 1, "deadbandValue": value}, "samplingInterval": 0, "queueSize": 20, **more}


def test_an_absolute_deadband(client, session):
    write(client, session, VALUE, 100)
    subscribe(client, session, {"nodeId": VALUE, **deadband(5.0)})
    assert steps(client, session, 120, 103, 98, 106, 109, 120) == [100, 106, 120]


def test_modify_sets_keeps_and_resets_the_filter(client, session):
    write(client, session, VALUE, 100)
    subscription, (item,) = subscribe(client, session,
                                      {"nodeId": VALUE, "samplingInterval": 0, "queueSize": 20, "clientHandle": 4})

    def modify(**change):
        wish = [{"monitoredItemId": item["monitoredItemId"], **change}]
        assert [r["statusCode"] for r in ask(client, session, "modifyMonitoredItems", subscription, wish)] == [GOOD]
    assert steps(client, session, 101, 101)[-1] == 101
    modify(filter={"deadbandType": 1, "deadbandValue": 50})
    assert steps(client, session, 200, 110, 120, 200) == [200]
    modify(clientHandle=5)  # the filter stays (M2)
    assert steps(client, session, 300, 210, 220, 300) == [300]
    modify(filter={})
    assert steps(client, session, 301, 301) == [301]


def test_the_trigger(client, session):
    """Status alone: a changed value is not told."""
    write(client, session, VALUE, 1)
    subscribe(client, session, {"nodeId": VALUE, "samplingInterval": 0, "queueSize": 20, "filter": {"trigger": 0}},
              {"nodeId": OTHER, "samplingInterval": 0, "queueSize": 20, "clientHandle": 9})
    write(client, session, VALUE, 2)
    write(client, session, OTHER, 77)
    told = []
    while (9, 77) not in told:
        told += changes(client, session, 1)
    assert (0, 1) in told and (0, 2) not in told


def test_discard_oldest(client, session):
    """With false the newest value of a full queue is replaced (OPC 10000-4 §5.12.1.5)."""
    write(client, session, VALUE, 0)
    subscription = ask(client, session, "createSubscription", 400, 1000, 20)["subscriptionId"]
    items = [{"nodeId": VALUE, "samplingInterval": 0, "queueSize": 2, "clientHandle": handle, "discardOldest": keep}
             for handle, keep in ((1, True), (2, False))]
    assert [r["statusCode"] for r in ask(client, session, "createMonitoredItems", subscription, items)] == [GOOD] * 2
    assert changes(client, session, 2) == [(1, 0), (2, 0)]
    for value in (1, 2, 3):
        write(client, session, VALUE, value)
    assert changes(client, session, 4) == [(1, 2), (1, 3), (2, 1), (2, 3)]


def refusals(client, session, target):
    subscription = ask(client, session, "createSubscription", *QUICK)["subscriptionId"]
    items = [{"nodeId": target},
             {"nodeId": target, "filter": {"deadbandType": 2, "deadbandValue": 10}},  # no EURange
             {"nodeId": target, "attributeId": 4, "filter": {"deadbandType": 1, "deadbandValue": 1}}]
    return [r["statusCode"] for r in ask(client, session, "createMonitoredItems", subscription, items)]


@pytest.mark.parametrize("server, target", [("demo_server", VALUE), ("types_server", "ns=1;s=Counter")])
def test_a_refusal_is_the_items_status(request, client, server, target):
    """Part 4 §7.22.2: Bad_FilterNotAllowed, Bad_DeadbandFilterInvalid and their like, for one item alone."""
    session = client.open(request.getfixturevalue(server).url)
    good, *bad = refusals(client, session, target)
    assert good == GOOD and all(status & 0x80000000 for status in bad), [hex(s) for s in bad]


@pytest.mark.parametrize("value, place, expected", [
    (5, "filter", "an object"), ("x", "filter", "an object"), ([1], "filter", "an object"),
    ({"trigger": 3}, "filter.trigger", "0, 1 or 2"), ({"trigger": "1"}, "filter.trigger", "0, 1 or 2"),
    ({"deadbandType": -1}, "filter.deadbandType", "0, 1 or 2"),
    ({"deadbandType": 1.5}, "filter.deadbandType", "0, 1 or 2"),
    ({"deadbandValue": "1"}, "filter.deadbandValue", "a number"),
])
@pytest.mark.parametrize("method, more", [("createMonitoredItems", {"nodeId": VALUE}),
                                          ("modifyMonitoredItems", {"monitoredItemId": 1})])
def test_wrong_kinds(client, session, method, more, value, place, expected):
    reply = client.query(session, method, 1, [{**more, "filter": value}])
    assert error(reply) == ("TypeError", f"{method}: params[1][0].{place} must be {expected}")


def test_a_server_that_starts_anew_gets_the_filter_again(client, make_server):
    server = make_server(DemoServer)
    session = client.open(server.url, opcuaTimeout=2.0, autoRetry=3)
    write(client, session, VALUE, 100)
    subscribe(client, session, {"nodeId": VALUE, **deadband(50.0)})
    assert changes(client, session, 1) == [(0, 100)]
    server.restart()
    write(client, session, VALUE, 100)
    told = steps(client, session, 200, 110, 120, 200)
    assert told[-1] == 200 and not {110, 120} & set(told)


