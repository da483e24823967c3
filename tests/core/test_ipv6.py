# SPDX-License-Identifier: MIT
"""IPv6 addresses stand in brackets wherever a port may follow: errors, log, status, list (FIELD 7)."""
import contextlib
import re
import socket
import threading

import pytest

from core.asking import ask, error
from osm.reverse import join
from osm.servers import DemoServer
from osm.wait import free_port, wait_until

BARE = re.compile(r"(?<![\[:\w])::1\b")


def has_ipv6():
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            return False
    return True


pytestmark = pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")


def test_where_nobody_listens(make_daemon):
    daemon = make_daemon("--log-level", "debug")
    port = free_port()
    kind, text = error(daemon.client.request({"command": "open", "endpointUrl": f"opc.tcp://[::1]:{port}"}))
    assert kind == "ConnectionException" and "::1" not in text.replace("[::1]", "")
    assert f"Failed to connect to [::1]:{port}: " in daemon.log()
    assert not BARE.search(daemon.log())


def test_a_session(make_daemon, make_server):
    server = make_server(DemoServer)
    daemon = make_daemon("--log-level", "debug")
    listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    port = listener.getsockname()[1]

    def serve():
        with contextlib.suppress(OSError):
            while True:
                join(listener.accept()[0], socket.create_connection(("localhost", server.port)))
    threading.Thread(target=serve, daemon=True).start()
    url = f"opc.tcp://[::1]:{port}"
    session = daemon.client.open(url)
    assert ask(daemon.client, session, "read", "i=2259")["value"] == 0
    shown = daemon.client.data({"command": "list"}), daemon.client.data({"command": "status"})
    for reply in map(str, shown):
        assert url in reply and not BARE.search(reply)
    listener.close()
    server.stop()
    assert not daemon.client.query(session, "read", "i=2259")["success"]
    assert f"[::1]:{port}" in daemon.log()
    assert not BARE.search(daemon.log())


def test_where_the_daemon_listens(make_daemon):
    daemon = make_daemon("--reverse-listen", "tcp://[::1]:0")
    wait_until(lambda: re.search(r"Servers may connect on tcp://\[::1\]:\d+", daemon.log()), what=daemon.log)
    reply = daemon.client.request({"command": "open", "endpointUrl": "opc.tcp://[::1]:4840",
                                   "config": {"reverse": True, "opcuaTimeout": 0.1}})
    assert error(reply)[0] == "ConnectionException"
    assert not BARE.search(daemon.log())
