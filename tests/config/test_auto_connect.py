# SPDX-License-Identifier: MIT
"""Connections that the daemon keeps up, with real servers that come and go.

Each rule alone is tested on a fake clock in src/auto/auto_connect_test.c.
"""
import json
import socket

import pytest

from osm.servers import BareServer, DemoServer, HistoryServer
from osm.wait import free_port, wait_until

from .keeping import complete, connection, entry, flowing, session, status, subscription

TIME = "i=2258"  # changes by itself on every server


@pytest.fixture(params=[DemoServer, BareServer], ids=["demo", "node-opcua"])
def kind(request):
    return request.param


def test_values_flow(make_daemon, share_server, kind, file):
    server = share_server(kind)
    daemon = make_daemon("--config", file.write({"plant": connection(
        server.url, subscription(TIME, "i=2259", events=[{"node_id": "/Objects/Server", "client_handle": 9}]))}))
    one = complete(daemon)
    assert one["endpointUrl"] == server.url and one["error"] is None
    assert one["subscriptions"][0]["items"] == {"desired": 3, "actual": 3, "errors": []}
    assert flowing(daemon)["publishing"]["automatic"] is True
    assert f'Auto-connected "plant" (session: {one["sessionId"]})' in daemon.log()
    reply = daemon.client.request({"command": "open", "endpointUrl": server.url, "config": {}})
    assert reply["data"] == {"sessionId": one["sessionId"], "reused": True}


def test_the_file_of_connections_alone(make_daemon, demo_server, folder):
    path = folder / "a.json"
    path.write_text(json.dumps({"plant": connection(demo_server.url, subscription(TIME))}))
    daemon = make_daemon("--auto-connect", path)
    complete(daemon)


def test_a_server_that_appears_later(make_daemon, make_server, kind, file):
    port = free_port()
    daemon = make_daemon("--config", file.write({"plant": connection(
        f"opc.tcp://localhost:{port}{kind.PATH}", subscription(TIME))}))
    wait_until(lambda: entry(daemon)["failures"] >= 2, 20, "it is tried again")
    assert "Connection refused" in entry(daemon)["error"]
    assert daemon.log().count('Auto-connect failed for "plant"') == 1  # the same again is no news
    make_server(kind, port=port)
    complete(daemon)
    flowing(daemon)
    assert entry(daemon)["error"] is None


def test_a_server_that_dies_and_comes_back(make_daemon, share_server, kind, file):
    server = share_server(kind)
    daemon = make_daemon("--config", file.write({"plant": connection(server.url, subscription(TIME, "i=2259"))}))
    before = complete(daemon)
    flowing(daemon)
    server.kill()
    wait_until(lambda: session(daemon)["state"] in ("failed", "recovering"), 20, "the loss is seen")
    server.start()
    wait_until(lambda: session(daemon)["state"] == "active", 60, "it is back")
    flowing(daemon)
    after = complete(daemon)
    assert after["sessionId"] == before["sessionId"]
    assert [s["id"] for s in after["subscriptions"]] == [s["id"] for s in before["subscriptions"]]


def test_an_item_that_does_not_exist_yet(make_daemon, make_server, file):
    server = make_server(HistoryServer)
    daemon = make_daemon("--config", file.write({"plant": connection(
        server.url, subscription(TIME, "ns=1;s=Later"))}))
    told = wait_until(lambda: (s := status(daemon))["connections"][0]["state"] == "degraded" and s, 20, "the rest is there")
    (error,) = told["connections"][0]["subscriptions"][0]["items"]["errors"]
    assert (error["nodeId"], error["error"]) == ("ns=1;s=Later", "BadNodeIdUnknown")
    assert error["nextRetry"] > told["time"] - 1
    flowing(daemon)
    session_id = daemon.client.open(server.url)
    added = daemon.client.invoke(session_id, "addNodes", [{
        "parentNodeId": "i=85", "referenceTypeId": "i=35", "requestedNewNodeId": "ns=1;s=Later",
        "browseName": {"__t": "QualifiedName", "ns": 1, "n": "Later"}, "nodeClass": {"__t": "NodeClass", "v": 2},
        "typeDefinition": "i=63", "dataType": "i=6", "accessLevel": 3, "userAccessLevel": 3, "valueRank": -1,
        "value": {"__t": "Variant", "type": {"__t": "BuiltinType", "v": 6}, "value": 5, "dims": None, "bytesB64": None}}])
    assert added["data"]["data"][0]["status"] == 0, added
    complete(daemon, timeout=40)


def test_one_dead_server_holds_up_nobody(make_daemon, demo_server, file):
    with socket.socket() as silent:  # accepts and never says a word
        silent.bind(("127.0.0.1", 0))
        silent.listen(128)
        dead = f"opc.tcp://127.0.0.1:{silent.getsockname()[1]}"
        many = {f"dead {i}": connection(dead, config={"autoRetry": i, "opcuaTimeout": 3600}) for i in range(40)}
        daemon = make_daemon("--config", file.write({**many, "plant": connection(demo_server.url, subscription(TIME))}))
        complete(daemon, timeout=10)
        assert entry(daemon, "dead 0")["state"] == "opening"


def test_it_outlives_the_timeout(make_daemon, demo_server, file):
    daemon = make_daemon("--config", file.write({"plant": connection(demo_server.url)}),
                         "--timeout", "1", "--cleanup-interval", "1")
    one = complete(daemon)
    other = daemon.client.open(demo_server.url, {"opcuaTimeout": 7})
    wait_until(lambda: other not in [s["id"] for s in status(daemon)["sessions"]], 10, "the other one expires")
    assert session(daemon)["id"] == one["sessionId"]


def test_closed_by_a_caller(make_daemon, demo_server, file):
    daemon = make_daemon("--config", file.write({"plant": connection(demo_server.url, subscription(TIME))}))
    first = complete(daemon)["sessionId"]
    assert daemon.client.request({"command": "close", "sessionId": first})["success"]
    wait_until(lambda: (e := entry(daemon))["sessionId"] not in (None, first) and e["state"] == "kept", 30,
               "it is opened again")
    flowing(daemon)


def test_no_room(make_daemon, demo_server, file):
    daemon = make_daemon("--max-sessions", "1", "--config", file.write(
        {"a": connection(demo_server.url), "b": connection(demo_server.url, config={"autoRetry": 1})}))
    wait_until(lambda: sorted((entry(daemon, n)["state"]) for n in "ab") == ["kept", "waiting"], 20, "one has it")
    assert "[INFO] Auto-connect failed for " in daemon.log()


def test_no_secret_is_told(make_daemon, demo_server, file):
    daemon = make_daemon("--log-level", "debug", "--config", file.write({"plant": connection(
        demo_server.url, config={"username": "operator", "password": "operator-geheim"})}))
    wait_until(lambda: entry(daemon)["failures"], 20, "the password is wrong")
    assert "geheim" not in json.dumps(status(daemon)) + daemon.log()


def test_conditions_are_asked_for(make_daemon, make_server, file):
    server = make_server(DemoServer)
    daemon = make_daemon("--log-level", "debug", "--config", file.write({"plant": connection(server.url, subscription(
        events=[{"node_id": "i=2253", "condition_refresh": True}]))}))
    complete(daemon)
    wait_until(lambda: session(daemon)["publishing"]["events"] >= 2, what="the events of the refresh: its start and its end")


def test_filters_of_items(make_daemon, demo_server, file):
    """They are sent; what the server refuses of them is told of its item (M23)."""
    target = "ns=2;s=Many/0030"
    wish = subscription(TIME)
    wish["monitored_items"] = [
        {"node_id": target, "filter": {"deadband_type": 1, "deadband_value": 2.5}, "discard_oldest": False},
        {"node_id": target, "filter": {"deadband_type": 2, "deadband_value": 10}}]
    daemon = make_daemon("--config", file.write({"plant": connection(demo_server.url, wish)}))

    def tried():  # until then both are "not made yet"
        items = entry(daemon)["subscriptions"] and entry(daemon)["subscriptions"][0]["items"]
        return items and items["actual"] and items
    items = wait_until(tried, 20, "one is made, the other refused")
    assert (items["desired"], items["actual"]) == (2, 1), items
    assert items["errors"][0]["error"] in ("BadMonitoredItemFilterUnsupported", "0x80440000"), items
