# SPDX-License-Identifier: MIT
"""Sessions for the tests of histories."""
import pytest

from osm.daemon import Daemon
from osm.servers import DemoServer, HistoryServer


@pytest.fixture(scope="module")
def shared():
    """One daemon for a file of tests."""
    with Daemon() as running:
        yield running


@pytest.fixture(scope="module")
def client(shared):
    return shared.client


@pytest.fixture(scope="module")
def demo(client, demo_server):
    return client.open(demo_server.url)


@pytest.fixture(scope="module")
def paged(client):
    """The demo server as a small PLC: ten values in one answer."""
    with DemoServer(options=["--limits"]) as server:
        yield client.open(server.url)


@pytest.fixture
def changeable(client, make_server):
    """A session on a server whose history the test may change: 0.5 to 9.5 in the first ten minutes."""
    return client.open(make_server(HistoryServer).url)
