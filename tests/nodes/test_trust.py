# SPDX-License-Identifier: MIT
"""Trust stores of sessions on a server without security."""
import base64
import hashlib
import subprocess

import pytest


@pytest.fixture(scope="module")
def der(tmp_path_factory):
    """A certificate."""
    folder = tmp_path_factory.mktemp("certificate")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.der",
                    "-outform", "DER", "-days", "2", "-subj", "/CN=plant"], cwd=folder, check=True, capture_output=True,
                   timeout=120)
    return (folder / "cert.der").read_bytes()


def fingerprint(content):
    return hashlib.sha1(content).hexdigest()


def ask(client, session, method, *params):
    reply = client.query(session, method, *params)
    assert reply == {"success": True, "data": None}, reply


def test_store_is_made(client, demo_server, tmp_path):
    store = tmp_path / "deep" / "store"
    client.open(demo_server.url, {"trustStorePath": str(store)})
    for folder in (store, store / "trusted", store / "rejected"):
        assert folder.stat().st_mode & 0o777 == 0o700, folder


def test_trust_and_untrust(client, demo_server, tmp_path, der):
    session = client.open(demo_server.url, {"trustStorePath": str(tmp_path / "store")})
    kept = tmp_path / "store" / "trusted" / f"{fingerprint(der)}.der"
    ask(client, session, "trustCertificate", base64.b64encode(der).decode())
    assert kept.read_bytes() == der
    assert [p.name for p in kept.parent.iterdir()] == [kept.name]
    ask(client, session, "untrustCertificate", "aa:bb")
    ask(client, session, "untrustCertificate", fingerprint(b"another"))
    assert kept.exists()
    digits = fingerprint(der).upper()
    ask(client, session, "untrustCertificate", ":".join(digits[i:i + 2] for i in range(0, 40, 2)))
    assert not kept.exists()


def test_bytes_that_are_no_base64(client, demo_server, tmp_path):
    session = client.open(demo_server.url, {"trustStorePath": str(tmp_path / "store")})
    ask(client, session, "trustCertificate", "no certificate")
    kept = tmp_path / "store" / "trusted" / f"{fingerprint(b'no certificate')}.der"
    assert kept.read_bytes() == b"no certificate"


def test_paths_are_no_fingerprints(client, demo_server, tmp_path):
    outside = tmp_path / "outside.der"
    outside.touch()
    session = client.open(demo_server.url, {"trustStorePath": str(tmp_path / "store")})
    for text in ("../../outside", "../outside", "", str(tmp_path / "outside")):
        ask(client, session, "untrustCertificate", text)
    assert outside.exists()


def test_without_store(client, demo_server, der):
    session = client.open(demo_server.url)
    ask(client, session, "trustCertificate", base64.b64encode(der).decode())
    ask(client, session, "untrustCertificate", fingerprint(der))
    ask(client, session, "trustCertificate")


def test_store_that_cannot_be_made(client, demo_server, tmp_path, der):
    (tmp_path / "file").touch()
    session = client.open(demo_server.url, {"trustStorePath": str(tmp_path / "file" / "store")})
    reply = client.query(session, "trustCertificate", base64.b64encode(der).decode())
    assert reply["error"]["type"] == "ConfigurationException"
    assert str(tmp_path) not in reply["error"]["message"]


def test_allowed_directories(make_daemon, demo_server, tmp_path, der):
    allowed, outside = tmp_path / "allowed", tmp_path / "outside"
    allowed.mkdir()
    outside.mkdir()
    daemon = make_daemon("--allowed-cert-dirs", str(allowed))
    reply = daemon.client.request({"command": "open", "endpointUrl": demo_server.url,
                                   "config": {"trustStorePath": str(outside / "store")}})
    assert reply["error"] == {"type": "InvalidArgumentException",
                              "message": "Trust store is not in an allowed directory: [path]"}
    assert not (outside / "store").exists()

    store = allowed / "store"
    session = daemon.client.open(demo_server.url, {"trustStorePath": str(store)})
    ask(daemon.client, session, "trustCertificate", base64.b64encode(der).decode())
    assert (store / "trusted" / f"{fingerprint(der)}.der").exists()
    # somebody puts a link in place of the store that was checked
    store.rename(allowed / "moved")
    store.symlink_to(outside)
    reply = daemon.client.query(session, "trustCertificate", base64.b64encode(der).decode())
    assert reply["error"]["type"] == "ConfigurationException"
    assert list(outside.iterdir()) == []
