# SPDX-License-Identifier: MIT
"""Which opens share a session (ipc-protocol.md §7), and who is who on the server."""
import threading

import pytest

from osm.client import Connection
from osm.servers import DemoServer
from osm.wait import wait_until

from .asking import CURRENT_SESSIONS, SESSIONS_EVER, ask, error, node, read, sessions
from .strangers import mute

OPERATOR = {"username": "operator", "password": "operator"}
DENIED = ("ServiceException", "ActivateSession failed with status 0x801F0000")


def open_it(client, server, config=None, **more):
    """(session id, whether it was reused)"""
    data = client.data({"command": "open", "endpointUrl": server.url, "config": config, **more})
    assert set(data) <= {"sessionId", "reused"} and data.get("reused", True) is True
    return data["sessionId"], "reused" in data


@pytest.fixture
def fresh(make_daemon):
    return make_daemon().client


@pytest.mark.parametrize("first, second, same", [
    ({}, {}, True), ({}, [], True), ({}, None, True), ({}, {"opcuaTimeout": None}, True), ({}, {"unknown": 1}, True),
    ({"opcuaTimeout": 5}, {"opcuaTimeout": 5.0}, True), ({"opcuaTimeout": "5"}, {"opcuaTimeout": 5}, True),
    ({"batchSize": True}, {"batchSize": "1x"}, True), ({"autoAccept": 0}, {"autoAccept": ""}, True),
    ({"opcuaTimeout": 5}, {"opcuaTimeout": 5.5}, False), ({}, {"opcuaTimeout": 5.0}, False),
    ({}, {"autoRetry": 0}, False), ({}, {"autoDetectWriteType": True}, False), ({}, {"securityMode": 1}, False),
    ({"username": "x"}, {"username": "y"}, False), ({}, {"username": "x"}, False), ({}, {"password": "x"}, False),
    ({"batchSize": 1}, {"defaultBrowseMaxDepth": 1}, False), (OPERATOR, OPERATOR, True),
    (OPERATOR, {**OPERATOR, "opcuaTimeout": 9}, False)])
def test_same_or_not(fresh, demo_server, first, second, same):
    opened, reused = open_it(fresh, demo_server, first)
    assert not reused
    again, reused = open_it(fresh, demo_server, second)
    assert (again == opened, reused) == (same, same)
    assert open_it(fresh, demo_server, first) == (opened, True)
    assert fresh.data({"command": "list"})["count"] == 2 - same


def test_the_url_counts_as_it_is_written(fresh, demo_server):
    port = demo_server.port
    urls = [f"opc.tcp://localhost:{port}", f"opc.tcp://127.0.0.1:{port}", f"OPC.TCP://localhost:{port}",
            f"opc.tcp://localhost:{port}/", f"opc.tcp://LOCALHOST:{port}", f"localhost:{port}"]
    ids = [fresh.open(url) for url in urls]
    assert len(set(ids)) == len(urls)
    assert [entry["endpointUrl"] for entry in sessions(fresh).values()] == urls


def test_force_new(fresh, demo_server):
    opened, _ = open_it(fresh, demo_server)
    for force in (True, 1, "yes", [0]):
        assert open_it(fresh, demo_server, forceNew=force)[1] is False
    for no in (False, 0, "", "0", [], {}, None):
        assert open_it(fresh, demo_server, forceNew=no) == (opened, True)  # the first one wins
    assert list(sessions(fresh))[0] == opened


@pytest.mark.parametrize("config", [
    {"username": "operator", "password": "wrong"}, {"username": "operator", "password": ""},
    {"username": "operator", "password": "operator "}, {"username": "operator", "password": "operato"},
    {"username": "nobody", "password": "operator"}])
def test_no_session_without_the_password(fresh, demo_server, config):
    """S1: what another caller has opened is not handed out to who does not know the secret."""
    opened = fresh.open(demo_server.url, OPERATOR)
    for _ in range(2):
        assert error(fresh.request({"command": "open", "endpointUrl": demo_server.url, "config": config})) == DENIED
    assert list(sessions(fresh)) == [opened]
    assert read(fresh, opened, node("Access/WhoAmI")) == "operator"


@pytest.mark.parametrize("key", ["username", "password", "clientCertPath", "securityPolicy"])
def test_texts_with_nul(fresh, demo_server, key):
    """They would be cut to the name and password of somebody else."""
    fresh.open(demo_server.url, OPERATOR)
    config = {**OPERATOR, key: "operator\0x"}
    assert error(fresh.request({"command": "open", "endpointUrl": demo_server.url, "config": config})) == (
        "ConfigurationException", f"open: {key} must not contain a NUL character")
    kind, _ = error(fresh.request({"command": "open", "endpointUrl": f"{demo_server.url}\0x", "config": OPERATOR}))
    assert kind == "ConfigurationException"


def test_who_is_who(fresh, demo_server):
    """A user name without password is nobody; nobody never gets a session of somebody."""
    opened = {user: fresh.open(demo_server.url, config) for user, config in {
        "operator": OPERATOR, "viewer": {"username": "viewer", "password": "viewer"},
        "name only": {"username": "operator"}, "password only": {"password": "operator"}, "nobody": {}}.items()}
    assert len(set(opened.values())) == 5
    names = {user: ask(fresh, session, "read", node("Access/WhoAmI"))["value"] for user, session in opened.items()}
    assert names["operator"] == "operator" and names["viewer"] == "viewer"
    assert names["name only"] == names["password only"] == names["nobody"] not in ("operator", "viewer")


def test_secrets_stay_inside(make_daemon, demo_server):
    daemon = make_daemon("--log-level", "debug")
    config = {**OPERATOR, "clientKeyPath": "/etc/hosts", "userKeyPath": "/etc/hosts", "caCertPath": "/etc/hosts",
              "opcuaTimeout": 7}
    session = daemon.client.open(demo_server.url, config)
    (entry,) = daemon.client.data({"command": "list"})["sessions"]
    assert entry["id"] == session and entry["config"] == {"opcuaTimeout": 7.0}
    daemon.client.request({"command": "open", "endpointUrl": demo_server.url,
                           "config": {"username": "operator", "password": "Tr0ub4dor"}})
    log = daemon.stop()
    assert "Tr0ub4dor" not in log and "/etc/hosts" not in log


def test_a_server_without_anonymous(fresh, make_server):
    server = make_server(DemoServer, options=["--no-anonymous"])
    kind, message = error(fresh.request({"command": "open", "endpointUrl": server.url}))
    assert kind == "ServiceException" and message.startswith("ActivateSession failed with status 0x802")
    session = fresh.open(server.url, OPERATOR)
    wait_until(lambda: read(fresh, session, CURRENT_SESSIONS) == 1, what="the refused one is gone")


def test_at_the_same_time_is_one_session(fresh, make_server):
    server = make_server(DemoServer)
    replies = []
    barrier = threading.Barrier(12)

    def run():
        barrier.wait()
        replies.append(open_it(fresh, server))
    callers = [threading.Thread(target=run) for _ in range(12)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(120)
    assert len(replies) == 12 and len({session for session, _ in replies}) == 1
    assert sum(not reused for _, reused in replies) == 1
    assert read(fresh, replies[0][0], SESSIONS_EVER) == 1


def test_opens_that_wait_for_the_same_connect(make_daemon, make_server):
    """Opened while the first open is still under way, all on one connection: one session."""
    server = make_server(DemoServer)
    daemon = make_daemon()
    server.freeze()
    with Connection(daemon.endpoint) as line:
        for i in range(6):
            line.send({"id": i, "command": "open", "endpointUrl": server.url, "config": {"opcuaTimeout": 60}})
        assert line.request({"command": "list"})["data"]["count"] == 0
        server.thaw()
        replies = [line.reply(i)["data"] for i in range(6)]
    assert len({reply["sessionId"] for reply in replies}) == 1
    assert ["reused" in reply for reply in replies] == [False] + [True] * 5
    assert read(daemon.client, replies[0]["sessionId"], SESSIONS_EVER) == 1


def test_who_waits_shares_the_failure(make_daemon):
    """The same with a server that is not there: everybody hears why, nothing is stored."""
    daemon = make_daemon()
    with mute() as there, Connection(daemon.endpoint) as line:
        line.send_all([{"id": i, "command": "open", "endpointUrl": there.url, "config": {"opcuaTimeout": 1}} for i in range(4)])
        assert [error(line.reply(i)) for i in range(4)] == [("ConnectionException", "Read timeout")] * 4
        assert len(there.accepted) == 1
    assert daemon.client.data({"command": "list"})["count"] == 0
