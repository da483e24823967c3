# SPDX-License-Identifier: MIT
"""Answers that take long to read are written beside the loop: everybody else is served meanwhile, and the reply is the
same as if they were small."""
import struct
import threading

import pytest

from core.asking import error
from osm.client import Connection
from osm.scripted import NOTHING, Script, array, data_value, text, uint32
from osm.wait import PATIENCE

SMALL, LARGE = 3, 100_000  # Doubles; the large one is 0.8 MB on the wire


def doubles(count):
    return bytes([0x80 | 11]) + uint32(count) + struct.pack("<d", 1.5) * count


class Plant(Script):
    """ns=1;i=<n> holds n Doubles."""

    more = None  # the continuation point behind each page of a history, which is of long texts then

    def __init__(self):
        self.asked = threading.Event()
        super().__init__()

    def value(self, space, identifier):
        if space != 1:
            return super().value(space, identifier)
        self.asked.set()
        return data_value(doubles(identifier))

    def history_read(self, _):
        if self.more:
            data = array([data_value(bytes([12]) + text("x" * 1_000_000))] * 12)
        else:
            data = uint32(LARGE) + data_value(bytes([11]) + struct.pack("<d", 1.5)) * LARGE
        history = b"\1\0" + struct.pack("<H", 658) + b"\1" + text(data)
        return array([uint32(0) + text(self.more) + history]) + NOTHING


@pytest.fixture
def plant(daemon):
    with Plant() as server:
        server.session = daemon.client.open(server.url, {"opcuaTimeout": 120})
        yield server


def node(count):
    return f"ns=1;i={count}"


def query(plant, method, *params, **more):
    return {"command": "query", "sessionId": plant.session, "method": method, "params": list(params), **more}


@pytest.mark.parametrize("more", [{}, {"encoding": "opcua"}, {"strict": True}], ids=["plain", "opcua", "strict"])
def test_a_reply_is_the_same_in_any_size(daemon, plant, more):
    small, large = (daemon.client.data(query(plant, "read", node(count), **more)) for count in (SMALL, LARGE))
    key = "Value" if "encoding" in more else "value"
    assert small.pop(key) == [1.5] * SMALL
    assert large.pop(key) == [1.5] * LARGE
    assert small == large


def test_invoked(daemon, plant):
    reply = daemon.client.invoke(plant.session, "read", node(LARGE))
    assert reply["data"]["data"]["variant"]["value"] == [1.5] * LARGE


def test_several_large_ones_in_one_reply(daemon, plant):
    wanted = [SMALL, LARGE, SMALL, LARGE]
    values = daemon.client.data(query(plant, "readMulti", [{"nodeId": node(count)} for count in wanted]))
    assert [len(one["value"]) for one in values] == wanted


def test_a_large_page_of_a_history(daemon, plant):
    values = daemon.client.data(query(plant, "historyReadRaw", node(1), "2024-01-01", "2024-01-02"))
    assert len(values) == LARGE
    assert {one["value"] for one in values} == {1.5}


def test_large_pages_of_a_history_without_end(daemon, plant):
    plant.more = b"more"
    kind, message = error(daemon.client.request(query(plant, "historyReadRaw", node(1), "2024-01-01", "2024-01-02")))
    assert kind == "SerializationException"
    assert message.startswith("The history is too long for one request (")


def test_others_are_served_meanwhile(daemon, plant):
    """A ping that is sent behind it does not wait for it. The tester is not always quick enough to see that."""
    order = []
    with Connection(daemon.client.endpoint) as connection:
        for _ in range(100):
            large = connection.send(query(plant, "read", node(LARGE)))
            ping = connection.send({"command": "ping"})
            order = [connection.receive()["id"] for _ in range(2)]
            assert sorted(order) == [large, ping]
            if order == [ping, large]:
                break
    assert order == [ping, large]


def test_callers_who_do_not_wait(daemon, plant):
    for _ in range(3):
        plant.asked.clear()
        with Connection(daemon.client.endpoint) as connection:
            connection.send(query(plant, "read", node(LARGE)))
            assert plant.asked.wait(PATIENCE)
    assert len(daemon.client.data(query(plant, "read", node(LARGE)))["value"]) == LARGE


def test_the_daemon_ends_in_the_middle(daemon, plant):
    with Connection(daemon.client.endpoint) as connection:
        connection.send(query(plant, "read", node(LARGE)))
        assert plant.asked.wait(PATIENCE)
        daemon.stop()
