# SPDX-License-Identifier: MIT
"""The console on a running daemon with real servers: what is shown, what is done, who may."""
import re

import pytest

from osm import certificates
from osm.client import Connection
from osm.servers import DemoServer
from osm.wait import wait_until

from .operator import done, refused, say, show

ADMIN, WRITE, PLANT = "a" * 20, "w" * 20, "p" * 20
TIME = "i=2258"


def read(daemon, session, **more):
    return daemon.client.request({"command": "query", "sessionId": session, "method": "read", "params": [TIME], **more})


@pytest.fixture
def ruled(make_daemon, tmp_path):
    """Tokens with roles; PLANT is an operator for another server."""
    tokens = tmp_path / "tokens"
    tokens.write_text(f"admin {ADMIN}\nwrite {WRITE}\nadmin {PLANT} elsewhere\n")
    tokens.chmod(0o600)
    return make_daemon("--token-file", str(tokens))


def test_only_operators(ruled, demo_server):
    assert refused(ruled, "SHOW SESSIONS", WRITE) == (
        "access_denied", 'console takes the role "admin", this token has "write"')
    assert refused(ruled, "SHOW SESSIONS", "x")[0] == "auth_failed"
    ruled.client.token = ADMIN
    session = ruled.client.open(demo_server.url)
    ruled.client.token = None
    assert [row["session"] for row in show(ruled, "SESSIONS", ADMIN)] == [session]
    assert show(ruled, "SESSIONS", PLANT) == []
    assert refused(ruled, f"KILL {session}", PLANT)[0] == "session_not_found"
    assert refused(ruled, "RELOAD", PLANT)[0] == "access_denied"
    assert done(ruled, f"KILL {session}", ADMIN) == "Session closed"
    assert re.search(rf"\[INFO\] Console: KILL {session} \(client \d+, pid \d+, uid \d+, gid \d+, token of line 1\): "
                     "Session closed", ruled.log())
    assert re.search(r"Console: RELOAD \(.*token of line 3\): RELOAD concerns the whole daemon", ruled.log())


def test_what_is_shown(daemon, demo_server):
    session = daemon.client.open(demo_server.url)
    subscription = daemon.client.query(session, "createSubscription", 100.0)["data"]["subscriptionId"]
    items = [{"nodeId": f"i={n}", "samplingInterval": 50.0} for n in (2258, 2259, 99999999)]
    daemon.client.query(session, "createMonitoredItems", subscription, items)
    row, = show(daemon, "SESSIONS")
    assert (row["session"], row["server"], row["state"]) == (session, demo_server.url, "active")
    assert (row["subscriptions"], row["items"], row["paused"]) == (1, 2, None)
    row, = show(daemon, "SUBSCRIPTIONS")
    assert (row["subscription"], row["items"], row["publishingInterval"]) == (subscription, 2, 100.0)
    assert {row["node"] for row in show(daemon, "ITEMS state=active")} == {"i=2258", "i=2259"}
    assert show(daemon, "ITEMS node=*2259")[0]["session"] == session
    client, = show(daemon, "CLIENTS")
    assert client["state"] == "running" and client["inFlight"] == 1
    assert {row["option"]: row["value"] for row in show(daemon, "CONFIG")}["max-sessions"] == "100"
    assert any(row["bytes"] > 0 for row in show(daemon, "MEMORY"))
    assert {"ipc", "loop", "sessions"} <= {row["part"] for row in show(daemon, "STATS")}
    assert {row["limit"]: row["used"] for row in show(daemon, "LIMITS")}["max-sessions"] == 1
    for table in ("CONNECTIONS", "SINKS", "TRUST"):
        assert show(daemon, table) == []
    # a build with sanitizers says that it goes without the sandbox, a busy machine that the loop was held
    errors = [row["message"] for row in show(daemon, "ERRORS") if not row["message"].startswith(("Sandbox: ", "Event loop "))]
    assert [message[:24] for message in errors] == ["No auth token configured"]


def test_secrets_are_not_shown(make_daemon):
    daemon = make_daemon("--event-mqtt", "mqtt://user:geheim@127.0.0.1:1/x", "--auth-token", "verborgen")
    daemon.client.token = "verborgen"
    done(daemon, "SET event-mqtt mqtt://user:kennwort@127.0.0.1:1/x")
    for table in ("CONFIG", "SINKS", "ERRORS", "CLIENTS", "STATS"):
        assert not re.search("geheim|verborgen|kennwort", str(show(daemon, table)))
    assert not re.search("geheim|verborgen|kennwort", daemon.log())


def test_kill_a_client(daemon):
    caller = Connection(daemon.endpoint)
    caller.send({"command": "ping"})
    caller.receive()
    persistent, = show(daemon, "CLIENTS kind=persistent")
    assert done(daemon, f"KILL {persistent['client']}") == "Connection closed"
    assert caller.reader.readline() == b""
    # its own
    own = Connection(daemon.endpoint)
    own.send({"command": "console", "line": "SHOW CLIENTS kind=persistent"})
    ident = own.receive()["data"]["rows"][0][0]
    own.send({"command": "console", "line": f"KILL {ident}"})
    assert own.reader.readline() == b""
    assert daemon.client.request({"command": "ping"})["success"]


def test_reconnect(daemon, demo_server):
    session = daemon.client.open(demo_server.url)
    before = show(daemon, "SESSIONS")[0]["since"]
    assert done(daemon, f"RECONNECT {session}") == "1 session reconnected"
    assert done(daemon, f"RECONNECT {demo_server.url.split('//')[1].split('/')[0]}") == "1 session reconnected"
    assert show(daemon, "SESSIONS")[0]["since"] > before
    assert read(daemon, session)["success"]
    assert refused(daemon, "RECONNECT nowhere")[0] == "session_not_found"


def test_pause(daemon, demo_server):
    server = demo_server.url.split("//")[1].split("/")[0]
    session = daemon.client.open(demo_server.url)
    subscription = daemon.client.query(session, "createSubscription", 100.0)["data"]["subscriptionId"]
    assert "requests wait" in done(daemon, f"PAUSE {server}")
    caller = Connection(daemon.endpoint)
    caller.send({"command": "query", "sessionId": session, "method": "read", "params": [TIME], "timeout": 600})
    wait_until(lambda: show(daemon, "SESSIONS")[0]["waiting"] == 1, what="the request waits")
    reply = read(daemon, session, timeout=0.2)["error"]
    assert (reply["type"], "paused by an operator" in reply["message"]) == ("ConnectionException", True)
    assert "0 sessions are still paused" in done(daemon, f"RESUME {server}")
    assert caller.receive()["success"]
    assert show(daemon, "SUBSCRIPTIONS")[0]["subscription"] == subscription
    done(daemon, f"PAUSE {server} FAIL")
    assert "paused by an operator" in read(daemon, session, timeout=120)["error"]["message"]
    done(daemon, f"RESUME {server}")
    assert read(daemon, session)["success"]


def test_a_pause_of_nobody_says_so(daemon, demo_server):
    assert "No session is called so yet" in done(daemon, "PAUSE nowhere:1")
    done(daemon, "RESUME nowhere:1")
    daemon.client.open(demo_server.url)
    assert done(daemon, f"PAUSE {demo_server.url.split('//')[1].split('/')[0]}").endswith("1 sessions are paused now")


def test_mistakes_end_with_their_last_word(daemon):
    assert refused(daemon, "SET log_level verbose")[1].endswith("alert, emergency)")


def test_drain(make_daemon, demo_server):
    """What runs is finished, nothing new begins, and then it ends."""
    daemon = make_daemon()
    session = daemon.client.open(demo_server.url)
    server = demo_server.url.split("//")[1].split("/")[0]
    done(daemon, f"PAUSE {server}")
    caller = Connection(daemon.endpoint)
    caller.send({"command": "query", "sessionId": session, "method": "read", "params": [TIME], "timeout": 600})
    wait_until(lambda: show(daemon, "SESSIONS")[0]["waiting"] == 1, what="the request waits")
    done(daemon, "DRAIN")
    opened = daemon.client.request({"command": "open", "endpointUrl": demo_server.url, "forceNew": True})
    assert "being drained" in opened["error"]["message"]
    done(daemon, f"RESUME {server}")
    assert caller.receive()["success"]
    wait_until(lambda: not daemon.process.running, what="it ends")
    assert "Shutting down..." in daemon.log()


def test_a_certificate_that_waits(daemon, make_server, tmp_path):
    made = certificates.issue(tmp_path / "server", "OPC UA Test Server", uri="urn:opcua-demo-server")
    server = make_server(DemoServer, options=["--security", "--certificate", made / "cert.pem", "--key", made / "key.pem"])
    store = tmp_path / "store"
    config = {"securityPolicy": "http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256", "securityMode": 3,
              "trustStorePath": str(store), "trustPolicy": "fingerprint"}

    def attempt():
        return daemon.client.request({"command": "open", "endpointUrl": server.url, "config": config})
    assert attempt()["error"]["type"] == "UntrustedCertificateException"
    row, = show(daemon, "TRUST")
    assert (row["server"], row["trustStore"]) == (server.url, str(store))
    assert refused(daemon, "TRUST 00")[0] == "invalid_argument"
    assert "is trusted in" in done(daemon, f"TRUST {row['fingerprint']}")
    assert show(daemon, "TRUST") == []
    session = attempt()["data"]["sessionId"]
    assert read(daemon, session)["success"]
    done(daemon, f"KILL {session}")
    for one in (store / "trusted").iterdir():
        one.unlink()
    attempt()
    assert "no longer waits" in done(daemon, f"REJECT {row['fingerprint'].replace(':', '')}")
    assert list((store / "rejected").iterdir()) == [] and show(daemon, "TRUST") == []


def test_long_tables_come_in_pieces(daemon, demo_server):
    session = daemon.client.open(demo_server.url, {"opcuaTimeout": 60})
    subscription = daemon.client.query(session, "createSubscription", 1000.0)["data"]["subscriptionId"]
    for _ in range(5):
        items = [{"nodeId": TIME, "samplingInterval": 1000.0}] * 1000
        assert daemon.client.query(session, "createMonitoredItems", subscription, items)["success"]
    first = say(daemon, "SHOW ITEMS")["data"]
    assert (len(first["rows"]), first["next"]) == (2000, 2000)
    assert len({row["item"] for row in show(daemon, "ITEMS")}) == 5000
    assert say(daemon, "SHOW ITEMS item=nothing")["data"] == {**first, "rows": []}
