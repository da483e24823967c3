# SPDX-License-Identifier: MIT
"""--config, --auto-connect and --check with real files: precedence, findings, exit codes.

What YAML means and how connections are read is tested in src/app/conf/*_test.c.
"""
import json
import os
import re
import subprocess

import pytest

from osm.daemon import Daemon
from osm.paths import ROOT, program

EXAMPLE = ROOT / "examples" / "opcua-session-manager.yaml"


@pytest.fixture
def write(folder):
    """Writes a file that only its owner may read; gives its path."""
    def write(text, name="c.yaml", mode=0o600):
        path = folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.chmod(mode)
        return path
    return write


def check(*arguments, env=None):
    """(exit status, lines on stderr) of --check."""
    environment = {k: v for k, v in os.environ.items() if k != "OPCUA_AUTH_TOKEN"}
    done = subprocess.run([program(Daemon.PROGRAM), "--check", *map(str, arguments)], text=True, timeout=120,
                          stdin=subprocess.DEVNULL, capture_output=True, env={**environment, **(env or {})})
    assert done.stdout == ""
    return done.returncode, done.stderr.splitlines()


# --- findings ----------------------------------------------------------------------------------

def test_the_example_is_right():
    assert check("--config", EXAMPLE) == (0, [])


def test_json_is_yaml(write):
    path = write(json.dumps({"timeout": 5, "connections": {"a": {"endpoint": "opc.tcp://h:1"}}}, indent="\t"))
    assert check("--config", path) == (0, [])


def test_every_mistake_with_its_line(write):
    path = write("timeout: abc\n"
                 "log-level: info\n"
                 "sockett: x\n"
                 "socket: [a]\n"
                 "cache_ttl:\n"
                 "help: true\n"
                 "config: other.yaml\n"
                 "cache_driver: redis\n"
                 "allowed_cert_dirs: [{a: b}]\n"
                 "max_sessions: 1\n"
                 "max_sessions: 2\n"
                 "connections:\n"
                 "  a: {endpoint: word, more: 1}\n"
                 "  b:\n"
                 "    endpoint: opc.tcp://h\n"
                 "    subscriptions: [{monitored_items: [{node_id: x}]}]\n")
    status, lines = check("--config", path, "--cleanup-interval", "0")
    assert status == 1
    found = {}
    for line in lines[:-1]:
        number, text = re.fullmatch(re.escape(str(path)) + r":(\d+): (.*)", line).groups()
        assert int(number) not in found or number == "13"
        found.setdefault(int(number), []).append(text)
    assert found == {
        1: ['Invalid value for option --timeout: "abc" (expected a whole number from 1 on)'],
        2: ['unknown option "log-level": write it with _ instead of -'],
        3: ['unknown option "sockett"'],
        4: ["socket: must be one value, not a list"],
        5: ["cache_ttl: has no value; leave the line out for the default"],
        6: ["help: only for the command line"],
        7: ["config: only for the command line"],
        8: ['Invalid value for option --cache-driver: "redis" (expected one of memory, file, none)'],
        9: ["an item of a list of texts is a map"],
        11: ['key "max_sessions" was given before, in line 10'],
        13: ['WARNING: unknown key "more" of a connection is ignored',
             "endpoint: no URL such as opc.tcp://host:4840: word"],
        16: ["node_id: Invalid NodeId format: x"]}
    assert lines[-1].startswith("Invalid value for option --cleanup-interval: \"0\"")


def test_warnings_alone_are_no_failure(write):
    path = write("connections: {a: {endpoint: 'opc.tcp://h', tpyo: 1}}\n")
    assert check("--config", path) == (0, [f'{path}:1: WARNING: unknown key "tpyo" of a connection is ignored'])


@pytest.mark.parametrize("text,finding", [
    (b"a: [\n", ":2: did not find expected node content while parsing a flow node"),
    (b"timeout: 5\nsocket: \xff\n", ":2: the file is not UTF-8"),
    (b"timeout: 5\n---\ntimeout: 6\n", ":2: a second document begins here"),
    (b"- timeout\n", ":1: the file must be a map, not a list"),
    (b"socket: \"a\\0b\"\n", ":1: socket: must not contain a NUL character")])
def test_unreadable_content(write, text, finding):
    path = write(text)
    status, lines = check("--config", path)
    assert (status, lines[0]) == (1, f"{path}{finding}")


def test_empty_files_say_nothing(write):
    assert check("--config", write("# nothing\n")) == (0, [])
    assert check("--auto-connect", write("", "e.yaml")) == (0, [])


def test_files_that_are_none(folder):
    os.mkfifo(folder / "fifo")
    with open(folder / "large", "wb") as large:
        large.truncate((16 << 20) + 1)
    for name, reason in (("missing", "cannot read the file: No such file or directory"),
                         (".", "cannot read the file: it is not a regular file"),
                         ("fifo", "cannot read the file: it is not a regular file"),
                         ("large", "larger than 16 MiB")):
        assert check("--config", folder / name) == (1, [f"{folder / name}: {reason}"])


def test_a_bomb_is_refused_at_once(write):
    lines = ["a0: &a0 x"] + [f"a{i}: &a{i} [{','.join([f'*a{i-1}'] * 10)}]" for i in range(1, 12)]
    status, found = check("--auto-connect", write("\n".join(lines)))
    assert status == 1
    assert found[0].endswith("c.yaml:8: too many values with its aliases written out")


@pytest.mark.parametrize("text", ["auth_token: x\n",
                                  "connections: {a: {endpoint: 'opc.tcp://h', config: {username: u, password: p}}}\n"])
def test_secrets_others_can_read(write, text):
    path = write(text, mode=0o640)
    status, lines = check("--config", path)
    assert status == 0
    assert lines == [f"{path}: WARNING: the file holds secrets and is accessible by group or others, use chmod 600"]
    path.chmod(0o600)
    assert check("--config", path) == (0, [])
    assert check("--config", write("timeout: 5\n", mode=0o644)) == (0, [])


def test_no_secret_is_shown(write):
    _, lines = check("--config", write(
        "auth_token: geheim1\nconnections: {a: {endpoint: x, config: {password: geheim2, securityMode: 9}}}\n"))
    assert lines and "geheim" not in "\n".join(lines)


def test_certificates_are_looked_for(write, folder):
    path = write("connections:\n"
                 "  a:\n"
                 "    endpoint: opc.tcp://h\n"
                 f"    config: {{clientCertPath: {folder}/none.pem, clientKeyPath: {folder}/none.key}}\n")
    status, lines = check("--config", path)
    assert status == 1
    assert lines == [f'{path}:2: connection "a": Client certificate does not exist or is not a file: '
                     f"{folder}/none.pem"]


def test_what_other_options_name_is_looked_at(write, folder):
    tokens = write("nonsense\n\nmore nonsense\n", "tokens")
    status, lines = check("--config", write(
        f"token_file: {tokens}\nallow_uid: [no-such-user-here]\nevent_mqtt: nowhere\n"))
    assert status == 1
    assert any("no-such-user-here" in line for line in lines), lines
    assert any("--event-mqtt" in line for line in lines), lines
    status, lines = check("--config", write(f"token_file: {tokens}\n"))
    assert status == 1 and all(str(tokens) in line for line in lines) and len(lines) >= 2, lines


# --- precedence --------------------------------------------------------------------------------

def test_environment_command_line_file_default(make_daemon, write):
    path = write("timeout: 77\ncleanup_interval: 11\nsocket: /nowhere/at/all\nmax_sessions: 7\nauth_token: of-file\n")
    daemon = make_daemon("--config", path, "--cleanup-interval=12", env={"OPCUA_AUTH_TOKEN": "of-environment"})
    assert "Timeout: 77s, Cleanup interval: 12s, Max sessions: 7" in daemon.log()
    daemon.client.token = "of-environment"
    assert daemon.client.request({"command": "ping"})["success"]


def test_token_in_the_file(make_daemon, write):
    daemon = make_daemon("--config", write("auth_token: of-file\n"))
    assert "visible in the process list" not in daemon.log()
    assert daemon.client.request({"command": "ping"})["error"]["type"] == "auth_failed"
    daemon.client.token = "of-file"
    assert daemon.client.request({"command": "ping"})["success"]


def test_the_command_line_overrules_any_token_of_the_file(make_daemon, write):
    daemon = make_daemon("--config", write("auth_token_file: /nowhere\n"), "--auth-token", "given")
    daemon.client.token = "given"
    assert daemon.client.request({"command": "ping"})["success"]


def test_a_wrong_file_starts_nothing(write, folder):
    done = subprocess.run([program(Daemon.PROGRAM), "--socket", f"unix://{folder}/s", "--config", write("timeout: 0\n")],
                          text=True, timeout=120, stdin=subprocess.DEVNULL, capture_output=True)
    assert done.returncode == 1
    assert "c.yaml:1: Invalid value for option --timeout" in done.stderr
    assert not (folder / "s").exists()


def test_auto_connect_may_stand_in_the_file(write):
    other = write("a: {endpoint: 'opc.tcp://h'}\n", "a.yaml")
    path = write(f"auto_connect: {other}\nconnections: {{a: {{endpoint: 'opc.tcp://i'}}}}\n")
    status, lines = check("--config", path)
    assert (status, lines) == (1, [f'{other}:1: connection "a" is also in {path}, line 2'])
    assert check("--config", path, "--auto-connect", write("b: {endpoint: 'opc.tcp://h'}\n", "b.yaml")) == (0, [])
