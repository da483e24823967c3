# SPDX-License-Identifier: MIT
"""Elliptic curves against a server of another stack, when OSM_ECC_SERVER names one that is running:
its URL, with the user admin (password admin) and ns=1;s=answer. What it once answered is checked
without it (src/rim/ua/policy_known_test.c)."""
import itertools
import os
import types

import pytest

from core.proxy import Proxy

from .asking import ENCRYPT, SIGN, attempt, read, refusal, secured

URL = os.environ.get("OSM_ECC_SERVER")
CURVES = ("nistP256", "nistP384", "brainpoolP256r1", "brainpoolP384r1", "curve25519", "curve448")
ANSWER = {"ns": 1, "id": "answer", "type": "string"}
ROWS = tuple(itertools.product(CURVES, (SIGN, ENCRYPT)))

if not URL:
    pytest.skip("OSM_ECC_SERVER names no server", allow_module_level=True)


@pytest.fixture(scope="module")
def peer():
    return types.SimpleNamespace(url=URL, port=int(URL.rpartition(":")[2]), PATH="")


@pytest.mark.parametrize("curve, mode", ROWS)
@pytest.mark.parametrize("who", ({}, {"username": "admin", "password": "admin"}), ids=("anonymous", "name"))
def test_sessions(daemon, peer, curve, mode, who):
    session = daemon.client.open(peer.url, secured("ECC_" + curve, mode, **who), forceNew=True)
    assert read(daemon, session, ANSWER) == 42.5


@pytest.mark.parametrize("curve, mode", ROWS)
def test_wrong_password(daemon, peer, curve, mode):
    reply = attempt(daemon, peer, secured("ECC_" + curve, mode, username="admin", password="wrong"))
    assert refusal(reply) == ("ServiceException", "ActivateSession failed with status 0x801F0000")


def test_certificates_are_kept(make_daemon, peer, tmp_path):
    """One of each curve in the state directory, the same after a restart."""
    def kept():
        daemon = make_daemon("--state-dir", tmp_path)
        for curve in CURVES:
            read(daemon, daemon.client.open(peer.url, secured("ECC_" + curve)), ANSWER)
        daemon.stop()
        return {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    first = kept()
    assert set(first) == {name.format(curve) for curve in CURVES
                          for name in ("client-{}.pem", "client-certificate-{}.der")}
    assert first == kept()


@pytest.mark.parametrize("curve", CURVES)
def test_activated_on_another_channel(make_daemon, peer, curve):
    """The connection is cut: the session is activated again, with a new ephemeral key of the server."""
    daemon = make_daemon("--log-level", "debug")
    config = secured("ECC_" + curve, username="admin", password="admin", autoRetry=3)
    with Proxy(peer) as line:
        session = daemon.client.open(line.url, config, forceNew=True)
        for _ in range(3):
            line.cut_now()
            assert read(daemon, session, ANSWER) == 42.5
        assert daemon.log().count("Session activated again") >= 3
