# SPDX-License-Identifier: MIT
"""What passes over the wire: passwords under their token policy (S11), bent answers, events."""
import itertools

import pytest

from core.proxy import Proxy
from osm.client import Connection
from osm.servers import DemoServer, GeneralServer

from .asking import attempt, read, refusal, secured

NODE_USER = {"username": "admin", "password": "admin-pass"}
DEMO_USER = {"username": "operator", "password": "operator"}


@pytest.fixture(scope="module")
def node():
    with GeneralServer(options=["--profile", "all"]) as server:
        yield server


@pytest.fixture(scope="module")
def demo():
    with DemoServer(options=["--security"]) as server:
        yield server


@pytest.mark.parametrize("config", [{}, secured(mode=2), secured("Aes256_Sha256_RsaPss", 2), secured()],
                         ids=["None", "Sign", "Sign-Pss", "SignAndEncrypt"])
def test_password_is_encrypted(daemon, node, config):
    """Also where nothing else is: under the policy the token asks for."""
    with Proxy(node) as line:
        read(daemon, daemon.client.open(line.url, config | NODE_USER))
        assert NODE_USER["password"].encode() not in line.sent
        assert (b"\x05\x00\x00\x00admin" in line.sent) == (config.get("securityMode") != 3)
    assert "is sent unencrypted" not in daemon.log()


def test_password_in_clear_where_the_server_asks_for_it(daemon, demo):
    """Where it offers nothing else on an unsecured channel (S18)."""
    with Proxy(demo) as line:
        read(daemon, daemon.client.open(line.url, DEMO_USER))
        assert b"\x08\x00\x00\x00operator\x08\x00\x00\x00operator" in line.sent
    assert "is sent unencrypted: the server asks for none" in daemon.log()


def test_signed_sessions_encrypt_at_the_demo_server(daemon, demo):
    with Proxy(demo) as line:
        read(daemon, daemon.client.open(line.url, secured(mode=2) | {"username": "operator", "password": "operator"}))
        assert b"\x08\x00\x00\x00operator\x08\x00\x00\x00operator" not in line.sent


def test_bent_answer_to_the_channel(daemon, demo):
    """Somebody between who changes what the server says."""
    def bend(chunk):
        if chunk.startswith(b"OPN") and b"Basic256Sha256" in chunk[:100]:
            return chunk[:-1] + bytes([chunk[-1] ^ 1])
        return chunk
    with Proxy(demo) as line:
        line.bend = bend
        assert refusal(attempt(daemon, line, secured())) == (
            "SignatureVerificationException", "OPN response signature verification failed")


def test_bent_answer_in_a_session(daemon, demo):
    """The connection is given up and made anew; nothing wrong is handed out."""
    with Proxy(demo) as line:
        session = daemon.client.open(line.url, secured(mode=2))
        line.bend = lambda chunk: chunk[:-8] + bytes([chunk[-8] ^ 1]) + chunk[-7:]
        reply = daemon.client.query(session, "read", {"ns": 0, "id": 2258, "type": "numeric"})
        assert reply["success"] is False
        line.bend = None
        read(daemon, session)


def test_certificate_of_another(daemon, make_server, demo):
    """The list of endpoints names one certificate, the channel shows another: no session."""
    other = make_server(DemoServer, options=["--security"])
    with Proxy(demo) as line:
        line.server = other
        read(daemon, daemon.client.open(line.url, secured()))  # one and the same server: fine
    with Proxy(demo) as line:  # nothing is known of this one yet
        servers = itertools.chain([demo], itertools.repeat(other))

        class Changing:
            PATH = demo.PATH

            @property
            def port(self):
                return next(servers).port
        line.server = Changing()
        kind, message = refusal(attempt(daemon, line, secured()))
        assert kind in ("ProtocolException", "ConnectionException", "SignatureVerificationException"), message


def test_events_of_trust(daemon, demo, tmp_path):
    """Each decision is told once, with fingerprint and subject."""
    names = ["ServerCertificateTrusted", "ServerCertificateAutoAccepted", "ServerCertificateRejected"]
    connection = Connection(daemon.endpoint)
    connection.request({"command": "stream", "events": names})
    store = {"trustStorePath": str(tmp_path / "store"), "trustPolicy": "fingerprint"}
    refused = refusal(attempt(daemon, demo, secured() | store))
    attempt(daemon, demo, secured() | store | {"autoAccept": True})
    attempt(daemon, demo, secured() | store)
    events = [connection.receive() for _ in range(3)]
    assert [event["event"] for event in events] == [names[2], names[1], names[0]]
    for event in events:
        assert event["fingerprint"] in refused[1] and event["subject"] == "OPC UA demo server"
    assert events[0]["reason"] == "Certificate not found in trust store"
    connection.close()
