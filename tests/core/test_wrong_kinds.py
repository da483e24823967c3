# SPDX-License-Identifier: MIT
"""Wrong kinds of values in every field of every command and every parameter of every method.

Generated: method x position x wrong value. Each request gets exactly one reply of the contract's
form; where the contract names the error, it is that one (methods.md §1, ipc-protocol.md §4).
"""
import itertools

import pytest

from osm.client import Connection
from osm.servers import DemoServer

from .asking import error, node, query

LEVEL = node("Plant/Tank1/Level")
READ_ITEM = [{"nodeId": LEVEL}]
WRITE_ITEM = [{"nodeId": node("Many/0500"), "value": 1, "type": 6}]
TIMES = ["2024-01-01T00:00:00Z", "2024-01-01T00:01:00Z"]
ITEM = [{"nodeId": LEVEL, "clientHandle": 1}]
PATH = [{"startingNodeId": "i=84", "relativePath": [{"targetName": {"name": "Objects"}}]}]

# method: the kind of each parameter and a value that is right
METHODS = {
    "getEndpoints": [("text", ""), ("bool", True)],
    "browse": [("node", LEVEL), ("enum", 0), ("node?", None), ("bool", True), ("list?", []), ("bool", True)],
    "browseAll": [("node", LEVEL), ("enum", 0), ("node?", None), ("bool", True), ("list?", []), ("bool", True)],
    "browseWithContinuation": [("node", LEVEL), ("enum", 0), ("node?", None), ("bool", True), ("list?", [])],
    "browseNext": [("text", "")],
    "browseRecursive": [("node", LEVEL), ("enum", 0), ("int", 2), ("node?", None), ("bool", True), ("list?", [])],
    "translateBrowsePaths": [("list?", PATH)],
    "resolveNodeId": [("text", "/Objects"), ("node?", None), ("bool", True)],
    "read": [("node", LEVEL), ("int", 13), ("bool", False)],
    "readMulti": [("list", READ_ITEM)],
    "write": [("node", node("Many/0500")), ("any", 1), ("type", 6)],
    "writeMulti": [("list", WRITE_ITEM)],
    "call": [("node", node("Methods")), ("node", node("Methods/Nothing")), ("list?", [])],
    "createSubscription": [("int", 500.0), ("int", 2400), ("int", 10), ("int", 0), ("bool", True), ("int", 0)],
    "createMonitoredItems": [("int", 1), ("list", ITEM)],
    "createEventMonitoredItem": [("int", 1), ("node", "i=2253"), ("list?", ["EventId"]), ("int", 1)],
    "deleteMonitoredItems": [("int", 1), ("list", [1])],
    "modifyMonitoredItems": [("int", 1), ("list", [{"monitoredItemId": 1}])],
    "setTriggering": [("int", 1), ("int", 1), ("list?", []), ("list?", [])],
    "deleteSubscription": [("int", 1)],
    "transferSubscriptions": [("list?", [1]), ("bool", False)],
    "republish": [("int", 1), ("int", 1)],
    "historyReadRaw": [("node", LEVEL), ("time?", TIMES[0]), ("time?", TIMES[1]), ("int", 1), ("bool", False)],
    "historyReadProcessed": [("node", LEVEL), ("time", TIMES[0]), ("time", TIMES[1]), ("int", 1000.0), ("node", "i=2342")],
    "historyReadAtTime": [("node", LEVEL), ("list", TIMES)],
    "discoverDataTypes": [("int", 99), ("bool", True)],
    "invalidateCache": [("node", LEVEL)],
    "trustCertificate": [("text", "AA==")],
    "untrustCertificate": [("text", "00")],
    **{name: [] for name in (
        "isConnected", "getConnectionState", "reconnect", "getTimeout", "getAutoRetry", "getBatchSize",
        "getDefaultBrowseMaxDepth", "getServerMaxNodesPerRead", "getServerMaxNodesPerWrite", "flushCache", "getTrustStore",
        "getTrustPolicy", "getEventDispatcher", "getLogger")},
}
# missing here: publish, which waits for as long as the server likes


@pytest.fixture(scope="module")
def server():
    """Of its own: among the wrong arguments are nodes that deleteNodes then deletes."""
    with DemoServer() as running:
        yield running


@pytest.fixture(scope="module")
def demo(client, server):
    return client.open(server.url)


@pytest.fixture
def opened(client, server):
    """Opens sessions that end with the test: hundreds of subscriptions, some every ten milliseconds, keep a server from
    its work."""
    sessions = []

    def open_one():
        while sessions:
            client.data({"command": "close", "sessionId": sessions.pop()})
        sessions.append(client.open(server.url, {"opcuaTimeout": 60}, forceNew=True))
        return sessions[0]
    yield open_one
    for session in sessions:
        client.data({"command": "close", "sessionId": session})


ODD = [None, True, False, 0, -1, 5, 1.5, -0.0, 2**31, 2**32, 2**63, 2**64, 10**30, 1e300, -1e300, "", "0", "x", "5x", "i=", "i=85",
       "ns=1", "ns=99999;i=1", "ns=1;x=1", "b=zz", "g=1-2", "1e999", "a\0b", "/", "ä" * 300, [], [None], [[]], [[[]]], [0], ["x"],
       [{}], [True, 1.5, "x", None], {}, {"0": 1}, {"a": None}, {"id": []}, {"ns": "x"}, {"ns": -1, "id": 1}, {"ns": 1, "id": 1.5},
       {"id": 2**32}, {"id": "x"}, {"id": "x", "type": 5}, {"id": "x", "type": "guid"}, {"id": "zz", "type": "opaque"},
       {"type": "nonsense"}, {"nodeId": None}, {"nodeId": 5}, [{"nodeId": 5}], [{"nodeId": LEVEL, "attributeId": "x"}],
       [{"nodeId": LEVEL, "attributeId": 2**40}], [{"type": 6}], [{"type": 99, "value": 1}], [{"type": "x"}],
       [{"type": 6, "value": [1, 2], "dimensions": [3, 3]}], [{"type": 24, "value": [{"type": 24, "value": []}]}],
       [{"startingNodeId": 5}], [{"startingNodeId": "i=84", "relativePath": [5]}], [{"monitoredItemId": "x"}]]
NOT_A_NODE = [None, True, False, 0, 5, 1.5, 2**64]
NOT_A_LIST = [True, 0, 5, 1.5, "", "x"]
# what any of them may end as
KNOWN = {
    "TypeError", "ValueError", "EncodingException", "InvalidNodeIdException", "ServiceException", "ServiceUnsupportedException",
    "ConnectionException", "SerializationException", "WriteTypeDetectionException", "DateMalformedStringException",
    "InvalidArgumentException", "ConfigurationException", "forbidden_method", "session_not_found", "unknown_command",
    "max_sessions_reached", "invalid_argument", "unknown_method", "Error", "ProtocolException", "HandshakeException", "MessageTypeException"}


def good(method):
    return [value for _, value in METHODS[method]]


def requests(method):
    """Each parameter wrong in every way, the others right; too few and too many of them."""
    right = good(method)
    for position, wrong in itertools.product(range(len(right)), ODD):
        yield right[:position] + [wrong] + right[position + 1:]
    for size in range(len(right)):
        yield right[:size]
    yield right + ODD[:5]


def check(reply):
    """The form of a reply; the type of its error, None for success."""
    if reply.get("success") is True:
        assert set(reply) == {"id", "success", "data"}
        return None
    kind, message = error(reply)
    assert kind in KNOWN, reply
    assert message and len(message.encode()) <= 503 or kind in ("forbidden_method", "session_not_found")
    return kind


@pytest.mark.parametrize("method", METHODS)
def test_parameters(opened, line, method):
    """As a list and as an object of numbered keys, pipelined: as many replies as requests."""
    session, sent = opened(), 0
    for params in requests(method):
        for form in (params, {str(i): value for i, value in enumerate(params)}):
            line.send({"command": "query", "sessionId": session, "method": method, "params": form})
            sent += 1
            if sent % 100 == 0:
                for _ in range(100):
                    check(line.receive())
    for _ in range(sent % 100):
        check(line.receive())
    assert line.request({"command": "ping"})["data"]["sessions"] >= 1
    assert line.request(query(session, "isConnected"))["data"] is True


EXPECTED = [(method, position, kind) for method, params in METHODS.items() for position, (kind, _) in enumerate(params)]


@pytest.mark.parametrize("method, position, kind", EXPECTED)
def test_errors_of_the_contract(line, demo, method, position, kind):
    """TypeError where an object or a list is needed; scalars are cast, enums are checked."""
    expected = {"node": {"TypeError": NOT_A_NODE, "InvalidNodeIdException": ["", "x", "5", "ns=1", "i=-1", {"ns": 70000}]},
                "node?": {"TypeError": NOT_A_NODE[1:]}, "list": {"TypeError": [None, *NOT_A_LIST]},
                "list?": {"TypeError": NOT_A_LIST}, "time": {"TypeError": [None, 5, True, []], "DateMalformedStringException": ["x"]},
                "time?": {"TypeError": [5, True, []], "DateMalformedStringException": ["x"]},
                "type": {"ValueError": [0, 26, -1, "x", 99]}, "enum": {"ValueError": [-1, 3, 99]}}.get(kind, {})
    for name, wrongs in expected.items():
        for wrong in wrongs:
            params = good(method)
            params[position] = wrong
            reply = line.request(query(demo, method, *params))
            assert check(reply) in (name, "unknown_method"), (params, reply)


@pytest.mark.parametrize("params", [5, True, "x", 1.5, 0, ""])
def test_params_that_are_no_list(line, demo, params):
    request = {"command": "query", "sessionId": demo, "method": "read", "params": params}
    assert check(line.request(request)) == "TypeError"
    assert error(line.request({**request, "sessionId": "x"}))[0] == "session_not_found"  # the session is looked up first


@pytest.mark.parametrize("method, shown", [
    (None, ""), ("", ""), (5, "5"), (True, "1"), (1.5, "1.5"), ([], "Array"), ({}, "Array"), ("connect", "connect"), ("Read", "Read"),
    ("addNodes", "addNodes"), ("setTimeout", "setTimeout"), ("read\0", "read\0"), ("x" * 60000, "x" * 60000), ("/a/b", "/a/b")])
def test_methods_off_the_list(line, demo, method, shown):
    """Decided before the session is looked up."""
    for session in (demo, "nobody", 5):
        request = {"command": "query", "sessionId": session, "method": method, "params": []}
        assert error(line.request(request)) == ("forbidden_method", f"Method not allowed: {shown}")


FIELDS = {
    "ping": {}, "list": {},
    "open": {"endpointUrl": "opc.tcp://127.0.0.1:1", "config": {}, "forceNew": False},
    "close": {"sessionId": "x"},
    "query": {"sessionId": "x", "method": "read", "params": []},
    "describe": {"sessionId": "x"},
    "invoke": {"sessionId": "x", "method": "read", "args": []},
}


@pytest.mark.parametrize("command, field", [(c, f) for c, fields in FIELDS.items() for f in (*fields, "authToken", "unknown")])
def test_fields(line, command, field):
    for wrong in ODD:
        check(line.request({"command": command, **FIELDS[command], field: wrong}))
    assert line.request({"command": "ping"})["success"]


@pytest.mark.parametrize("command, field, wrongs", [
    ("open", "endpointUrl", [0, True, 1.5, [], {}]), ("open", "config", [0, 5, True, False, "x", ""]),
    ("close", "sessionId", [0, True, [], {}]), ("query", "sessionId", [0, False, 1.5, [], {}]),
    ("describe", "sessionId", [0, True, [], {}]), ("invoke", "sessionId", [0, True, [], {}])])
def test_fields_of_a_kind(line, command, field, wrongs):
    for wrong in wrongs:
        kind, message = error(line.request({"command": command, **FIELDS[command], field: wrong}))
        assert kind == "TypeError" and message.startswith(f"{command}: {field} must be ")


TAGGED = [{"__t": tag, **more} for tag in (
    "", "stdClass", "NodeId", "QualifiedName", "LocalizedText", "DateTime", "Variant", "DataValue", "ExtensionObject", "BuiltinType",
    "NodeClass", "BrowseDirection", "ConnectionState", "AggregateFunction", "OpenFileMode", "CallResult", 5, None, [], {})
    for more in ({}, {"v": 5}, {"v": "x"}, {"v": None}, {"v": []}, {"ns": "x", "n": 5}, {"type": 6, "value": 1},
                 {"type": {"__t": "BuiltinType", "v": 99}}, {"status": "x"}, {"typeId": "i=1", "bodyB64": "%"})]


def invoke(session, method, args):
    return {"command": "invoke", "sessionId": session, "method": method, "args": args}


@pytest.fixture(scope="module")
def invocable(client, demo):
    """The methods describe lists, but for those that wait for what the server likes to send."""
    return [m for m in client.data({"command": "describe", "sessionId": demo})["methods"] if m != "publish"]


def test_invoke_arguments(line, opened, invocable):
    """One argument of every wrong kind at each of the first four places, and too few."""
    for method in invocable:
        session = opened()
        for position in range(4):
            right = (good(method) if method in METHODS else [LEVEL] * 4)[:position]
            wrongs = ODD + TAGGED if position < 2 else TAGGED[::7] + ODD[::5]
            idents = [line.send(invoke(session, method, right + [wrong])) for wrong in wrongs]
            for ident in (*idents, line.send(invoke(session, method, right))):
                check(line.reply(ident))
        assert line.request(query(session, "isConnected"))["data"] is True


def test_invoke_names(line, demo, invocable):
    for method in invocable:
        for args in ({"": 1}, {"nodeId": 5}, {"nonsense": LEVEL}, {"nodeId": LEVEL, "x\0": 1}, {"0": LEVEL}):
            check(line.request(invoke(demo, method, args)))
    assert error(line.request(invoke(demo, "read", {"nodeId": LEVEL, "nonsense": 1}))) == (
        "Error", "Unknown named parameter $nonsense")


@pytest.mark.parametrize("method, args, refusal", [
    ("", [], ("invalid_argument", 'invoke: "method" must be a non-empty string.')),
    (5, [], ("invalid_argument", 'invoke: "method" must be a non-empty string.')),
    ("read", 5, ("invalid_argument", 'invoke: "args" must be an array of wire-encoded values.')),
    ("read", "x", ("invalid_argument", 'invoke: "args" must be an array of wire-encoded values.')),
    ("nonsense", [], ("unknown_method", 'Method "nonsense" is not registered on the client for this session.')),
    ("registerTypeCodec", [], ("forbidden_method", "Method not allowed: registerTypeCodec")),
    ("read", [{"__t": "stdClass"}], ("EncodingException", 'Unknown wire type id "stdClass".')),
    ("read", [{"__t": 5}], ("EncodingException", 'Invalid wire payload: "__t" must be a string, got int.')),
    ("read", [{"__t": "NodeId"}], ("InvalidNodeIdException", 'NodeId wire payload: missing or non-string "v" field.'))])
def test_invoke_refusals(line, demo, method, args, refusal):
    assert error(line.request(invoke(demo, method, args))) == refusal


CONFIG = ["opcuaTimeout", "autoRetry", "batchSize", "defaultBrowseMaxDepth", "securityPolicy", "securityMode", "username",
          "password", "clientCertPath", "clientKeyPath", "caCertPath", "userCertPath", "userKeyPath", "trustStorePath",
          "trustPolicy", "autoAccept", "autoAcceptForce", "autoDetectWriteType", "readMetadataCache"]


@pytest.mark.parametrize("key", CONFIG)
def test_config(make_daemon, demo_server, key):
    """Values are cast: a session is opened and works, or the open says why not."""
    daemon = make_daemon("--max-sessions", "0", "--log-level", "critical")
    with Connection(daemon.endpoint) as line:
        for wrong in ODD:
            if key == "trustStorePath" and wrong is not None:
                break  # makes directories wherever it points to
            for more in ({}, {"username": "operator", "password": "operator"}):
                reply = line.request({"command": "open", "endpointUrl": demo_server.url, "config": {**more, key: wrong}})
                if check(reply) is None:
                    reply = line.request(query(reply["data"]["sessionId"], "readMulti", READ_ITEM * 3))
                    assert check(reply) in (None, "ConnectionException")
        assert line.request({"command": "list"})["success"]


@pytest.mark.parametrize("config, kind, message", [
    ({"securityPolicy": "None"}, "ValueError", '"None" is not a valid backing value for enum PhpOpcua\\Client\\Security\\SecurityPolicy'),
    ({"securityPolicy": ""}, "ValueError", '"" is not a valid backing value for enum PhpOpcua\\Client\\Security\\SecurityPolicy'),
    ({"securityMode": 4}, "ValueError", "4 is not a valid backing value for enum PhpOpcua\\Client\\Security\\SecurityMode"),
    ({"securityMode": "x"}, "ValueError", "0 is not a valid backing value for enum PhpOpcua\\Client\\Security\\SecurityMode"),
    ({"trustPolicy": "none"}, "ValueError", '"none" is not a valid backing value for enum PhpOpcua\\Client\\TrustStore\\TrustPolicy'),
    ({"clientCertPath": "/no/such.pem"}, "InvalidArgumentException", "Client certificate does not exist or is not a file: [path]"),
    ({"userKeyPath": "/tmp"}, "InvalidArgumentException", "User key does not exist or is not a file: /tmp"),
    ({"caCertPath": []}, "InvalidArgumentException", "CA certificate does not exist or is not a file: Array")])
def test_config_refusals(client, demo_server, config, kind, message):
    assert error(client.request({"command": "open", "endpointUrl": demo_server.url, "config": config})) == (kind, message)


def test_half_a_security(client, demo_server):
    for config in ({"securityMode": 3}, {"securityPolicy": "http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256"}):
        reply = client.request({"command": "open", "endpointUrl": demo_server.url, "config": config})
        assert error(reply)[0] == "ConfigurationException"
