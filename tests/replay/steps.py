# SPDX-License-Identifier: MIT
"""Lines that are no plain request: exact bytes, described byte sequences, notes, command lines."""
import fcntl
import json
import os
import pathlib
import re
import signal
import stat
import struct
import tempfile
import termios

from osm.client import connect, read_line
from osm.daemon import Daemon
from osm.process import Process
from osm.paths import program
from osm.wait import wait_until

from .compare import Text

PING = b'{"command":"ping"}'


# ---- bytes ----

def _taken(sock):
    """Whether the peer has read everything that was sent."""
    unread = struct.unpack("i", fcntl.ioctl(sock, termios.TIOCOUTQ, b"\0" * 4))[0]
    return unread == 0


def exchange_bytes(client, *pieces, half_close=False):
    """Sends pieces one by one, each after the one before was read; everything that came back."""
    with connect(client.endpoint, client.timeout) as sock:
        for i, piece in enumerate(pieces):
            if i:
                wait_until(lambda: _taken(sock), 10.0, "the daemon reads the first piece")
            try:
                sock.sendall(piece)
            except (BrokenPipeError, ConnectionResetError):
                break
        if half_close:
            sock.shutdown(1)
        reply = read_line(sock)
        return reply + read_line(sock) if reply else reply


def _sized_ping(size):
    empty = b'{"command":"ping","x":""}'
    return empty[:-2] + b"x" * (size - len(empty)) + b'"}'


def _nested_ping(depth):
    return b'{"command":"ping","x":' + b"[" * depth + b"]" * depth + b"}\n"


DESCRIBED = {
    "frame:nesting 510": lambda c: exchange_bytes(c, _nested_ping(510)),
    "frame:nesting 511": lambda c: exchange_bytes(c, _nested_ping(511)),
    "frame:nesting 512": lambda c: exchange_bytes(c, _nested_ping(512)),
    "frame:65536 bytes before the newline": lambda c: exchange_bytes(c, _sized_ping(65536) + b"\n"),
    "frame:1048576 bytes without newline, then half close":
        lambda c: exchange_bytes(c, b"x" * 1048576, half_close=True),
    "frame:no newline, half close": lambda c: exchange_bytes(c, PING, half_close=True),
    "frame:in two pieces": lambda c: exchange_bytes(c, PING[:7], PING[7:] + b"\n"),
    "frame:two frames, second later": lambda c: exchange_bytes(c, PING + b"\n", b'{"command":"list"}\n'),
    "frame:valid frame then 100 KB rest in the same connection":
        lambda c: exchange_bytes(c, PING + b"\n" + b"x" * 100000),
    "frame:connect and half close at once": lambda c: exchange_bytes(c, b"", half_close=True),
    "auth:frame too large is told before the token is asked":
        lambda c: exchange_bytes(c, _sized_ping(65537) + b"\n"),
}


def raw_bytes(text):
    """The bytes a recorded text stands for; \\xNN in it is a byte that is no text."""
    pieces = re.split(r"\\x([0-9a-f]{2})", text)
    return b"".join(bytes.fromhex(p) if i % 2 else p.encode("utf-8", "surrogatepass") for i, p in enumerate(pieces))


def bytes_step(exchange):
    """A function of the client for a line that was sent as bytes, or None."""
    if exchange.label in DESCRIBED:
        return DESCRIBED[exchange.label]
    text = exchange.request_raw
    if text is None and exchange.label.startswith("frame:"):
        # the label is the text that was sent; parsing it again would lose 1e999 or an escape
        text = exchange.label.removeprefix("frame:") + "\n"
        try:
            json.loads(text)
        except ValueError:
            return None
    if text is None or text.startswith("("):
        return None
    return lambda client: exchange_bytes(client, raw_bytes(text))


# ---- notes about files ----

def _files(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()) if folder.exists() else []


def _trust_note(world):
    store = world.exam / "store"
    files = [f for f in _files(store) if f.startswith("trusted/")]
    return {"files": files, "content_is_the_base64_text": [(store / f).read_bytes()[:1] != b"\x30" for f in files]}


def _certdirs_note(world):
    return {"files": [f"outside-store/{f}" for f in _files(world.exam / "outside-store")]}


# ---- command lines ----

def _run(world, argv):
    """Runs the daemon with these arguments to its end; {exit, stdout, stderr}."""
    with tempfile.TemporaryDirectory(dir=world.folder) as folder:
        process = Process([program(Daemon.PROGRAM), *argv], folder, "cli", {"OPCUA_AUTH_TOKEN": None})
        try:
            wait_until(lambda: not process.running, 5.0, "the daemon ends by itself")
        finally:
            process.end(signal.SIGTERM)
        return {"exit": process.popen.returncode, "stdout": process.stdout(), "stderr": process.stderr()}


def _stays(world, argv):
    """Starts a daemon that is expected to stay; {exit} as recorded when it answers."""
    endpoint = argv[argv.index("--socket") + 1]
    rest = [a for i, a in enumerate(argv) if a != "--socket" and argv[i - 1] != "--socket"]
    with Daemon(*rest, endpoint=endpoint):
        return {"exit": "still running after 3 s", "stdout": "", "stderr": ""}


def _argv(world, exchange):
    argv = world.mapping.request(exchange.request["argv"])
    if exchange.label.startswith("cli:--log-file"):
        return _stays(world, argv)
    if exchange.label.startswith("cli:--socket-mode"):
        with Daemon(*argv) as daemon:
            return {"mode": oct(stat.S_IMODE(daemon.socket_path.stat().st_mode))}
    return _run(world, argv)


def _with_pid_file(content):
    def step(world, _exchange):
        path = world.exam / "stale.sock"
        pid_file = pathlib.Path(f"{path}.pid")
        pid_file.write_text(content)
        try:
            with Daemon(endpoint=f"unix://{path}"):
                return {"started": True}
        except AssertionError:
            result = _run(world, ["--socket", str(path)])
            return {"started": False, "exit": result["exit"], "stderr": result["stderr"]}
        finally:
            pid_file.unlink(missing_ok=True)
    return step


def _on_regular_file(world, _exchange):
    path = world.exam / "regular.sock"
    path.write_text("precious")
    result = _run(world, ["--socket", str(path)])
    return {"started": False, "exit": result["exit"], "file": path.read_text()}


def _second_daemon(world, _exchange):
    first = world.daemon("lock")
    result = _run(world, ["--socket", first.endpoint])
    result["stderr"] = result["stderr"].replace(f"(PID: {first.pid})", "(PID: <pid>)")
    return result


def _lock_files(world):
    return sorted(p.name for p in world.exam.glob("lock.sock*"))


def _socket_and_files(world, _exchange):
    path = world.daemon("lock").socket_path
    return {"mode": oct(stat.S_IMODE(path.stat().st_mode)), "files": _lock_files(world),
            "pid_file_mode": oct(stat.S_IMODE(os.stat(f"{path}.pid").st_mode))}


def _after_sigterm(world, _exchange):
    daemon = world.daemon("lock")
    status = daemon.process.end(signal.SIGTERM)
    return {"exit": status, "files": _lock_files(world)}


def _tcp_pid_file(world, _exchange):
    port = world.daemon("tcp").endpoint.rpartition(":")[2]
    folder = pathlib.Path(os.environ.get("TMPDIR", "/tmp"))
    files = [p.name for p in folder.glob(f"opcua-session-manager-*{port}.pid")]
    return {"files": [f.replace(port, "19871") for f in files]}


NO_SUCH_PID = "4194300"  # above what Linux gives out by default

NAMED = {
    "trust:note": lambda w, e: _trust_note(w),
    "certdirs:note": lambda w, e: _certdirs_note(w),
    "cli:stale PID file: PID 1 (a foreign process that runs)": _with_pid_file("1"),
    "cli:stale PID file: a PID that does not run": _with_pid_file(NO_SUCH_PID),
    "cli:stale PID file: no number": _with_pid_file("x"),
    "cli:stale PID file: empty": _with_pid_file(""),
    "cli:socket path is a regular file": _on_regular_file,
    "cli:second daemon on the same socket": _second_daemon,
    "cli:socket": _socket_and_files,
    "cli:after SIGTERM": _after_sigterm,
    "cli:tcp pid file": _tcp_pid_file,
}

_VERSION = {"exit": 0, "stdout": Text(r"opcua-session-manager \d+\.\d+\.\d+\S*\n"), "stderr": ""}
_HELP = {"exit": 0, "stderr": "",
         "stdout": Text(r"Usage: opcua-session-manager \[options\]\n.*--socket.*--timeout.*--version.*OPCUA_AUTH_TOKEN.*")}
_BUSY = r"[^\n]*Another daemon instance is already running \(PID: {}\)\. If this is stale, remove \$\{{EXAM_TMP\}}/{}\.sock\.pid\n"


def _refusal(pattern):
    """One line on stderr, exit 1 (O6, O2); a warning about the missing token may come before it."""
    return {"exit": 1, "stdout": "", "stderr": Text(r"([^\n]*\[WARNING\][^\n]*\n)*" + pattern)}


#: label -> what must come instead of the recorded result (O2, O6, O9, O10, S7).
CLI_EXPECTED = {
    "cli:--version": _VERSION,
    "cli:-v": _VERSION,
    "cli:--timeout 5 --version": _VERSION,
    "cli:--help": _HELP,
    "cli:-h": _HELP,
    "cli:--socket tcp://0.0.0.0:9991": _refusal(
        r'[^\n]*SessionManagerDaemon refuses to bind TCP listener to non-loopback host "0\.0\.0\.0"\. '
        r"Use 127\.0\.0\.1 or ::1; layer TLS / SSH tunnel explicitly if remote access is required\.\n"),
    "cli:--socket ${EXAM_TMP}/n.sock --timeout abc --cleanup-interval 0": _refusal(r".*--timeout.*\n"),
    "cli:stale PID file: PID 1 (a foreign process that runs)":
        {"started": False, "exit": 1, "stderr": Text(r"([^\n]*\n)?" + _BUSY.format("1", "stale"))},
    "cli:socket path is a regular file": {"started": False, "exit": 1, "file": "precious"},
    "cli:second daemon on the same socket": _refusal(_BUSY.format("<pid>", "lock")),
}


def cli_expectation(exchange):
    """What must come for a command line; the recorded result where nothing else is said."""
    if exchange.label.startswith("cli:--socket /tmp/xxx"):
        return _refusal(r"[^\n]*Unix socket path is too long: \d+ bytes[^\n]*\n")
    return CLI_EXPECTED.get(exchange.label, exchange.response)


def named_step(exchange):
    """A function of (world, exchange) for a note or a command line, or None."""
    if exchange.label in NAMED:
        return NAMED[exchange.label]
    if isinstance(exchange.request, dict) and "argv" in exchange.request:
        return _argv
    return None
