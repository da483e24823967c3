# SPDX-License-Identifier: MIT
"""Passwords and keys: where they must not be found (S1, S9, issue 5 item 4)."""
import json
import pathlib
import subprocess

import pytest

from core.machine import sanitized
from osm.paths import program
from osm.servers import BareServer
from osm.wait import wait_until

from .asking import attempt, client, read, refusal, secured, user
from .memory import search

RIGHT, WRONG = "admin-pass", "Xq7-wr0ng-Ü-pass"
TOKEN = "t0ken-Xq8-of-callers"


@pytest.fixture(scope="module")
def server():
    with BareServer(options=["--profile", "all"]) as running:
        yield running


def pem_pieces(folder):
    """Lines of a private key as its PEM file has them."""
    lines = (folder / "key.pem").read_bytes().splitlines()
    return [lines[len(lines) // 2], lines[-3]]


def key_pieces(folder):
    """Bytes of a private key as files have them: lines of the PEM, a middle part of the DER."""
    der = (folder / "key.der").read_bytes()
    return [*pem_pieces(folder), der[len(der) // 2:len(der) // 2 + 40], der[-60:-20]]


def configurations(certs):
    for security in ({}, secured(), secured("Aes256_Sha256_RsaPss", 2) | client(certs.rsa2048)):
        yield security | {"username": "admin", "password": RIGHT}
        yield security | {"username": "admin", "password": WRONG}
        yield security | user(certs.rsa3072)


def everything_said(daemon, session):
    """All that callers can be told of a session, and the log."""
    said = [daemon.client.request({"command": name}) for name in ("list", "status", "ping")]
    said += [daemon.client.query(session, name) for name in
             ("getEndpoints", "getTrustStore", "getTrustPolicy", "getConnectionState", "getLogger")]
    said += [daemon.client.request({"command": "describe", "sessionId": session}),
             daemon.client.request({"command": "open", "sessionId": session, "config": {"password": 5}})]
    return json.dumps(said, ensure_ascii=False) + daemon.log()


def test_in_no_output(make_daemon, server, certs):
    daemon = make_daemon("--log-level", "debug", token=TOKEN, env={"OPCUA_AUTH_TOKEN": TOKEN})
    needles = [RIGHT, WRONG, json.dumps(WRONG), TOKEN, "key.pem",
               *(piece.decode("latin-1") for folder in (certs.rsa2048, certs.rsa3072) for piece in key_pieces(folder))]
    for config in configurations(certs):
        reply = attempt(daemon, server, config)
        said = json.dumps(reply, ensure_ascii=False)
        if reply["success"]:
            read(daemon, reply["data"]["sessionId"])
            said += everything_said(daemon, reply["data"]["sessionId"])
        assert [needle for needle in needles if needle in said] == []
    for name in ("cmdline", "status", "maps"):
        said = pathlib.Path(f"/proc/{daemon.pid}/{name}").read_text(encoding="latin-1")
        assert [needle for needle in needles if needle in said] == [], name
    log = daemon.stop()
    assert [needle for needle in needles if needle in log] == []


def test_wiped_when_closed(make_daemon, server, certs):
    """Nothing of passwords and key files is left in memory when the session is closed. A sanitizer's
    malloc keeps what is freed as it is: there only the text of the files is looked for."""
    daemon = make_daemon("--log-level", "debug")
    pieces = pem_pieces if sanitized() else key_pieces
    needles = [RIGHT.encode(), WRONG.encode(), *pieces(certs.rsa2048), *pieces(certs.rsa3072)]
    try:
        assert search(daemon.pid, b"--log-level") == {b"--log-level"}, "what is there is found"
    except PermissionError:
        pytest.skip("may not read the memory of other processes")
    for config in configurations(certs):
        reply = attempt(daemon, server, config)
        if reply["success"]:
            session = reply["data"]["sessionId"]
            read(daemon, session)
            assert not search(daemon.pid, *needles[2:]), "key files are not kept while the session lives"
            daemon.client.data({"command": "close", "sessionId": session})
        daemon.client.request({"command": "ping"})
        wait_until(lambda: not search(daemon.pid, *needles), 10, "secrets are wiped", poll=0.2)


def test_session_of_another(make_daemon, server):
    """An id is all that is needed to use a session; opening tells it only to who knows the secrets."""
    daemon = make_daemon()
    config = secured() | {"username": "admin", "password": RIGHT}
    session = daemon.client.open(server.url, config)
    for password in (WRONG, "", RIGHT + "x", RIGHT[:-1]):
        reply = daemon.client.request({"command": "open", "endpointUrl": server.url, "config": config | {"password": password}})
        assert refusal(reply)[0] == "ServiceException"
        assert session not in json.dumps(reply)
    for key in ("password", "username"):
        other = {name: value for name, value in config.items() if name != key}
        assert daemon.client.open(server.url, other) != session
    listed = daemon.client.data({"command": "list"})["sessions"]
    assert "username" not in json.dumps(listed)


@pytest.mark.parametrize("kind, left_out, limited", [(None, True, False), ("bare", True, False), ("none", True, True),
                                                     ("full", False, False)])
def test_core_dumps(make_daemon, kind, left_out, limited):
    """No dump holds anonymous memory (bits 0 and 1 of the filter) unless it is asked for."""
    daemon = make_daemon(*([] if kind is None else ["--core-dumps", kind]))
    process = pathlib.Path(f"/proc/{daemon.pid}")
    kept = int((process / "coredump_filter").read_text(), 16) & 0b1111
    assert (kept == 0) is left_out
    limits = next(line for line in (process / "limits").read_text().splitlines() if line.startswith("Max core file size"))
    if limited:
        assert limits.split()[4:6] == ["0", "0"]


def test_key_log(make_daemon, server, tmp_path):
    """Off unless asked for; then the keys of secured channels, in Wireshark's lines, for the owner alone."""
    log = tmp_path / "keys"
    log.touch(mode=0o644)
    daemon = make_daemon("--key-log", log)
    assert f"The keys of secure channels are written to {log}: who reads it reads all that they carry" in daemon.log()
    daemon.client.open(server.url, {})
    assert log.read_text() == ""
    daemon.client.open(server.url, secured("Aes128_Sha256_RsaOaep"))
    assert log.stat().st_mode & 0o777 == 0o600
    names = [line.split(":")[0].rsplit("_", 2)[0] for line in log.read_text().splitlines()]
    assert names == [f"{side}_{what}" for side in ("client", "server") for what in ("iv", "key", "siglen")]
    for line in log.read_text().splitlines():
        assert len(line.split(": ")[1]) == (2 if "siglen" in line else 32), line


def test_key_log_that_cannot_be_written(tmp_path):
    done = subprocess.run([program("opcua-session-manager"), "--socket", str(tmp_path / "s"), "--key-log", str(tmp_path / "no/keys")],
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 1 and f"Cannot open key log {tmp_path}/no/keys: No such file or directory" in done.stderr
