# SPDX-License-Identifier: MIT
"""What is refused, by whom and in which words (ipc-protocol.md §8.3, E2)."""
import base64
import re
import subprocess

import pytest

from osm import certificates
from osm.servers import BareServer, DemoServer

from .asking import POLICY, attempt, client, read, refusal, secured

ADMIN = {"username": "admin", "password": "admin-pass"}
DENIED = ("ServiceException", "ActivateSession failed with status 0x801F0000")
REJECTED = re.compile(r"OPN rejected by server: 0x80[0-9A-F]{6} — .+")


@pytest.fixture(scope="module")
def known(certs, tmp_path_factory):
    """A PKI folder that knows the CA of `certs`, with its revocations."""
    certs.revoked = certificates.issue(certs.root / "revoked", ca=certs.ca)
    certs.expired = certificates.issue(certs.root / "expired", ca=certs.ca, dates=("20200101000000Z", "20210101000000Z"))
    certs.future = certificates.issue(certs.root / "future", ca=certs.ca, dates=("20440101000000Z", "20450101000000Z"))
    certs.member = certificates.issue(certs.root / "member", ca=certs.ca)
    certificates.revoke(certs.ca, certs.revoked)
    return certificates.server_pki(certs.root, tmp_path_factory.mktemp("pki"), "cert.pem", "crl.pem")


@pytest.fixture(scope="module")
def users(known):
    """node-opcua that knows one CA and takes only users with a password."""
    with BareServer(options=["--profile", "users", "--pki", known, "--trust", "known"]) as server:
        yield server


@pytest.fixture(scope="module")
def demo():
    with DemoServer(options=["--security"]) as server:
        yield server


def test_the_right_ones_come_in(daemon, users, certs):
    read(daemon, daemon.client.open(users.url, secured() | client(certs.member) | ADMIN))


@pytest.mark.parametrize("identity", [{"username": "admin", "password": "wrong"}, {"username": "nobody", "password": "x"},
                                      {"username": "admin", "password": ""}], ids=["password", "user", "empty"])
def test_wrong_user(daemon, users, certs, identity):
    assert refusal(attempt(daemon, users, secured() | client(certs.member) | identity)) == DENIED


@pytest.mark.parametrize("policy", ["Basic256Sha256", "None"])
def test_wrong_user_at_the_demo_server(daemon, demo, policy):
    config = {"username": "operator", "password": "wrong"} | ({} if policy == "None" else secured(policy))
    assert refusal(attempt(daemon, demo, config)) == DENIED


def test_users_the_server_does_not_take(daemon, users, certs):
    assert refusal(attempt(daemon, users, secured() | client(certs.member))) == (
        "ServiceException", "ActivateSession failed with status 0x80200000")


@pytest.mark.parametrize("name", ["rsa2048", "expired", "future", "revoked"])
def test_clients_the_server_does_not_trust(daemon, users, certs, name):
    kind, message = refusal(attempt(daemon, users, secured() | client(getattr(certs, name)) | ADMIN))
    assert kind == "ProtocolException" and REJECTED.fullmatch(message), message


def test_application_uri_is_that_of_the_certificate(daemon, make_server, certs, tmp_path):
    """node-opcua refuses an application whose certificate is another one's."""
    server = make_server(BareServer, options=["--profile", "accept"])
    own = certificates.issue(tmp_path / "own", uri="urn:plant:gateway:7")
    read(daemon, daemon.client.open(server.url, secured() | client(own)))


# ---- what can be seen in the files ----

@pytest.mark.parametrize("policy, bits", [("Basic256Sha256", 2048), ("Aes256_Sha256_RsaPss", 2048)])
def test_weak_key(daemon, demo, certs, policy, bits):
    assert refusal(attempt(daemon, demo, secured(policy) | client(certs.weak))) == (
        "ConfigurationException", f"The client key is too weak: it has 1024 bits, and {policy} needs {bits} or more")


def test_weak_key_that_the_policy_takes(daemon, demo, certs):
    read(daemon, daemon.client.open(demo.url, secured("Basic256") | client(certs.weak)))


def test_key_of_another_certificate(daemon, demo, certs):
    config = secured() | client(certs.rsa2048) | {"clientKeyPath": str(certs.rsa3072 / "key.pem")}
    kind, message = refusal(attempt(daemon, demo, config))
    assert (kind, message.split(":")[0]) == ("ConfigurationException",
                                             "The client key does not belong to the client certificate")


@pytest.mark.parametrize("content", [b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                                     b"\x30\x82\x10\x00"], ids=["empty", "text", "pem", "der"])
def test_files_without_content(daemon, demo, certs, tmp_path, content):
    (tmp_path / "broken").write_bytes(content)
    broken = str(tmp_path / "broken")
    kind, message = refusal(attempt(daemon, demo, secured() | client(certs.rsa2048) | {"clientCertPath": broken}))
    assert kind == "ConfigurationException" and message.startswith("Failed to read client certificate: "), message
    kind, message = refusal(attempt(daemon, demo, secured() | client(certs.rsa2048) | {"clientKeyPath": broken}))
    assert kind == "OpenSslException" and message.startswith("Failed to parse private key: "), message
    kind, message = refusal(attempt(daemon, demo, secured() | client(certs.rsa2048) | {"caCertPath": broken}))
    assert kind == "ConfigurationException" and message.startswith("Failed to read certificate file: "), message


def test_encrypted_key(daemon, demo, certs, tmp_path):
    subprocess.run(["openssl", "pkcs8", "-topk8", "-in", certs.rsa2048 / "key.pem", "-passout", "pass:secret",
                    "-out", tmp_path / "key.pem"], check=True, timeout=120)
    kind, message = refusal(attempt(daemon, demo, secured() | client(certs.rsa2048) | {"clientKeyPath": str(tmp_path / "key.pem")}))
    assert kind == "OpenSslException" and "no unencrypted key" in message


# ---- what can be seen in the list of endpoints ----

def test_policy_or_mode_the_server_lacks(daemon, users, certs):
    for policy, mode in (("Aes128_Sha256_RsaOaep", 3), ("Basic256Sha256", 2)):
        kind, message = refusal(attempt(daemon, users, secured(policy, mode) | client(certs.member) | ADMIN))
        assert kind == "ConfigurationException"
        assert message.startswith(f"The server offers no endpoint with security policy {policy} and mode "), message
        assert "Basic256Sha256 (SignAndEncrypt)" in message


@pytest.mark.parametrize("config", [{"securityPolicy": POLICY + "Basic256Sha256"}, {"securityMode": 3},
                                    {"securityPolicy": POLICY + "None", "securityMode": 2},
                                    {"securityPolicy": POLICY + "Aes128_Sha256_RsaOaep", "securityMode": 1}],
                         ids=["policy", "mode", "none-sign", "policy-none"])
def test_half_configured(daemon, demo, config):
    """S5: never a session that is less secure than was asked for."""
    for more in ({}, {"username": "operator", "password": "operator"}):
        kind, message = refusal(attempt(daemon, demo, config | more))
        assert kind == "ConfigurationException" and message.startswith("securityPolicy and securityMode"), message


def test_password_in_clear_is_told(daemon, demo_server):
    """S11: only where the token policy asks for nothing else."""
    reply = attempt(daemon, demo_server, {"username": "operator", "password": "operator"})
    assert reply["success"], reply
    assert "is sent unencrypted: the server asks for none" in daemon.log()


def test_secrets_that_differ_are_another_login(daemon, demo):
    """S1: nobody gets a session by its user name alone, nor its id told."""
    config = secured() | {"username": "operator", "password": "operator"}
    session = daemon.client.open(demo.url, config)
    assert daemon.client.open(demo.url, config) == session
    for other in ({"password": "wrong"}, {"password": "operator2"}):
        reply = daemon.client.request({"command": "open", "endpointUrl": demo.url, "config": config | other})
        assert refusal(reply) == DENIED and session not in str(reply)
    nameless = {key: value for key, value in config.items() if key != "password"}
    assert daemon.client.open(demo.url, nameless) != session


def test_messages_tell_no_paths(daemon, demo, certs, tmp_path):
    config = secured() | client(certs.rsa2048) | {"clientKeyPath": str(certs.rsa2048 / "cert.pem")}
    kind, message = refusal(attempt(daemon, demo, config))
    assert str(certs.root) not in message and "[path]" in message
    assert base64.b64encode(b"PRIVATE").decode() not in message
