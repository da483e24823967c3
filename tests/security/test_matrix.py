# SPDX-License-Identifier: MIT
"""Policy × mode × user × client certificate, on open62541 and on node-opcua.

All sessions of a server live at the same time and go through the same stages: open, read, a
renewal of the channel, read, a restart of the server, read. The usual run covers every policy
with every mode and pairs the rest; OSM_SECURITY_MATRIX=full covers everything with everything.
"""
import itertools
import os
import re

import pytest

from osm.certificates import server_pki
from osm.daemon import Daemon
from osm.node import rsa15_options
from osm.servers import DemoServer, OldGeneralServer
from osm.wait import wait_until

from core.proxy import Proxy
from .asking import ENCRYPT, POLICIES, SIGN, attempt, client, read, secured, user

FULL = os.environ.get("OSM_SECURITY_MATRIX") == "full"
LIFETIME = 30000 if FULL else 20000  # to open hundreds takes longer than short keys live
USERS = ("anonymous", "password", "certificate")
CLIENTS = ("generated", "pem2048", "der2048", "pem3072", "der4096", "chain")
PASSWORDS = {"demo": {"username": "operator", "password": "operator"},
             "node-opcua": {"username": "admin", "password": "admin-pass"}}
SERVERS = {
    "demo": lambda pki: DemoServer(options=["--security", "--token-lifetime", LIFETIME]),
    "node-opcua": lambda pki: OldGeneralServer(options=["--profile", "all", "--token-lifetime", LIFETIME, "--pki", pki]),
}
# A Node that cannot be made to decrypt with PKCS#1 v1.5 padding has no Basic128Rsa15.
LACKING = set() if rsa15_options() is not None else {("node-opcua", "Basic128Rsa15")}
RENEWED = re.compile(r"secure channel (\d+): renewed for")


def rows(server):
    """(policy, mode, user, client certificate)"""
    channels = [row for row in itertools.product(POLICIES, (SIGN, ENCRYPT)) if (server, row[0]) not in LACKING]
    if FULL:
        return [channel + rest for channel in channels for rest in itertools.product(USERS, CLIENTS)]
    # Three and six take turns at different speeds: each user meets each kind of certificate.
    sample = []
    for at, channel in enumerate(channels):
        for step in (0, 1):
            number = 2 * at + step
            sample.append((*channel, USERS[(number + number // 6) % 3], CLIENTS[number % 6]))
    return sample


def config(server, certs, row):
    policy, mode, identity, certificate = row
    settings = secured(policy, mode, opcuaTimeout=100)
    if certificate == "chain":
        settings |= client(certs.signed) | {"caCertPath": str(certs.between / "cert.pem")}
    elif certificate != "generated":
        settings |= client(getattr(certs, f"rsa{certificate[3:]}"), certificate[:3])
    if identity == "password":
        settings |= PASSWORDS[server]
    elif identity == "certificate":
        settings |= user(certs.rsa2048)
    return settings


class Stage:
    """What one stage gave for each row: a value, or what went wrong."""

    def __init__(self, matrix, act):
        self.outcome = {}
        for row, session in matrix.sessions.items():
            try:
                self.outcome[row] = act(session)
            except AssertionError as failure:
                self.outcome[row] = failure


class Matrix:
    def __init__(self, name, certs, pki):
        self.name = name
        self.replies, self.sessions = {}, {}
        with SERVERS[name](pki) as server, Daemon("--log-level", "debug", "--max-sessions", "0") as daemon:
            for row in rows(name):
                self.replies[row] = reply = attempt(daemon, server, config(name, certs, row))
                if reply["success"]:
                    self.sessions[row] = reply["data"]["sessionId"]
            self.first = Stage(self, lambda session: read(daemon, session))
            self.renewed = self.wait_for_renewals(daemon)
            self.second = Stage(self, lambda session: read(daemon, session))
            self.losses = daemon.log().count("Connection lost")
            server.restart()
            self.third = Stage(self, lambda session: read(daemon, session))
            self.log = daemon.log()

    def wait_for_renewals(self, daemon):
        def all_renewed():
            channels = set(RENEWED.findall(daemon.log()))
            return channels if len(channels) >= len(self.sessions) else None
        return wait_until(all_renewed, 4 * LIFETIME / 1000, "every channel is renewed")


def pki_of_root(certs, folder):
    """Trusts the root. node-opcua asks for revocations only where it has the issuer itself."""
    server_pki(certs.root, folder, "cert.pem", "crl.pem")
    for role in ("server", "user"):
        (folder / role / "issuers" / "certs" / "between.pem").write_bytes((certs.between / "cert.pem").read_bytes())
        (folder / role / "issuers" / "crl" / "between.pem").write_bytes((certs.between / "crl.pem").read_bytes())
    return folder


@pytest.fixture(scope="module", params=SERVERS)
def matrix(request, certs, tmp_path_factory):
    return Matrix(request.param, certs, pki_of_root(certs, tmp_path_factory.mktemp("pki")))


def check(stage):
    wrong = {row: outcome for row, outcome in stage.outcome.items() if not isinstance(outcome, str)}
    assert stage.outcome and not wrong, wrong


def test_open(matrix):
    assert {row: reply for row, reply in matrix.replies.items() if not reply["success"]} == {}


def test_read(matrix):
    check(matrix.first)


def test_renewal_keeps_the_connection(matrix):
    check(matrix.second)
    assert matrix.losses == 0


def test_restart_of_the_server(matrix):
    check(matrix.third)
    assert matrix.log.count("Reconnected session") >= len(matrix.sessions)


def test_sample_covers_the_pairs():
    """Every policy with every mode, every user with every certificate."""
    sample = rows("demo")
    assert {row[:2] for row in sample} == set(itertools.product(POLICIES, (SIGN, ENCRYPT)))
    assert {row[2:] for row in sample} == set(itertools.product(USERS, CLIENTS))


def test_the_chain_is_sent(daemon, make_server, certs):
    """The server gets the client's certificate and, behind it, the authority it was given with."""
    def der(folder):
        return (folder / "cert.der").read_bytes()
    settings = secured() | client(certs.signed) | {"caCertPath": str(certs.between / "cert.pem")}
    with Proxy(make_server(DemoServer, options=["--security"])) as line:
        read(daemon, daemon.client.open(line.url, settings))
        assert der(certs.signed) + der(certs.between) in line.certificates


@pytest.mark.parametrize("curve", ["ECC_nistP256", "ECC_nistP384", "ECC_brainpoolP256r1", "ECC_brainpoolP384r1"])
def test_policies_the_server_lacks(daemon, demo_server, curve):
    reply = attempt(daemon, demo_server, secured(curve))
    assert reply["error"]["type"] == "ConfigurationException"
    assert reply["error"]["message"].startswith(f"The server offers no endpoint with security policy {curve} and mode ")
