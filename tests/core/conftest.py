# SPDX-License-Identifier: MIT
"""Fixtures for tests that need no daemon of their own."""
import pytest

from osm.client import Connection
from osm.daemon import Daemon


@pytest.fixture(scope="module")
def shared():
    """One daemon for a file of tests that leave it as they found it."""
    with Daemon() as running:
        yield running


@pytest.fixture(scope="module")
def client(shared):
    return shared.client


@pytest.fixture(scope="module")
def demo(client, demo_server):
    """A session on the demo server, anonymous."""
    return client.open(demo_server.url)


@pytest.fixture(scope="module")
def types(client, types_server):
    """A session on the types server."""
    return client.open(types_server.url)


@pytest.fixture
def line(shared):
    """A persistent connection to the shared daemon."""
    with Connection(shared.endpoint) as connection:
        yield connection
