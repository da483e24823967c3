# SPDX-License-Identifier: MIT
"""Splitting readMulti and writeMulti: server limits and batchSize (methods.md §2.10, §2.12, M17)."""
import pytest

from osm.servers import BareServer, DemoServer

from .asking import ask, error, node
from .proxy import READ, WRITE, Proxy

NOTHING = ("ServiceException", "Server returned ServiceFault: 0x800F0000 BadNothingToDo")
NODES = [node(f"Many/{i:04}") for i in range(100)]


@pytest.fixture(scope="module")
def limited():
    """A demo server that takes 10 reads and 5 writes at a time."""
    with DemoServer(options=["--limits"]) as server, Proxy(server) as line:
        yield line


def reads(nodes):
    return [{"nodeId": one} for one in nodes]


def writes(nodes, start, **more):
    return [{"nodeId": one, "value": start + i, **more} for i, one in enumerate(nodes)]


def values(client, session):
    return [result["value"] for result in ask(client, session, "readMulti", reads(NODES))]


def test_limits_are_known(client, demo, limited):
    session = client.open(limited.url)
    assert ask(client, session, "getServerMaxNodesPerRead") == 10
    assert ask(client, session, "getServerMaxNodesPerWrite") == 5
    assert ask(client, session, "getBatchSize") is None
    assert ask(client, demo, "getServerMaxNodesPerRead") is None


@pytest.mark.parametrize("config, read_requests, write_requests", [
    ({}, 10, 20), ({"batchSize": 3}, 34, 34), ({"batchSize": 5}, 20, 20)])
def test_batches(client, demo, limited, config, read_requests, write_requests):
    """As many requests as must be; results in the order of the items, as without limits."""
    session = client.open(limited.url, config)
    before = (limited.count(READ), limited.count(WRITE))
    start = 1000 * read_requests
    assert ask(client, session, "writeMulti", writes(NODES, start, type=6)) == [0] * 100
    assert values(client, session) == list(range(start, start + 100))
    assert limited.count(READ) - before[0] == read_requests
    assert limited.count(WRITE) - before[1] == write_requests
    ask(client, demo, "writeMulti", writes(NODES, start, type=6))
    assert values(client, demo) == values(client, session)


@pytest.mark.parametrize("size", [0, -1, -2**40])
def test_no_batches(client, demo_server, limited, size):
    """0 and less: one request, as long as the server takes it."""
    with Proxy(demo_server) as line:
        session = client.open(line.url, {"batchSize": size})
        assert ask(client, session, "getBatchSize") == size
        before = (line.count(READ), line.count(WRITE))
        assert ask(client, session, "writeMulti", writes(NODES, 1, type=6)) == [0] * 100
        assert values(client, session) == list(range(1, 101))
        assert (line.count(READ), line.count(WRITE)) == (before[0] + 1, before[1] + 1)
        client.data({"command": "close", "sessionId": session})
    session = client.open(limited.url, {"batchSize": size})
    assert ask(client, session, "writeMulti", writes(NODES, 2, type=6)) == [0] * 100  # cut when refused
    assert values(client, session) == list(range(2, 102))
    assert ask(client, session, "getServerMaxNodesPerRead") == (None if size == 0 else 10)


def test_no_discovery_with_batch_size_0(client, limited):
    session = client.open(limited.url, {"batchSize": 0, "opcuaTimeout": 33})
    assert ask(client, session, "getServerMaxNodesPerWrite") is None
    assert ask(client, session, "reconnect") is None
    assert ask(client, session, "getServerMaxNodesPerWrite") is None


@pytest.mark.parametrize("size", [100000, 2**31, 2**62])
def test_larger_batches_than_items(client, demo_server, size):
    session = client.open(demo_server.url, {"batchSize": size})
    assert len(values(client, session)) == 100


def test_bad_items_in_a_batch(client, limited):
    """The status of one item says nothing about the others, wherever the borders are."""
    session = client.open(limited.url)
    nodes = list(NODES)
    for i in range(0, 100, 9):
        nodes[i] = node(f"No/{i}")
    statuses = [result["statusCode"] for result in ask(client, session, "readMulti", reads(nodes))]
    assert statuses == [0x80340000 if i % 9 == 0 else 0 for i in range(100)]
    assert ask(client, session, "writeMulti", writes(nodes, 5, type=6)) == statuses


def test_types_are_found_in_batches(client, limited):
    """Detection reads the Values first, within the same limits."""
    session = client.open(limited.url)
    before = (limited.count(READ), limited.count(WRITE))
    assert ask(client, session, "writeMulti", writes(NODES, 7)) == [0] * 100
    assert values(client, session) == list(range(7, 107))
    assert limited.count(READ) - before[0] <= 20 and limited.count(WRITE) - before[1] == 20


def test_nothing_to_do(client, demo, limited):
    for session in (demo, client.open(limited.url)):
        for method in ("readMulti", "writeMulti"):
            assert error(client.query(session, method, [])) == NOTHING


def test_thousand_at_once(client, demo):
    nodes = [node(f"Many/{i:04}") for i in range(1000)]
    assert ask(client, demo, "writeMulti", [{"nodeId": n, "value": 3} for n in nodes[:500]]) == [0] * 500
    assert len(ask(client, demo, "readMulti", [{"nodeId": n} for n in nodes])) == 1000


def test_node_opcua(client, make_server):
    with Proxy(make_server(BareServer, options=["--limit", "4"])) as line:
        session = client.open(line.url)
        nodes = [f"ns=1;i={1003 + i}" for i in range(11)]
        before = line.count(READ)
        many = ask(client, session, "readMulti", reads(nodes))
        assert line.count(READ) - before == 3
        assert [one["value"] for one in many] == [ask(client, session, "read", n)["value"] for n in nodes]
        client.data({"command": "close", "sessionId": session})
