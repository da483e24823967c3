# SPDX-License-Identifier: MIT
"""Who may call, what with, and which servers (docs/protocol.md, Roles)."""
import hashlib
import json
import os
import signal
import subprocess

import pytest

from osm.client import Client, connect, parse, read_line
from osm.daemon import Daemon
from osm.paths import program
from osm.wait import wait_until

READ, WRITE, ADMIN, PLANT = "reader-0001", "writer-0002", "admin-0003", "plant-0004"
POINT = {"ns": 2, "id": "Access/ReadWrite", "type": "string"}
OTHER = "opc.tcp://127.0.0.2:1"  # where nobody listens


def token_file(path, lines):
    path.write_text("".join(f"{line}\n" for line in lines))
    path.chmod(0o600)
    return str(path)


def ask(daemon, token, command, **members):
    return daemon.client.request({"command": command, "authToken": token, **members})


def ask_at_once(daemon, token, command):
    """The request is there when the daemon takes the connection: among many it waits a quarter of a second for it."""
    daemon.process.freeze()
    try:
        sock = connect(daemon.endpoint)
        sock.sendall(json.dumps({"command": command, "authToken": token}).encode() + b"\n")
    finally:
        daemon.process.thaw()
    with sock:
        return parse(read_line(sock))


def refused(reply):
    assert not reply["success"], reply
    return reply["error"]["type"], reply["error"]["message"]


@pytest.fixture
def guarded(make_daemon, tmp_path):
    hashed = hashlib.sha256(ADMIN.encode()).hexdigest()
    path = token_file(tmp_path / "tokens", [f"read {READ}", f"write {WRITE}", f"admin sha256:{hashed}",
                                            f"admin {PLANT} 127.0.0.2"])
    daemon = make_daemon("--token-file", path)
    daemon.token_path = tmp_path / "tokens"
    return daemon


def test_roles(guarded, demo_server):
    opened = ask(guarded, READ, "open", endpointUrl=demo_server.url)
    session = opened["data"]["sessionId"]

    def run(token, method, *params, command="query"):
        key = "params" if command == "query" else "args"
        return ask(guarded, token, command, sessionId=session, method=method, **{key: list(params)})

    for token in (READ, WRITE, ADMIN):
        assert ask(guarded, token, "ping")["success"]
        assert run(token, "read", POINT)["success"]
    assert refused(run(READ, "write", POINT, 42, 6)) == (
        "access_denied", 'write takes the role "write", this token has "read"')
    assert refused(run(READ, "write", {"__t": "NodeId", "v": "i=1"}, 1, command="invoke"))[0] == "access_denied"
    assert refused(run(READ, "call", POINT, POINT))[0] == "access_denied"
    assert run(WRITE, "write", POINT, 42, 6)["success"]
    for token in (READ, WRITE):
        assert refused(run(token, "addNodes", [], command="invoke")) == (
            "access_denied", f'addNodes takes the role "admin", this token has "{"read" if token == READ else "write"}"')
        assert refused(run(token, "untrustCertificate", "x"))[0] == "access_denied"
    assert run(ADMIN, "untrustCertificate", "x")["success"]
    assert refused(run(READ, "nonsense"))[0] == "forbidden_method"


def test_tokens_are_needed(guarded):
    for token in (None, "", "reader", READ + " ", hashlib.sha256(ADMIN.encode()).hexdigest()):
        assert refused(ask(guarded, token, "ping")) == ("auth_failed", "Invalid or missing auth token")
    assert refused(guarded.client.request({"command": "ping"}))[0] == "auth_failed"
    log = guarded.stop()
    assert READ not in log and f"uid {os.getuid()}" in log


def test_servers_of_a_token(guarded, demo_server):
    """Sessions on other servers are neither reached, nor seen, nor known."""
    session = ask(guarded, ADMIN, "open", endpointUrl=demo_server.url)["data"]["sessionId"]
    kind, message = refused(ask(guarded, PLANT, "open", endpointUrl=demo_server.url))
    assert kind == "access_denied" and "endpoint is not allowed" in message
    assert ask(guarded, PLANT, "list")["data"] == {"count": 0, "sessions": []}
    for command in ("query", "close", "describe", "invoke"):
        assert refused(ask(guarded, PLANT, command, sessionId=session, method="read", params=[POINT])) == (
            "session_not_found", f"Session not found: {session}")
    assert ask(guarded, ADMIN, "list")["data"]["count"] == 1
    assert refused(ask(guarded, PLANT, "open", endpointUrl=OTHER))[0] == "ConnectionException"


def test_file_read_again(guarded):
    assert not ask(guarded, "late-0005", "ping")["success"]
    token_file(guarded.token_path, [f"read {WRITE}", "admin late-0005"])
    os.kill(guarded.pid, signal.SIGHUP)
    wait_until(lambda: ask(guarded, "late-0005", "ping")["success"], what="the new token counts")
    assert not ask(guarded, READ, "ping")["success"]
    token_file(guarded.token_path, ["admin late-0005", "boss x"])
    os.kill(guarded.pid, signal.SIGHUP)
    wait_until(lambda: "The old tokens stay" in guarded.log(), what="the mistake is named")
    assert ask(guarded, "late-0005", "ping")["success"]
    assert ":2: a line must begin with one of the roles" in guarded.log()


def test_one_token_beside_the_file(make_daemon, tmp_path):
    path = token_file(tmp_path / "tokens", [f"read {READ}"])
    daemon = make_daemon("--token-file", path, env={"OPCUA_AUTH_TOKEN": "whole"})
    assert ask(daemon, "whole", "ping")["success"] and ask(daemon, READ, "ping")["success"]
    assert not ask(daemon, None, "ping")["success"]


def test_allowed_endpoints(make_daemon, demo_server):
    daemon = make_daemon("--allow-endpoint", f"LOCALHOST:{demo_server.port},plant-*")
    assert daemon.client.open(demo_server.url)
    here = f"localhost:{demo_server.port}"
    for url in (OTHER, f"opc.tcp://localhost:{demo_server.port + 1}",
                f"opc.tcp://127.0.0.1:{demo_server.port}", f"opc.tcp://127.0.0.2/{here}", "file:///etc/passwd", "x"):
        kind, message = refused(daemon.client.request({"command": "open", "endpointUrl": url}))
        assert kind == "access_denied" and message.startswith(f"This endpoint is not allowed: {url}. ")
    kind, message = refused(daemon.client.request({"command": "open", "endpointUrl": f"opc.tcp://{here}@127.0.0.2"}))
    assert kind == "ConfigurationException" and here not in message


def ping_as(uid, gid, groups, endpoint):
    """What a process of another user is told: the reply's kind, in a child that gives its rights up."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups(groups)
            os.setgid(gid)
            os.setuid(uid)
            reply = Client(endpoint).request({"command": "ping"})
            os.write(writing, (reply.get("error", {}).get("type") or "ok").encode())
        finally:
            os._exit(0)
    os.close(writing)
    os.waitpid(pid, 0)
    with os.fdopen(reading) as stream:
        return stream.read()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be somebody else")
def test_allowed_users_and_groups(make_daemon, tmp_path):
    tmp_path.chmod(0o755)
    daemon = make_daemon("--socket-mode", "0666", "--allow-uid", "12345,root", "--allow-gid", "23456")
    path = daemon.endpoint
    os.chmod(os.path.dirname(path.removeprefix("unix://")), 0o755)
    assert daemon.client.request({"command": "ping"})["success"]
    assert ping_as(12345, 12345, [], path) == "ok"
    assert ping_as(12346, 23456, [], path) == "ok"
    assert ping_as(12346, 12346, [1, 23456], path) == "ok"
    assert ping_as(12346, 12346, [1], path) == "access_denied"
    log = daemon.stop()
    assert "uid 12346, gid 12346" in log and log.count("Refused a caller") == 1


@pytest.mark.parametrize("arguments, said", [
    (["--allow-uid", "nobody-of-that-name"], "No such user: nobody-of-that-name (--allow-uid)"),
    (["--allow-gid", "none-of-that-name"], "No such group: none-of-that-name (--allow-gid)"),
    (["--allow-uid", "0", "--socket", "tcp://127.0.0.1:0"], "need a Unix socket"),
    (["--allow-endpoint", "a/b"], 'Not a server: "a/b"'),
    (["--token-file", "/nowhere/tokens"], "Cannot read token file /nowhere/tokens: No such file or directory"),
])
def test_mistakes_at_the_start(tmp_path, arguments, said):
    result = subprocess.run([program(Daemon.PROGRAM), "--socket", tmp_path / "s", *arguments], text=True, timeout=120,
                            capture_output=True, check=False)
    assert result.returncode == 1 and said in result.stderr
