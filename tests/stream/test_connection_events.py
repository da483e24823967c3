# SPDX-License-Identifier: MIT
"""The life of a session as events (daemon.md 11): names, fields and order."""
import pytest

from core.asking import ask
from osm.client import Connection
from osm.servers import DemoServer

from .lines import fields, names

def until(line, last):
    """The events of stream 1 up to the first with that name."""
    events = []
    while not events or events[-1]["event"] != last:
        events.append(line.receive())
        assert events[-1] is not None, names(events[:-1])
    return events


@pytest.fixture
def line(daemon):
    with Connection(daemon.endpoint) as connection:
        assert connection.request({"command": "stream", "id": 1})["success"]
        yield connection


def test_connecting_and_disconnecting(daemon, demo_server, line):
    session = daemon.client.open(demo_server.url)
    events = until(line, "ClientConnected")
    assert names(events) == ["ClientConnecting", "SecureChannelOpened", "SessionCreated",
                             "SessionActivated", "ClientConnected"]
    assert all(event["sessionId"] == session and event["endpointUrl"] == demo_server.url for event in events)
    opened = fields(events[1])
    assert opened.pop("channelId") > 0
    assert opened == {"securityPolicy": "None", "securityMode": "None"}
    assert [fields(event) for event in (events[0], *events[2:])] == [{}] * 4
    cursors = [event["cursor"] for event in events]
    assert cursors == list(range(cursors[0], cursors[0] + 5))

    daemon.client.data({"command": "close", "sessionId": session})
    ended = until(line, "ClientDisconnected")
    assert names(ended) == ["ClientDisconnecting", "SessionClosed", "SecureChannelClosed", "ClientDisconnected"]
    assert fields(ended[2]) == {"channelId": events[1]["channelId"]}


def test_failing(daemon, line):
    reply = daemon.client.request({"command": "open", "endpointUrl": "opc.tcp://127.0.0.1:1", "config": {}})
    events = until(line, "ConnectionFailed")
    assert names(events) == ["ClientConnecting", "ConnectionFailed"]
    assert fields(events[1]) == {"exception": reply["error"]}


def test_reconnecting(daemon, demo_server, line):
    session = daemon.client.open(demo_server.url)
    until(line, "ClientConnected")
    ask(daemon.client, session, "reconnect")
    assert names(until(line, "ClientConnected")) == [
        "ClientReconnecting", "ClientConnecting", "SecureChannelOpened", "SessionActivated",
        "SessionReactivated", "ClientConnected"]


def test_retrying(daemon, make_server, line):
    server = make_server(DemoServer)
    session = daemon.client.open(server.url, {"autoRetry": 2, "opcuaTimeout": 2})
    until(line, "ClientConnected")
    server.stop()
    reply = daemon.client.query(session, "read", "i=2259")
    assert reply["error"]["type"] == "ConnectionException"
    events = [event for event in until(line, "RetryExhausted") if event["event"].startswith("Retry")]
    assert names(events) == ["RetryAttempt", "RetryAttempt", "RetryExhausted"]
    assert [(event["attempt"], event["maxRetries"]) for event in events[:2]] == [(1, 2), (2, 2)]
    assert events[2]["attempts"] == 3
    assert all(event["exception"]["type"] == "ConnectionException" for event in events)


def test_a_channel_is_renewed(daemon, make_server, line):
    server = make_server(DemoServer, options=["--token-lifetime", "4000"])
    daemon.client.open(server.url)
    opened = fields(next(event for event in until(line, "ClientConnected") if event["event"] == "SecureChannelOpened"))
    renewed = fields(until(line, "SecureChannelRenewed")[-1])
    assert renewed["channelId"] == opened["channelId"] and renewed["revisedLifetime"] == 4000
    assert set(renewed) == {"channelId", "tokenId", "revisedLifetime"}
