# SPDX-License-Identifier: MIT
"""publish waits without holding anybody up, and no answer is lost (methods.md 2.21, R6)."""
import json

import pytest

from core.asking import ask, error, node, query, read
from osm.client import Connection, connect
from osm.servers import DemoServer

TARGET = node("Many/0002")
INT32 = 6
STATE = "i=2259"


@pytest.fixture
def client(daemon):
    return daemon.client


def write(client, session, value):
    assert ask(client, session, "write", TARGET, value, INT32) == 0


def quiet_item(client, session, keep_alive):
    """A subscription that has said all it has to say; keep-alives come every keep_alive x 100 ms."""
    subscription = ask(client, session, "createSubscription", 100, 10000, keep_alive)["subscriptionId"]
    item = {"nodeId": TARGET, "clientHandle": 1, "samplingInterval": 50}
    assert ask(client, session, "createMonitoredItems", subscription, [item])[0]["statusCode"] == 0
    assert ask(client, session, "publish", [])["notifications"]
    return subscription


@pytest.mark.parametrize("server", ["demo_server", "types_server"])
def test_a_keep_alive_later_than_the_timeout(request, daemon, server):
    server = request.getfixturevalue(server)
    session = daemon.client.open(server.url, {"opcuaTimeout": 5})
    subscription = ask(daemon.client, session, "createSubscription", 100, 10000, 70)["subscriptionId"]
    for _ in range(2):
        result = ask(daemon.client, session, "publish", [])
        assert (result["subscriptionId"], result["notifications"]) == (subscription, [])
    assert ask(daemon.client, session, "getConnectionState") == "Connected"
    assert "Connection lost" not in daemon.log()


def test_others_go_on_meanwhile(daemon, demo_server):
    client = daemon.client
    session = client.open(demo_server.url)
    quiet_item(client, session, 100)
    with Connection(daemon.endpoint) as line:
        waiting = line.send(query(session, "publish", []))
        after = line.send(query(session, "read", STATE))
        assert line.receive()["id"] == after
        value = read(client, session, TARGET) + 1
        write(client, session, value)
        data = line.reply(waiting)["data"]
    assert data["notifications"][0]["dataValue"]["value"] == value


def test_pipelined_behind_what_it_needs(daemon, demo_server):
    session = daemon.client.open(demo_server.url)
    with Connection(daemon.endpoint) as line:
        create = line.send(query(session, "createSubscription", 100, 1000, 5))
        publish = line.send(query(session, "publish", []))
        assert line.reply(publish)["data"]["subscriptionId"] == line.reply(create)["data"]["subscriptionId"]


def test_what_a_caller_left_behind_goes_to_the_next(daemon, demo_server):
    client = daemon.client
    session = client.open(demo_server.url)
    quiet_item(client, session, 100)
    value = read(client, session, TARGET) + 1
    with connect(daemon.endpoint) as sock:
        sock.sendall(json.dumps(query(session, "publish", [])).encode() + b"\n")
        ask(client, session, "isConnected")  # the daemon has taken up the line before
    write(client, session, value)
    assert [n["dataValue"]["value"] for n in ask(client, session, "publish", [])["notifications"]] == [value]


def test_two_callers_share_what_comes(daemon, demo_server):
    client = daemon.client
    session = client.open(demo_server.url)
    quiet_item(client, session, 10)
    with Connection(daemon.endpoint) as line:
        first, second = (line.send(query(session, "publish", [])) for _ in range(2))
        assert line.receive()["id"] == first
        assert line.receive()["id"] == second


def test_a_server_that_goes_while_one_waits(make_daemon, make_server):
    server = make_server(DemoServer)
    daemon = make_daemon()
    session = daemon.client.open(server.url)
    quiet_item(daemon.client, session, 100)
    with Connection(daemon.endpoint) as line:
        waiting = line.send(query(session, "publish", []))
        assert line.request(query(session, "isConnected"))["data"] is True
        server.kill()
        kind, message = error(line.reply(waiting))
    assert (kind, message) == ("ConnectionException", "Connection closed by remote")


def test_closing_a_session_ends_the_waiting(daemon, demo_server):
    session = daemon.client.open(demo_server.url)
    quiet_item(daemon.client, session, 100)
    with Connection(daemon.endpoint) as line:
        waiting = line.send(query(session, "publish", []))
        assert line.request({"command": "close", "sessionId": session})["success"]
        assert error(line.reply(waiting)) == ("ConnectionException", "Not connected")


def test_an_idle_wait_keeps_the_session_alive(make_daemon, make_server):
    """Longer silence than the server grants a session; the keep-alive reads go on beside it."""
    server = make_server(DemoServer, options=["--session-timeout", "6000"])
    daemon = make_daemon()
    session = daemon.client.open(server.url)
    subscription = ask(daemon.client, session, "createSubscription", 100, 10000, 80)["subscriptionId"]
    for _ in range(2):
        assert ask(daemon.client, session, "publish", [])["subscriptionId"] == subscription
    assert "Connection lost" not in daemon.log()
    assert ask(daemon.client, session, "deleteSubscription", subscription) == 0
