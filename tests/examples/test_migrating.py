# SPDX-License-Identifier: MIT
"""docs/migrating.md, command by command: the old daemon is one of ours that is started with the flags the PHP daemon has."""
import os
import re
import subprocess

from osm.daemon import Daemon
from osm.paths import ROOT, build_dir

PAGE = ROOT / "docs" / "migrating.md"
# Commands of the page follow each other at the speed of a person: what asks a daemon that has just been started asks again.
PATIENT = """set -eum
uactl() { for _ in $(seq 1000); do command uactl "$@" >>told 2>&1 && return; sleep 0.1; done; cat told; return 1; }
kill() { builtin kill "$1"; while [ "${1#%}" = "$1" ] && [ -e "/proc/$1/exe" ]; do sleep 0.05; done; }
trap 'jobs -p | xargs -r kill 2>/dev/null || true' EXIT
"""


def blocks():
    return [re.sub(r"(?m)^ {3}", "", block) for block in re.findall(r"(?ms)^ *```sh\n(.*?)^ *```", PAGE.read_text())]


def test_the_steps(tmp_path):
    socket = tmp_path / "osm.sock"
    (tmp_path / "app" / "config").mkdir(parents=True)
    (tmp_path / "app" / "config" / "opcua.php").write_text(
        f"<?php return ['session_manager' => ['socket_path' => '{socket}', 'timeout' => 600, 'socket_mode' => 0600],"
        "'connections' => ['plant' => ['endpoint' => 'opc.tcp://127.0.0.1:1']]];")
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    script = PATIENT + "\n".join(blocks()).replace("/tmp/osm-trial.sock", str(tmp_path / "trial.sock"))
    assert script.count("uactl --socket") == 2 and "kill %1" in script
    with Daemon("--timeout", "600", "--cleanup-interval", "30", "--max-sessions", "100", "--socket-mode", "0600",
                endpoint=f"unix://{socket}") as old:
        (tmp_path / "php-daemon.pid").write_text(f"{old.pid}\n")
        environment = {**os.environ, "PATH": f"{build_dir()}:{os.environ['PATH']}", "OPCUA_SOCKET": str(socket)}
        done = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "sessions" in (tmp_path / "told").read_text()
    assert "connections.plant: not kept up" in done.stderr


def test_its_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)#]+)", PAGE.read_text()):
        assert (PAGE.parent / target).exists(), target
