# SPDX-License-Identifier: MIT
"""The systemd unit, and the users and folders that belong to it.

There need not be a systemd running here: `systemd-analyze verify` checks the unit as systemd
would read it, and the command line of the unit is started as it stands, its specifiers
replaced by folders of the test.
"""
import os
import re
import shlex
import signal
import subprocess

import pytest
from installation import TOKEN, ask, need, serving
from osm.wait import wait_until

UNIT = "lib/systemd/system/opcua-session-manager.service"


def fields(prefix):
    """The unit's settings as a map; the last one of a name counts."""
    text = (prefix / UNIT).read_text().replace("\\\n", " ")
    return dict(re.findall(r"^(\w+)=(.*)$", text, re.M))


def test_systemd_accepts_the_unit(prefix):
    result = subprocess.run([need("systemd-analyze"), "verify", "--man=no", prefix / UNIT],
                            capture_output=True, text=True)
    assert (result.returncode, result.stdout + result.stderr) == (0, "")


def test_the_unit_is_hardened(prefix):
    # Exposure from 0 (nothing can be done) to 100; an unhardened service has 96.
    result = subprocess.run([need("systemd-analyze"), "security", "--no-pager", "--offline=true",
                             "--threshold=15", prefix / UNIT], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr


def test_the_unit_lets_the_daemon_limit_itself(prefix):
    """@system-service of systemd 252 lacks them: the daemon told that its files were not limited."""
    allowed = re.findall(r"^SystemCallFilter=([^~\n].*)$", (prefix / UNIT).read_text(), re.M)
    calls = {f"landlock_{name}" for name in ("create_ruleset", "add_rule", "restrict_self")}
    assert calls <= set(" ".join(allowed).split())


def test_command_line_of_the_unit_serves(prefix, run, token_file, start):
    unit = fields(prefix)
    (run / "opcua-session-manager").mkdir()
    socket = run / "opcua-session-manager/daemon.sock"
    line = unit["ExecStart"].replace("%t", str(run)).replace("%d", str(run))
    command = [word for word in shlex.split(line) if word != "$OSM_OPTIONS"]

    daemon = start(command)
    wait_until(lambda: serving(socket), 20, "the daemon of the unit answers")
    assert socket.stat().st_mode & 0o777 == 0o660

    assert (unit["Type"], unit.get("ReloadSignal")) in [("notify", None), ("notify-reload", "SIGHUP")]
    if unit["Type"] == "notify":
        subprocess.run(shlex.split(unit["ExecReload"].replace("$MAINPID", str(daemon.pid))), check=True)
    else:
        daemon.send_signal(signal.SIGHUP)
    assert ask(socket, command="ping", authToken=TOKEN)["success"]
    assert daemon.poll() is None

    daemon.send_signal(signal.SIGTERM)
    assert daemon.wait(120) == 0
    assert not socket.exists()


@pytest.fixture
def root_with_user(prefix, tmp_path):
    """A root folder in which sysusers.d has been applied."""
    (tmp_path / "etc").mkdir()
    subprocess.run([need("systemd-sysusers"), f"--root={tmp_path}",
                    prefix / "lib/sysusers.d/opcua-session-manager.conf"], check=True)
    return tmp_path


def test_user_is_made_by_sysusers(prefix, root_with_user):
    passwd = (root_with_user / "etc/passwd").read_text()
    assert re.search(r"^opcua:.*:/var/lib/opcua-session-manager:", passwd, re.M)
    assert re.search(r"^opcua:", (root_with_user / "etc/group").read_text(), re.M)
    unit = fields(prefix)
    assert (unit["User"], unit["Group"]) == ("opcua", "opcua")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give folders away")
def test_folders_are_made_by_tmpfiles(prefix, root_with_user):
    subprocess.run([need("systemd-tmpfiles"), f"--root={root_with_user}", "--create",
                    prefix / "lib/tmpfiles.d/opcua-session-manager.conf"], check=True)
    for name in ("run/opcua-session-manager", "var/log/opcua-session-manager"):
        folder = (root_with_user / name).stat()
        assert folder.st_mode & 0o777 == 0o750
        assert folder.st_uid != 0
