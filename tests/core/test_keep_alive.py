# SPDX-License-Identifier: MIT
"""Idle sessions stay alive on the server, channels are renewed (daemon.md §7; R2, R3).

Time has to pass here; what is asserted is not how much, but what the server and the line between
have seen meanwhile.
"""
import signal
import time

import pytest

from osm.servers import BareServer, DemoServer
from osm.wait import wait_until

from .asking import CURRENT_SESSIONS, SESSIONS_EVER, ask, log_order, node, read, sessions
from .proxy import OPEN_CHANNEL, Proxy

SERVER_TIMEOUT = 3600  # ms
INTERVAL = SERVER_TIMEOUT / 6 / 1000


@pytest.fixture
def hasty(make_server):
    """A server that drops sessions it has not heard of for SERVER_TIMEOUT."""
    return make_server(DemoServer, options=["--session-timeout", SERVER_TIMEOUT])


def test_an_idle_session_is_kept(make_daemon, hasty):
    daemon = make_daemon()
    with Proxy(hasty) as line:
        session = daemon.client.open(line.url)
        used = sessions(daemon.client)[session]["lastUsed"]
        wait_until(lambda: line.signs_of_life >= 18, 60, "eighteen signs of life: three timeouts")
        assert sessions(daemon.client)[session]["lastUsed"] == used  # our own traffic is no use of it
        assert ask(daemon.client, session, "getConnectionState") == "Connected"
        assert read(daemon.client, session, SESSIONS_EVER) == 1
    assert "Connection lost" not in daemon.log()


def test_the_server_does_drop_silent_sessions(make_daemon, hasty):
    """The proof that the test above can fail; and R4: such a session recovers."""
    daemon, watcher = make_daemon(), make_daemon()
    session, outside = daemon.client.open(hasty.url), watcher.client.open(hasty.url)
    daemon.process.send(signal.SIGSTOP)
    wait_until(lambda: read(watcher.client, outside, CURRENT_SESSIONS) == 1, 60, "the silent session is dropped")
    daemon.process.send(signal.SIGCONT)
    assert isinstance(read(daemon.client, session, node("Dynamic/Sine")), float)
    assert read(watcher.client, outside, SESSIONS_EVER) == 3
    wait_until(lambda: f"Reconnected session {session}" in daemon.log(), 10, "the recovery is logged")


def test_busy_sessions_need_no_keep_alive(make_daemon, hasty):
    """Requests of callers are signs of life, too: nothing is added to them."""
    daemon = make_daemon()
    with Proxy(hasty) as line:
        session = daemon.client.open(line.url)
        ready, before = time.monotonic(), line.signs_of_life
        until, idle = ready + 2 * SERVER_TIMEOUT / 1000, 0
        while time.monotonic() < until:
            asked = time.monotonic()
            assert read(daemon.client, session, SESSIONS_EVER) == 1
            idle += int((time.monotonic() - ready) / INTERVAL)  # a busy machine may not have let us ask for that long
            ready = asked
            time.sleep(0.02)
        signs = line.signs_of_life
        idle += int((time.monotonic() - ready) / INTERVAL)
        assert signs <= before + idle


def test_a_server_that_dies_silently_is_noticed(make_daemon, hasty):
    daemon = make_daemon()
    session = daemon.client.open(hasty.url)
    hasty.freeze()
    wait_until(lambda: ask(daemon.client, session, "getConnectionState") == "Broken", 60, "nobody asked, but we know")
    hasty.thaw()
    wait_until(lambda: read(daemon.client, session, CURRENT_SESSIONS) == 1, what="the old one is over")
    log_order(daemon.log(), f"Connection lost for session {session}, attempting recovery",
              f"Reconnected session {session}")


def test_channel_renewal(make_daemon, make_server):
    """A channel with a life of seconds is renewed over and over; the connection stays the same."""
    daemon = make_daemon()
    with Proxy(make_server(BareServer), lifetime=8000) as line:
        session = daemon.client.open(line.url)
        opened, connections = line.count(OPEN_CHANNEL), line.connections

        def renewed():
            assert isinstance(read(daemon.client, session, "i=2258"), str)
            return line.count(OPEN_CHANNEL) >= opened + 2
        wait_until(renewed, 60, "the channel is renewed twice")
        assert line.connections == connections
        assert isinstance(read(daemon.client, session, "i=2258"), str)
    assert "Connection lost" not in daemon.log()


def test_channel_renewal_of_an_idle_session(make_daemon, make_server):
    """The channel is renewed after 6.75 s, a sign of life is due after 6: neither stands for the other."""
    daemon = make_daemon()
    with Proxy(make_server(DemoServer, options=["--session-timeout", 36000]), lifetime=9000) as line:
        session = daemon.client.open(line.url)
        opened, connections, signs = line.count(OPEN_CHANNEL), line.connections, line.signs_of_life
        wait_until(lambda: line.count(OPEN_CHANNEL) >= opened + 2, 120, "the channel is renewed twice")
        wait_until(lambda: line.signs_of_life >= signs + 2 or line.count(OPEN_CHANNEL) > opened + 2, what="it goes on")
        assert line.signs_of_life >= signs + 2
        assert isinstance(read(daemon.client, session, "i=2258"), str)
        assert line.connections == connections
