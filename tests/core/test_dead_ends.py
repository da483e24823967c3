# SPDX-License-Identifier: MIT
"""Opening what is no OPC UA server: the texts of the contract (ipc-protocol.md §8.3)."""
import socket
import threading

import pytest

from osm.wait import PATIENCE, free_port

from .asking import error
from .strangers import BlackHole, Stranger, answering, mute, refusing, slammer, web_server

NOWHERE = "no-such-host.invalid"


def open_it(client, url, timeout=30.0):
    return error(client.request({"command": "open", "endpointUrl": url, "config": {"opcuaTimeout": timeout}}))


@pytest.mark.parametrize("stranger, timeout, kind, message", [
    (mute, 1, "ConnectionException", "Read timeout"),
    (mute, 0, "ConnectionException", "Read timeout"),
    (slammer, 30, "ConnectionException", "Connection closed by remote"),
    (web_server, 30, "ProtocolException", "Invalid message size: 825110831"),
    (lambda: answering(b"MSGF\x10\0\0\0" + bytes(8)), 30, "MessageTypeException", "Expected ACK response, got: MSG"),
    (lambda: answering(b"ACKF\x04\0\0\0"), 30, "ProtocolException", "Invalid message size: 4"),
    (lambda: refusing(0x80830000, "no such endpoint"), 30, "HandshakeException",
     "Server error during handshake: [2156068864] no such endpoint"),
    (lambda: answering(b""), 30, "ConnectionException", "Connection closed by remote"),
    (lambda: answering(b"ACK"), 30, "ConnectionException", "Connection closed by remote"),
    (BlackHole, 1, "ConnectionException", "Failed to connect to 127.0.0.1:{port}: [110] Connection timed out"),
], ids=["mute", "mute-at-once", "slammer", "web", "wrong-message", "short", "refusal", "silent-end", "half-a-head",
        "black-hole"])
def test_what_is_said(client, stranger, timeout, kind, message):
    with stranger() as there:
        assert open_it(client, there.url, timeout) == (kind, message.format(port=there.port))
    assert client.data({"command": "list"})["count"] == 0


def test_nobody_listens(client):
    port = free_port()
    assert open_it(client, f"opc.tcp://127.0.0.1:{port}") == (
        "ConnectionException", f"Failed to connect to 127.0.0.1:{port}: [111] Connection refused")


def test_every_address_of_a_name_is_tried(client):
    port = free_port()
    assert open_it(client, f"opc.tcp://localhost:{port}/x") == (
        "ConnectionException", f"Failed to connect to localhost:{port}: [111] Connection refused")


def test_unknown_name(client):
    with pytest.raises(socket.gaierror) as resolver:
        socket.getaddrinfo(NOWHERE, 4840)
    assert open_it(client, f"opc.tcp://{NOWHERE}:4840", 60) == (
        "ConnectionException", f"Failed to connect to {NOWHERE}:4840: [0] php_network_getaddresses: getaddrinfo for "
        f"{NOWHERE} failed: {resolver.value.strerror}")


@pytest.mark.parametrize("url, shown", [
    ("", ""), ("x", "x"), ("opc.tcp://", "opc.tcp://"), ("opc.tcp://:4840", "[url]"), ("opc.tcp://h:65536", "[url]"),
    ("/a/b", "[path]"), ("opc.tcp://h:x", "[url]"), ("://h:1", "://h:1")])
def test_urls_that_name_no_host(client, url, shown):
    assert open_it(client, url) == ("ConfigurationException", f"Invalid endpoint URL: {shown}")


def test_long_names_are_cut(client):
    kind, message = open_it(client, "opc.tcp://" + "h" * 9000)
    assert kind == "ConnectionException"
    assert message == "Failed to connect to ".ljust(500, "h") + "..."


def test_a_mute_server_is_left(client):
    """After the timeout the connection is closed: nothing is left behind on the other side."""
    gone = threading.Event()

    def behave(sock):
        while sock.recv(65536):
            pass
        gone.set()
    with Stranger(behave) as there:
        assert open_it(client, there.url, 0.5) == ("ConnectionException", "Read timeout")
        assert gone.wait(PATIENCE), "the daemon has not closed its connection"


def test_a_slammer_is_not_stormed(client):
    """One open makes a handful of connections at most, whatever the server does."""
    with slammer() as there:
        for _ in range(3):
            assert open_it(client, there.url)[0] == "ConnectionException"
        assert len(there.accepted) <= 9
