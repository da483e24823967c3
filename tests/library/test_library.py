# SPDX-License-Identifier: MIT
"""libopcua-session from outside: one suite (conformance.c), both back-ends, two servers."""
import json
import os
import pathlib
import re
import shlex
import signal
import socket
import subprocess
import threading

import pytest

from core.test_slow_names import hanging_resolver
from osm.paths import program
from osm.servers import DemoServer, HistoryServer

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[1]
BACK_ENDS = ["direct", "managed"]


def conformance(back_end, url, daemon, *more, name="osm-test-library"):
    where = "-" if back_end == "direct" else str(daemon.socket_path)
    under = shlex.split(os.environ.get("OSM_TEST_UNDER", ""))  # valgrind and its options
    return subprocess.run([*under, program(name), where, url, *more],
                          capture_output=True, text=True, timeout=900 if under else 600)


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


def test_every_function_is_tried_with_bad_input():
    listed = subprocess.run([program("osm-test-library-arguments"), "--list"], capture_output=True, text=True, timeout=120)
    assert sorted(listed.stdout.split()) == (HERE / "symbols.txt").read_text().split()


@pytest.mark.parametrize("back_end", BACK_ENDS)
def test_bad_input(back_end, make_server, make_daemon):
    """NULL, empty, huge, of a wrong type, from inside a function called back, after the session's end."""
    ran = conformance(back_end, make_server(DemoServer).url, make_daemon("--max-frame-bytes", "200000"),
                      name="osm-test-library-arguments")
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout + ran.stderr
    assert "done: closed" in ran.stdout


def contract_methods():
    """The names of methods.md: the whitelist of query (§1) and what describe lists (§5)."""
    text = (ROOT / "docs/contract/methods.md").read_text()
    query = re.search(r"Whitelist, \d+ names: `([^`]+)`", text)
    invoke = re.search(r"`methods` \(59, this order\):\n(.*?)\n\n", text, re.S)
    listed = set(query.group(1).split()) | {name for words in re.findall(r"`([^`]+)`", invoke.group(1))
                                            for name in words.split()}
    assert len(listed) > 70
    return listed


def method_rows():
    text = (ROOT / "docs/library.md").read_text()
    table = text.split("| Method | Function |")[1].split("\n\n")[0]
    return [(line.split("|")[1].split(), line.split("|")[2]) for line in table.splitlines()[2:]]


def test_every_method_of_the_contract_has_a_function():
    """docs/library.md names it, the library exports it, and its source asks for that method."""
    rows, symbols = method_rows(), (HERE / "symbols.txt").read_text().split()
    names = [name for methods, _ in rows for name in methods]
    assert sorted(names) == sorted(contract_methods())
    source = "".join(path.read_text() for path in (ROOT / "src/client").glob("*.c") if not path.stem.endswith("_test"))
    for methods, cell in rows:
        functions = [f for f in re.findall(r"`(opcua_\w+)`", cell) if f not in ("opcua_query", "opcua_invoke")]
        assert set(functions) <= set(symbols), methods
        if cell.strip().startswith("none"):
            continue
        assert functions, methods
        # reached by nodes and pages instead
        asked = [m for m in methods if not re.match(r"getServer|browse|translateBrowsePaths$|isConnected$|read$", m)]
        assert [m for m in asked if f'"{m}"' not in source] == []


def test_every_call_exists_waiting_and_not():
    symbols = (HERE / "symbols.txt").read_text().split()
    for _, cell in method_rows():
        for function in re.findall(r"`(opcua_\w+)`", cell):
            short = re.search(r"_(read|write)_(value|double|int64|boolean|text)$", function)
            if not short and function != "opcua_unsubscribe":
                assert f"{function}_async" in symbols


def test_daemons_in_a_program_and_its_threads(demo_server, tmp_path):
    """libopcua-session-daemon: one after the other, beside each other, and nothing of the process taken."""
    ran = subprocess.run([program("osm-test-library-daemon"), tmp_path, demo_server.url],
                         capture_output=True, text=True, timeout=120)
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout + ran.stderr
    assert "done: beside each other" in ran.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == [], "sockets and PID files are gone"


def test_a_resolver_that_hangs_holds_up_no_end(tmp_path, tmp_path_factory):
    """Neither osm_daemon_run() nor the end of the process waits for a name."""
    ran = subprocess.run([program("osm-test-library-daemon"), tmp_path, "opc.tcp://slow:4840", "hangs"],
                         env={**os.environ, **hanging_resolver(tmp_path_factory)}, capture_output=True, text=True, timeout=120)
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout + ran.stderr


@pytest.mark.parametrize("back_end", BACK_ENDS)
def test_two_threads(back_end, demo_server, make_daemon):
    """A client in each of two threads; what they share is looked for by `scripts/test tsan`."""
    ran = conformance(back_end, demo_server.url, make_daemon("--max-frame-bytes", "1000000"), "demo", "threads")
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout + ran.stderr
    assert ran.stdout.count("done: histories") == 2


def test_the_direct_back_end_makes_no_thread(make_server):
    """Not for names, not for private keys, not for large answers; daemons in a program have their own."""
    server = make_server(DemoServer, options=["--security"])
    plain, named = f"opc.tcp://127.0.0.1:{server.port}", f"opc.tcp://localhost:{server.port}"
    ran = subprocess.run([program("osm-test-library-threadless"), plain, named, plain, "ns=2;s=Types/WritableArray/Double"],
                         capture_output=True, text=True, timeout=600)
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout + ran.stderr
    assert "secured: large read" in ran.stdout and "done: no thread" in ran.stdout


class Asking:
    """osm-test-library-arguments with everything on its way."""

    def __init__(self, where, url):
        self.process = subprocess.Popen([program("osm-test-library-arguments"), where, url, "lost"], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.hears("ready")

    def hears(self, word):
        assert self.process.stdout.readline().strip() == word

    def asks(self):
        self.process.stdin.write("now\n")
        self.process.stdin.flush()
        self.hears("sent")

    def ends(self, source):
        out, err = self.process.communicate(timeout=600)
        assert (self.process.returncode, err) == (0, ""), out + err
        assert out.startswith(f"{source}: "), out


@pytest.mark.parametrize("back_end", BACK_ENDS)
def test_the_server_goes_away_in_the_middle(back_end, make_server, daemon):
    """It stands still while every call is on its way, and is then gone: each is told once."""
    server = make_server(DemoServer)
    asking = Asking("-" if back_end == "direct" else daemon.socket_path, server.url)
    server.freeze()
    asking.asks()
    server.kill()
    asking.ends("network")


def test_the_daemon_goes_away_in_the_middle(make_server, make_daemon):
    daemon = make_daemon()
    asking = Asking(daemon.socket_path, make_server(DemoServer).url)
    daemon.process.send(signal.SIGSTOP)
    asking.asks()
    daemon.stop(signal.SIGKILL, expect=-signal.SIGKILL)
    asking.ends("daemon")


class Impostor:
    """Something on a daemon's socket that answers each request as the test wants."""

    def __init__(self, path, answer):
        self.answer = answer
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen()
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        connection, _ = self.listener.accept()
        with connection, connection.makefile("rw") as lines:
            try:
                for line in lines:
                    lines.write(self.answer(json.loads(line)))
                    lines.flush()
            except OSError:
                pass  # the client has gone first

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.thread.join(120)
        self.listener.close()


def refusal(kind, message):
    return lambda asked: json.dumps({"id": asked["id"], "success": False, "error": {"type": kind, "message": message}}) + "\n"


@pytest.mark.parametrize("answer, said", [
    (refusal("unknown_command", "Unknown command: open"), ["Unknown command: open", "older than this library"]),
    (refusal("auth_failed", "Invalid or missing auth token"), ["Invalid or missing auth token", "Give the token"]),
    (refusal("max_sessions_reached", "No more sessions"), ["No more sessions", "--max-sessions"]),
    (refusal("of another time", "Not yet"), ["Not yet"]),
    (lambda asked: "HTTP/1.1 400 Bad Request\n", ["no JSON object: HTTP/1.1 400"]),
    (lambda asked: "[]\n", ["no JSON object: []"]),
    (lambda asked: json.dumps({"id": asked["id"], "success": True, "data": {}}) + "\n", ["The answer to open is not"]),
    (lambda asked: json.dumps({"success": False, "error": {"type": "too_many_connections", "message": "Too many"}}) + "\n",
     ["Too many", "--max-connections"]),
])
def test_a_daemon_that_is_another(answer, said, tmp_path):
    """Older, refusing, or none at all: the words say what it was and what to do."""
    with Impostor(tmp_path / "d.sock", answer):
        ran = subprocess.run([program("uactl"), "--socket", tmp_path / "d.sock", "open", "opc.tcp://127.0.0.1:1"],
                             capture_output=True, text=True, timeout=120)
    assert ran.returncode != 0 and ran.stdout == "", ran.stdout
    assert [words for words in said if words not in ran.stderr] == [], ran.stderr


def test_a_first_line_that_is_too_long(daemon):
    """The daemon says so and closes: what it said is told, and not that it closed."""
    ran = subprocess.run([program("uactl"), "--socket", daemon.socket_path, "read", "opc.tcp://" + "h" * 70000, "i=2258"],
                         capture_output=True, text=True, timeout=120)
    assert ran.returncode == 4 and "exceeds maximum size of 65536 bytes" in ran.stderr, ran.stderr[-300:]


def test_a_daemon_that_is_replaced(demo_server, make_daemon):
    """A session of the daemon before is not there any more, and the error says what to do."""
    first = make_daemon()
    session = first.client.open(demo_server.url)
    second = make_daemon()
    ran = subprocess.run([program("uactl"), "--socket", second.socket_path, "read", session, "i=2258"],
                         capture_output=True, text=True, timeout=120)
    assert ran.returncode == 4 and "Session not found" in ran.stderr and "Open" in ran.stderr, ran.stderr
