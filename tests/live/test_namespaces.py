# SPDX-License-Identifier: MIT
"""Nodes named by the URI of their namespace, at servers that number their namespaces anew."""
import pytest

from config.conftest import file, folder  # noqa: F401  fixtures
from config.keeping import complete, connection, entry, is_complete, subscription
from core.asking import BAD_NODE_ID_UNKNOWN, ask, error, query
from core.proxy import Proxy
from osm.client import Connection
from osm.servers import DemoServer, NamespacesServer
from osm.wait import wait_until

SLASHES = "http://x/2:y"  # looks like segments of a path
A, B = "nsu=urn:a;s=Name", f"nsu={SLASHES};s=Name"


@pytest.fixture
def daemon(make_daemon):
    return make_daemon()


def serve(make_server, *uris):
    return make_server(NamespacesServer, options=["--namespaces", ",".join(uris)])


def restart(server, *uris):
    server.options = ["--namespaces", ",".join(uris)]
    server.restart()


def value(daemon, session, node):
    return ask(daemon.client, session, "read", node)["value"]


def test_in_requests(daemon, make_server):
    server = serve(make_server, "urn:a", SLASHES)
    session = daemon.client.open(server.url)
    for order in (["urn:a", SLASHES], [SLASHES, "urn:a"], ["urn:x", "urn:y", "urn:a", SLASHES]):
        restart(server, *order)
        assert value(daemon, session, A) == "urn:a"
        assert value(daemon, session, B) == SLASHES
        several = ask(daemon.client, session, "readMulti",
                      [{"nodeId": B}, {"nodeId": "nsu=urn:no;s=Name"}, {"nodeId": A}])
        assert [one["value"] for one in several] == [SLASHES, None, "urn:a"]
        assert several[1]["statusCode"] == BAD_NODE_ID_UNKNOWN
        assert "readMulti: params[0][1].nodeId: The server has no namespace urn:no; it has" in daemon.log()
        assert ask(daemon.client, session, "resolveNodeId", f"/Objects/nsu={SLASHES};Name") == {
            "ns": 2 + order.index(SLASHES), "id": "Name", "type": "string"}
        tagged = {"command": "invoke", "sessionId": session, "method": "read", "args": [{"__t": "NodeId", "v": B}]}
        assert daemon.client.data(tagged)["data"]["variant"]["value"] == SLASHES


def test_what_the_server_has_not_got(daemon, make_server):
    server = serve(make_server, "urn:a")
    session = daemon.client.open(server.url)
    kind, text = error(daemon.client.query(session, "read", B))
    assert kind == "InvalidNodeIdException"
    assert text.startswith(f"The server has no namespace {SLASHES}; it has http://opcfoundation.org/UA/, ")
    assert text.endswith(", urn:a")
    for asked in (A.replace("nsu=", "svr=1;nsu="), "svr=1;i=85"):
        assert error(daemon.client.query(session, "read", asked)) == (
            "InvalidNodeIdException",
            f"NodeId of another server (svr=): {asked}; a session asks its own server only")
    restart(server, "urn:b", SLASHES)
    assert value(daemon, session, B) == SLASHES
    assert error(daemon.client.query(session, "read", A))[0] == "InvalidNodeIdException"


def test_requests_on_their_way(daemon, make_server):
    """Sent to a server that goes, carried out at one that numbers otherwise."""
    other = serve(make_server, SLASHES, "urn:a")
    with Proxy(serve(make_server, "urn:a", SLASHES)) as proxy, Connection(daemon.endpoint) as caller:
        session = daemon.client.open(proxy.url, {"opcuaTimeout": 30})
        proxy.pause()
        asked = [caller.send(query(session, "read", node)) for node in (A, B, "ns=2;s=Name", "i=2258")]
        wait_until(lambda: daemon.client.request({"command": "ping"})["success"], 5, "they are on their way")
        proxy.server = other
        proxy.cut_now()
        proxy.resume()
        by_a, by_b, by_number, clock = (caller.reply(one) for one in asked)
    assert "data" in by_a, (by_a, daemon.log())
    assert by_a["data"]["value"] == "urn:a"
    assert by_b["data"]["value"] == SLASHES
    assert clock["data"]["statusCode"] == 0
    kind, text = error(by_number)
    assert kind == "ConnectionException" and "numbered its namespaces anew" in text


def test_in_a_file_of_connections(make_daemon, make_server, file):  # noqa: F811
    server = serve(make_server, "urn:x", "urn:a", SLASHES)
    daemon = make_daemon("--event-log", file.path.parent / "events", "--config", file.write({
        "plant": connection(server.url, subscription({"node_id": A, "client_handle": 1, "sampling_interval": 50},
                                                     {"node_id": B, "client_handle": 2, "sampling_interval": 50}))}))
    complete(daemon)
    session = entry(daemon)["sessionId"]
    restart(server, SLASHES, "urn:a")
    wait_until(lambda: f"Reconnected session {session}" in daemon.log(), 30, "the session is back")
    wait_until(lambda: is_complete(daemon), 30, "the items are back")
    restart(server, "urn:a", "urn:z")
    wait_until(lambda: "item nsu=http://x/2:y;s=Name" in daemon.log(), 60, "the log says which item misses which namespace")
    wait_until(lambda: entry(daemon)["subscriptions"][0]["items"]["actual"] == 1, 60, "the other item is back")
    restart(server, "urn:q", SLASHES, "urn:a")
    wait_until(lambda: is_complete(daemon), 60, "both items are back")


def test_values_and_paths(daemon, make_server):
    """At the other stack; a URI escapes what ends it."""
    server = make_server(DemoServer)
    session = daemon.client.open(server.url)
    uris = ask(daemon.client, session, "read", "i=2255")["value"]
    number = ask(daemon.client, session, "read", "ns=2;s=Many/0001")
    uri = uris[2].replace("%", "%25").replace(";", "%3B")
    node = f"nsu={uri};s=Many/0001"
    assert ask(daemon.client, session, "read", node)["type"] == number["type"]
    assert ask(daemon.client, session, "write", node, 77) == 0
    assert value(daemon, session, "ns=2;s=Many/0001") == 77
    subscription_id = ask(daemon.client, session, "createSubscription", 100, 10000, 10)["subscriptionId"]
    made = ask(daemon.client, session, "createMonitoredItems", subscription_id,
               [{"nodeId": node}, {"nodeId": "nsu=urn:no;s=x"}])
    assert [one["statusCode"] for one in made] == [0, BAD_NODE_ID_UNKNOWN]
    strict = daemon.client.request({**query(session, "writeMulti", [
        {"nodeId": "nsu=urn:no;s=x", "value": 1, "type": 6}, {"nodeId": node, "value": 78}]), "strict": True})
    assert strict["data"] == [BAD_NODE_ID_UNKNOWN, 0]
    assert strict["warnings"][0].startswith("writeMulti: params[0][0].nodeId: The server has no namespace urn:no; ")
