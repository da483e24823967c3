# SPDX-License-Identifier: MIT
"""The line with weather itself: what it does to bytes, and that a seed tells all of it."""
import itertools
import socket
import time

import pytest

from osm.wait import wait_until
from osm.weather import CUT, DELAY, PAUSE, Line, Weather, forecast


class Echo:
    """A server that sends back what comes."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]


@pytest.fixture
def pair():
    """Both ends of a connection through a line."""
    server = Echo()
    with server.listener, Line(server) as line, socket.create_connection(("127.0.0.1", line.port), 60) as near:
        far, _ = server.listener.accept()
        wait_until(lambda: line.connections == 1, what="the line knows both ends")
        with far:
            far.settimeout(60)
            yield line, near, far


def test_calm(pair):
    line, near, far = pair
    near.sendall(b"question")
    assert far.recv(100) == b"question"
    far.sendall(b"answer")
    assert near.recv(100) == b"answer"
    wait_until(lambda: line.bytes == 14)


def test_a_pause_holds_back_and_loses_nothing(pair):
    line, near, far = pair
    line.pause()
    near.sendall(b"late")
    far.settimeout(0.3)
    with pytest.raises(TimeoutError):
        far.recv(100)
    line.resume()
    far.settimeout(60)
    assert far.recv(100) == b"late"


def test_a_cut_ends_both_sides_and_the_next_goes_through(pair):
    line, near, far = pair
    line.cut()
    assert (near.recv(100), far.recv(100)) == (b"", b"")
    with socket.create_connection(("127.0.0.1", line.port), 60):
        wait_until(lambda: line.connections == 2)


def test_a_delay_delays(pair):
    line, near, far = pair
    line.delay = 0.2
    start = time.monotonic()
    near.sendall(b"slow")
    assert far.recv(100) == b"slow" and time.monotonic() - start >= 0.2


def test_a_seed_is_a_forecast():
    first, again, other = (list(itertools.islice(forecast(seed), 50)) for seed in (7, 7, 8))
    assert first == again != other
    assert {what for _, what, _, _ in first} == {PAUSE, CUT, DELAY}


def test_weather_comes_and_ends(pair):
    line, near, far = pair
    with Weather(line, 3, calm=(0.0, 0.01), pause=(0.01, 0.02)) as weather:
        wait_until(lambda: all(weather.counts.values()))
    assert line.delay == 0.0
    with socket.create_connection(("127.0.0.1", line.port), 60):
        wait_until(lambda: line.connections >= 2)
