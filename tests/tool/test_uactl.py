# SPDX-License-Identifier: MIT
"""uactl as people use it: what it prints, in which form, and with which code it ends."""
import csv
import io
import json
import os
import pty
import signal
import subprocess
import threading

import pytest

from core.proxy import BROWSE, READ, Proxy
from osm.daemon import Daemon
from osm.paths import build_dir, program
from osm.wait import wait_until

SETPOINT = "ns=2;s=Plant/Tank1/Flow"
SCALAR = "ns=2;s=Many/0007"


class Uactl:
    def __init__(self, daemon, url):
        self.environment = {**os.environ, "OPCUA_SOCKET": str(daemon.socket_path), "OPCUA_URL": url, "TZ": "UTC",
                            # a program with sanitizers does not look into its own folder for what it loads
                            "LD_LIBRARY_PATH": str(build_dir())}

    def __call__(self, *arguments, code=0, without=()):
        environment = {k: v for k, v in self.environment.items() if k not in without}
        ran = subprocess.run([program("uactl"), *arguments], env=environment, capture_output=True, text=True, timeout=120)
        assert ran.returncode == code, ran.stdout + ran.stderr
        return ran

    def start(self, *arguments):
        return subprocess.Popen([program("uactl"), *arguments], env=self.environment, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)


def on_terminal(tool, *arguments):
    """What it prints when standard output is a terminal."""
    master, slave = pty.openpty()
    ran = subprocess.Popen([program("uactl"), *arguments], env=tool.environment, stdin=subprocess.DEVNULL, stdout=slave)
    os.close(slave)
    shown = b""
    try:
        while piece := os.read(master, 4096):
            shown += piece
    except OSError:
        pass  # the other end is closed
    os.close(master)
    assert ran.wait(120) == 0
    return shown


@pytest.fixture(params=["managed", "direct"])
def uactl(request, daemon, demo_server):
    tool = Uactl(daemon, demo_server.url)
    if request.param == "managed":
        return tool
    return lambda *arguments, **more: tool("--direct", *arguments, **more)


@pytest.fixture
def managed(daemon, demo_server):
    return Uactl(daemon, demo_server.url)


def test_reading(uactl):
    assert uactl("-q", "read", "i=2261").stdout == "opcua-demo-server\n"
    lines = uactl("read", "ns=2;s=Types/Array/Int16", "/Objects/2:Dynamic/2:Sine").stdout.splitlines()
    assert lines[0].split() == ["node", "value", "type", "status", "time"]
    assert [len(line) > 0 for line in lines] == [True] * 3
    rows = json.loads(uactl("--json", "read", "ns=2;s=Types/Matrix/Int32").stdout)
    assert rows[0]["type"] == "Int32" and len(rows[0]["value"]) == 2 and len(rows[0]["value"][0]) == 3


def test_every_form_says_the_same(uactl):
    node = "ns=2;s=Types/Scalar/String"
    value = json.loads(uactl("--json", "read", node).stdout)[0]["value"]
    assert json.loads(uactl("--jsonl", "read", node).stdout)["value"] == value
    assert next(csv.DictReader(io.StringIO(uactl("--csv", "read", node).stdout)))["value"] == value
    assert uactl("--quiet", "read", node).stdout == value + "\n"


def test_some_of_several_fail(uactl):
    ran = uactl("read", "i=2261", "ns=2;s=Nothing", code=5)
    assert "opcua-demo-server" in ran.stdout and "BadNodeIdUnknown" in ran.stderr
    ran = uactl("read", "ns=2;s=Nothing", code=1)
    assert "ns=2;s=Nothing" in ran.stderr


def test_writing(uactl):
    uactl("write", SCALAR, "-41")
    assert uactl("-q", "read", SCALAR).stdout == "-41\n"
    assert "would write Int32 5" in uactl("--dry-run", "write", SCALAR, "5").stdout
    assert uactl("-q", "read", SCALAR).stdout == "-41\n"
    assert "perhaps" in uactl("write", SCALAR, "perhaps", code=2).stderr
    assert "range" in uactl("write", SCALAR, "2147483648", code=2).stderr
    ran = uactl("write", "ns=2;s=Access/ReadOnly", "1", code=1)
    assert "ns=2;s=Access/ReadOnly" in ran.stderr and "BadUserAccessDenied" in ran.stderr or "BadNotWritable" in ran.stderr
    uactl("write", "ns=2;s=Types/Writable/String", "no quotes needed")
    assert uactl("-q", "read", "ns=2;s=Types/Writable/String").stdout == "no quotes needed\n"


def test_control_characters_stay_away_from_the_terminal(uactl, managed):
    node = "ns=2;s=Types/Writable/String"
    nasty = "a\x1b]0;gotcha\x07\x9b31mb"
    uactl("write", node, nasty)
    try:
        assert uactl("-q", "read", node).stdout == nasty + "\n", "a program gets what it has asked for"
        shown = uactl("--dry-run", "write", node, "c").stdout
        assert r"a\x1b]0;gotcha\x07\xc2\x9b31mb now" in shown.lower() and "\x1b" not in shown and "\x9b" not in shown
        raw = uactl("--json", "read", node).stdout
        assert json.loads(raw)[0]["value"] == nasty and "\x9b" not in raw and "\x1b" not in raw
        for form in ["-q", "--csv", "--json", "--jsonl"]:
            shown = on_terminal(managed, form, "read", node)
            assert b"gotcha" in shown and b"\x1b" not in shown and b"\x07" not in shown and b"\xc2\x9b" not in shown
        assert "\x1b" not in uactl("read", "ns=2;s=\x1b[31m", code=1).stderr
    finally:
        uactl("write", node, "")


def test_browsing(uactl):
    rows = json.loads(uactl("--json", "browse", "/Objects/2:Plant").stdout)
    assert {row["name"] for row in rows} >= {"2:Tank1", "2:Tank2", "2:Tank3", "2:Reset"}
    tree = uactl("tree", "--depth", "2", "ns=2;s=Plant").stdout.splitlines()
    assert tree[1].startswith("├── 2:Tank1") and tree[2].startswith("│   ├── 2:") and tree[-1].startswith("└── ")
    assert "Nowhere" in uactl("browse", "/Objects/Nowhere", code=1).stderr


def test_calling(uactl):
    add = ["call", "ns=2;s=Methods", "ns=2;s=Methods/Add"]
    assert uactl("-q", *add, "1.5", "2").stdout == "3.5\n"
    assert uactl("-q", *add, "Double:1.5", "b=2").stdout == "3.5\n"
    assert uactl("-q", "call", "/Objects/Methods", "Add", "b=2", "a=1.5").stdout == "3.5\n"
    assert json.loads(uactl("--json", *add, "1", "2").stdout) == [{"name": "sum", "value": 3.0, "type": "Double"}]
    assert "Add(a = 1.0, b = 2.0)" in uactl("-n", *add, "1", "2").stdout


@pytest.mark.parametrize("arguments, said", [
    (["1.5"], 'Argument "b" is missing: second'),
    (["1", "2", "3"], '"3" is one too many'),
    (["1", "bb=2"], 'is "b" meant?'),
    (["1", "a=2"], "given twice"),
    (["1", "two"], 'Argument "b": two is no Double'),
    (["1", "[2]"], "one value, not a list"),
])
def test_arguments_are_checked(uactl, arguments, said):
    ran = uactl("call", "ns=2;s=Methods", "Add", *arguments, code=2)
    assert said in ran.stderr and "Add(a: Double, b: Double) → sum: Double" in ran.stderr


def test_what_does_not_fit_is_not_written(uactl):
    dry = ["--dry-run", "write"]
    assert "which has" in uactl(*dry, SCALAR, "5").stdout
    assert "a list does not fit" in uactl("write", SCALAR, "[5]", code=2).stderr
    assert "Double does not fit" in uactl("write", "--type", "Double", SCALAR, "5", code=2).stderr
    assert "2 dimensions" in uactl("write", "ns=2;s=Types/WritableMatrix/Int32", "[1,2]", code=2).stderr
    assert "cannot be written" in uactl(*dry, "ns=2;s=Access/ReadOnly", "5", code=1).stderr
    assert "ns=2;s=Many/0007 meant" in uactl("write", "ns=2;s=Mani/0007", "5", code=1).stderr


def test_people_see_what_numbers_mean(uactl):
    node = "ns=2;s=Plant/Tank1/Flow"
    assert "l/min" in uactl("read", node).stdout and "l/min" not in uactl("-q", "read", node).stdout
    assert "Running (0)" in uactl("read", "i=2259").stdout
    assert uactl("-q", "read", "i=2259").stdout == "0\n"
    assert "opcua-demo-server" in uactl("read", "i=2260").stdout, "a structure of the standard"
    assert "°C" in uactl("watch", "-i", "50", "-c", "1", "/Objects/Plant/Tank1/Temperature").stdout


def test_the_node_that_is_meant(uactl):
    assert uactl("-q", "read", "/Objects/Server/ServerStatus/BuildInfo/ProductName").stdout == "opcua-demo-server\n"
    assert uactl("read", "/Objects/Plant/Tank1/Flow").stdout
    assert "Is /Objects/Plant/2:Tank1 meant?" in uactl("read", "/Objects/Plant/Tnak1/Flow", code=1).stderr
    assert "Is ns=2;s=Plant/Tank1/Flow meant?" in uactl("read", "ns=2;s=Plant/Tank1/Flw", code=1).stderr
    assert "Is ns=2;s=Plant/Tank1 meant?" in uactl("browse", "ns=2;s=Plant/Tnk1", code=1).stderr


def test_watching_ends_after_so_many(uactl):
    lines = uactl("-q", "watch", "-i", "50", "-c", "3", "ns=2;s=Dynamic/Counter").stdout.splitlines()
    assert len(lines) == 3 and sorted(lines, key=int) == lines
    assert "ns=2;s=Nothing" in uactl("watch", "ns=2;s=Nothing", code=1).stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_watching_ends_with_a_signal(managed, daemon, number):
    watching = managed.start("--jsonl", "watch", "-i", "50", "ns=2;s=Dynamic/Counter")
    try:
        assert json.loads(watching.stdout.readline())["status"] == "Good"
        watching.send_signal(number)
        assert watching.wait(120) == 0
    finally:
        watching.kill()
        watching.communicate()
    # Nothing is left behind in the session it leaves open for the next.
    wait_until(lambda: not daemon.client.data({"command": "status"})["sessions"][0]["subscriptions"], 20, "the subscription goes")


def test_a_signal_is_what_it_ends_with(managed):
    """Where it draws, too: some of the nodes are not there, so that it has something to say."""
    master, slave = pty.openpty()
    watching = subprocess.Popen([program("uactl"), "watch", "ns=2;s=Dynamic/Counter", "ns=2;s=Nothing"], stdout=slave,
                                stderr=subprocess.DEVNULL, env={**managed.environment, "TERM": "xterm"})
    os.close(slave)
    try:
        shown = b""
        while shown.count(b"Good") + shown.count(b"Dynamic/Counter") < 2:
            shown += os.read(master, 4096)
        watching.send_signal(signal.SIGTERM)
        assert watching.wait(120) == -signal.SIGTERM
    finally:
        watching.kill()
        watching.wait()
        os.close(master)


def test_a_closed_pipe_ends_it(managed):
    watching = managed.start("--jsonl", "watch", "-i", "50", "ns=2;s=Dynamic/Counter")
    try:
        watching.stdout.readline()
        watching.stdout.close()
        assert watching.wait(120) == 2
    finally:
        watching.kill()
        watching.stderr.close()


def test_searching(uactl):
    rows = json.loads(uactl("--json", "search", "tank2", "ns=2;s=Plant").stdout)
    assert [row["node"] for row in rows] == ["ns=2;s=Plant/Tank2"]
    assert "Nothing is called" in uactl("search", "Flying saucer", "ns=2;s=Plant", code=1).stderr
    ran = uactl("--json", "search", "--values", "Hello, plant", "ns=2;s=Types", code=0)
    assert "ns=2;s=Types/Scalar/String" in {row["node"] for row in json.loads(ran.stdout)}


def test_exporting(uactl):
    rows = list(csv.DictReader(io.StringIO(uactl("export", "ns=2;s=Types/Array").stdout, newline="")))
    assert len(rows) == 25 and all(row["status"] == "Good" for row in rows)
    assert json.loads(next(row["value"] for row in rows if row["name"] == "2:String"))[0] == "Hello, plant"
    lines = uactl("--jsonl", "export", "ns=2;s=Many").stdout.splitlines()
    assert len(lines) == 1000 and all(json.loads(line)["type"] == "Int32" for line in lines)


def test_searching_by_type(uactl):
    assert uactl("-q", "search", "--type", "method", "ns=2;s=Plant").stdout == "ns=2;s=Plant/Reset\n"
    rows = json.loads(uactl("--json", "search", "--type", "Double", "flow", "ns=2;s=Plant").stdout)
    assert len(rows) == 3 and {row["type"] for row in rows} == {"Double"}
    assert uactl("-q", "search", "--type", "PropertyType", "EngineeringUnits", "ns=2;s=Plant/Tank1").stdout
    assert "of type Double" in uactl("search", "--type", "Double", "nothing", "ns=2;s=Plant", code=1).stderr
    assert "--type" in uactl("search", code=2).stderr


def test_exporting_trees_and_histories(uactl):
    rows = list(csv.DictReader(io.StringIO(uactl("export", "--what", "tree", "ns=2;s=Plant").stdout, newline="")))
    assert {"ns=2;s=Plant/Tank1", "ns=2;s=Plant/Tank3/Pump"} <= {row["node"] for row in rows}
    assert {row["class"] for row in rows} == {"Object", "Variable", "Method"} and {row["depth"] for row in rows} >= {"0", "1"}
    ran = uactl("--jsonl", "export", "--what", "history", "--start", "2020-01-01", "-c", "5", "ns=2;s=History")
    rows = [json.loads(line) for line in ran.stdout.splitlines()]
    assert rows and all(sum(row["node"] == other["node"] for other in rows) <= 5 for row in rows)
    assert "histories" in ran.stderr, "progress"
    assert "tree" in uactl("export", "--what", "everything", code=2).stderr


@pytest.mark.parametrize("how", [[], ["--direct"]])
def test_an_export_goes_on_after_a_loss(daemon, demo_server, how):
    def cut_when_it_has_browsed(chunk):
        if BROWSE in proxy.services:
            proxy.bend = None
            proxy.cut_at(READ)
        return chunk

    with Proxy(demo_server) as proxy:
        tool = Uactl(daemon, proxy.url)
        proxy.bend = cut_when_it_has_browsed
        ran = tool(*how, "--jsonl", "export", "ns=2;s=Many")
        assert len(ran.stdout.splitlines()) == 1000 and "1000 of 1000" in ran.stderr and proxy.cut is None


@pytest.mark.parametrize("at", [BROWSE, READ])
@pytest.mark.parametrize("what, node, lines", [("values", "ns=2;s=Many", 1000), ("history", "ns=2;s=History", 5)])
def test_an_export_goes_on_after_the_daemon_has_gone(demo_server, tmp_path, at, what, node, lines):
    """Killed while it waits for the server, its socket left behind, and another daemon started there."""
    held, go = threading.Event(), threading.Event()
    endpoint = f"unix://{tmp_path}/d.sock"

    def hold(chunk):
        if proxy.services[-1] == at and BROWSE in proxy.services:
            held.set()
            go.wait(120)
        return chunk

    with Proxy(demo_server) as proxy, Daemon(endpoint=endpoint) as first:
        proxy.bend = hold
        export = Uactl(first, proxy.url).start("--jsonl", "export", "--what", what, "--start", "2024-01-01", "-c", "1", node)
        assert held.wait(120), "the server is asked"
        first.stop(signal.SIGKILL, expect=-signal.SIGKILL)
        proxy.bend = None
        go.set()
        told = export.stderr.readline()
        with Daemon(endpoint=endpoint):
            out, error = export.communicate(timeout=120)
    assert "going on when it is back" in told, told + error
    assert (export.returncode, len(out.splitlines())) == (0, lines), error


def test_sessions_of_the_daemon(managed):
    session = managed("open").stdout.strip()
    assert len(session) == 32
    assert session in managed("list").stdout
    assert "active" in managed("status").stdout
    assert managed("-q", "read", session, "i=2261", without=["OPCUA_URL"]).stdout == "opcua-demo-server\n"
    managed("close", session)
    assert managed("--json", "list").stdout.strip() == "[]"
    assert managed("ping").stdout.splitlines()[1].startswith("ok")


def test_mistakes(managed):
    assert 'is "read" meant?' in managed("raed", "i=1", code=2).stderr
    for timeout in ["nan", "inf", "0", "x"]:
        assert "number of seconds" in managed("--timeout", timeout, "read", "i=2261", code=2).stderr
    assert "--nonsense" in managed("--nonsense", "ping", code=2).stderr
    assert "read takes" in managed("read", code=2).stderr
    assert "$OPCUA_URL" in managed("read", "i=1", code=2, without=["OPCUA_URL"]).stderr
    assert "Start opcua-session-manager" in managed("-s", "/nonexistent/socket", "ping", code=4).stderr
    assert "Connection refused" in managed("read", "opc.tcp://127.0.0.1:1", "i=1", code=3).stderr
    assert "only one" in managed("--json", "--csv", "list", code=2).stderr.lower()
    assert managed("--help").stdout.startswith("Usage: uactl")
    assert managed("read", "--help").stdout.startswith("Usage: uactl [option]… read <server> <node>…")
    assert managed("--version").stdout.startswith("uactl ")


def test_a_token_is_needed(make_daemon, demo_server, tmp_path):
    (tmp_path / "token").write_text("secret\n")
    tool = Uactl(make_daemon("--auth-token", "secret"), demo_server.url)
    assert "token" in tool("ping", code=4).stderr
    tool("--token-file", str(tmp_path / "token"), "ping")


def test_config_check(managed, tmp_path):
    """The daemon's own look at a file: every mistake with its line."""
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text("timeout: 5\n")
    bad.write_text("max_sessions: many\nconnections:\n  plant: {endpoint: nonsense}\nno_such_option: 1\n")
    assert managed("--json", "config-check", good).stdout.strip() == "[]"
    shown = json.loads(managed("--json", "config-check", bad, code=1).stdout)
    assert [(row["line"], row["kind"]) for row in shown] == [(1, "error"), (3, "error"), (4, "error")]
    assert "nonsense" in shown[1]["mistake"] and str(bad) in shown[1]["mistake"]
    assert "cannot read" in managed("config-check", tmp_path / "none", code=1).stdout
    managed("config-check", code=2)
