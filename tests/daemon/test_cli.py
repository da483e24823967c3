# SPDX-License-Identifier: MIT
"""The command line as an operator meets it: answers, refusals, warnings, exit codes.

The texts are the contract's (daemon.md §1, §4; ipc-protocol.md §1). How options are parsed is
tested option by option in src/app/conf/options_test.c; here the whole program runs.
"""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile

import pytest

from osm.daemon import Daemon, lines
from osm.paths import program
from osm.wait import free_port, wait_until

USAGE = "Run with --help for usage.\n"
VISIBLE = ("WARNING: --auth-token is visible in the process list (ps/top).\n"
           "         Use OPCUA_AUTH_TOKEN env var or --auth-token-file instead.\n")


@pytest.fixture
def folder():
    """A folder with a short name: socket paths hold 107 bytes."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="osm-cli-"))
    yield path
    shutil.rmtree(path)


def run(*arguments, env=None, prefix=()):
    """Runs the program to its end: (exit status, stdout, stderr)."""
    environment = {k: v for k, v in os.environ.items() if k != "OPCUA_AUTH_TOKEN"}
    done = subprocess.run([*prefix, program(Daemon.PROGRAM), *map(str, arguments)], text=True, timeout=120,
                          stdin=subprocess.DEVNULL, capture_output=True, env={**environment, **(env or {})})
    return done.returncode, done.stdout, done.stderr


def refusal(*arguments, **more):
    """The text of a start that is refused: exit 1, nothing on stdout."""
    status, out, err = run(*arguments, **more)
    assert (status, out) == (1, ""), err
    return err


# --- answers -----------------------------------------------------------------------------------

@pytest.mark.parametrize("arguments", [
    ["--version"], ["-v"], ["--timeout", "5", "--version"], ["--version", "--socket"],
    ["--log-level", "bogus", "--version"], ["--version", "--help"]])
def test_version(arguments):
    status, out, err = run(*arguments)
    assert (status, err) == (0, "")
    assert re.fullmatch(r"opcua-session-manager \d+\.\d+\.\d+\+protocol\.4\.4\n", out)


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["-h", "--socket"], ["--timeout", "x", "--help"]])
def test_help(arguments):
    status, out, err = run(*arguments)
    assert (status, err) == (0, "")
    assert out.startswith("Usage: opcua-session-manager [options]\n\nOptions:\n")
    assert "\nEnvironment variables:\n  OPCUA_AUTH_TOKEN " in out
    for name in ("socket", "timeout", "cleanup-interval", "auth-token", "auth-token-file", "max-sessions",
                 "socket-mode", "allowed-cert-dirs", "log-file", "log-level", "cache-driver", "cache-path",
                 "cache-ttl", "help, -h", "version, -v", "max-connections", "max-in-flight",
                 "max-frame-bytes", "idle-timeout"):
        assert f"\n  --{name}" in out


def test_check_starts_nothing(folder):
    socket_path = folder / "s"
    assert run("--check", "--socket", f"unix://{socket_path}", "--cache-driver", "file",
               "--cache-path", folder / "cache") == (0, "", "")
    assert not list(folder.iterdir())


def test_check_names_every_fault(folder):
    err = refusal("--check", "--socket", "tcp://example.org:1", "--cache-driver", "file")
    assert len(err.splitlines()) == 2
    assert "example.org" in err and "--cache-path is required" in err


# --- refusals ----------------------------------------------------------------------------------

VALUE_OPTIONS = ["--socket", "--timeout", "--cleanup-interval", "--auth-token", "--auth-token-file",
                 "--max-sessions", "--socket-mode", "--allowed-cert-dirs", "--log-file", "--log-level",
                 "--cache-driver", "--cache-path", "--cache-ttl"]


@pytest.mark.parametrize("option", VALUE_OPTIONS)
def test_missing_value(option):
    assert refusal(option) == f"Missing value for option {option}.\n{USAGE}"


@pytest.mark.parametrize("option, value", [
    ("--timeout", "abc"), ("--timeout", "1e3"), ("--timeout", "5x"), ("--timeout", "0"), ("--timeout", "-1"),
    ("--timeout", ""), ("--cleanup-interval", "0"), ("--cleanup-interval", "x"), ("--max-sessions", "many"),
    ("--cache-ttl", "1.5"), ("--socket-mode", "rw"), ("--socket-mode", "999"), ("--socket-mode", "10000"),
    ("--log-level", "verbose"), ("--cache-driver", "redis"), ("--max-frame-bytes", "17000000"),
    ("--max-in-flight", "0"), ("--max-connections", "0"), ("--idle-timeout", "-1")])
def test_invalid_value(folder, option, value):
    text = refusal("--socket", folder / "s", option, value)
    assert text.startswith(f'Invalid value for option {option}: "{value}" (expected ')
    assert text.count("\n") == 1
    assert not any(folder.iterdir())


@pytest.mark.parametrize("host", ["0.0.0.0", "[::]", "192.168.1.1", "example.com", "127.0.0.1.example.com",
                                  "", "1270.0.0.1"])
def test_hosts_that_are_not_loopback(host):
    shown = host.strip("[]")
    assert refusal("--socket", f"tcp://{host}:9991") == (
        f'SessionManagerDaemon refuses to bind TCP listener to non-loopback host "{shown}". Use 127.0.0.1 or '
        "::1; layer TLS / SSH tunnel explicitly if remote access is required.\n")


@pytest.mark.parametrize("endpoint", ["tls://127.0.0.1:9990", "http://127.0.0.1/", "php://fd/3",
                                      "udp://127.0.0.1:9990", "UNIX:///tmp/x", "unix://", ""])
def test_other_endpoints(endpoint):
    assert refusal("--socket", endpoint).count("\n") == 1


def test_socket_path_too_long(folder):
    path = f"{folder}/{'x' * 200}"
    text = refusal("--socket", path)
    assert text.startswith(f"Unix socket path is too long: {len(path)} bytes")
    assert text.count("\n") == 1
    assert not any(folder.iterdir())


def test_longest_socket_path(folder):
    path = f"{folder}/".ljust(107, "x")
    with Daemon(endpoint=f"unix://{path}") as daemon:
        assert daemon.client.data({"command": "ping"})["status"] == "ok"
    assert not any(folder.iterdir())


def test_missing_directory(folder):
    path = folder / "missing" / "s.sock"
    assert refusal("--socket", path) == (
        f'Failed to listen on Unix domain socket "unix://{path}": No such file or directory\n')
    assert not path.parent.exists()


def test_regular_file_at_the_socket_path(folder):
    path = folder / "s.sock"
    path.write_text("precious")
    text = refusal("--socket", path)
    assert text.startswith(f'Failed to listen on Unix domain socket "unix://{path}": ')
    assert text.count("\n") == 1
    assert path.read_text() == "precious"
    assert [p.name for p in folder.iterdir()] == ["s.sock"]


def test_link_at_the_socket_path(folder):
    (folder / "target").write_text("precious")
    (folder / "s.sock").symlink_to(folder / "target")
    refusal("--socket", folder / "s.sock")
    assert (folder / "target").read_text() == "precious"
    assert (folder / "s.sock").is_symlink()


def test_socket_somebody_answers_on(folder):
    path = folder / "s.sock"
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        other.listen()
        text = refusal("--socket", path)
        assert text.startswith(f'Failed to listen on Unix domain socket "unix://{path}": ')
        assert path.is_socket()
        assert not path.with_name("s.sock.pid").exists()


def test_tcp_port_in_use():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        text = refusal("--socket", f"tcp://127.0.0.1:{port}")
        assert re.fullmatch(rf'Failed to listen on .*"tcp://127\.0\.0\.1:{port}": .*\n', text)


@pytest.mark.parametrize("target", ["/proc/nowhere/log", "/dev/null/log", "", "php://memory"])
def test_log_file_cannot_be_opened(folder, target):
    assert refusal("--socket", folder / "s", "--log-file", target) == f"Cannot open log file: {target}\n"
    assert not any(folder.iterdir())
    assert not os.path.exists("php:")


def test_text_from_the_command_line_forges_no_line(folder):
    text = refusal("--socket", folder / "a\nb" / "s")
    assert text.count("\n") == 1 and "a\\x0ab" in text


# --- cache -------------------------------------------------------------------------------------

@pytest.mark.parametrize("arguments", [["--cache-driver", "file"], ["--cache-driver=FILE"],
                                       ["--cache-driver", "file", "--cache-path", ""]])
def test_file_cache_needs_a_path(arguments):
    assert refusal(*arguments) == "--cache-path is required when --cache-driver=file\n"


def test_cache_directory_is_made(folder, make_daemon):
    path = folder / "a" / "cache"
    make_daemon("--cache-driver", "file", "--cache-path", str(path))
    assert path.stat().st_mode & 0o7777 == 0o700


def test_cache_directory_cannot_be_made(folder):
    (folder / "file").touch()
    path = folder / "file" / "cache"
    assert refusal("--socket", folder / "s", "--cache-driver", "file", "--cache-path", path) == (
        f"Cannot use cache directory {path}: Not a directory\n")


@pytest.mark.parametrize("driver", ["memory", "none", "None"])
def test_other_drivers_do_not_touch_the_path(folder, make_daemon, driver):
    make_daemon("--cache-driver", driver, "--cache-path", str(folder / "cache"))
    assert not any(folder.iterdir())


# --- token -------------------------------------------------------------------------------------

def token_is(daemon, token):
    """Whether the daemon takes this token and neither another one nor none."""
    def accepted(**fields):
        return daemon.client.request({"command": "list", **fields})["success"]
    return accepted(authToken=token) and not accepted(authToken=token + "x") and not accepted()


@pytest.fixture
def token_file(folder):
    path = folder / "token"
    path.write_bytes(b" \t\r\n\0\vfrom file\n\0")
    path.chmod(0o600)
    return path


def test_no_token(make_daemon):
    daemon = make_daemon()
    assert daemon.client.request({"command": "list"})["success"]
    assert "[WARNING] No auth token configured. Any local process can control the daemon.\n" in daemon.log()


def test_token_from_the_environment_comes_first(make_daemon):
    daemon = make_daemon("--auth-token-file", "/nonexistent", "--auth-token", "cli",
                         env={"OPCUA_AUTH_TOKEN": " from env "})
    assert token_is(daemon, " from env ")
    assert "No auth token" not in daemon.log()
    assert daemon.log().startswith(VISIBLE)


def test_token_from_a_file(make_daemon, token_file):
    daemon = make_daemon("--auth-token", "cli", "--auth-token-file", str(token_file), env={"OPCUA_AUTH_TOKEN": ""})
    assert token_is(daemon, "from file")
    assert daemon.log().startswith(VISIBLE)


def test_token_from_the_command_line(make_daemon):
    daemon = make_daemon("--auth-token", "--help")
    assert token_is(daemon, "--help")
    assert daemon.log().startswith(VISIBLE)


@pytest.mark.parametrize("arguments, env", [(["--auth-token", "s3cret-word"], {}),
                                            (["--auth-token=s3cret-word"], {}),
                                            ([], {"OPCUA_AUTH_TOKEN": "s3cret-word"})])
def test_token_is_not_left_in_sight(make_daemon, arguments, env):
    daemon = make_daemon(*arguments, env=env)
    assert token_is(daemon, "s3cret-word")
    for name in ("cmdline", "environ"):
        assert b"s3cret-word" not in pathlib.Path(f"/proc/{daemon.pid}/{name}").read_bytes()


@pytest.mark.parametrize("path", ["/nonexistent/token", "/tmp", "/dev/null", ""])
def test_token_file_that_is_none(path):
    assert refusal("--auth-token-file", path) == f"Auth token file not found or not readable: {path}\n"


def test_token_file_is_empty(token_file):
    token_file.write_bytes(b" \n\t\r\v\0")
    assert refusal("--auth-token-file", token_file) == f"Auth token file is empty: {token_file}\n"


def test_empty_token_on_the_command_line():
    assert refusal("--auth-token", "").startswith("Auth token is empty: --auth-token")
    assert refusal("--auth-token=").startswith("Auth token is empty: --auth-token")


@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_token_file_others_can_read(make_daemon, token_file, mode):
    token_file.chmod(mode)
    daemon = make_daemon("--auth-token-file", str(token_file))
    assert token_is(daemon, "from file")
    assert re.match(rf"WARNING: .*{re.escape(str(token_file))}\n", daemon.log())


# --- starts ------------------------------------------------------------------------------------

STAMP = r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\]"


def test_first_lines_of_the_log(make_daemon):
    daemon = make_daemon()
    expected = [rf"{STAMP} \[WARNING\] No auth token configured\. Any local process can control the daemon\.",
                rf"{STAMP} \[INFO\] OPC UA Session Manager started on {re.escape(daemon.endpoint)}",
                rf"{STAMP} \[INFO\] Timeout: 600s, Cleanup interval: 30s, Max sessions: 100",
                rf"{STAMP} \[INFO\] Socket permissions: 600"]
    said = lines(daemon.log())
    assert len(said) >= len(expected) and all("Sandbox: " in line for line in said[len(expected):]), said
    for line, pattern in zip(said, expected):
        assert re.fullmatch(pattern, line)


def test_values_in_the_log(make_daemon):
    daemon = make_daemon("--timeout", "7", "--cleanup-interval=9", "--max-sessions", "-1", "--socket-mode", "0660")
    wait_until(lambda: "] Socket permissions: 660\n" in daemon.log())
    assert "] Timeout: 7s, Cleanup interval: 9s, Max sessions: -1\n" in daemon.log()


def test_unknown_arguments(make_daemon):
    daemon = make_daemon("--foo", "bar", "--timout=3", "-x", "--timeout", "8")
    assert daemon.log().startswith("".join(
        f"WARNING: Unknown argument ignored: {name}\n" for name in ("--foo", "bar", "--timout", "-x")))
    wait_until(lambda: "] Timeout: 8s, " in daemon.log())


def test_level_in_any_case(make_daemon):
    daemon = make_daemon("--log-level", "ERROR")
    assert daemon.stop() == ""


def test_plain_path_is_a_unix_socket(folder):
    with Daemon(endpoint=str(folder / "plain")) as daemon:
        assert daemon.client.data({"command": "ping"})["status"] == "ok"
        assert f"started on unix://{folder}/plain\n" in daemon.log()


def test_last_socket_wins(folder, make_daemon):
    with Daemon("--socket", str(folder / "b"), endpoint=str(folder / "a"), ready=False) as daemon:
        daemon.process.wait_for((folder / "b").is_socket, 10, "the second socket")
        assert not (folder / "a").exists()


@pytest.mark.parametrize("option, mode", [(None, 0o600), ("0660", 0o660), ("600", 0o600), ("0", 0)])
def test_socket_mode_and_files(folder, option, mode):
    more = ["--socket-mode", option] if option else []
    path = folder / "lock.sock"
    with Daemon(*more, endpoint=f"unix://{path}", ready=False) as daemon:
        daemon.process.wait_for(lambda: "Socket permissions" in daemon.log(), 10, "the start")
        assert path.stat().st_mode & 0o7777 == mode
        assert sorted(p.name for p in folder.iterdir()) == ["lock.sock", "lock.sock.pid"]
        pid_file = folder / "lock.sock.pid"
        assert pid_file.stat().st_mode & 0o7777 == 0o644
        assert pid_file.read_text() == str(daemon.pid)
        daemon.stop()
    assert not any(folder.iterdir())


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost", "127.0.0.2"])
def test_tcp(folder, host):
    port = free_port()
    slug = {"[::1]": "1"}.get(host, host)
    with Daemon(endpoint=f"tcp://{host}:{port}", env={"TMPDIR": str(folder)}) as daemon:
        assert daemon.client.data({"command": "ping"})["status"] == "ok"
        assert f"started on tcp://{host}:{port}\n" in daemon.log()
        assert [p.name for p in folder.iterdir()] == [f"opcua-session-manager-tcp_{slug}_{port}.pid"]
        wait_until(lambda: "Max sessions" in daemon.log())
        assert "Socket permissions" not in daemon.log()
    assert not any(folder.iterdir())


def test_tcp_pid_file_without_tmpdir():
    port = free_port()
    path = pathlib.Path(f"/tmp/opcua-session-manager-tcp_127.0.0.1_{port}.pid")
    with Daemon(endpoint=f"tcp://127.0.0.1:{port}", env={"TMPDIR": None}) as daemon:
        assert path.read_text() == str(daemon.pid)
    assert not path.exists()


def test_tcp_port_of_the_kernels_choice(folder):
    with Daemon(endpoint="tcp://127.0.0.1:0", ready=False, env={"TMPDIR": str(folder)}) as daemon:
        found = daemon.process.wait_for(
            lambda: re.search(r"started on (tcp://127\.0\.0\.1:[1-9]\d*)\n", daemon.log()), 10, "the port")
        daemon.client.endpoint = found.group(1)
        assert daemon.client.data({"command": "ping"})["status"] == "ok"
