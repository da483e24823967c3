# SPDX-License-Identifier: MIT
"""What the process has given up when it serves its first caller."""
import os
import pathlib
import pwd
import re
import subprocess

import pytest

from osm.client import Client
from osm.daemon import Daemon
from osm.paths import program
from osm.wait import wait_until


def status(pid, name):
    return re.search(rf"^{name}:\s*(.*)$", pathlib.Path(f"/proc/{pid}/status").read_text(), re.M)[1]


def test_sandbox(make_daemon, demo_server):
    daemon = make_daemon()
    assert status(daemon.pid, "NoNewPrivs") == "1"
    refused = re.search(r"Sandbox: (\d+) system calls are refused", daemon.log())
    if refused:
        assert status(daemon.pid, "Seccomp") == "2" and int(refused[1]) > 40
    else:
        assert "Sandbox: system calls are not limited: " in daemon.log()
    assert daemon.client.open(demo_server.url)


def test_no_sandbox(make_daemon):
    daemon = make_daemon("--no-sandbox")
    assert (status(daemon.pid, "NoNewPrivs"), status(daemon.pid, "Seccomp")) == ("0", "0")
    assert "Sandbox: off (--no-sandbox)" in daemon.log()


def test_written_folders(make_daemon, tmp_path, demo_server):
    """With certificate folders the daemon still writes what its options name: socket, log, cache, trust store."""
    for name in ("certs", "logs"):
        (tmp_path / name).mkdir()
    daemon = make_daemon("--allowed-cert-dirs", str(tmp_path / "certs"), "--cache-driver", "file",
                         "--cache-path", str(tmp_path / "cache"), "--log-file", str(tmp_path / "logs/d.log"),
                         "--event-log", str(tmp_path / "events"), "--event-spool", str(tmp_path / "logs/spool"),
                         "--state-dir", str(tmp_path / "state"))
    assert daemon.client.open(demo_server.url, {"trustStorePath": str(tmp_path / "certs/store")})
    assert (tmp_path / "certs/store").is_dir() and (tmp_path / "cache").is_dir()
    wait_until(lambda: "ClientConnected" in (tmp_path / "events").read_text(), what="events in the file")
    assert (tmp_path / "logs/spool").exists()
    text = (tmp_path / "logs/d.log").read_text()
    assert re.search(r"files are written only below \d folders|files are not limited", text)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_user(make_daemon, tmp_path, demo_server):
    nobody = pwd.getpwnam("nobody")
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents:
        if parent.name.startswith(("pytest-", "popen-")):  # /tmp itself stays as it is
            parent.chmod(0o755)
    folder = tmp_path / "run"
    folder.mkdir()
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    daemon = make_daemon("--user", "nobody", endpoint=f"unix://{folder}/s")
    assert status(daemon.pid, "Uid").split() == [str(nobody.pw_uid)] * 4
    assert status(daemon.pid, "Gid").split() == [str(nobody.pw_gid)] * 4
    assert int(status(daemon.pid, "CapPrm"), 16) == int(status(daemon.pid, "CapEff"), 16) == 0
    assert (folder / "s").stat().st_uid == nobody.pw_uid
    assert Client(daemon.endpoint).open(demo_server.url)


@pytest.mark.parametrize("options, said", [
    (["--user", "no-such-user"], "No such user: no-such-user (--user)"),
    (["--group", "root"], "--group needs --user"),
    (["--user", "root", "--group", "no-such-group"], "No such group: no-such-group (--group)")])
def test_mistakes(tmp_path, options, said):
    result = subprocess.run([program(Daemon.PROGRAM), "--socket", tmp_path / "s", *options], text=True, timeout=120,
                            capture_output=True, check=False)
    assert result.returncode == 1 and said in result.stderr
