# SPDX-License-Identifier: MIT
"""What methods tell as events (daemon.md 11): names and fields."""
import base64
import hashlib

import pytest

from core.asking import BAD_NODE_ID_UNKNOWN, ask, node
from history.forms import NODE as HISTORY
from history.forms import function, invoke, tagged_time, tagged_value, variant
from osm.servers import HistoryServer

from .lines import Stream, fields

TARGET = node("Many/0003")
PLAIN = {"ns": 2, "id": "Many/0003", "type": "string"}


class Ear:
    """Events of some types of one daemon."""

    def __init__(self, daemon, *events):
        self.stream = Stream(daemon.endpoint, events=list(events))

    def hear(self, *names):
        """The fields of the next events, which must be these."""
        heard = self.stream.take(len(names))
        assert [event["event"] for event in heard] == list(names)
        return [fields(event) for event in heard]


@pytest.fixture
def ear(daemon):
    made = []

    def make(*events):
        made.append(Ear(daemon, *events))
        return made[-1]
    yield make
    for one in made:
        one.stream.close()


@pytest.fixture
def client(daemon):
    return daemon.client


@pytest.fixture
def session(client, demo_server):
    return client.open(demo_server.url)


def test_reading(client, session, ear):
    listen = ear("NodeValueRead")
    value = ask(client, session, "read", TARGET)
    ask(client, session, "readMulti", [{"nodeId": TARGET}])
    ask(client, session, "read", TARGET, 1)
    first, second = listen.hear("NodeValueRead", "NodeValueRead")
    assert first == {"nodeId": PLAIN, "attributeId": 13, "dataValue": value}
    assert second["attributeId"] == 1


def test_writing(client, session, ear):
    listen = ear("NodeValueWritten", "NodeValueWriteFailed", "WriteTypeDetecting", "WriteTypeDetected")
    for cached in (False, True):
        assert ask(client, session, "write", TARGET, 5) == 0
        detecting, detected, written = listen.hear("WriteTypeDetecting", "WriteTypeDetected", "NodeValueWritten")
        assert detecting == {"nodeId": PLAIN}
        assert detected == {"nodeId": PLAIN, "detectedType": "Int32", "fromCache": cached}
        assert written == {"nodeId": PLAIN, "value": 5, "type": "Int32", "statusCode": 0}
    ask(client, session, "writeMulti", [{"nodeId": TARGET, "value": 6, "type": 6}])
    status = ask(client, session, "write", "i=2259", 5, 6)
    assert status
    assert listen.hear("NodeValueWriteFailed") == [
        {"nodeId": {"ns": 0, "id": 2259, "type": "numeric"}, "statusCode": status}]


def test_browsing_and_the_cache(client, session, ear):
    listen = ear("NodeBrowsed", "CacheHit", "CacheMiss")
    found = len(ask(client, session, "browse", "i=85", 1))
    miss, browsed = listen.hear("CacheMiss", "NodeBrowsed")
    assert miss == {"key": "browse:i=85"}
    assert browsed == {"nodeId": {"ns": 0, "id": 85, "type": "numeric"}, "direction": "Inverse",
                       "resultCount": found}
    ask(client, session, "browse", "i=85", 1)
    hit, again = listen.hear("CacheHit", "NodeBrowsed")
    assert (hit, again) == (miss, browsed)


def test_discovering(client, session, ear):
    listen = ear("DataTypesDiscovered")
    count = ask(client, session, "discoverDataTypes", 2, False)
    ask(client, session, "discoverDataTypes", None, False)
    first, second = listen.hear("DataTypesDiscovered", "DataTypesDiscovered")
    assert first == {"namespaceIndex": 2, "count": count}
    assert second["namespaceIndex"] is None


def test_subscriptions(client, session, ear):
    listen = ear("SubscriptionCreated", "SubscriptionDeleted", "MonitoredItemCreated", "MonitoredItemModified",
                 "MonitoredItemDeleted", "TriggeringConfigured")
    created = ask(client, session, "createSubscription", 100)
    subscription = created["subscriptionId"]
    assert listen.hear("SubscriptionCreated") == [created]
    results = ask(client, session, "createMonitoredItems", subscription,
                  [{"nodeId": TARGET}, {"nodeId": node("nothing")}, {"nodeId": node("Many/0004")}])
    made = listen.hear(*["MonitoredItemCreated"] * 3)
    assert made[0] == {"subscriptionId": subscription, "monitoredItemId": results[0]["monitoredItemId"],
                       "nodeId": PLAIN, "statusCode": 0}
    assert made[1]["statusCode"] == BAD_NODE_ID_UNKNOWN
    first, second = (results[i]["monitoredItemId"] for i in (0, 2))
    place = {"subscriptionId": subscription, "monitoredItemId": first, "statusCode": 0}
    ask(client, session, "modifyMonitoredItems", subscription, [{"monitoredItemId": first, "queueSize": 3}])
    assert listen.hear("MonitoredItemModified") == [place]
    ask(client, session, "setTriggering", subscription, first, [second], [])
    assert listen.hear("TriggeringConfigured") == [
        {"subscriptionId": subscription, "triggeringItemId": first, "addResults": [0], "removeResults": []}]
    ask(client, session, "deleteMonitoredItems", subscription, [first])
    assert listen.hear("MonitoredItemDeleted") == [place]
    for _ in range(2):
        found = ask(client, session, "deleteSubscription", subscription)
        assert listen.hear("SubscriptionDeleted") == [{"subscriptionId": subscription, "statusCode": found}]


def test_transferring(client, demo_server, session, ear):
    listen = ear("SubscriptionTransferred")
    subscription = ask(client, session, "createSubscription", 100)["subscriptionId"]
    other = client.open(demo_server.url, {"opcuaTimeout": 9})
    results = ask(client, other, "transferSubscriptions", [subscription, 987654])
    assert listen.hear(*["SubscriptionTransferred"] * 2) == [
        {"subscriptionId": number, "statusCode": result["statusCode"]}
        for number, result in zip((subscription, 987654), results)]


def test_histories(client, make_server, ear):
    session = client.open(make_server(HistoryServer).url)
    listen = ear("HistoryDataUpdated", "HistoryDataDeleted", "HistoryEventUpdated", "HistoryEventDeleted")
    plain = {"ns": 1, "id": "History", "type": "string"}
    server = {"ns": 0, "id": 2253, "type": "numeric"}
    for method, perform in (("Insert", "Insert"), ("Replace", "Replace"), ("Update", "Update")):
        results = invoke(client, session, f"history{method}Data", HISTORY, [tagged_value(20, 1), tagged_value(0, 9)])
        assert len(results) == 2
        assert listen.hear("HistoryDataUpdated") == [
            {"nodeId": plain, "performType": perform, "valueCount": 2, "operationResults": results}]
        invoke(client, session, f"history{method}Event", "i=2253", ["Message"], [[variant("hello", 12)]])
        assert listen.hear("HistoryEventUpdated") == [
            {"nodeId": server, "performType": perform, "eventCount": 1, "operationResults": []}]
    status = invoke(client, session, "historyDeleteRawModified", HISTORY, tagged_time(3), tagged_time(8))
    invoke(client, session, "historyDeleteAtTime", HISTORY, [tagged_time(1)])
    invoke(client, session, "historyDeleteEvent", "i=2253", ["AAEC/w=="])
    assert listen.hear("HistoryDataDeleted", "HistoryDataDeleted", "HistoryEventDeleted") == [
        {"nodeId": plain, "kind": "rawModified", "statusCode": status, "operationResults": []},
        {"nodeId": plain, "kind": "atTime", "statusCode": 0, "operationResults": []},
        {"nodeId": server, "eventCount": 1, "operationResults": []}]


def test_files(client, file_server, ear):
    session = client.open(file_server.url)
    listen = ear("FileOpened", "FileClosed", "FileBytesRead", "FileBytesWritten")
    root = "ns=1;s=Files"
    made = invoke(client, session, "createFileInDirectory", root, "told.txt")["fileNodeId"]
    handle = invoke(client, session, "openFile", made, 3)
    place = {"fileNodeId": {"ns": 1, "id": made.rpartition("s=")[2], "type": "string"}, "fileHandle": handle}
    invoke(client, session, "writeFile", made, handle, "gr\u00fcn")
    invoke(client, session, "setFilePosition", made, handle, 0)
    invoke(client, session, "readFile", made, handle, 100)
    invoke(client, session, "closeFile", made, handle)
    invoke(client, session, "deleteFileSystemObject", root, made)
    assert listen.hear("FileOpened", "FileBytesWritten", "FileBytesRead", "FileClosed") == [
        {**place, "mode": 3}, {**place, "bytesWritten": 5}, {**place, "bytesRead": 5, "requestedLength": 100}, place]


def test_aggregates(client, session, ear):
    listen = ear("AggregateComputed")
    values = [tagged_value(minute, minute) for minute in range(4)]
    invoke(client, session, "aggregate", values, tagged_time(0), tagged_time(4), 120000, function("average"))
    invoke(client, session, "historyAggregate", node("History/Steps"), tagged_time(0), tagged_time(20), 600000,
           function("count"))
    first, second = listen.hear("AggregateComputed", "AggregateComputed")
    assert first == {"function": "average", "rawInputCount": 4, "intervalCount": 2, "nodeId": None}
    assert second.pop("rawInputCount") >= 20
    assert second == {"function": "count", "intervalCount": 2,
                      "nodeId": {"ns": 2, "id": "History/Steps", "type": "string"}}


def test_trust(client, demo_server, ear, tmp_path):
    session = client.open(demo_server.url, {"trustStorePath": str(tmp_path / "store")})
    listen = ear("ServerCertificateManuallyTrusted", "ServerCertificateRemoved")
    der = b"\x30 no certificate"
    digits = hashlib.sha1(der).hexdigest()
    ask(client, session, "trustCertificate", base64.b64encode(der).decode())
    ask(client, session, "untrustCertificate", digits)
    trusted, removed = listen.hear("ServerCertificateManuallyTrusted", "ServerCertificateRemoved")
    assert trusted.pop("fingerprint").replace(":", "").lower() == digits
    assert trusted == {"subject": None}
    assert removed.pop("fingerprint").replace(":", "").lower() == digits and removed == {}
