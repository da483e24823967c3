# SPDX-License-Identifier: MIT
"""Requests larger than the server takes: the caller gets the whole result all the same."""
import pytest

from osm.servers import DemoServer, GeneralServer, HistoryServer

MANY = [f"ns=2;s=Many/{number:04}" for number in range(40)]


@pytest.fixture(scope="module")
def small_server():
    with DemoServer(options=["--limits"]) as server:
        yield server


@pytest.fixture(scope="module")
def small_node_server():
    with GeneralServer(options=["--limit", "2"]) as server:
        yield server


def open_session(daemon, server, **config):
    reply = daemon.client.request({"command": "open", "endpointUrl": server.url, "config": config})
    return reply["data"]["sessionId"]


def query(daemon, session, method, *params):
    reply = daemon.client.request(
        {"command": "query", "sessionId": session, "method": method, "params": list(params)})
    assert reply["success"], reply
    return reply["data"]


@pytest.mark.parametrize("config", [{}, {"batchSize": 0}, {"batchSize": -1}, {"batchSize": 500},
                                    {"batchSize": 7}])
def test_reading_more_than_the_server_takes(daemon, small_server, config):
    session = open_session(daemon, small_server, **config)
    values = query(daemon, session, "readMulti", [{"nodeId": node} for node in MANY])
    names = query(daemon, session, "readMulti", [{"nodeId": n, "attributeId": 3} for n in MANY])
    assert all(value["statusCode"] == 0 and value["type"] == 6 for value in values)
    assert [name["value"]["name"] for name in names] == [node[-4:] for node in MANY]


@pytest.mark.parametrize("config", [{}, {"batchSize": 0}])
def test_writing_more_than_the_server_takes(daemon, small_server, config):
    session = open_session(daemon, small_server, **config)
    items = [{"nodeId": node, "value": index} for index, node in enumerate(MANY)]
    assert query(daemon, session, "writeMulti", items) == [0] * len(MANY)
    values = query(daemon, session, "readMulti", [{"nodeId": node} for node in MANY])
    assert [value["value"] for value in values] == list(range(len(MANY)))


def test_translating_more_than_the_server_takes(daemon, small_server):
    session = open_session(daemon, small_server)
    paths = [{"startingNodeId": "ns=2;s=Many",
              "relativePath": [{"targetName": {"ns": 2, "name": node[-4:]}}]} for node in MANY]
    found = query(daemon, session, "translateBrowsePaths", paths)
    ids = [one["targets"][0]["targetId"]["id"] for one in found]
    assert ids == [node.removeprefix("ns=2;s=") for node in MANY]


def test_the_limit_is_learnt_once(make_daemon, small_server):
    daemon = make_daemon("--log-level", "info")
    session = open_session(daemon, small_server, batchSize=0)
    for _ in range(3):
        query(daemon, session, "readMulti", [{"nodeId": node} for node in MANY])
    # 40 -> 20 -> 10: found in two refusals, then known.
    assert daemon.log().count("items at once are too many for the server") == 2


def test_more_monitored_items_than_the_server_takes(daemon, small_server):
    session = open_session(daemon, small_server)
    subscription = query(daemon, session, "createSubscription")["subscriptionId"]
    items = [{"nodeId": node, "clientHandle": index} for index, node in enumerate(MANY)]
    created = query(daemon, session, "createMonitoredItems", subscription, items)
    assert [item["statusCode"] for item in created] == [0] * len(MANY)
    ids = [item["monitoredItemId"] for item in created]
    assert len(set(ids)) == len(MANY)
    assert query(daemon, session, "deleteMonitoredItems", subscription, ids) == [0] * len(MANY)


def test_more_nodes_than_the_server_adds(daemon):
    with HistoryServer(env={"OPCUA_NODE_LIMIT": "2"}) as server:
        session = open_session(daemon, server)
        ids = [f"ns=1;s=Added{number}" for number in range(5)]
        nodes = [{"parentNodeId": "i=85", "referenceTypeId": "i=35", "requestedNewNodeId": node,
                  "browseName": {"__t": "QualifiedName", "ns": 1, "n": node}, "typeDefinition": "i=61",
                  "nodeClass": {"__t": "NodeClass", "v": 1}} for node in ids]
        added = daemon.client.invoke(session, "addNodes", nodes)["data"]["data"]
        assert [(result["status"], result["added"]["v"]) for result in added] == [(0, node) for node in ids]
        deleted = daemon.client.invoke(session, "deleteNodes", [{"nodeId": node} for node in ids + ["ns=1;s=None"]])
        assert deleted["data"]["data"] == [0] * 5 + [0x80340000]


def test_a_server_smaller_than_the_setup(daemon, small_node_server):
    """node-opcua, two of everything: the limits themselves are read in pieces."""
    session = open_session(daemon, small_node_server)
    nodes = [f"ns=1;i={number}" for number in range(1003, 1014)]
    assert query(daemon, session, "getServerMaxNodesPerRead") == 2
    values = query(daemon, session, "readMulti", [{"nodeId": node, "attributeId": 3} for node in nodes])
    assert all(value["statusCode"] == 0 for value in values)
    paths = [{"startingNodeId": "i=84", "relativePath": [{"targetName": {"ns": 0, "name": name}}]}
             for name in ["Objects", "Types", "Views", "Nothing", "Objects"]]
    assert [path["statusCode"] for path in query(daemon, session, "translateBrowsePaths", paths)] == [
        0, 0, 0, 0x806F0000, 0]
    subscription = query(daemon, session, "createSubscription")["subscriptionId"]
    created = query(daemon, session, "createMonitoredItems", subscription, [{"nodeId": node} for node in nodes])
    assert [item["statusCode"] for item in created] == [0] * len(nodes)
    assert query(daemon, session, "discoverDataTypes", None, False) > 0


def test_one_item_too_many_is_an_error(daemon, small_server):
    """What cannot be cut any more is the server's answer."""
    session = open_session(daemon, small_server)
    reply = daemon.client.request({"command": "query", "sessionId": session, "method": "readMulti",
                                   "params": [[]]})
    assert reply["error"]["message"] == "Server returned ServiceFault: 0x800F0000 BadNothingToDo"
