# SPDX-License-Identifier: MIT
"""Callers who ask for much in one write: it is taken over several turns of the loop, and all of it."""
import json

from osm.client import Connection
from osm.servers import DemoServer

LINES = 1000
SESSIONS = 100


def send_at_once(connection, requests):
    lines = [json.dumps({"id": number, **request}) + "\n" for number, request in enumerate(requests)]
    connection.sock.sendall("".join(lines).encode())


def test_a_thousand_lines_are_answered_in_order(daemon):
    with Connection(daemon.endpoint) as connection:
        send_at_once(connection, [{"command": "ping"}] * LINES)
        assert [connection.receive()["id"] for _ in range(LINES)] == list(range(LINES))


def test_a_hundred_sessions_are_opened_at_once(daemon):
    with DemoServer() as server, Connection(daemon.endpoint) as connection:
        send_at_once(connection, [{"command": "open", "endpointUrl": server.url, "forceNew": True}] * SESSIONS)
        replies = [connection.receive() for _ in range(SESSIONS)]
        assert {reply["id"] for reply in replies if reply["success"]} == set(range(SESSIONS)), replies
