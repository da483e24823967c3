# SPDX-License-Identifier: MIT
"""Members of a request that change how it is served: encoding, binary, timeout, maxAge."""
import pytest

from core.proxy import Proxy
from osm.servers import DemoServer

AGES = 3600000  # no test lasts so long


@pytest.fixture
def session(daemon, demo_server):
    reply = daemon.client.request({"command": "open", "endpointUrl": demo_server.url})
    return reply["data"]["sessionId"]


def read(daemon, session, path, **more):
    return daemon.client.request({"command": "query", "sessionId": session, "method": "read",
                                  "params": [f"ns=2;s={path}"], **more})


def test_opcua_encoding(daemon, session):
    data = read(daemon, session, "Types/Scalar/Int64", encoding="opcua")["data"]
    assert data["UaType"] == 8 and data["Value"] == str(int(data["Value"]))
    assert "value" not in data and "SourceTimestamp" in data


def test_opcua_encoding_of_arrays(daemon, session):
    data = read(daemon, session, "Types/Array/Double", encoding="opcua")["data"]
    assert data["UaType"] == 11 and all(isinstance(one, float) for one in data["Value"])


def test_plain_is_the_default(daemon, session):
    assert read(daemon, session, "Types/Scalar/Int64", encoding=None)["data"]["type"] == 8


def test_binary(daemon, session):
    plain = read(daemon, session, "Types/Scalar/ByteString")["data"]
    coded = read(daemon, session, "Types/Scalar/ByteString", binary="base64")["data"]
    assert coded["base64"] is True and coded["value"] != plain["value"] or plain.get("base64")


def test_timeout_of_one_request(daemon, make_server):
    server = make_server(DemoServer)
    opened = daemon.client.request({"command": "open", "endpointUrl": server.url,
                                    "config": {"opcuaTimeout": 60}})
    session = opened["data"]["sessionId"]
    server.freeze()
    # With the session's minute this would outlast the client's patience.
    reply = read(daemon, session, "Types/Scalar/Double", timeout=0.2)
    server.thaw()
    assert reply["success"] or reply["error"]["message"] == "Read timeout"


@pytest.mark.parametrize("member, value", [
    ("encoding", "xml"), ("encoding", 1), ("binary", "hex"), ("binary", True),
    ("maxAge", -1), ("maxAge", "1000"), ("maxAge", True), ("timeout", 0), ("timeout", -1), ("timeout", "5"), ("timeout", [])])
def test_what_is_no_option_is_refused(daemon, session, member, value):
    reply = read(daemon, session, "Types/Scalar/Double", **{member: value})
    assert reply["error"]["type"] == "invalid_argument"
    assert reply["error"]["message"].startswith(f'query: "{member}" must be ')


@pytest.fixture
def line(demo_server):
    with Proxy(demo_server) as proxy:
        yield proxy


def mentions(line):
    """How often the server has been asked about these nodes; of its state the daemon asks when it likes."""
    return line.sent.count(b"Many/")


def test_values_young_enough_are_not_asked_for(daemon, line):
    client = daemon.client
    session, other = client.open(line.url), client.open(line.url, {"opcuaTimeout": 7})
    nodes = [{"nodeId": f"ns=2;s=Many/{number:04}"} for number in range(6)]

    def ask(session, method, *params, **more):
        """The data, and how many nodes the server was asked for."""
        before = mentions(line)
        reply = client.request({"command": "query", "sessionId": session, "method": method, "params": list(params), **more})
        assert reply["success"], reply
        return reply["data"], mentions(line) - before

    first, asked = ask(session, "readMulti", nodes[:3], maxAge=AGES)
    assert asked == 3 and all(value["statusCode"] == 0 for value in first)
    assert ask(session, "readMulti", nodes[2::-1], maxAge=AGES) == (first[::-1], 0)
    assert ask(other, "read", nodes[1]["nodeId"], maxAge=AGES) == (first[1], 0)
    mixed, asked = ask(session, "readMulti", nodes, maxAge=AGES)
    assert asked == 3 and mixed[:3] == first
    assert ask(session, "readMulti", nodes, maxAge=AGES) == (mixed, 0)
    assert ask(session, "read", nodes[0]["nodeId"])[1] == 1
    reply = client.invoke(session, "read", nodes[5]["nodeId"], maxAge=AGES)
    assert reply["data"]["data"]["variant"]["value"] == mixed[5]["value"]
    assert ask(session, "write", nodes[0]["nodeId"], 4711)[0] == 0
    value, asked = ask(session, "read", nodes[0]["nodeId"], maxAge=AGES)
    assert value["value"] == 4711 and asked == 1


def test_subscribed_values_are_young(daemon, line):
    """A change that a subscription has brought is what the next read with maxAge shows."""
    client, node = daemon.client, "ns=2;s=Many/0009"
    session = client.open(line.url)

    def read():
        return client.request({"command": "query", "sessionId": session, "method": "read", "params": [node],
                               "maxAge": AGES})["data"]["value"]

    def publish():
        reply = client.query(session, "publish", [])
        assert reply["success"], reply
        return [n["dataValue"]["value"] for n in reply["data"]["notifications"]]

    read()
    subscription = client.query(session, "createSubscription", 50.0, 1000, 20)["data"]["subscriptionId"]
    assert client.query(session, "createMonitoredItems", subscription, [{"nodeId": node, "samplingInterval": 20}])["success"]
    publish()
    assert client.query(client.open(line.url, {"username": "operator", "password": "operator"}), "write", node, 815)["data"] == 0
    while 815 not in publish():
        pass
    before = mentions(line)
    assert read() == 815
    assert mentions(line) == before
