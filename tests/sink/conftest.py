# SPDX-License-Identifier: MIT
"""A server whose counters count up twenty times a second, and brokers."""
import pytest

from osm.broker import Broker
from osm.servers import DemoServer


@pytest.fixture(scope="session")
def counting_server():
    with DemoServer(options=["--generate", "5@20"]) as server:
        yield server


@pytest.fixture
def fast_server():
    """Fills rings and windows in seconds; one test may stop it."""
    with DemoServer(options=["--generate", "5@300"]) as server:
        yield server


@pytest.fixture
def broker():
    with Broker() as running:
        yield running
