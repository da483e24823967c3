# SPDX-License-Identifier: MIT
"""Servers that are odd and can be talked to all the same, and the words about what cannot be."""
import ssl
import struct

import pytest

from osm import certificates
from osm.scripted import ANSWERS, NONE, NOTHING, TRANSPORT, Script, array, text, uint32
from osm.wait import wait_until

from .asking import error, read

NODE = {"ns": 0, "id": 2259, "type": "numeric"}
ANONYMOUS, USERNAME, ISSUED = 0, 1, 3
BASIC = "http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256"


def token(policy, kind, uri=None):
    return text(policy) + uint32(kind) + NOTHING * 2 + text(uri)


class Odd(Script):
    """With these endpoints; notes the kinds of users that have come (the type ids of their tokens)."""

    def __init__(self, *endpoints, certificate=None):
        self.endpoints, self.certificate, self.users, self.secrets = endpoints, text(certificate), [], []
        super().__init__()

    def endpoint(self, tokens=(), policy=NONE, mode=1):
        application = text("urn:scripted") * 2 + b"\2" + text("scripted") + uint32(0) + NOTHING * 3
        return (text(self.url) + application + self.certificate + uint32(mode) + text(policy) + array(tokens) + text(TRANSPORT) + b"\0")

    def get_endpoints(self, _):
        return array([self.endpoint(*one) for one in self.endpoints])

    def activate_session(self, reader):
        for _ in range(2):
            reader.bytes()
        for _ in range(2):
            reader.list(reader.bytes)
        user, secret = reader.extension()
        self.users.append(user)
        self.secrets.append(secret)
        return super().activate_session(reader)


def attempt(daemon, server, **config):
    return daemon.client.request({"command": "open", "endpointUrl": server.url, "config": config})


@pytest.mark.parametrize("tokens", [[token("jwt", ISSUED)], [token("odd", 99)], [token("jwt", ISSUED)] * 2000])
def test_who_may_come_is_the_servers_to_say(daemon, tokens):
    """Anonymous where nothing is said of it: the server is asked, and answers for itself."""
    with Odd((tokens,)) as server:
        assert read(daemon.client, daemon.client.open(server.url), NODE) == 0
        assert server.users == [(0, 321)]


def test_no_password_on_a_guess(daemon):
    """Nothing says that the server takes passwords, and nothing would encrypt this one."""
    with Odd(([token("jwt", ISSUED)],)) as server:
        assert error(attempt(daemon, server, username="operator", password="Tr0ub4dor")) == (
            "ConfigurationException", "The server's endpoint with security policy None takes no users with a password: it is "
            "not sent unencrypted; choose another security policy, or another kind of user")
        assert server.users == [] and server.count("create_session") == server.count("close_session")


def test_a_guess_is_encrypted(daemon, tmp_path):
    """With a key of the server's it is asked whether it takes passwords, and nobody else can read this one."""
    own = certificates.issue(tmp_path / "own", uri="urn:scripted")
    shown = ssl.PEM_cert_to_DER_cert((own / "cert.pem").read_text())
    with Odd(([token("anonymous", ANONYMOUS)],), certificate=shown) as server:
        session = daemon.client.open(server.url, {"username": "operator", "password": "Tr0ub4dor"})
        assert read(daemon.client, session, NODE) == 0
        assert server.users == [(0, 324)]
        assert b"operator" in server.secrets[0] and b"Tr0ub4dor" not in server.secrets[0]
    assert "is sent unencrypted" not in daemon.log()


@pytest.mark.parametrize("count, asked", [(10, 1), (600, 2), (50_000, 2)])
def test_many_endpoints(daemon, count, asked):
    """A long list is searched to its end; one so long that keeping it would hold the loop is asked for again."""
    with Odd(*[([token("anonymous", ANONYMOUS)], BASIC, 3)] * count, ([token("anonymous", ANONYMOUS)],)) as server:
        for _ in range(2):
            session = daemon.client.open(server.url, {"opcuaTimeout": 60})
            assert read(daemon.client, session, NODE) == 0
            daemon.client.data({"command": "close", "sessionId": session})
        assert server.count("get_endpoints") == asked


@pytest.mark.parametrize("status", [0x002F0000, 0x00000480], ids=["GoodOverload", "info-bits"])
def test_all_that_is_good(daemon, monkeypatch, status):
    """Services may say more than Good (OPC 10000-4 §7.39)."""
    monkeypatch.setattr(Script, "_answer_header", staticmethod(
        lambda handle, _: struct.pack("<QII", 0, handle, status) + b"\0" + NOTHING + b"\0\0\0"))
    with Odd(([token("anonymous", ANONYMOUS)],)) as server:
        assert read(daemon.client, daemon.client.open(server.url), NODE) == 0


def test_an_answer_of_another_kind(daemon, monkeypatch):
    """It ends the connection, and the session it was about is closed all the same."""
    monkeypatch.setitem(ANSWERS, "activate_session", ANSWERS["close_session"])
    with Odd(([token("anonymous", ANONYMOUS)],)) as server:
        assert error(attempt(daemon, server)) == (
            "ProtocolException", "The server's answer is not of the type that was asked for")
        wait_until(lambda: server.count("close_session") == 1)


def test_a_fault_that_is_none(daemon, monkeypatch):
    """Whether it is the server who says so, or we."""
    with Odd(([token("anonymous", ANONYMOUS)],)) as server:
        monkeypatch.setattr(Odd, "activate_session", lambda self, reader: self.unknown(reader))
        monkeypatch.setattr(Odd, "_answer_header", staticmethod(
            lambda handle, _: struct.pack("<QII", 0, handle, 0) + b"\0" + NOTHING + b"\0\0\0"))
        assert error(attempt(daemon, server)) == (
            "ProtocolException", "The server answered with a ServiceFault that is none: 0x00000000 Good")
        assert server.count("close_session") == 1
