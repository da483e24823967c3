# SPDX-License-Identifier: MIT
"""Trust in server certificates (ipc-protocol.md §6.2): who is let in, who is refused and how."""
import base64
import hashlib

import pytest

from osm import certificates
from osm.servers import DemoServer
from osm.wait import wait_until

from stream.lines import Stream, fields

from .asking import attempt, read, refusal, secured

NOT_FOUND = "Certificate not found in trust store"
EXPIRED = "Certificate has expired"
NOT_YET = "Certificate is not yet valid"
BAD_CHAIN = "Certificate chain verification failed"
POLICIES = ("fingerprint", "fingerprint+expiry", "full")
SERVER_URI = "urn:opcua-demo-server"


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    """Certificates of servers, by what is wrong with them."""
    root = tmp_path_factory.mktemp("servers")

    def issue(name, **more):
        return certificates.issue(root / name, "OPC UA Test Server", **{"uri": SERVER_URI, **more})
    ca = certificates.authority(root / "ca")
    between = certificates.authority(root / "between", "osm between", ca=ca)
    made = {"good": issue("good"), "another": issue("another"),
            "expired": issue("expired", dates=("20200101000000Z", "20210101000000Z")),
            "future": issue("future", dates=("20440101000000Z", "20450101000000Z")),
            "signed": issue("signed", ca=ca), "revoked": issue("revoked", ca=ca), "below": issue("below", ca=between),
            "nameless": issue("nameless", names="DNS:elsewhere.example"), "foreign": issue("foreign", uri="urn:another:server"),
            "short": issue("short", bits=1024), "middle": issue("middle", bits=3072)}
    certificates.revoke(ca, made["revoked"])
    return made | {"ca": ca, "between": between, "other-ca": certificates.authority(root / "other-ca")}


@pytest.fixture
def server(make_server, pairs):
    """A server with one of the certificates."""
    def make(name="good"):
        folder = pairs[name]
        return make_server(DemoServer, options=["--security", "--certificate", folder / "cert.pem", "--key", folder / "key.pem"])
    return make


def der(folder):
    return (folder / "cert.der").read_bytes()


def fingerprint(folder):
    digits = hashlib.sha1(der(folder)).hexdigest()
    return ":".join(digits[i:i + 2] for i in range(0, 40, 2))


def files(store, name):
    return sorted(p.name for p in (store / name).iterdir())


def file_of(folder):
    return f"{hashlib.sha1(der(folder)).hexdigest()}.der"


def trust(store, *folders):
    (store / "trusted").mkdir(parents=True, exist_ok=True)
    for folder in folders:
        (store / "trusted" / file_of(folder)).write_bytes(der(folder))
    return store


def settings(store, policy="fingerprint", **more):
    return secured(trustStorePath=str(store), trustPolicy=policy, **more)


def untrusted(folder, reason, subject="OPC UA Test Server"):
    return ("UntrustedCertificateException", f"Server certificate not trusted.\n  Fingerprint: {fingerprint(folder)}\n"
            f"  Subject: {subject}\n  Reason: {reason}")


@pytest.mark.parametrize("policy", POLICIES)
def test_unknown(daemon, server, pairs, tmp_path, policy):
    reply = attempt(daemon, server(), settings(tmp_path / "store", policy))
    assert refusal(reply) == untrusted(pairs["good"], NOT_FOUND)
    assert files(tmp_path / "store", "rejected") == [file_of(pairs["good"])]
    assert (tmp_path / "store" / "rejected" / file_of(pairs["good"])).read_bytes() == der(pairs["good"])
    assert files(tmp_path / "store", "trusted") == []
    assert f"Server certificate rejected: {NOT_FOUND} (fingerprint={fingerprint(pairs['good'])})" in daemon.log()
    assert daemon.client.data({"command": "list"})["count"] == 0


@pytest.mark.parametrize("policy", POLICIES)
def test_known(daemon, server, pairs, tmp_path, policy):
    store = trust(tmp_path / "store", pairs["good"])
    read(daemon, daemon.client.open(server().url, settings(store, policy)))


@pytest.mark.parametrize("name, reason", [("expired", EXPIRED), ("future", NOT_YET)])
def test_dates(daemon, server, pairs, tmp_path, name, reason):
    store, running = trust(tmp_path / "store", pairs[name]), server(name)
    daemon.client.open(running.url, settings(store, "fingerprint"))
    for policy in ("fingerprint+expiry", "full"):
        assert refusal(attempt(daemon, running, settings(store, policy))) == untrusted(pairs[name], reason)


def test_chain(daemon, server, pairs, tmp_path):
    store, running = trust(tmp_path / "store", pairs["signed"]), server("signed")
    good, other = (str(pairs[name] / "cert.pem") for name in ("ca", "other-ca"))
    daemon.client.open(running.url, settings(store, "full", caCertPath=good))
    daemon.client.open(running.url, settings(store, "full"))  # without a CA there is no chain to follow
    reply = attempt(daemon, running, settings(store, "full", caCertPath=other))
    assert refusal(reply) == untrusted(pairs["signed"], BAD_CHAIN)


def test_chain_with_an_authority_between(daemon, server, pairs, tmp_path):
    store, running = trust(tmp_path / "store", pairs["below"]), server("below")
    both = tmp_path / "both.pem"
    both.write_bytes((pairs["between"] / "cert.pem").read_bytes() + (pairs["ca"] / "cert.pem").read_bytes())
    daemon.client.open(running.url, settings(store, "full", caCertPath=str(both)))
    reply = attempt(daemon, running, settings(store, "full", caCertPath=str(pairs["ca"] / "cert.pem")))
    assert refusal(reply) == untrusted(pairs["below"], BAD_CHAIN)


@pytest.mark.parametrize("place", ["store", "file"])
def test_revoked(daemon, server, pairs, tmp_path, place):
    store, running = trust(tmp_path / "store", pairs["revoked"], pairs["signed"]), server("revoked")
    ca = pairs["ca"] / "cert.pem"
    daemon.client.open(running.url, settings(store, "full", caCertPath=str(ca)))
    if place == "store":
        (store / "crl").mkdir()
        (store / "crl" / "ca.pem").write_bytes((pairs["ca"] / "crl.pem").read_bytes())
    else:
        ca = tmp_path / "ca.pem"
        ca.write_bytes((pairs["ca"] / "cert.pem").read_bytes() + (pairs["ca"] / "crl.pem").read_bytes())
    reply = attempt(daemon, running, settings(store, "full", caCertPath=str(ca)))
    assert refusal(reply) == untrusted(pairs["revoked"], BAD_CHAIN)
    daemon.client.open(server("signed").url, settings(store, "full", caCertPath=str(ca)))


@pytest.mark.parametrize("content, said", [
    (b"", "no revocation list (PEM or DER)"), (b"to be revoked: all", "no revocation list (PEM or DER)"),
    (b"0" * (1 << 21), "File too large"), (None, "Too many levels of symbolic links")], ids=["empty", "text", "huge", "link"])
def test_a_list_that_cannot_be_read(daemon, server, pairs, tmp_path, content, said):
    """It may be the one that revokes the server's certificate."""
    store, running = trust(tmp_path / "store", pairs["signed"]), server("signed")
    config = settings(store, "full", caCertPath=str(pairs["ca"] / "cert.pem"))
    (store / "crl").mkdir()
    if content is None:
        (store / "crl" / "ca.crl").symlink_to(pairs["ca"] / "crl.pem")
    else:
        (store / "crl" / "ca.crl").write_bytes(content)
    assert refusal(attempt(daemon, running, config)) == untrusted(pairs["signed"], f"{BAD_CHAIN}: crl/ca.crl: {said}")
    (store / "crl" / "ca.crl").rename(store / "crl" / ".ca.crl")
    daemon.client.open(running.url, config)


def test_a_list_with_the_authority_that_cannot_be_read(daemon, server, pairs, tmp_path):
    store, ca = trust(tmp_path / "store", pairs["signed"]), tmp_path / "ca.pem"
    ca.write_bytes((pairs["ca"] / "cert.pem").read_bytes() + (pairs["ca"] / "crl.pem").read_bytes().replace(b"M", b"!"))
    assert refusal(attempt(daemon, server("signed"), settings(store, "full", caCertPath=str(ca)))) == untrusted(
        pairs["signed"], f"{BAD_CHAIN}: a revocation list in the file of the CA cannot be read")


def test_first_use(daemon, server, pairs, tmp_path):
    """autoAccept trusts the first certificate and none after it; force trusts any."""
    store = tmp_path / "store"
    daemon.client.open(server().url, settings(store, autoAccept=True))
    assert files(store, "trusted") == [file_of(pairs["good"])]
    assert f"Server certificate auto-accepted (fingerprint={fingerprint(pairs['good'])})" in daemon.log()
    other = server("another")
    assert refusal(attempt(daemon, other, settings(store, autoAccept=True))) == untrusted(pairs["another"], NOT_FOUND)
    assert refusal(attempt(daemon, other, settings(store, autoAcceptForce=True))) == untrusted(pairs["another"], NOT_FOUND)
    daemon.client.open(other.url, settings(store, autoAccept=True, autoAcceptForce=True))
    assert files(store, "trusted") == sorted([file_of(pairs["good"]), file_of(pairs["another"])])
    assert f"Server certificate force-accepted (fingerprint={fingerprint(pairs['another'])})" in daemon.log()


def test_first_use_does_not_forgive_dates(daemon, server, pairs, tmp_path):
    store = trust(tmp_path / "store", pairs["expired"])
    reply = attempt(daemon, server("expired"), settings(store, "fingerprint+expiry", autoAccept=True))
    assert refusal(reply) == untrusted(pairs["expired"], EXPIRED)


def test_a_file_of_that_name_is_not_enough(daemon, server, pairs, tmp_path):
    store = trust(tmp_path / "store", pairs["good"])
    (store / "trusted" / file_of(pairs["good"])).write_bytes(der(pairs["another"]))
    assert refusal(attempt(daemon, server(), settings(store))) == untrusted(pairs["good"], NOT_FOUND)


def test_a_link_is_no_trust(daemon, server, pairs, tmp_path):
    store = trust(tmp_path / "store")
    (store / "trusted" / file_of(pairs["good"])).symlink_to(pairs["good"] / "cert.der")
    assert refusal(attempt(daemon, server(), settings(store))) == untrusted(pairs["good"], NOT_FOUND)


@pytest.mark.parametrize("name, policy, text", [
    ("short", "Basic256Sha256", "weak: it has 1024 bits, and Basic256Sha256 needs 2048 to 4096"),
    ("short", "Aes256_Sha256_RsaPss", "weak: it has 1024 bits, and Aes256_Sha256_RsaPss needs 2048 to 4096"),
    ("middle", "Basic256", "long: it has 3072 bits, and Basic256 needs 1024 to 2048")])
def test_lengths_of_keys(daemon, server, tmp_path, name, policy, text):
    """OPC 10000-7 (S19): refused with or without a trust store, and nothing is accepted by itself."""
    running = server(name)
    for config in ({}, settings(trust(tmp_path / "store"), autoAcceptForce=True)):
        config = config | secured(policy)
        assert refusal(attempt(daemon, running, config)) == ("SecurityException", f"The server's key is too {text}")
    assert not files(tmp_path / "store", "trusted")
    read(daemon, daemon.client.open(running.url, secured("Basic256" if name == "short" else "Basic256Sha256")))


def test_without_store_any_will_do(daemon, server, pairs):
    running = server("expired")
    daemon.client.open(running.url, secured())
    daemon.client.open(running.url, secured(trustPolicy="full"))
    assert daemon.log().count("is not checked: no trustStorePath and trustPolicy") == 2


def test_store_on_an_unsecured_session(daemon, server, tmp_path):
    daemon.client.open(server().url, {"trustStorePath": str(tmp_path / "store"), "trustPolicy": "full"})
    assert files(tmp_path / "store", "rejected") == []


def test_other_host_and_other_uri_are_told(daemon, server, pairs, tmp_path):
    """The log says which of the two it is."""
    store = trust(tmp_path / "store", pairs["nameless"], pairs["foreign"])
    daemon.client.open(server("nameless").url, settings(store, "full"))
    assert "The server's certificate is not for host localhost" in daemon.log()
    daemon.client.open(server("foreign").url, settings(store, "fingerprint+expiry"))
    assert ("The server announces application URI urn:opcua-demo-server, its certificate says urn:another:server"
            in daemon.log())


OTHER_URI = "Certificate names another application URI than the server"


def test_other_uri_is_refused_by_the_full_policy(daemon, server, pairs, tmp_path):
    """S13, trusted or not, and not accepted by itself either."""
    store = trust(tmp_path / "store", pairs["foreign"])
    for more in ({}, {"autoAccept": True}, {"autoAccept": True, "autoAcceptForce": True}):
        reply = attempt(daemon, server("foreign"), settings(store, "full", **more))
        assert refusal(reply) == untrusted(pairs["foreign"], OTHER_URI)


def test_other_uri_is_refused_by_option(make_daemon, server, pairs, tmp_path):
    daemon = make_daemon("--certificate-uri", "refuse")
    store = trust(tmp_path / "store", pairs["foreign"], pairs["good"])
    running = server("foreign")
    for config in (secured(), settings(store), settings(store, "fingerprint+expiry")):
        assert refusal(attempt(daemon, running, config)) == untrusted(pairs["foreign"], OTHER_URI)
    read(daemon, daemon.client.open(server("good").url, settings(store)))


# ---- changes while sessions live ----

def state(daemon, session):
    return daemon.client.query(session, "getConnectionState")["data"]


def ended(daemon, session):
    wait_until(lambda: state(daemon, session) != "Connected", 5.0, "the session is dropped")


def test_untrust_ends_live_sessions(daemon, server, pairs, tmp_path):
    """At once, by the daemon's own method: all sessions of that certificate and no others."""
    store = trust(tmp_path / "store", pairs["good"], pairs["another"])
    running = server()
    first = daemon.client.open(running.url, settings(store))
    second = daemon.client.open(running.url, settings(store), forceNew=True)
    other = daemon.client.open(server("another").url, settings(store))
    reply = daemon.client.query(first, "untrustCertificate", fingerprint(pairs["good"]))
    assert reply == {"success": True, "data": None}
    ended(daemon, first)
    ended(daemon, second)
    assert state(daemon, other) == "Connected"
    for session in (first, second):
        reply = daemon.client.query(session, "read", {"ns": 0, "id": 2258, "type": "numeric"})
        assert refusal(reply) == untrusted(pairs["good"], NOT_FOUND)
    daemon.client.query(other, "trustCertificate", base64.b64encode(der(pairs["good"])).decode())
    read(daemon, first)
    log = daemon.log()
    assert f"Server certificate manually trusted (fingerprint={fingerprint(pairs['good'])})" in log
    assert f"Server certificate removed (fingerprint={fingerprint(pairs['good'])})" in log


def test_files_changed_by_hand_count_at_once(daemon, server, pairs, tmp_path):
    store = trust(tmp_path / "store", pairs["good"])
    session = daemon.client.open(server().url, settings(store))
    (store / "trusted" / file_of(pairs["good"])).unlink()
    ended(daemon, session)


def test_revocation_counts_at_once(daemon, server, pairs, tmp_path):
    store = trust(tmp_path / "store", pairs["revoked"])
    (store / "crl").mkdir()
    config = settings(store, "full", caCertPath=str(pairs["ca"] / "cert.pem"))
    session = daemon.client.open(server("revoked").url, config)
    (store / "crl" / ".ca.pem").write_bytes((pairs["ca"] / "crl.pem").read_bytes())
    (store / "crl" / ".ca.pem").rename(store / "crl" / "ca.pem")  # half of it would be no list
    ended(daemon, session)
    reply = daemon.client.query(session, "read", {"ns": 0, "id": 2258, "type": "numeric"})
    assert refusal(reply) == untrusted(pairs["revoked"], BAD_CHAIN)


def test_renewed_server_certificate(daemon, server, pairs, tmp_path):
    """A server that comes back with another certificate is another server until it is trusted."""
    store, running = trust(tmp_path / "store", pairs["good"]), server()
    session = daemon.client.open(running.url, settings(store))
    new = pairs["another"]
    running.options[running.options.index("--certificate") + 1] = str(new / "cert.pem")
    running.options[running.options.index("--key") + 1] = str(new / "key.pem")
    running.restart()
    ended(daemon, session)
    reply = daemon.client.query(session, "reconnect")
    assert refusal(reply) == untrusted(new, NOT_FOUND)
    trust(store, new)
    assert daemon.client.query(session, "reconnect")["success"]
    read(daemon, session)


def test_events(daemon, server, pairs, tmp_path):
    """Each decision while connecting is told (daemon.md 11), and the channel that came of it."""
    store, running, subject = tmp_path / "store", server(), "OPC UA Test Server"
    place = {"fingerprint": fingerprint(pairs["good"]), "subject": subject}
    wanted = ["ServerCertificateTrusted", "ServerCertificateAutoAccepted", "ServerCertificateRejected",
              "SecureChannelOpened"]
    with Stream(daemon.endpoint, events=wanted) as stream:
        attempt(daemon, running, settings(store))
        rejected = stream.event()
        assert (rejected["event"], fields(rejected)) == (wanted[2], {**place, "reason": NOT_FOUND})
        for name in (wanted[1], wanted[0]):
            daemon.client.open(running.url, settings(store, autoAccept=True), forceNew=True)
            decided, opened = stream.take(2)
            assert (decided["event"], fields(decided)) == (name, place)
            assert opened["event"] == wanted[3] and opened["channelId"] > 0
            assert (opened["securityPolicy"], opened["securityMode"]) == ("Basic256Sha256", "SignAndEncrypt")
