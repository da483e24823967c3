# SPDX-License-Identifier: MIT
"""Every option that is reloadable is changed while the daemon runs, and seen to act."""
import json
import os
import re
import signal
import socket

import pytest

from osm.broker import Broker
from osm.client import Connection
from osm.servers import DemoServer
from osm.wait import wait_until

from core.machine import descriptors

from .operator import Config, done, hang_up, refused, show

CASES = {}


def case(function):
    CASES[function.__name__.replace("_", "-")] = function
    return function


class Site:
    """A daemon, its file, and a server."""

    def __init__(self, make_daemon, url, folder):
        self.make, self.url, self.folder = make_daemon, url, folder
        self.file = Config(folder)
        self.daemon = None

    def start(self, *options, **config):
        self.daemon = self.make("--config", str(self.file.write(**config)), *options)
        return self.daemon

    def change(self, **config):
        """Named in the answer by the console."""
        self.file.write(**config)
        told = done(self.daemon, "RELOAD")
        for name in config:
            assert "--" + name.replace("_", "-") in told, told
        assert "restart" not in told, told

    def open(self, config=None):
        return self.daemon.client.request({"command": "open", "endpointUrl": self.url, "config": config or {},
                                           "forceNew": True})

    def ping(self, token=None):
        self.daemon.client.token = token
        reply = self.daemon.client.request({"command": "ping"})
        return reply["success"] or reply["error"]["type"]

    def sink(self, name):
        return next((s for s in show(self.daemon, "SINKS") if s["sink"] == name), None)


@pytest.fixture
def site(make_daemon, demo_server, tmp_path):
    return Site(make_daemon, demo_server.url, tmp_path)


@case
def timeout(site):
    site.start(cleanup_interval=1)
    site.open()
    site.change(timeout=1)
    wait_until(lambda: show(site.daemon, "SESSIONS") == [], what="the session expires")


@case
def cleanup_interval(site):
    site.start(timeout=1, cleanup_interval=3600)
    site.open()
    site.change(cleanup_interval=1)
    wait_until(lambda: show(site.daemon, "SESSIONS") == [], what="the session expires")


@case
def max_sessions(site):
    site.start(max_sessions=1)
    assert site.open()["success"]
    assert site.open()["error"]["type"] == "max_sessions_reached"
    site.change(max_sessions=2)
    assert site.open()["success"]


def persistent(site, **message):
    caller = Connection(site.daemon.endpoint)
    caller.send({"command": "ping", **message})
    return caller, caller.receive()


@case
def max_connections(site):
    site.start(max_connections=1)
    first, reply = persistent(site)
    assert reply["success"]
    assert persistent(site)[1]["error"]["type"] == "too_many_connections"
    site.change(max_connections=2)
    assert persistent(site)[1]["success"]
    assert first.sock


@case
def max_in_flight(site):
    site.start(max_in_flight=1)
    session = site.open()["data"]["sessionId"]
    done(site.daemon, "PAUSE *")
    caller = Connection(site.daemon.endpoint)
    waits = caller.send({"command": "query", "sessionId": session, "method": "read", "params": ["i=2258"], "timeout": 600})
    ping = caller.send({"command": "ping"})
    wait_until(lambda: show(site.daemon, "SESSIONS")[0]["waiting"] == 1, what="the read waits")
    site.change(max_in_flight=2)
    assert caller.receive()["id"] == ping
    done(site.daemon, "RESUME *")
    assert caller.receive()["id"] == waits


@case
def max_frame_bytes(site):
    site.start()
    caller, _ = persistent(site)
    caller.send({"command": "ping", "padding": "x" * 70000})
    assert caller.receive()["error"]["type"] == "payload_too_large"
    site.change(max_frame_bytes=100000)
    caller.send({"command": "ping", "padding": "x" * 70000})
    assert caller.receive()["success"]


@case
def idle_timeout(site):
    site.start()
    caller, _ = persistent(site)
    site.change(idle_timeout=1)
    assert caller.reader.readline() == b""


@case
def event_log(site):
    site.start()
    path = site.folder / "logs" / "events"
    site.change(event_log=str(path))
    site.open()
    wait_until(lambda: "ClientConnected" in path.read_text() and site.sink("log")["waiting"] == 0, what="events in the file")
    site.change(event_log=None)
    assert site.sink("log") is None
    size = path.stat().st_size
    other = site.folder / "other"
    site.change(event_log=str(other))
    site.open()
    wait_until(lambda: "ClientConnected" in other.read_text(), what="events in the other file")
    assert path.stat().st_size == size


@case
def event_command(site):
    one, other = site.folder / "one", site.folder / "other"
    site.start(event_command=f"tee {one}")
    site.change(event_command=f"tee {other}")
    site.open()
    wait_until(lambda: other.exists() and "ClientConnected" in other.read_text(), what="events for the other program")
    site.change(event_command=None)
    assert site.sink("command") is None


@case
def event_command_ack(site):
    site.start(event_command=f"tee {site.folder / 'events'}")
    site.open()
    wait_until(lambda: site.sink("command")["delivered"] > 0, what="what is written counts as delivered")
    site.change(event_command_ack=True)
    site.open()
    wait_until(lambda: site.sink("command")["waiting"] > 0, what="events wait for their acknowledgement")
    assert site.sink("command")["delivered"] == 0


@case
def event_mqtt(site):
    site.start()
    with Broker() as broker:
        site.change(event_mqtt=f"mqtt://{broker.address}/t")
        site.open()
        wait_until(lambda: site.sink("mqtt")["delivered"] > 0, what="the broker has confirmed")
        site.change(event_mqtt=None)
        assert site.sink("mqtt") is None


@case
def auth_token(site):
    site.start(auth_token="one")
    caller = Connection(site.daemon.endpoint)
    caller.send({"command": "ping", "authToken": "one"})
    assert caller.receive()["success"]
    site.file.write(auth_token="other")
    site.daemon.client.token = "one"
    done(site.daemon, "RELOAD")
    assert site.ping("one") == "auth_failed" and site.ping("other") is True
    assert caller.receive()["error"]["type"] == "auth_failed"


@case
def auth_token_file(site):
    token = site.folder / "token"
    token.write_text("one\n")
    token.chmod(0o600)
    site.start()
    site.change(auth_token_file=str(token))
    assert site.ping() == "auth_failed" and site.ping("one") is True
    token.write_text("other\n")
    hang_up(site.daemon)
    assert site.ping("one") == "auth_failed" and site.ping("other") is True


@case
def token_file(site):
    tokens = site.folder / "tokens"
    tokens.write_text(f"admin {'a' * 20}\nread {'r' * 20}\n")
    tokens.chmod(0o600)
    site.start()
    site.change(token_file=str(tokens))
    assert site.ping() == "auth_failed" and site.ping("r" * 20) is True
    tokens.write_text(f"admin {'a' * 20}\n")
    hang_up(site.daemon)
    assert site.ping("r" * 20) == "auth_failed" and site.ping("a" * 20) is True


def nobody_may(site, **option):
    site.start()
    caller, _ = persistent(site)
    site.change(**option)
    assert site.ping() == "access_denied"
    assert caller.receive()["error"]["type"] == "access_denied"


@case
def allow_uid(site):
    nobody_may(site, allow_uid=str(os.getuid() + 4321))


@case
def allow_gid(site):
    nobody_may(site, allow_gid=str(os.getgid() + 4321))


@case
def allow_endpoint(site):
    site.start()
    assert site.open()["success"]
    site.change(allow_endpoint=["elsewhere"])
    assert site.open()["error"]["type"] == "access_denied"
    wait_until(lambda: show(site.daemon, "SESSIONS") == [], what="the session ends")


def test_a_session_that_is_opening_ends_too(site):
    """Its server takes the connection and says nothing."""
    site.start()
    with socket.create_server(("127.0.0.1", 0)) as silent, Connection(site.daemon.endpoint) as caller:
        url = f"opc.tcp://127.0.0.1:{silent.getsockname()[1]}"
        caller.send({"id": 1, "command": "open", "endpointUrl": url, "config": {"opcuaTimeout": 3600}})
        wait_until(lambda: [s["server"] for s in show(site.daemon, "SESSIONS")] == [url], what="it connects")
        site.change(allow_endpoint=["elsewhere"])
        assert caller.reply(1)["error"]["type"] == "ConnectionException"
        wait_until(lambda: show(site.daemon, "SESSIONS") == [], what="the session ends")


@case
def allowed_cert_dirs(site):
    site.start()
    config = {"trustStorePath": str(site.folder / "store"), "trustPolicy": "fingerprint"}
    assert site.open(config)["success"]
    site.change(allowed_cert_dirs=[str(site.folder / "another")])
    assert not site.open(config)["success"]


@case
def certificate_uri(site):
    """What it refuses is tests/security/test_trust.py's; here: that it counts for new sessions."""
    from osm import certificates
    made = certificates.issue(site.folder / "server", "OPC UA Test Server", uri="urn:another:server")
    with DemoServer(options=["--security", "--certificate", made / "cert.pem", "--key", made / "key.pem"]) as server:
        site.url = server.url
        config = {"securityPolicy": "http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256", "securityMode": 3}
        site.start()
        assert site.open(config)["success"]
        site.change(certificate_uri="refuse")
        assert "another application URI" in site.open(config)["error"]["message"]


@case
def log_file(site):
    site.start()
    path = site.folder / "logs" / "daemon.log"
    site.change(log_file=str(path))
    wait_until(lambda: "Configuration reloaded" in path.read_text(), what="the log is there now")


@case
def log_level(site):
    site.start()
    site.change(log_level="debug")
    site.ping()
    wait_until(lambda: "[DEBUG]" in site.daemon.log(), what="more is logged")


@case
def log_format(site):
    site.start()
    site.change(log_format="json")
    wait_until(lambda: '"message":"Configuration reloaded"' in site.daemon.log(), what="lines of JSON")


@case
def cache_ttl(site):
    site.start(cache_ttl=0)
    session = site.open()["data"]["sessionId"]
    site.change(cache_ttl=1)

    def stored():
        assert site.daemon.client.query(session, "browse", "i=85")["success"]
        return show(site.daemon, "STATS part=cache counter=stores")[0]["value"]
    first = stored()
    wait_until(lambda: stored() > first, what="what was stored expires, and is stored again")


@case
def auto_connect(site):
    more = site.folder / "more.json"
    more.write_text(json.dumps({"plant": {"endpoint": site.url, "subscriptions": []}}))
    site.start()
    site.change(auto_connect=str(more))
    wait_until(lambda: [c["state"] for c in show(site.daemon, "CONNECTIONS")] == ["kept"], what="it is kept")
    site.change(auto_connect=None)
    wait_until(lambda: show(site.daemon, "SESSIONS") == [], what="it is no longer kept")


@pytest.mark.parametrize("name", sorted(CASES))
def test_option(site, name):
    CASES[name](site)


def test_every_reloadable_option_has_a_case(daemon):
    rows = show(daemon, "CONFIG")
    assert {row["option"] for row in rows if row["reloadable"]} == set(CASES)


def test_what_needs_a_restart_is_named(site):
    site.start(socket_mode="0600", event_spool=str(site.folder / "spool"))
    site.file.write(socket_mode="0660", timeout=7, event_log=str(site.folder / "events"))
    told = done(site.daemon, "RELOAD")
    assert "changed: --timeout" in told
    assert "need a restart, the old values stay: --socket-mode, --event-log" in told
    assert refused(site.daemon, "SET socket-mode 0660")[1].startswith("--socket-mode cannot change")
    assert "restart" in refused(site.daemon, f"SET event-log {site.folder / 'x'}")[1]
    assert site.sink("log") is None


def test_a_sandbox_keeps_programs_away(site):
    site.start()
    site.file.write(event_command="tee /dev/null")
    assert "restart, the old values stay: --event-command" in done(site.daemon, "RELOAD")


def started_programs(daemon):
    return re.findall(r"Event command .* started, pid (\d+)", daemon.log())


def test_a_program_that_cannot_be_started_changes_nothing(site):
    out = site.folder / "events"
    site.start(event_command=f"tee {out}")
    wait_until(out.exists, what="the program runs")
    started = wait_until(lambda: started_programs(site.daemon), what="the log says so")
    for program, why in [("/no/such/program", "no such file or directory"), (str(site.file.path), "permission denied")]:
        site.file.write(event_command=program, max_sessions=5)
        kind, message = refused(site.daemon, "RELOAD")
        assert kind == "invalid_argument" and f"Cannot start event command {program}: {why}" in message
    site.file.write(event_command=f"touch {site.folder / 'touched'}", event_log="/proc/none/events")
    assert "Cannot open event log" in refused(site.daemon, "RELOAD")[1]
    assert not (site.folder / "touched").exists()  # nothing runs for a reload that is refused
    site.open()
    wait_until(lambda: "ClientConnected" in out.read_text(), what="the old one still gets its events")
    assert started_programs(site.daemon) == started


@pytest.mark.parametrize("mistake, text", [
    ({"timeout": "many"}, ':2: Invalid value for option --timeout'),
    ({"no_option": 1}, ':3: unknown option "no_option"'),
    ({"connections": {"plant": {"endpoint": 5}}}, ":"),
    ({"connections": {"plant": {"endpoint": "http://x"}}}, "no URL such as opc.tcp://host:4840: http://x"),
    ({"event_command": "'open"}, "Invalid value for option --event-command"),
    ({"event_mqtt": "http://x"}, "Invalid value for option --event-mqtt"),
    ({"event_log": "/proc/none/events"}, "Cannot open event log"),
    ({"log_file": "/proc/none/log"}, "Cannot open log file"),
    ({"allow_uid": "no-such-user-here"}, "no-such-user-here"),
    ({"allow_endpoint": ["host:48*"]}, "Not a server"),
    ({"auth_token_file": "/proc/none/token"}, "Auth token file not found"),
    ({"token_file": "/proc/none/tokens"}, "Cannot read token file"),
], ids=lambda value: next(iter(value)) if isinstance(value, dict) else "")
def test_a_mistake_changes_nothing(site, mistake, text):
    site.start(timeout=77)
    before = show(site.daemon, "CONFIG")
    site.file.write(**{"max_sessions": 5, **mistake} if "no_option" not in mistake else mistake)
    kind, message = refused(site.daemon, "RELOAD")
    assert kind == "invalid_argument" and text in message
    assert "everything stays as it was" in hang_up(site.daemon, "everything stays as it was")
    assert show(site.daemon, "CONFIG") == before and site.ping() is True


def test_every_mistake_is_named(site):
    site.start()
    tokens = site.folder / "tokens"
    tokens.write_text("nobody x\nread\n")
    site.file.path.write_text('{"timeout": "x",\n "max_sessions": "y",\n "connections": {"p": {}}}\n')
    message = refused(site.daemon, "RELOAD")[1]
    assert ":1: Invalid value for option --timeout" in message
    assert ":2: Invalid value for option --max-sessions" in message
    assert ":3: " in message
    site.file.write(token_file=str(tokens))
    message = refused(site.daemon, "RELOAD")[1]
    assert f"{tokens}:1: " in message and f"{tokens}:2: " in message


def test_set_lasts_until_the_next_reload(site):
    site.start(timeout=77)
    assert done(site.daemon, "SET timeout 5") == "Set; changed: --timeout"
    assert show(site.daemon, "CONFIG option=timeout")[0]["value"] == "5"
    assert refused(site.daemon, "SET timeout x")[0] == "invalid_argument"
    assert refused(site.daemon, "SET nothing x")[0] == "invalid_argument"
    assert "--timeout" in done(site.daemon, "RELOAD")
    assert show(site.daemon, "CONFIG option=timeout")[0]["value"] == "77"


def test_a_storm_of_signals(site):
    """A thousand SIGHUPs while callers work: none of them notices, nothing is left behind."""
    site.start(timeout=77, event_log=str(site.folder / "events"))
    session = site.open()["data"]["sessionId"]
    callers = [Connection(site.daemon.endpoint) for _ in range(4)]
    assert all(caller.request({"command": "ping"})["success"] for caller in callers)
    heap = {row["what"]: row["bytes"] for row in show(site.daemon, "MEMORY")}["heap: in use"]
    baseline = descriptors(site.daemon.pid)
    for n in range(1000):
        os.kill(site.daemon.pid, signal.SIGHUP)
        caller = callers[n % len(callers)]
        assert caller.request({"command": "query", "sessionId": session, "method": "read", "params": ["i=2258"]})["success"]
    assert done(site.daemon, "RELOAD").startswith("Reloaded")
    wait_until(lambda: descriptors(site.daemon.pid) <= baseline, what="no descriptor is left over")
    after = {row["what"]: row["bytes"] for row in show(site.daemon, "MEMORY")}["heap: in use"]
    assert after < heap + (1 << 20)
    assert site.daemon.log().count("Configuration reloaded") <= 1001
