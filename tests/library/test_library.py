# SPDX-License-Identifier: MIT
"""libopcua-session from outside: one suite (conformance.c), both back-ends, two servers."""
import subprocess

import pytest

from osm.paths import program
from osm.servers import HistoryServer

BACK_ENDS = ["direct", "managed"]


def conformance(back_end, url, daemon, *more, name="osm-test-library"):
    where = "-" if back_end == "direct" else str(daemon.socket_path)
    return subprocess.run([program(name), where, url, *more],
                          capture_output=True, text=True, timeout=170)


@pytest.mark.parametrize("back_end", BACK_ENDS)
def test_demo_server(back_end, demo_server, make_daemon):
    ran = conformance(back_end, demo_server.url, make_daemon("--max-frame-bytes", "1000000"), "demo")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "done: histories" in ran.stdout
    assert ran.stderr == "", "a library prints nothing"


@pytest.mark.parametrize("back_end", BACK_ENDS)
def test_node_opcua(back_end, general_server, daemon):
    ran = conformance(back_end, general_server.url, daemon)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "done: ends" in ran.stdout


@pytest.mark.parametrize("back_end", BACK_ENDS)
def test_history_and_nodes_are_changed(back_end, make_server, daemon):
    ran = conformance(back_end, make_server(HistoryServer).url, daemon, "history", name="osm-test-library-changes")
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout + ran.stderr
    assert "done: nodes" in ran.stdout


@pytest.mark.parametrize("back_end", BACK_ENDS)
def test_files(back_end, file_server, daemon):
    ran = conformance(back_end, file_server.url, daemon, "files", name="osm-test-library-changes")
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout + ran.stderr
    assert "done: whole files" in ran.stdout
