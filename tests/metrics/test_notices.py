# SPDX-License-Identifier: MIT
"""What will fail is told before it does, once: in `status`, metrics and the log, with the next step."""
import datetime
import json
import re
import signal
import struct
import subprocess

import pytest

from osm import scripted
from osm.certificates import SERVER_URI, issue
from osm.servers import DemoServer
from osm.wait import free_port, wait_until

from . import http

MOMENT = "%Y%m%d%H%M%SZ"


def notices(daemon):
    return daemon.client.request({"command": "status", "filter": {"members": ["notices"]}})["data"]["notices"]


def standing(daemon, port, kind, what):
    """The notice of that kind, once it stands, with what all of them must have."""
    [found] = wait_until(lambda: [n for n in notices(daemon) if n["kind"] == kind], 30, what)
    assert http.value(port, "opcua_notices", kind=kind) == 1
    assert found["since"] > 1e9 and found["next"] and found["text"]
    assert daemon.log().count(f"[WARNING] {found['object']}: ") == 1
    assert f". {found['next']}\n" in daemon.log()
    return found


def settled(daemon, port, notice):
    wait_until(lambda: not [n for n in notices(daemon) if n["kind"] == notice["kind"]], 30, "it is settled")
    assert http.value(port, "opcua_notices", kind=notice["kind"]) == 0
    assert daemon.log().count(f"[INFO] {notice['object']}: settled, it was: ") == 1


def in_days(days):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)).strftime(MOMENT)


def test_nothing_is_told_of_what_is_well(keep, counting_server, folder):
    daemon, port = keep(counting_server, "--event-log", folder / "events")
    wait_until(lambda: http.value(port, "opcua_server_up", server="press") == 1, 30, "the server")
    kinds = {dict(key[1:])["kind"] for key in http.samples(http.scrape(port)) if key[0] == "opcua_notices"}
    assert kinds == {"server_certificate", "client_certificate", "user_certificate", "refused", "revised", "limits", "clock", "spool", "disk", "secrets"}
    assert [n for n in notices(daemon) if n["kind"] != "disk"] == []


def test_certificates(keep, make_server, folder):
    ours = issue(folder / "ours", dates=("20200101000000Z", in_days(10)))
    theirs = issue(folder / "theirs", uri=SERVER_URI, dates=("20200101000000Z", in_days(20)))
    server = make_server(DemoServer, options=["--security", "--certificate", theirs / "cert.der", "--key", theirs / "key.der"])
    config = {"securityPolicy": "http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256", "securityMode": 3,
              "clientCertPath": str(ours / "cert.pem"), "clientKeyPath": str(ours / "key.pem")}
    daemon, port = keep(server, items=("i=2258",), **config)
    found = standing(daemon, port, "client_certificate", "ours")
    assert found["object"] == config["clientCertPath"] and "ends at 20" in found["text"]
    found = standing(daemon, port, "server_certificate", "theirs")
    assert found["object"] == server.url and "ends at 20" in found["text"]


def test_a_spool_that_fills(keep, counting_server, folder):
    daemon, port = keep(counting_server, "--event-mqtt", f"mqtt://127.0.0.1:{free_port()}/t", "--event-spool",
                        folder / "spool", "--event-spool-bytes", "65536")
    wait_until(lambda: http.value(port, "opcua_sink_waiting_bytes", sink="spool") > 0.85 * 65536, 60, "it fills")
    found = standing(daemon, port, "spool", "the spool")
    assert found["object"] == "spool" and "65536" in found["text"]


@pytest.fixture
def small_disk(folder):
    """(mount point, what makes it large)."""
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "osm-test", folder], check=False, capture_output=True).returncode:
        pytest.skip("a file system can only be mounted by root")
    try:
        yield folder, lambda: subprocess.run(["mount", "-o", "remount,size=1g", folder], check=True)
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def test_a_disk_that_fills(small_disk, make_daemon):
    where, enlarge = small_disk
    daemon = make_daemon("--metrics", "tcp://127.0.0.1:0", "--event-log", where / "events")
    port = http.port_of(daemon)
    found = standing(daemon, port, "disk", "the disk")
    assert found["object"] == str(where / "events") and "of 8 MiB left" in found["text"]
    enlarge()
    settled(daemon, port, found)


def test_limits_that_are_cut(keep, make_server):
    server = make_server(DemoServer)
    daemon, port = keep(server, items=("i=2258",))
    wait_until(lambda: http.value(port, "opcua_server_up", server="press") == 1, 30, "the server")
    before, server.options = server.options, ["--limits"]
    server.restart()
    found = standing(daemon, port, "limits", "the cut")
    assert found["object"] == server.url and "takes 10 in one request of the kind READ" in found["text"]
    server.options = before
    server.restart()
    settled(daemon, port, found)


def test_a_user_whose_certificate_ends(keep, make_server, folder):
    theirs = issue(folder / "user", dates=("20200101000000Z", in_days(10)))
    server = make_server(DemoServer, options=["--security"])
    config = {"securityPolicy": "http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256", "securityMode": 3,
              "userCertPath": str(theirs / "cert.pem"), "userKeyPath": str(theirs / "key.pem")}
    daemon, port = keep(server, items=("i=2258",), **config)
    found = standing(daemon, port, "user_certificate", "the user's")
    assert found["object"] == config["userCertPath"] and "the user's certificate ends at 20" in found["text"]


@pytest.mark.parametrize("kind, whose", [("user_certificate", "user"), ("client_certificate", "client")])
def test_a_certificate_that_has_ended_before_the_first_attempt(keep, make_server, folder, kind, whose):
    """The server only refuses, or is not even there; what is wrong here is in the file."""
    old = issue(folder / "old", dates=("20200101000000Z", "20210101000000Z"))
    server = make_server(DemoServer, options=["--security", "--no-anonymous"])
    if whose == "user":
        server.kill()
    config = {"securityPolicy": "http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256", "securityMode": 3}
    aged = {f"{whose}CertPath": str(old / "cert.pem"), f"{whose}KeyPath": str(old / "key.pem")}
    daemon, port = keep(server, items=("i=2258",), **config, **aged)
    found = standing(daemon, port, kind, "the end")
    assert found["object"] == aged[f"{whose}CertPath"]
    assert f"the {whose}{chr(39) + 's' if whose == 'user' else ''} certificate has ended at 2021-01-01T00:00:00Z" == found["text"]
    assert found["next"].startswith("Renew it")
    standing(daemon, port, "refused", "the refusal")
    standing(daemon, port, kind, "it stands as long as nothing has changed")
    if whose == "user":
        server.start()
    (folder / "config.yaml").write_text(json.dumps({"connections": {"press": {
        "endpoint": server.url, "config": {**config, "username": "operator", "password": "operator"}}}}))
    daemon.process.send(signal.SIGHUP)
    settled(daemon, port, found)


def test_a_server_that_refuses(keep, make_server):
    server = make_server(DemoServer, options=["--no-anonymous"])
    daemon, port = keep(server, items=("i=2258",))
    found = standing(daemon, port, "refused", "the refusal")
    assert found["object"] == "press" and "times in a row: " in found["text"]
    server.options = []
    server.restart()
    settled(daemon, port, found)


def test_what_a_server_revises(keep, make_server):
    server = make_server(DemoServer, options=["--session-timeout", "20000"])
    daemon, port = keep(server, items=("i=2258",), sessionTimeout=60000)
    found = standing(daemon, port, "revised", "the session's lifetime")
    assert found["object"] == server.url and found["text"] == "a session is kept for 20000 ms; asked for were 60000"


def test_items_a_server_revises(keep, make_server):
    server = make_server(DemoServer)
    daemon, port = keep(server, items=("i=2258",), subscriptions=[{"publishing_interval": 100.0, "monitored_items": [
        {"node_id": node, "sampling_interval": 1.0, "queue_size": 1000000} for node in ("i=2258", "i=2259")]}])
    found = standing(daemon, port, "revised", "sampling interval and queue size")
    assert found["object"] == server.url
    sampled, queued = found["text"].split("; besides, ")[-2:]
    assert re.fullmatch(r"2 items of subscription \d+ are sampled more rarely, as one every \d+ ms; asked for were 1", sampled)
    assert re.fullmatch(r"of 2 items of subscription \d+ fewer values are kept, as of one \d+; asked for were 1000000", queued)


class Late(scripted.Script):
    """A server whose clock is an hour behind, until it is set."""

    behind = 3600

    def _answer_header(self, handle, status):
        return struct.pack("<QII", scripted.ticks() - self.behind * 10_000_000, handle, status) + b"\0" + \
            scripted.NOTHING + b"\0\0\0"


def test_clocks_that_are_apart(make_daemon):
    with Late() as server:
        daemon = make_daemon("--metrics", "tcp://127.0.0.1:0")
        port = http.port_of(daemon)
        session = daemon.client.open(server.url, {"opcuaTimeout": 5})
        found = standing(daemon, port, "clock", "the clock")
        apart = int(re.fullmatch(r"the server's clock is (\d+) s behind this machine's", found["text"])[1])
        assert found["object"] == server.url
        assert abs(apart - 3600) < 60  # of an answer on its way it is not known how long
        daemon.client.request({"command": "close", "sessionId": session})
        settled(daemon, port, found)


def test_secrets_others_can_read(make_daemon, folder):
    token = "0123456789abcdef0123456789abcdef"
    tokens, config = folder / "tokens", folder / "config.yaml"
    tokens.write_text(f"admin {token}\n")
    config.write_text(json.dumps({"token_file": str(tokens), "connections": {}}))
    tokens.chmod(0o644)
    config.chmod(0o644)  # nothing secret is in it
    daemon = make_daemon("--config", config, "--metrics", "tcp://127.0.0.1:0", token=token)

    def told():
        return [n["object"] for n in notices(daemon) if n["kind"] == "secrets"]
    wait_until(lambda: told() == [str(tokens)], 30, "the token file")
    tokens.chmod(0o600)
    wait_until(lambda: told() == [], 30, "it is settled")
    assert daemon.log().count(f"[INFO] {tokens}: settled") == 1
    secret = {"endpoint": f"opc.tcp://127.0.0.1:{free_port()}", "config": {"username": "u", "password": "p"}}
    config.write_text(json.dumps({"token_file": str(tokens), "connections": {"press": secret}}))
    daemon.process.send(signal.SIGHUP)
    wait_until(lambda: told() == [str(config)], 30, "the configuration file")
    rows = daemon.client.request({"command": "console", "line": "SHOW NOTICES kind=secrets"})["data"]
    assert str(config) in json.dumps(rows) and "chmod 600" in json.dumps(rows)
