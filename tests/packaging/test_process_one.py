# SPDX-License-Identifier: MIT
"""The daemon as the first process of a container; scripts/prove-container has a whole one."""
import subprocess
from pathlib import Path

import pytest
from installation import BUILD, ask
from osm.wait import wait_until

NAMESPACES = ["unshare", "--user", "--map-root-user", "--mount-proc", "--pid", "--fork", "--kill-child"]
UNTIDY = """#!/bin/sh
sh -c 'sleep 0.01 & echo $!' >>"$(dirname "$0")/left"
exec cat >/dev/null
"""


@pytest.fixture
def container(run, start):
    """start_one(option, …) -> (launcher, number of the daemon out here), once it answers."""
    if subprocess.run([*NAMESPACES, "true"], capture_output=True).returncode != 0:
        pytest.skip("no namespaces can be made here")
    socket = run / "daemon.sock"

    def start_one(*options):
        launcher = start([*NAMESPACES, BUILD / "opcua-session-manager", "--socket", f"unix://{socket}", *options],
                         stderr=subprocess.DEVNULL)
        wait_until(lambda: (ask(socket, command="ping") or {}).get("success"), 20, "the daemon answers")
        return launcher, int(Path(f"/proc/{launcher.pid}/task/{launcher.pid}/children").read_text())

    return start_one


def test_signals_and_exit_codes(container, run):
    launcher, daemon = container()
    assert Path(f"/proc/{daemon}/status").read_text().split("NSpid:")[1].split("\n")[0].split()[-1] == "1"
    subprocess.run(["kill", "-HUP", str(daemon)], check=True)
    assert ask(run / "daemon.sock", command="ping")["success"]
    subprocess.run(["kill", "-TERM", str(daemon)], check=True)
    assert launcher.wait(120) == 0

    launcher, daemon = container()
    subprocess.run(["kill", "-KILL", str(daemon)], check=True)
    assert launcher.wait(120) != 0
    launcher, daemon = container()  # over socket and PID file of another process 1
    subprocess.run(["kill", "-INT", str(daemon)], check=True)
    assert launcher.wait(120) == 0


def test_orphans_of_the_event_program_are_no_zombies(container, run):
    program = run / "untidy"
    program.write_text(UNTIDY)
    program.chmod(0o755)
    launcher, daemon = container("--event-command", str(program))
    children = Path(f"/proc/{daemon}/task/{daemon}/children")

    def name(pid):
        try:
            return Path(f"/proc/{pid}/comm").read_text().strip()
        except (FileNotFoundError, ProcessLookupError):
            return None  # seen to since it was listed

    def names():
        return [name(pid) for pid in children.read_text().split()]

    wait_until(lambda: (run / "left").exists() and (run / "left").read_text(), 20, "the program has left one behind")
    wait_until(lambda: names() == ["cat"], 20, "the orphan is seen to, the program still runs")
    subprocess.run(["kill", "-TERM", str(daemon)], check=True)
    assert launcher.wait(120) == 0
