# SPDX-License-Identifier: MIT
"""The cache against servers that change (methods.md §1.2, daemon.md §8)."""
import signal
import threading

import pytest

from osm.daemon import Daemon
from osm.servers import DemoServer, HistoryServer
from osm.wait import free_port

from core.asking import ask
from core.proxy import BROWSE, Proxy

OBJECTS = "i=85"
UNCACHED = (0, None, True, [], False)
OPERATOR = {"username": "operator", "password": "operator"}


def names(references):
    return [r["browseName"]["name"] for r in references]


@pytest.fixture(params=["memory", "file"])
def caching(request, make_daemon, tmp_path):
    more = ["--cache-path", str(tmp_path / "cache")] if request.param == "file" else []
    return make_daemon("--cache-driver", request.param, *more)


@pytest.fixture
def line(demo_server):
    with Proxy(demo_server) as proxy:
        yield proxy


def browses(client, session, line, *params):
    """How many Browse requests a browse sends."""
    before = line.count(BROWSE)
    ask(client, session, "browse", *params)
    return line.count(BROWSE) - before


def test_shared_by_sessions_but_not_by_users(caching, line):
    client = caching.client
    first, second = client.open(line.url), client.open(line.url, {"opcuaTimeout": 7})
    operator = client.open(line.url, OPERATOR)
    assert browses(client, first, line, OBJECTS) == 1
    assert browses(client, second, line, OBJECTS) == 0
    assert browses(client, operator, line, OBJECTS) == 1
    assert browses(client, operator, line, OBJECTS) == 0
    assert browses(client, first, line, OBJECTS, *UNCACHED) == 1
    ask(client, first, "invalidateCache", OBJECTS)
    assert browses(client, operator, line, OBJECTS) == 1
    ask(client, second, "flushCache")
    assert browses(client, operator, line, OBJECTS) == 1


def test_another_server_on_the_port(caching):
    """Its NamespaceArray is another: the ids that were cached would name other nodes."""
    port = free_port()
    url = f"opc.tcp://localhost:{port}"
    client = caching.client
    with DemoServer(port=port):
        session = client.open(url)
        old = names(ask(client, session, "browse", OBJECTS))
        ask(client, session, "browseRecursive", OBJECTS, 0, 1)
        plant = ask(client, session, "resolveNodeId", "/Objects/2:Plant")
        assert plant["ns"] == 2
    with HistoryServer(port=port):
        new = names(ask(client, session, "browse", OBJECTS, *UNCACHED))
        assert new != old
        assert names(ask(client, session, "browse", OBJECTS)) == new
        assert names(ask(client, session, "browseAll", OBJECTS)) == new
        reply = client.query(session, "resolveNodeId", "/Objects/2:Plant")
        assert not reply["success"] and "Failed to resolve path" in reply["error"]["message"]


@pytest.mark.parametrize("options", [("--cache-driver", "none"), ("--cache-ttl", "1", "--cache-driver", "none")])
def test_none(make_daemon, line, options):
    client = make_daemon(*options).client
    session = client.open(line.url)
    assert [browses(client, session, line, OBJECTS) for _ in range(2)] == [1, 1]
    assert ask(client, session, "flushCache") is None
    assert ask(client, session, "invalidateCache", OBJECTS) is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_files_survive_the_daemon(line, tmp_path, number):
    options = ("--cache-driver", "file", "--cache-path", str(tmp_path))
    with Daemon(*options) as daemon:
        session = daemon.client.open(line.url)
        shown = ask(daemon.client, session, "browse", OBJECTS)
        # a get behind the store: when it is answered, the file is there
        assert browses(daemon.client, session, line, OBJECTS) == 0
        daemon.stop(number, expect=0 if number == signal.SIGTERM else -signal.SIGKILL)
    assert [p.suffix for p in tmp_path.iterdir()] == [".cache"]
    with Daemon(*options) as daemon:
        session = daemon.client.open(line.url)
        assert browses(daemon.client, session, line, OBJECTS) == 0
        assert ask(daemon.client, session, "browse", OBJECTS) == shown


def test_killed_while_it_writes(demo_server, tmp_path):
    """Whatever is left in the directory, the next daemon answers the same as the server."""
    options = ("--cache-driver", "file", "--cache-path", str(tmp_path))
    many = [f"ns=2;s=Many/{i:04}" for i in range(1000)]
    for n in range(3):
        with Daemon(*options) as daemon:
            session = daemon.client.open(demo_server.url)
            seen = threading.Event()

            def work():
                try:
                    for i, node in enumerate(["ns=2;s=Many", *many[300 * n:]]):
                        daemon.client.query(session, "browseAll", node)
                        if i == 40:
                            seen.set()
                except (OSError, ValueError, EOFError):
                    pass
            thread = threading.Thread(target=work)
            thread.start()
            assert seen.wait(120)
            daemon.process.end(signal.SIGKILL)
            thread.join()
            daemon.check_sanitizers()
            daemon.stop(signal.SIGKILL, expect=-signal.SIGKILL)
    for path in list(tmp_path.glob("*.cache"))[::2]:
        path.write_bytes(path.read_bytes()[:-3])
    with Daemon(*options) as daemon:
        session = daemon.client.open(demo_server.url)
        for node in ["ns=2;s=Many", *many[:30]]:
            assert ask(daemon.client, session, "browseAll", node) == \
                ask(daemon.client, session, "browseAll", node, *UNCACHED)
        assert not list(tmp_path.glob("*.new"))


def test_metadata_of_every_type_keeps_its_look(caching, types_server):
    """M7: attributes come back from the cache as they came from the server, structures too."""
    client = caching.client
    session = client.open(types_server.url, {"readMetadataCache": True})
    for node in ("ns=1;s=Int32_max", "i=862", "i=2253", "i=11492"):
        for attribute in (*range(1, 13), *range(14, 28)):
            fresh = ask(client, session, "read", node, attribute)
            again = ask(client, session, "read", node, attribute)
            if fresh["statusCode"] == 0:
                assert again == fresh, (node, attribute)


def test_write_types(caching, types_server):
    client = caching.client
    session = client.open(types_server.url)
    for value in (77, 78):
        assert ask(client, session, "write", "ns=1;s=W_Int32", value) == 0
    items = [{"nodeId": "ns=1;s=W_Int32", "value": 5}, {"nodeId": "ns=1;s=W_Int32", "value": 6}]
    assert ask(client, session, "writeMulti", items) == [0, 0]
    assert caching.log().count("Prefetching write types") == 0


def test_garbage_in_the_directory(make_daemon, line, tmp_path):
    (tmp_path / ("0" * 40 + ".cache")).write_text("x")
    (tmp_path / "readme.txt").write_text("mine")
    client = make_daemon("--cache-driver", "file", "--cache-path", str(tmp_path)).client
    session = client.open(line.url)
    assert browses(client, session, line, OBJECTS) == 1
    ask(client, session, "flushCache")
    assert [p.name for p in tmp_path.iterdir()] == ["readme.txt"]
    assert browses(client, session, line, OBJECTS) == 1


def test_structures(make_daemon, general_server, tmp_path):
    """What one session has learnt others take up, without asking the server; so does a later daemon."""
    point = {"X": 1.5, "Y": 2.5, "Z": 3.5}
    options = ("--cache-driver", "file", "--cache-path", str(tmp_path))
    with Proxy(general_server) as line:

        def discover(client, session, *params):
            before = len(line.services)
            return ask(client, session, "discoverDataTypes", *params), len(line.services) - before

        def value(client, session):
            return ask(client, session, "read", "ns=1;i=1443")["value"]["value"]

        with Daemon(*options) as daemon:
            client = daemon.client
            first, second, third = (client.open(line.url, {"opcuaTimeout": 7 + n}) for n in range(3))
            found, asked = discover(client, first)
            assert found > 0 and asked > 0
            assert value(client, first) == point
            assert discover(client, first) == (0, 0)
            assert value(client, second) is None
            assert discover(client, second) == (found, 0)
            assert value(client, second) == point
            assert discover(client, third, None, False)[0] == found
            assert discover(client, third, 1)[1] > 0, "another namespace is another key"
        with Daemon(*options) as daemon:
            client = daemon.client
            session = client.open(line.url)
            assert discover(client, session) == (found, 0)
            assert value(client, session) == point
            ask(client, session, "flushCache")
            assert discover(client, client.open(line.url, {"opcuaTimeout": 9}))[1] > 0
