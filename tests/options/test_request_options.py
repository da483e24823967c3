# SPDX-License-Identifier: MIT
"""Members of a request that change how it is served: encoding, binary, timeout."""
import pytest

from osm.servers import DemoServer


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
    ("timeout", 0), ("timeout", -1), ("timeout", "5"), ("timeout", [])])
def test_what_is_no_option_is_refused(daemon, session, member, value):
    reply = read(daemon, session, "Types/Scalar/Double", **{member: value})
    assert reply["error"]["type"] == "invalid_argument"
    assert reply["error"]["message"].startswith(f'query: "{member}" must be ')
