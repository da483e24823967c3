# SPDX-License-Identifier: MIT
"""Subscriptions and their items on real servers: handles, modes, events, transfer (M1-M3, R11, R12)."""
import pytest

from core.asking import ask, error, node
from osm.servers import DemoServer

FIRST, SECOND = node("Many/0000"), node("Many/0001")
FIRE = node("Events"), node("Events/Fire")
INT32 = 6
QUICK = [50, 1000, 20]


@pytest.fixture
def client(daemon):
    return daemon.client


@pytest.fixture
def session(client, demo_server):
    return client.open(demo_server.url)


def subscribe(client, session, *items):
    """A quick subscription with these items; its id and the items' results."""
    subscription = ask(client, session, "createSubscription", *QUICK)["subscriptionId"]
    results = ask(client, session, "createMonitoredItems", subscription, list(items)) if items else []
    assert all(r["statusCode"] == 0 for r in results), results
    return subscription, results


def notifications(client, session, count):
    """At least so many notifications, over as many publishes as it takes."""
    found = []
    while len(found) < count:
        found += ask(client, session, "publish", [])["notifications"]
    return found


def changes(client, session, count):
    """(client handle, value) of that many data changes, sorted."""
    found = notifications(client, session, count)
    assert all(n["type"] == "DataChange" for n in found), found
    return sorted((n["clientHandle"], n["dataValue"]["value"]) for n in found)


def write(client, session, target, value):
    assert ask(client, session, "write", target, value, INT32) == 0


def fire(client, session, severity, text):
    arguments = [{"type": 5, "value": severity}, {"type": 12, "value": text}]
    assert ask(client, session, "call", *FIRE, arguments)["statusCode"] == 0


def test_repeated_handles_come_back_as_asked(client, session):
    for value, target in enumerate((FIRST, SECOND)):
        write(client, session, target, 10 + value)
    subscribe(client, session, {"nodeId": FIRST}, {"nodeId": SECOND}, {"nodeId": FIRST, "clientHandle": 5},
              {"nodeId": SECOND, "clientHandle": 5, "monitoringMode": 0})
    assert changes(client, session, 4) == [(0, 10), (0, 11), (5, 10), (5, 11)]


def test_a_changed_handle_counts_for_what_follows(client, session):
    write(client, session, FIRST, 1)
    subscription, results = subscribe(client, session, {"nodeId": FIRST, "clientHandle": 5, "samplingInterval": 20})
    assert changes(client, session, 1) == [(5, 1)]
    item = results[0]["monitoredItemId"]
    change = [{"monitoredItemId": item, "clientHandle": 6}]
    assert ask(client, session, "modifyMonitoredItems", subscription, change) == [
        {"statusCode": 0, "revisedSamplingInterval": 20, "revisedQueueSize": 1}]
    write(client, session, FIRST, 2)
    assert (6, 2) in changes(client, session, 1)


def test_events_with_paths(client, session):
    subscription, _ = subscribe(client, session)
    fields = ["Message", "0:Severity", "ActiveState/Id", "EventId"]
    result = ask(client, session, "createEventMonitoredItem", subscription, node("Events"), fields, 9)
    assert result["statusCode"] == 0
    change = [{"monitoredItemId": result["monitoredItemId"], "clientHandle": 10}]
    assert ask(client, session, "modifyMonitoredItems", subscription, change)[0]["statusCode"] == 0
    fire(client, session, 700, "high")
    event, = notifications(client, session, 1)
    assert event["type"] == "Event" and event["clientHandle"] == 10
    message, severity, active, ident = event["eventFields"]
    assert message["value"]["text"] == "high" and severity["value"] == 700
    assert active["value"] is None and ident["type"] == 15


def test_republish_brings_the_notifications_again(client, session):
    write(client, session, FIRST, 3)
    subscription, _ = subscribe(client, session, {"nodeId": FIRST, "clientHandle": 0})
    first = ask(client, session, "publish", [])
    again = ask(client, session, "republish", subscription, first["sequenceNumber"])
    assert again["sequenceNumber"] == first["sequenceNumber"]
    assert again["notifications"] == first["notifications"] != []
    ack = [{"subscriptionId": subscription, "sequenceNumber": first["sequenceNumber"]}]
    write(client, session, FIRST, 4)
    assert first["sequenceNumber"] not in ask(client, session, "publish", ack)["availableSequenceNumbers"]
    kind, message = error(client.query(session, "republish", subscription, first["sequenceNumber"]))
    assert (kind, message) == ("ServiceException", "Server returned ServiceFault: 0x807B0000 0x807B0000")


@pytest.mark.parametrize("server, target", [("demo_server", FIRST), ("types_server", "ns=1;s=Counter")])
def test_transfer_takes_handles_along(request, client, server, target):
    server = request.getfixturevalue(server)
    one, two = (client.open(server.url, forceNew=True) for _ in range(2))
    subscription, _ = subscribe(client, one, {"nodeId": target, "clientHandle": 0}, {"nodeId": target, "clientHandle": 0})
    moved, unknown = ask(client, two, "transferSubscriptions", [subscription, 999999], True)
    assert (moved["statusCode"], unknown["statusCode"]) == (0, 0x80280000)
    assert {n["clientHandle"] for n in notifications(client, two, 2)} == {0}
    assert ask(client, two, "deleteSubscription", subscription) == 0


def test_more_items_than_one_call_may_have(client, make_server):
    small = make_server(DemoServer, options=["--limits"])
    session = client.open(small.url)
    items = [{"nodeId": node(f"Many/{i:04}"), "clientHandle": i} for i in range(11)]
    subscription, results = subscribe(client, session, *items)
    ids = [r["monitoredItemId"] for r in results]
    assert len(set(ids)) == 11
    assert {handle for handle, _ in changes(client, session, 11)} == set(range(11))
    modified = ask(client, session, "modifyMonitoredItems", subscription, [{"monitoredItemId": i} for i in ids])
    assert [m["statusCode"] for m in modified] == [0] * 11
    assert ask(client, session, "deleteMonitoredItems", subscription, [*ids, 999999]) == [0] * 11 + [0x80420000]


def test_invoke_and_query_share_the_knowledge(client, session):
    def invoke(method, *args):
        return client.data({"command": "invoke", "sessionId": session, "method": method, "args": list(args)})["data"]

    write(client, session, FIRST, 5)
    subscription = invoke("createSubscription", 50.0)["subId"]
    created = invoke("createMonitoredItems", subscription, [{"nodeId": FIRST, "queueSize": 3, "samplingInterval": 20.0}])
    assert (created[0]["__t"], created[0]["queue"]) == ("MonitoredItemResult", 3)
    modified = ask(client, session, "modifyMonitoredItems", subscription, [{"monitoredItemId": created[0]["id"]}])
    assert modified == [{"statusCode": 0, "revisedSamplingInterval": 20, "revisedQueueSize": 3}]
    result = invoke("publish")
    assert result["__t"] == "PublishResult" and result["notif"][0]["clientHandle"] == 1
    assert result["notif"][0]["dataValue"]["__t"] == "DataValue"
    assert invoke("deleteSubscription", subscription) == 0
