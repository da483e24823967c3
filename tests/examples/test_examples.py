# SPDX-License-Identifier: MIT
"""The examples of the README run as they stand there."""
import os
import pathlib
import subprocess

import pytest

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"
NODE = "ns=2;s=Types/Scalar/String"


@pytest.fixture
def compiled(tmp_path):
    program = tmp_path / "read"
    subprocess.run(["cc", "-Wall", "-Wextra", "-Werror", "-o", program, EXAMPLES / "read.c"],
                   check=True, timeout=120)
    return program


def run(argv, daemon):
    env = {**os.environ, "OPCUA_SOCKET": str(daemon.socket_path)}
    return subprocess.run(argv, env=env, capture_output=True, text=True, timeout=120)


def test_php(daemon, demo_server):
    done = run(["php", EXAMPLES / "read.php", demo_server.url, NODE], daemon)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{NODE} = \"") and "status 0x00000000" in done.stdout


def test_shell(daemon, demo_server):
    done = run([EXAMPLES / "read.sh", demo_server.url, NODE], daemon)
    assert done.returncode == 0, done.stderr
    assert '"success":true' in done.stdout and '"type":12' in done.stdout


def test_c(daemon, demo_server, compiled):
    done = run([compiled, demo_server.url, NODE], daemon)
    assert done.returncode == 0, done.stderr
    assert '"success":true' in done.stdout and '"type":12' in done.stdout


def test_they_share_one_session(daemon, demo_server, compiled):
    for argv in (["php", EXAMPLES / "read.php"], [EXAMPLES / "read.sh"], [compiled]):
        run([*argv, demo_server.url, NODE], daemon)
    # PHP writes config as [], the others leave it out: both mean "nothing set".
    assert daemon.client.request({"command": "list"})["data"]["count"] == 1


def test_refusals_are_shown(daemon, compiled):
    nobody = "opc.tcp://127.0.0.1:9"
    for argv in (["php", EXAMPLES / "read.php"], [EXAMPLES / "read.sh"], [compiled]):
        done = run([*argv, nobody, NODE], daemon)
        assert done.returncode != 0
        assert "Failed to connect to 127.0.0.1:9" in done.stdout + done.stderr
