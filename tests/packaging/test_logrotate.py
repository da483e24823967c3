# SPDX-License-Identifier: MIT
"""The logrotate rule: a real rotation under a running daemon loses no line."""
import getpass
import grp
import os
import subprocess

import pytest
from installation import TOKEN, ask, need, serving
from osm.wait import wait_until


@pytest.fixture
def rule(prefix, run):
    """The installed rule with the folders and the user of this test."""
    text = (prefix / "etc/logrotate.d/opcua-session-manager").read_text()
    owner = f"{getpass.getuser()} {grp.getgrgid(os.getgid()).gr_name}"
    for old, new in (("/var/log/opcua-session-manager", str(run)),
                     ("/run/opcua-session-manager", str(run)),
                     ("opcua opcua", owner),
                     ("-u opcua ", f"-u {getpass.getuser()} ")):
        assert old in text
        text = text.replace(old, new)
    path = run / "rule"
    path.write_text(text)
    path.chmod(0o600)
    return path


def rotate(rule, *options):
    return subprocess.run([need("logrotate"), "-s", rule.with_name("state"), *options, rule],
                          capture_output=True, text=True)


def test_logrotate_accepts_the_rule(rule):
    result = rotate(rule, "-d")
    assert result.returncode == 0, result.stderr
    assert "error" not in result.stderr.lower()


def test_rotation_under_a_running_daemon(prefix, run, rule, token_file, start):
    socket, log = run / "daemon.sock", run / "daemon.log"
    daemon = start([prefix / "bin/opcua-session-manager", "--socket", f"unix://{socket}",
                    "--auth-token-file", token_file, "--log-file", log])
    wait_until(lambda: serving(socket), 20, "the daemon answers")
    before = log.read_text()
    assert "started on unix://" in before

    result = rotate(rule, "-f")
    assert result.returncode == 0, result.stderr

    def written_anew():
        ask(socket, command="ping", authToken="another")
        return "Authentication failed" in log.read_text()

    wait_until(written_anew, 20, "the daemon writes to the new file")
    assert (run / "daemon.log.1").read_text().startswith(before)
    assert daemon.poll() is None
    assert ask(socket, command="ping", authToken=TOKEN)["success"]
