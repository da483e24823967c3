# SPDX-License-Identifier: MIT
"""One daemon, one session and a server that may be ruined for all random values."""
import pytest

from osm.daemon import Daemon
from osm.servers import DemoServer


@pytest.fixture(scope="module")
def plant():
    with DemoServer() as server:
        yield server


@pytest.fixture(scope="module")
def shared():
    with Daemon() as running:
        yield running


@pytest.fixture(scope="module")
def client(shared):
    return shared.client


@pytest.fixture(scope="module")
def demo(client, plant):
    return client.open(plant.url)
