# SPDX-License-Identifier: MIT
"""Names for servers, users and certificates, and secrets from files and from the terminal."""
import os
import pty
import subprocess

import pytest

from osm.paths import program
from tool.test_uactl import Uactl

WHO = "ns=2;s=Access/WhoAmI"


@pytest.fixture
def profiles(daemon, demo_server, tmp_path):
    """Writes the file; what comes back runs uactl with it."""
    def write(text):
        (tmp_path / "uactl.yaml").write_text(text.replace("URL", demo_server.url))
        tool = Uactl(daemon, demo_server.url)
        tool.environment = {**tool.environment, "XDG_CONFIG_HOME": str(tmp_path)}
        del tool.environment["OPCUA_URL"]
        return tool
    return write


FILE = """
servers:
  plant: {url: "URL", user: op, timeout: 20}
  short: URL
users:
  op: {name: operator, password-file: op.secret}
  asked: operator
"""


def test_a_name_stands_for_a_server_and_its_user(profiles, tmp_path):
    (tmp_path / "op.secret").write_text("operator\n")
    tool = profiles(FILE)
    for how in [[], ["--direct"]]:
        assert tool("-q", *how, "read", "plant", WHO).stdout == "operator\n"
        assert tool("-q", *how, "read", "short", "i=2261").stdout == "opcua-demo-server\n"
        assert tool("-q", *how, "-u", "op", "read", "short", WHO).stdout == "operator\n"
    tool.environment["OPCUA_URL"] = "short"
    assert tool("-q", "read", "i=2261").stdout == "opcua-demo-server\n"


def test_the_command_line_goes_before(profiles, tmp_path):
    (tmp_path / "op.secret").write_text("operator\n")
    (tmp_path / "wrong").write_text("not it\n")
    tool = profiles(FILE)
    assert tool("--direct", "--password-file", str(tmp_path / "wrong"), "read", "plant", WHO, code=1).stderr


def test_a_secret_others_can_read(profiles, tmp_path):
    secret = tmp_path / "op.secret"
    secret.write_text("operator\n")
    tool = profiles(FILE)
    for mode, warns in ((0o600, False), (0o640, True), (0o604, True)):
        secret.chmod(mode)
        ran = tool("-q", "read", "plant", WHO)
        assert ran.stdout == "operator\n"
        assert (f"WARNING: {secret} holds a secret" in ran.stderr) == warns


def test_mistyped_names(profiles):
    tool = profiles(FILE)
    assert 'is "plant" meant?' in tool("read", "plnat", "i=1", code=2).stderr
    assert "needs a server" in tool("read", "something else", "i=1", code=2).stderr


@pytest.mark.parametrize("text, line, cause", [
    ("servers:\n  a: {url: x, usr: y}\n", 2, 'is "user" meant?'),
    ("servers:\n  a:\n    timeout: 5\n", 2, "has no url"),
    ("servers: [a]\n", 1, "not a list"),
    ("servers:\n  a: {url: [1]}\n", 2, "url is a text"),
    ("servers:\n  a: {url: x, direct: perhaps}\n", 2, "true or false"),
    ("users:\n\n  a: {password: secret}\n", 3, "secrets are not kept here"),
    ("server: {}\n", 1, "servers, users, certificates"),
    ("servers:\n\ta: b\n", 2, "cannot start any token"),
    ("servers: {a: b\n", 2, ""),
])
def test_a_bad_file_says_where_and_why(profiles, tmp_path, text, line, cause):
    stderr = profiles(text)("read", "plant", "i=1", code=2).stderr
    assert f"{tmp_path}/uactl.yaml:{line}: " in stderr and cause in stderr and "secret}" not in stderr


def on_terminal(tool, *arguments, answer):
    """Runs uactl with a terminal of its own; the code, what it printed, what the terminal showed."""
    master, slave = pty.openpty()
    # Without a session of its own the tool would ask on the terminal of whoever runs the tests.
    ran = subprocess.Popen(["setsid", "--ctty", program("uactl"), *arguments], env=tool.environment,
                           stdin=slave, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    os.close(slave)
    shown = b""
    while b"Password" not in shown:
        shown += os.read(master, 1000)
    os.write(master, answer)
    out, err = ran.communicate(timeout=120)
    try:
        shown += os.read(master, 1000)
    except OSError:
        pass
    os.close(master)
    return ran.returncode, out, shown


def test_a_password_is_asked_for_and_not_shown(profiles):
    tool = profiles(FILE)
    code, out, shown = on_terminal(tool, "-q", "-u", "asked", "read", "short", WHO, answer=b"operator\n")
    assert (code, out) == (0, "operator\n")
    assert shown.count(b"operator") == 1, "in the question, not as answer"


def test_asking_is_broken_off(profiles):
    code, out, _ = on_terminal(profiles(FILE), "-u", "asked", "read", "short", WHO, answer=b"\x03")
    assert out == "" and code in (-2, 130)


def test_the_echo_comes_back(profiles):
    """What would end it with a dump of its memory does not, while the terminal shows nothing."""
    code, out, _ = on_terminal(profiles(FILE), "-u", "asked", "read", "short", WHO, answer=b"\x1c\x03")
    assert out == "" and code in (-2, 130)


def test_nobody_to_ask(profiles):
    tool = profiles(FILE)
    ran = subprocess.run(["setsid", "--wait", program("uactl"), "-u", "asked", "read", "short", WHO],
                         env=tool.environment, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120)
    assert ran.returncode == 2 and "--password-file" in ran.stderr
