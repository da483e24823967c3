# SPDX-License-Identifier: MIT
"""How the demo server takes leave: of clients that go, and of itself."""
import signal
import socket

import pytest
from osm.servers import DemoServer, HistoryServer


@pytest.mark.parametrize("kind", [DemoServer, HistoryServer])
def test_a_half_closed_connection_is_closed(make_server, kind):
    """Also one whose end comes when nothing else happens: left open, it kept the server busy for ever."""
    server = make_server(kind)
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", server.port), 60) as client:
            client.shutdown(socket.SHUT_WR)
            assert client.recv(1) == b""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_although_clients_are_there(make_server, number):
    server = make_server(DemoServer)
    with socket.create_connection(("127.0.0.1", server.port), 60) as client:
        process, server.process = server.process, None
        assert process.end(number) == 0
        assert client.recv(1) == b""
