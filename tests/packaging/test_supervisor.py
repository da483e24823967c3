# SPDX-License-Identifier: MIT
"""The Supervisor example, run by a real supervisord; only paths and the user are replaced."""
import getpass
import subprocess

import pytest
from installation import need, serving
from osm.wait import wait_until

SELDOM = 0.5  # each look starts a Python
EXAMPLE = "share/doc/opcua-session-manager/examples/supervisor.conf"


@pytest.fixture
def supervisor(prefix, run, token_file, start):
    """ctl(words…) -> output of supervisorctl, with the example's program under it."""
    example = (prefix / EXAMPLE).read_text()
    for old, new in ((f"{prefix}/etc/opcua-session-manager/auth-token", token_file),
                     ("/run/opcua-session-manager", run),
                     ("/var/log/opcua-session-manager", run),
                     ("user=opcua", f"user={getpass.getuser()}")):
        assert old in example
        example = example.replace(old, str(new))
    (run / "program.conf").write_text(example)
    (run / "supervisord.conf").write_text(f"""
[supervisord]
nodaemon=true
user={getpass.getuser()}
logfile={run}/supervisord.log
pidfile={run}/supervisord.pid
childlogdir={run}
[unix_http_server]
file={run}/supervisor.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://{run}/supervisor.sock
[include]
files={run}/program.conf
""")
    start([need("supervisord"), "-n", "-c", run / "supervisord.conf"],
          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def ctl(*words):
        return subprocess.run([need("supervisorctl"), "-c", run / "supervisord.conf", *words],
                              capture_output=True, text=True, timeout=120).stdout

    return ctl


def test_daemon_lives_under_supervisor(supervisor, run):
    socket = run / "daemon.sock"
    wait_until(lambda: serving(socket), 20, "the daemon under supervisord answers")
    wait_until(lambda: "RUNNING" in supervisor("status"), 20, "supervisord counts it as started", SELDOM)

    assert "stopped" in supervisor("stop", "opcua-session-manager")
    assert not socket.exists()
    assert "Shutting down..." in (run / "daemon.log").read_text()


def test_daemon_comes_back_after_a_crash(supervisor, run):
    socket = run / "daemon.sock"
    wait_until(lambda: "RUNNING" in supervisor("status"), 20, "supervisord counts it as started", SELDOM)
    first = supervisor("pid", "opcua-session-manager").strip()
    supervisor("signal", "KILL", "opcua-session-manager")

    def replaced():
        return supervisor("pid", "opcua-session-manager").strip() not in (first, "0")

    wait_until(replaced, 20, "supervisord starts another one", SELDOM)
    wait_until(lambda: serving(socket), 20, "the new daemon takes over the socket left behind")
