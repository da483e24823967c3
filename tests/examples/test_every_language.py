# SPDX-License-Identifier: MIT
"""The examples by language: each reads, writes, subscribes and handles an error, as they stand there."""
import os
import pathlib
import re
import shlex
import subprocess

import pytest

from osm.paths import ROOT, build_dir

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"
CHANGES = [r"change 1: \d+", r"change 2: \d+", r"change 3: \d+"]
ALL = ["value = 42", "refused: .*", *CHANGES]


def compiled(source, tmp_path, *libraries, library="opcua-session"):
    program = tmp_path / source.stem
    libraries = [word for name in libraries for word in (
        [name] if name.startswith("-") else subprocess.check_output(["pkg-config", "--cflags", "--libs", name], text=True).split())]
    compiler = ["c++"] if source.suffix == ".cc" else ["cc", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror"]
    subprocess.run([*compiler, source, "-o", program, f"-I{ROOT / 'include'}", f"-L{build_dir()}", f"-l{library}",
                    f"-Wl,-rpath,{build_dir()}", *libraries], check=True, timeout=120)
    return [program]


def run(argv, daemon, url):
    environment = {**os.environ, "OPCUA_SOCKET": str(daemon.socket_path),
                   "PATH": f"{build_dir()}:{os.environ['PATH']}"}
    return subprocess.run([*argv, url], env=environment, capture_output=True, text=True, timeout=120)


def check(ran, lines):
    assert ran.returncode == 0, ran.stdout + ran.stderr
    shown = ran.stdout.splitlines()
    assert len(shown) == len(lines) and all(map(re.fullmatch, lines, shown)), shown


@pytest.mark.parametrize("command", ["python3 python/plain.py", "node node/plain.js", "php php/plain.php", "shell/plain.sh"])
def test_scripts(command, daemon, demo_server):
    *interpreter, script = shlex.split(command)
    check(run([*interpreter, EXAMPLES / script], daemon, demo_server.url), ALL)


@pytest.mark.skipif("OSM_SANITIZE:STRING=address" in (build_dir() / "CMakeCache.txt").read_text(),
                    reason="a program without sanitizers cannot load a library with them")
@pytest.mark.parametrize("name, libraries, lines", [
    ("direct.c", [], ALL), ("managed.c", [], ALL),
    ("libuv.c", ["-luv"], ["value [123]: DateTime"] * 3),
    ("glib.c", ["glib-2.0"], [f"change {n}: DateTime" for n in (1, 2, 3)]), ("plain.cc", [], ALL[:2])])
def test_programs(name, libraries, lines, daemon, demo_server, tmp_path):
    check(run(compiled(EXAMPLES / "c" / name, tmp_path, *libraries), daemon, demo_server.url), lines)


@pytest.mark.skipif("OSM_SANITIZE:STRING=address" in (build_dir() / "CMakeCache.txt").read_text(),
                    reason="a program without sanitizers cannot load a library with them")
def test_the_daemon_in_a_program(demo_server, tmp_path):
    program = compiled(EXAMPLES / "c/embedded.c", tmp_path, library="opcua-session-daemon")
    ran = subprocess.run([*program, demo_server.url, tmp_path / "d.sock"], capture_output=True, text=True, timeout=120)
    check(ran, ["ready on unix://.*", *[rf"change {n}: .*DataChangeReceived.*" for n in (1, 2, 3)]])


@pytest.mark.skipif("OSM_SANITIZE:STRING=address" in (build_dir() / "CMakeCache.txt").read_text(),
                    reason="a program without sanitizers cannot load a library with them")
def test_two_clients_in_one_poll(daemon, demo_server, tmp_path):
    ran = run(compiled(EXAMPLES / "c/poll.c", tmp_path), daemon, demo_server.url)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    for client in (1, 2):
        assert f"client {client}, change 3: DateTime" in ran.stdout


def test_they_are_short():
    for path in [*EXAMPLES.glob("*/plain.*"), *EXAMPLES.glob("c/*.c")]:
        assert len([line for line in path.read_text().splitlines() if line.strip()]) <= 60, path
