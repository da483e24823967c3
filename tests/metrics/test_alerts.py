# SPDX-License-Identifier: MIT
"""Each alert that is shipped is fired by its fault: real parts fail, real samples are judged by promtool.

A row is a generator: what is well, its port (scraped), the fault, and the port again if it has changed."""
import contextlib
import datetime
import json
import signal
import sqlite3
import struct
import time

import pytest

from core.proxy import Proxy
from live.watching import PUBLISH
from osm import scripted
from osm.broker import Broker
from osm.certificates import SERVER_URI, issue
from osm.client import Connection, connect
from osm.servers import DemoServer
from osm.wait import free_port, wait_until
from osm.weather import Line

from . import alerting, http

TOKEN = "0123456789abcdef0123456789abcdef"
COUNTERS = ("ns=2;s=Generator/0000", "ns=2;s=Generator/0001")
PUBLISHED = "opcua_server_last_publish_timestamp_seconds"
EXPIRY = "opcua_server_channel_expiry_timestamp_seconds"
SECURE = {"securityPolicy": "http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256", "securityMode": 3}


class Site:
    """What the faults are made with; all of it ends with the test."""

    def __init__(self, keep, make_daemon, make_server, server, folder, ends):
        self.keep, self.make_daemon, self.make_server = keep, make_daemon, make_server
        self.server, self.folder, self.ends = server, folder, ends
        self.headers = ()
        self.daemon = None

    def plant(self, server, *options, items=COUNTERS, **config):
        """The port of a daemon that keeps `press` up, once it does."""
        self.daemon, port = self.keep(server, *options, items=items, **config)
        self.until(port, "opcua_server_up", 1)
        if items:
            wait_until(lambda: self.value(port, PUBLISHED), 30, "something is published")
        return port

    def bare(self, *options, **more):
        self.daemon = self.make_daemon("--metrics", "tcp://127.0.0.1:0", *options, **more)
        return http.port_of(self.daemon)

    def scrape(self, port):
        return alerting.Scrape(port, *self.headers)

    def value(self, port, name, **labels):
        return self.scrape(port).found.get((name, *sorted((labels or {"server": "press"}).items())))

    def until(self, port, name, value, **labels):
        wait_until(lambda: self.value(port, name, **labels) == value, 60, f"{name} {labels} is {value}")

    def until_well(self, port):
        """The press is up, and attempts that failed before are told of no more."""
        self.until(port, "opcua_server_up", 1)
        self.until(port, "opcua_notices", 0, kind="refused")

    def with_press(self, server, **config):
        """A configuration file with that connection and nothing else, taken over by the daemon."""
        (self.folder / "config.yaml").write_text(json.dumps(
            {"connections": {"press": {"endpoint": server.url, "config": config}}}))
        self.daemon.process.send(signal.SIGHUP)


FAULTS = {}


def fault(alert, also=(), after=4, still=(), grows=False, **labels):
    """The row of an alert: the labels it fires with; alerts that may come with it; the minutes after which it
    must fire, beyond those of its rule; see alerting.series."""
    def note(function):
        assert alert not in FAULTS
        FAULTS[alert] = (function, labels, set(also), {"after": after, "still": still, "grows": grows})
        return function
    return note


# --- servers --------------------------------------------------------------------------------------

@fault("OpcuaDaemonDown")
def the_daemon_is_killed(site):
    port = site.bare()
    yield port
    site.daemon.stop(signal.SIGKILL, expect=-signal.SIGKILL)


@fault("OpcuaServerDown", also={"OpcuaNotice", "OpcuaNoData"}, still={PUBLISHED}, server="press")
@fault("OpcuaNoData", also={"OpcuaNotice", "OpcuaServerDown"}, after=7, still={PUBLISHED}, server="press")
def a_server_freezes(site):
    server = site.make_server(DemoServer, options=["--generate", "2@20"])
    port = site.plant(server)
    session = site.daemon.client.open(server.url, {"opcuaTimeout": 5})  # the same one
    yield port
    server.freeze()
    assert not site.daemon.client.query(session, "read", "i=2258")["success"]
    site.until(port, "opcua_server_up", 0)


@fault("OpcuaServerDegraded", also={"OpcuaItemsRefused"}, server="press")
@fault("OpcuaItemsRefused", also={"OpcuaServerDegraded"}, server="press")
def a_server_comes_back_without_some_nodes(site):
    server = site.make_server(DemoServer, options=["--generate", "2@20"])
    port = site.plant(server)
    yield port
    server.options = []
    server.restart()
    site.until(port, "opcua_server_degraded", 1)
    site.until_well(port)


@fault("OpcuaServerFlapping", also={"OpcuaNotice"}, server="press")
def a_line_breaks_again_and_again(site):
    line = site.ends.enter_context(Line(site.server))
    port = site.plant(line)
    yield port
    for losses in range(1, 5):
        line.cut()
        wait_until(lambda: site.value(port, "opcua_server_losses_total") >= losses, 60, "the loss")
        site.until(port, "opcua_server_up", 1)


@fault("OpcuaDataLost", server="press")
def what_was_lost_is_asked_for_too_late(site):
    line = site.ends.enter_context(Proxy(site.server))
    port = site.plant(line)
    yield port
    line.ask_too_late()
    line.swallow_answer(PUBLISH)
    wait_until(lambda: site.value(port, "opcua_server_lost_messages_total"), 60, "a message is lost")
    site.until_well(port)


class Late(scripted.Script):
    """A server whose clock is two minutes behind once it is `late`."""

    late = False

    def _answer_header(self, handle, status):
        return struct.pack("<QII", scripted.ticks() - 120 * 10_000_000 * self.late, handle, status) + b"\0" + \
            scripted.NOTHING + b"\0\0\0"


@fault("OpcuaClockSkew", also={"OpcuaNotice"}, server="press")
def a_clock_is_wrong(site):
    server = site.ends.enter_context(Late())
    port = site.plant(server, items=())
    yield port
    server.late = True
    server.hang_up()
    wait_until(lambda: (site.value(port, "opcua_server_clock_skew_seconds") or 0) < -60, 60, "the clock")


@fault("OpcuaChannelNotRenewed", still={EXPIRY}, also={"OpcuaNoData"}, server="press")
def renewals_are_not_answered(site):
    line = site.ends.enter_context(Proxy(site.server, lifetime=8000))
    port = site.plant(line, opcuaTimeout=60)
    yield port
    line.pause()
    wait_until(lambda: (scrape := site.scrape(port)).found.get((EXPIRY, ("server", "press")), 9e9) < scrape.wall, 60,
               "the channel's end is over")


# --- certificates ---------------------------------------------------------------------------------

def soon(folder, name, **more):
    ends = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=10)
    return issue(folder / name, dates=("20200101000000Z", ends.strftime("%Y%m%d%H%M%SZ")), **more)


@contextlib.contextmanager
def another_end(site, port, whose, what):
    """In the block the press comes to be connected with another certificate, whose end is told."""
    name = f"opcua_{whose}_certificate_expiry_timestamp_seconds"
    was = site.value(port, name)
    yield
    wait_until(lambda: site.value(port, name) not in (None, was), 60, what)
    site.until(port, "opcua_server_up", 1)


@fault("OpcuaServerCertificateExpires", also={"OpcuaNotice"}, server="press")
def a_server_with_an_old_certificate(site):
    server = site.make_server(DemoServer, options=["--security"])
    port = site.plant(server, items=("i=2258",), **SECURE)
    yield port
    theirs = soon(site.folder, "theirs", uri=SERVER_URI)
    server.options += ["--certificate", str(theirs / "cert.der"), "--key", str(theirs / "key.der")]
    with another_end(site, port, "server", "its new certificate"):
        server.restart()


@fault("OpcuaClientCertificateExpires", also={"OpcuaNotice"}, server="press")
def an_old_certificate_of_our_own(site):
    server = site.make_server(DemoServer, options=["--security"])
    port = site.plant(server, items=(), **SECURE)
    yield port
    ours = soon(site.folder, "ours")
    with another_end(site, port, "client", "our new certificate"):
        site.with_press(server, **SECURE, clientCertPath=str(ours / "cert.pem"), clientKeyPath=str(ours / "key.pem"))


@fault("OpcuaUserCertificateExpires", also={"OpcuaNotice"}, server="press")
def an_old_certificate_of_a_user(site):
    server = site.make_server(DemoServer, options=["--security"])
    port = site.plant(server, items=(), **SECURE)
    yield port
    theirs = soon(site.folder, "user")
    with another_end(site, port, "user", "the user's certificate"):
        site.with_press(server, **SECURE, userCertPath=str(theirs / "cert.pem"), userKeyPath=str(theirs / "key.pem"))


# --- sinks ----------------------------------------------------------------------------------------

def to_a_broker(site, *options):
    broker = site.ends.enter_context(Broker())
    port = site.plant(site.server, "--event-mqtt", f"mqtt://{broker.address}/t", *options)
    wait_until(lambda: site.value(port, "opcua_sink_delivered_events_total", sink="mqtt"), 30, "events arrive")
    return broker, port


@fault("OpcuaSinkFailing", sink="mqtt")
def a_broker_goes(site):
    broker, port = to_a_broker(site)
    yield port
    broker.kill()
    site.until(port, "opcua_sink_up", 0, sink="mqtt")


@fault("OpcuaSinkLagging", also={"OpcuaSinkFailing"}, sink="spool")
def a_spool_of_an_hour_ago(site):
    """An hour cannot be waited for: what lies in the spool is made so old while nobody looks."""
    spool = site.folder / "spool"
    broker, port = to_a_broker(site, "--event-spool", spool)
    yield port
    broker.kill()
    site.until(port, "opcua_sink_up", 0, sink="mqtt")
    wait_until(lambda: site.value(port, "opcua_sink_lag_seconds", sink="spool"), 60, "something waits")
    site.daemon.stop(signal.SIGKILL, expect=-signal.SIGKILL)
    with contextlib.closing(sqlite3.connect(spool)) as db:
        text = "CAST(line AS TEXT)"
        db.execute(f"UPDATE events SET line = CAST(json_set({text}, '$.time', json_extract({text}, '$.time') - 3600) AS BLOB)")
        db.commit()
    port = site.plant(site.server, "--event-mqtt", f"mqtt://{broker.address}/t", "--event-spool", spool)
    wait_until(lambda: (site.value(port, "opcua_sink_lag_seconds", sink="spool") or 0) > 3600, 60, "the spool's age")
    yield port


SMALL = ("--event-spool-bytes", "65536")


@fault("OpcuaEventsDropped", also={"OpcuaSinkFailing", "OpcuaSpoolFilling", "OpcuaNotice"}, sink="mqtt")
def a_spool_runs_over(site):
    broker, port = to_a_broker(site, "--event-spool", site.folder / "spool", *SMALL)
    yield port
    broker.kill()
    enough = site.scrape(port).found["opcua_events_emitted_total",] + 500
    wait_until(lambda: site.scrape(port).found["opcua_events_emitted_total",] > enough, 60, "more than it holds")
    broker.start()
    wait_until(lambda: site.value(port, "opcua_sink_dropped_events_total", sink="mqtt"), 60, "it is told")


@fault("OpcuaSpoolFilling", also={"OpcuaSinkFailing", "OpcuaEventsDropped", "OpcuaNotice"}, sink="spool")
def a_spool_fills(site):
    broker, port = to_a_broker(site, "--event-spool", site.folder / "spool", *SMALL)
    yield port
    broker.kill()
    wait_until(lambda: site.value(port, "opcua_sink_waiting_bytes", sink="spool") > 0.85 * 65536, 60, "it fills")


# --- the daemon -----------------------------------------------------------------------------------

@fault("OpcuaQueueFull", queue="sessions")
def callers_who_do_not_close(site):
    port = site.plant(site.server, "--max-sessions", "10")
    yield port
    for _ in range(9):
        site.daemon.client.open(site.server.url, forceNew=True)


@fault("OpcuaBudgetFull", budget="published")
def callers_who_do_not_fetch_what_they_asked_for(site):
    """They ask for what is published, of large values, and leave."""
    port = site.bare()
    yield port
    client = site.daemon.client
    for _ in range(7):
        session = client.open(site.server.url, forceNew=True)
        subscription = client.query(session, "createSubscription", 1000.0)["data"]["subscriptionId"]
        client.query(session, "createMonitoredItems", subscription, [
            {"nodeId": "ns=2;s=Edge/LargeString", "clientHandle": n} for n in range(8)])
        with Connection(site.daemon.endpoint) as caller:
            caller.send({"command": "query", "sessionId": session, "method": "publish", "params": []})
            caller.request({"command": "ping"})
    wait_until(lambda: site.value(port, "opcua_budget_used_bytes", budget="published") > 54e6, 60, "answers are kept")


@fault("OpcuaLoopSlow")
def a_machine_that_stops_the_process(site):
    """As a busy hypervisor does, in the midst of work."""
    port = site.bare()
    yield port
    while site.scrape(port).found["opcua_loop_slow_turns_total",] < 8:
        with connect(site.daemon.endpoint) as caller:
            caller.sendall(b'{"command":"ping","id":1}\n' * 2000)
            site.daemon.process.send(signal.SIGSTOP)
            time.sleep(0.15)  # so long it is stopped, whatever it is at
            site.daemon.process.send(signal.SIGCONT)


@fault("OpcuaRequestErrors", grows=True, command="query", method="read")
def a_caller_with_a_session_that_is_gone(site):
    port = site.bare()
    session = site.daemon.client.open(site.server.url)
    assert site.daemon.client.query(session, "read", "i=2258")["success"]
    yield port
    for _ in range(10):
        assert not site.daemon.client.query("0" * 32, "read", "i=2258")["success"]


def with_tokens(site):
    tokens = site.folder / "tokens"
    tokens.write_text(f"admin {TOKEN}\n")
    tokens.chmod(0o600)
    site.headers = (f"Authorization: Bearer {TOKEN}",)
    return tokens, site.bare("--token-file", tokens, token=TOKEN)


@fault("OpcuaWrongTokens")
def somebody_tries_tokens(site):
    _, port = with_tokens(site)
    yield port
    site.daemon.client.token = "f" * 32
    for _ in range(25):
        assert not site.daemon.client.request({"command": "list"})["success"]


@fault("OpcuaNotice", kind="secrets")
def secrets_others_can_read(site):
    tokens, port = with_tokens(site)
    yield port
    tokens.chmod(0o644)
    site.until(port, "opcua_notices", 1, kind="secrets")


# --- the test -------------------------------------------------------------------------------------

@pytest.fixture
def site(keep, make_daemon, make_server, counting_server, folder):
    with contextlib.ExitStack() as ends:
        yield Site(keep, make_daemon, make_server, counting_server, folder, ends)


def test_every_alert_has_its_fault():
    assert set(FAULTS) == set(alerting.rules())


@pytest.mark.parametrize("alert", alerting.rules())
def test_a_fault_fires_its_alert(alert, site, tmp_path):
    provoke, labels, also, how = FAULTS[alert]
    steps = provoke(site)
    port = next(steps)
    before = site.scrape(port)
    port = next(steps, port)
    alerting.judge(tmp_path, before, site.scrape(port), alert, labels, also, **how)
