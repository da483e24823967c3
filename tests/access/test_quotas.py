# SPDX-License-Identifier: MIT
"""What a token may have at once, and that one cannot take the daemon from others (docs/protocol.md, Quotas)."""
import contextlib

import pytest

from osm.client import Connection, connect
from osm.wait import wait_until

from .test_callers import ADMIN, READ, ask, ask_at_once, refused, token_file


@pytest.fixture
def limited(make_daemon, tmp_path):
    def make(quotas, *options):
        path = token_file(tmp_path / "tokens", [f"read {READ} {quotas}", f"admin {ADMIN}"])
        return make_daemon("--token-file", path, *options)
    return make


def usage(daemon, token=ADMIN):
    return ask(daemon, token, "status")["data"]["tokens"]


def exceeded(reply, said):
    kind, message = refused(reply)
    assert kind == "quota_exceeded" and said in message, message


def test_sessions(limited, demo_server):
    daemon = limited("sessions=1")
    first = ask(daemon, READ, "open", endpointUrl=demo_server.url)["data"]["sessionId"]
    exceeded(ask(daemon, READ, "open", endpointUrl=demo_server.url, forceNew=True), "sessions=1 in the token file")
    assert ask(daemon, READ, "open", endpointUrl=demo_server.url)["data"]["reused"]
    assert ask(daemon, ADMIN, "open", endpointUrl=demo_server.url, forceNew=True)["success"]
    assert usage(daemon)[0]["sessions"] == {"used": 1, "limit": 1} and usage(daemon)[0]["refused"] == 1
    assert [token["line"] for token in usage(daemon)] == [1, 2] and [token["line"] for token in usage(daemon, READ)] == [1]
    assert ask(daemon, READ, "close", sessionId=first)["success"]
    assert ask(daemon, READ, "open", endpointUrl=demo_server.url, forceNew=True)["success"]


def test_connections(limited):
    daemon = limited("connections=2")
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(Connection(daemon.endpoint)) for _ in range(3)]
        for connection in held[:2]:
            assert connection.request({"command": "ping", "id": 1, "authToken": READ})["success"]
        exceeded(held[2].request({"command": "ping", "id": 1, "authToken": READ}), "connections=2")
        exceeded(ask(daemon, READ, "ping"), "connections=2")
        assert ask(daemon, ADMIN, "ping")["success"]
        held[0].close()
        wait_until(lambda: ask(daemon, READ, "ping")["success"], what="the place is free again")


def waiting(session, ident):
    return {"command": "query", "id": ident, "authToken": READ, "sessionId": session, "method": "publish"}


def test_requests_and_bytes(limited, demo_server):
    daemon = limited("requests=3 bytes=100000")
    session = ask(daemon, READ, "open", endpointUrl=demo_server.url)["data"]["sessionId"]
    assert ask(daemon, READ, "query", sessionId=session, method="createSubscription", params=[60000.0])["success"]
    with Connection(daemon.endpoint) as caller:
        for ident in range(1, 4):
            caller.send(waiting(session, ident))
        wait_until(lambda: usage(daemon)[0]["requests"]["used"] == 3, what="three wait")
        exceeded(caller.request({"command": "ping", "id": 9, "authToken": READ}), "requests=3")
        assert usage(daemon)[0]["bytes"]["used"] > 0 and ask(daemon, ADMIN, "ping")["success"]
    wait_until(lambda: usage(daemon)[0]["requests"]["used"] == 0, what="they have gone with their caller")
    exceeded(ask(daemon, READ, "ping", junk=[1] * 15000), "bytes=100000")
    assert usage(daemon)[0]["bytes"] == {"used": 0, "limit": 100000}


def test_requests_of_those_who_left_are_over(limited, demo_server):
    """1280 waiting requests and their callers go; nobody else notices."""
    daemon = limited("")
    session = ask(daemon, READ, "open", endpointUrl=demo_server.url)["data"]["sessionId"]
    assert ask(daemon, READ, "query", sessionId=session, method="createSubscription", params=[60000.0])["success"]
    with contextlib.ExitStack() as stack:
        for _ in range(5):
            caller = stack.enter_context(Connection(daemon.endpoint))
            for ident in range(60):
                caller.send(waiting(session, ident))
        wait_until(lambda: usage(daemon)[0]["requests"]["used"] > 0, what="requests wait")
    assert ask(daemon, ADMIN, "ping")["success"]
    wait_until(lambda: (one := usage(daemon)[0])["requests"]["used"] == 0 and one["abandoned"] == 0, what="all are over")


def test_silent_callers_leave_places(limited):
    daemon = limited("")
    with contextlib.ExitStack() as stack:
        silent = [stack.enter_context(connect(daemon.endpoint)) for _ in range(50)]
        for _ in range(5):
            assert ask_at_once(daemon, ADMIN, "ping")["success"]
        late = stack.enter_context(connect(daemon.endpoint))
        assert b"too_many_connections" in late.recv(1000)
        assert len(silent) == 50
        assert refused(ask_at_once(daemon, "wrong", "ping"))[0] == "auth_failed"
