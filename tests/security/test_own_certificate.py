# SPDX-License-Identifier: MIT
"""The generated client certificate: kept in the state directory, renewed in time."""
import subprocess

import pytest

from core.proxy import Proxy
from osm import certificates
from osm.servers import DemoServer

from .asking import read, secured


@pytest.fixture(scope="module")
def server():
    with DemoServer(options=["--security"]) as running:
        yield running


def shown(make_daemon, server, *options):
    """The certificates the server sees of a daemon with two sessions, and the daemon's log."""
    daemon = make_daemon(*options)
    with Proxy(server) as line:
        for policy in ("Basic256Sha256", "Aes128_Sha256_RsaOaep"):
            read(daemon, daemon.client.open(line.url, secured(policy)))
        seen = {certificate for certificate in line.certificates if certificate}
    return seen, daemon.stop()


def says(certificate, *what):
    command = ["openssl", "x509", "-inform", "DER", "-noout", *what]
    return subprocess.run(command, input=certificate, capture_output=True, check=True, timeout=120).stdout.decode()


def test_content(make_daemon, server):
    (certificate,), _ = shown(make_daemon, server)
    subject = says(certificate, "-subject", "-nameopt", "RFC2253")
    assert "O=OPC UA PHP Client" in subject and "CN=OPC UA PHP Client" in subject
    assert "URI:urn:opcua-client" in says(certificate, "-text") and "2048 bit" in says(certificate, "-text")


def test_without_directory_each_start_has_its_own(make_daemon, server):
    assert shown(make_daemon, server)[0] != shown(make_daemon, server)[0]


def test_kept(make_daemon, server, tmp_path):
    state = tmp_path / "deep" / "state"
    first, _ = shown(make_daemon, server, "--state-dir", state)
    assert first == shown(make_daemon, server, "--state-dir", state)[0]
    assert first == {(state / "client-certificate.der").read_bytes()}
    assert state.stat().st_mode & 0o777 == 0o700
    assert (state / "client.pem").stat().st_mode & 0o777 == 0o600
    assert sorted(p.name for p in state.iterdir()) == ["client-certificate.der", "client.pem"]


@pytest.mark.parametrize("last, renewed", [("later", False), (None, True), ("20200101000000Z", True)])
def test_renewal(make_daemon, server, tmp_path, last, renewed):
    """In its last 30 days it is replaced, before that it is not."""
    if last is None:
        last = subprocess.run(["date", "-u", "-d", "+29 days", "+%Y%m%d%H%M%SZ"], capture_output=True, check=True,
                              text=True, timeout=120).stdout.strip()
    elif not renewed:
        last = subprocess.run(["date", "-u", "-d", "+31 days", "+%Y%m%d%H%M%SZ"], capture_output=True, check=True,
                              text=True, timeout=120).stdout.strip()
    old = certificates.issue(tmp_path / "old", dates=("20190101000000Z", last))
    state = tmp_path / "state"
    state.mkdir()
    (state / "client.pem").write_bytes((old / "cert.pem").read_bytes() + (old / "key.pem").read_bytes())
    (certificate,), _ = shown(make_daemon, server, "--state-dir", state)
    assert (certificate != (old / "cert.der").read_bytes()) is renewed
    if renewed:
        assert (state / "client-certificate.der").read_bytes() == certificate


def test_broken_file_is_replaced(make_daemon, server, tmp_path):
    state = tmp_path / "state"
    state.mkdir()
    (state / "client.pem").write_text("-----BEGIN CERTIFICATE-----\nnonsense\n")
    (certificate,), _ = shown(make_daemon, server, "--state-dir", state)
    assert (state / "client-certificate.der").read_bytes() == certificate


def test_directory_that_cannot_be_written(make_daemon, server, tmp_path):
    (tmp_path / "file").touch()
    seen, log = shown(make_daemon, server, "--state-dir", tmp_path / "file" / "state")
    assert len(seen) == 1
    assert "Cannot keep the generated client certificate in" in log
