# SPDX-License-Identifier: MIT
"""Tables on a terminal of 80 columns: what one would copy is whole, the rest gives way."""
import re

import pytest

from osm.paths import program
from osm.terminal import Terminal
from tool.test_uactl import Uactl, on_terminal


@pytest.fixture
def tool(daemon, demo_server):
    return Uactl(daemon, demo_server.url)


def shown(tool, *arguments, columns=80):
    with Terminal([program("uactl"), *arguments], columns=columns, env=tool.environment) as terminal:
        return terminal.wait("ended with 0")


def test_values_at_80_columns(tool):
    level = "/Objects/2:Plant/2:Tank1/2:Level"
    lines = shown(tool, "read", level, "ns=2;s=Dynamic/Sine", "i=2255").splitlines()
    head, rows = lines[0].split(), [re.split(r"  +", line) for line in lines[1:4]]
    assert head == ["node", "value", "type", "status", "time"]
    assert [row[0] for row in rows] == [level, "ns=2;s=Dynamic/Sine", "i=2255"]
    assert re.fullmatch(r"[0-9.]+ %", rows[0][1]) and re.fullmatch(r"-?[0-9.e-]+", rows[1][1])
    assert rows[2][1].endswith("…")
    assert all(re.fullmatch(r"\d\d:\d\d:\d\d\.\d{3}", row[4]) for row in rows)


def test_values_at_200_columns_are_whole(tool):
    line = shown(tool, "read", "ns=2;s=Types/Scalar/Double", columns=200).splitlines()[1]
    assert re.search(r"3\.14159265358979\d* +Double +Good +\d{4}-\d\d-\d\d ", line)


def test_nothing_is_said(tool, make_daemon, demo_server):
    assert on_terminal(Uactl(make_daemon(), demo_server.url), "status") == b"(none)\r\n"
    assert tool("history", "ns=2;s=Dynamic/Sine").stderr.startswith("uactl: ns=2;s=Dynamic/Sine: the server keeps no history")
    assert "--start" in tool("history", "ns=2;s=History/Sine").stderr
    assert tool("--json", "history", "ns=2;s=History/Sine").stdout == "[]\n"
    missing = tool("history", "ns=2;s=History/Sin", code=1)
    assert "BadNodeIdUnknown" in missing.stderr and "Is ns=2;s=History/Sine meant?" in missing.stderr


def test_a_line_of_the_console_needs_no_quotes(tool):
    assert tool("console", "SHOW", "SESSIONS").stdout == tool("console", "SHOW SESSIONS").stdout


def test_help_of_commands_fits(tool):
    names = re.findall(r"(?m)^  ([a-z-]+) ", tool("--help").stdout.split("\n\n")[2])
    assert "read" in names and "console" in names
    for name in names:
        assert max(map(len, tool(name, "--help").stdout.splitlines()[1:])) <= 80, name
