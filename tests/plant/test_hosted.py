# SPDX-License-Identifier: MIT
"""Servers in one process (tests/osm/hosted.py) do not know of each other."""
import pytest

from osm.certificates import give_keys
from osm.hosted import Host, Hosted
from osm.wait import can_bind, free_port

NAME = "ns=2;s=Name"


@pytest.fixture
def host():
    running = Host()
    yield running
    running.end()


@pytest.fixture
def serve(host, tmp_path):
    def serve(port, uri):
        pki = give_keys(tmp_path / str(port))
        return Hosted("namespaces-server.js", port, ["--port", port, "--pki", pki, "--namespaces", uri], host)
    return serve


def url(port):
    return f"opc.tcp://localhost:{port}/UA/Namespaces"


def read(client, session):
    return client.query(session, "read", NAME)["data"]["value"]


def test_one_is_cut_the_others_stay(daemon, serve):
    client, ports = daemon.client, [free_port() for _ in range(3)]
    servers = [serve(port, f"urn:{port}") for port in ports]
    sessions = [client.open(url(port)) for port in ports]
    servers[1].end(None)
    assert can_bind(ports[1])
    assert [read(client, sessions[i]) for i in (0, 2)] == [f"urn:{ports[i]}" for i in (0, 2)]
    assert not client.query(sessions[1], "read", NAME)["success"]
    serve(ports[1], "urn:another")
    assert read(client, sessions[1]) == "urn:another"
    for i in (0, 2):  # their sessions are the ones they were
        assert read(client, sessions[i]) == f"urn:{ports[i]}"
        assert f"Connection lost for session {sessions[i]}" not in daemon.log()


def test_what_goes_wrong_is_told(host, serve):
    port = free_port()
    with pytest.raises(AssertionError, match="no-such-server"):
        Hosted("no-such-server.js", port, [], host)
    server = serve(port, "urn:a")
    with pytest.raises(AssertionError, match="EADDRINUSE|in use"):
        serve(port, "urn:b")
    host.process.popen.kill()
    with pytest.raises(AssertionError, match="ended with -9"):
        server.end(None)
