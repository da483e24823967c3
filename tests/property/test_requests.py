# SPDX-License-Identifier: MIT
"""Random requests: whatever is asked, one valid line of the contract's form comes back, and the daemon lives.

The seed is fixed; OSM_PROPERTY_SEED sets another one. OSM_PROPERTY_SECONDS bounds each test, once each has asked enough.
"""
import json
import os
import random
import re
import time

import pytest

from osm.paths import ROOT

from .test_values import SEED, generator

SECONDS = float(os.environ.get("OSM_PROPERTY_SECONDS", "4"))
TYPES = set("""too_many_connections connection_timeout payload_too_large invalid_json auth_failed unknown_command forbidden_method
    unknown_method invalid_argument session_not_found max_sessions_reached auto_publish_active ConnectionException ServiceException
    ServiceUnsupportedException HandshakeException MessageTypeException ProtocolException SecurityException OpenSslException
    SignatureVerificationException UnsupportedCurveException CertificateParseException UntrustedCertificateException
    ConfigurationException InvalidNodeIdException EncodingException WriteTypeDetectionException InvalidArgumentException ValueError
    TypeError Error SerializationException DateMalformedStringException""".split())
# every method of the table that `query` may call; publish may wait for the server
QUERY = [name for name in re.findall(r"^\| `(\w+)` \| yes \|", (ROOT / "docs/methods.md").read_text(), re.M) if name != "publish"]
assert len(QUERY) == 44
TAGS = """NodeId QualifiedName LocalizedText DateTime Variant DataValue ExtensionObject BuiltinType NodeClass BrowseDirection
    PerformUpdateType OpenFileMode AggregateFunction ConnectionState BrowseNode BuildInfo Unheard""".split()
KEYS = """nodeId attributeId value type dimensions ns id name n text locale typeId encoding body bodyB64 base64 startingNodeId
    relativePath targetName monitoredItemId subscriptionId sequenceNumber samplingInterval queueSize clientHandle __t v dims bytesB64
    variant status sourceTs serverTs date timezone timezone_type namespaceIndex identifier 0 1 parentNodeId browseName""".split()
WORDS = ["", "0", "5x", "i=85", "i=2253", "ns=2;s=Types/Writable/Double", "ns=2;s=Many/0600", "ns=;i=", "b=zz", "g=1-2-3-4-5", "/Objects/Server",
         "2024-01-01T00:00:00Z", "now", "-1 minute", "@1e9", "2024-02-30", "AA==", "\0", "ä😀", "x" * 3000, "minimum", "Connected", "numeric", "string",
         "guid", "opaque", "NaN", "Infinity", "true", "EventId", "A/B/2:C"]
NUMBERS = [0, 1, -1, 2, 3, 6, 11, 12, 13, 15, 22, 23, 24, 25, 85, 255, 256, 65536, 2**31, 2**32, 2**53 + 1, 2**63, 2**64 - 1, -2**63, 10**30,
           0.5, -0.0, 1e300, 5e-324, 500.0]
NODES = [{"ns": 0, "id": 2253, "type": "numeric"}, {"ns": 2, "id": "Dynamic/Sine", "type": "string"},
         {"ns": 2, "id": "Many/0601", "type": "string"}, {"ns": 2, "id": "Methods/Echo", "type": "string"}, {"ns": 2, "id": "Methods"}]


def anything(rng, depth=0):
    kind = rng.randrange(9 if depth < 4 else 5)
    if kind == 0:
        return rng.choice([None, True, False, [], {}])
    if kind in (1, 2):
        return rng.choice(NUMBERS)
    if kind == 3:
        return rng.choice(WORDS)
    if kind == 4:
        return rng.choice(NODES)
    if kind == 5:
        return [anything(rng, depth + 1) for _ in range(rng.randrange(5))]
    if kind == 6:
        return {"__t": rng.choice(TAGS), **{rng.choice(KEYS): anything(rng, depth + 1) for _ in range(rng.randrange(5))}}
    return {rng.choice(KEYS): anything(rng, depth + 1) for _ in range(rng.randrange(6))}


def mutated(rng, value):
    """The value with one place of it, at any depth, replaced."""
    if rng.random() < 0.3 or not isinstance(value, (list, dict)) or not value:
        return anything(rng, 2)
    if isinstance(value, list):
        at = rng.randrange(len(value))
        return [mutated(rng, v) if i == at else v for i, v in enumerate(value)]
    at = rng.choice(list(value))
    return {k: mutated(rng, v) if k == at else v for k, v in value.items()}


def no_constant(word):
    raise AssertionError(f"{word} is no JSON")


def tell(client, request):
    """Sends it; the reply must be one line in one of the two envelopes. Returns the error type or None."""
    line = client.raw(json.dumps(request).encode() + b"\n")
    assert line.endswith(b"\n") and line.count(b"\n") == 1, (request, line)
    reply = json.loads(line.decode("utf-8"), parse_constant=no_constant)
    if reply.get("success") is True:
        assert set(reply) == {"success", "data"}, (request, reply)
        return None
    assert set(reply) == {"success", "error"} and reply["success"] is False, (request, reply)
    assert set(reply["error"]) == {"type", "message"} and isinstance(reply["error"]["message"], str), (request, reply)
    assert reply["error"]["type"] in TYPES, (request, reply)
    return reply["error"]["type"]


def drive(shared, client, requests, least=100):
    """Tells requests until time is up, but so many at least; the daemon must answer a ping afterwards, with the
    same process."""
    deadline = time.monotonic() + SECONDS
    kinds, asked = {}, 0
    for request in requests:
        if asked >= least and time.monotonic() > deadline:
            break
        kind = tell(client, request)
        kinds[kind] = kinds.get(kind, 0) + 1
        asked += 1
    print(f"{asked} requests: {kinds}")
    assert shared.process.running and client.data({"command": "ping"})["status"] == "ok"
    assert len(kinds) >= 3, (asked, kinds)


@pytest.fixture
def target(client, plant):
    """A session that may be ruined."""
    return client.open(plant.url, {"opcuaTimeout": 2}, forceNew=True)


@pytest.mark.parametrize("command, field", [("query", "params"), ("invoke", "args")])
def test_any_parameters(shared, client, target, command, field):
    rng = generator(f"{command} anything")
    methods = QUERY
    if command == "invoke":
        methods = [m for m in client.data({"command": "describe", "sessionId": target})["methods"] if m != "publish"]

    def requests():
        while True:
            for method in methods:  # every one in turn
                many = [anything(rng) for _ in range(rng.randrange(6))]
                named = rng.random() < 0.1
                given = {rng.choice(KEYS): v for v in many} if named else anything(rng) if rng.random() < 0.1 else many
                yield {"command": command, "sessionId": target, "method": method, field: given}
    drive(shared, client, requests(), least=max(100, len(methods)))  # every method once


def test_nearly_right_parameters(shared, client, target):
    """Right requests in which one place is wrong reach further than random ones."""
    rng = generator("nearly")
    write = {"nodeId": NODES[2], "value": 1, "type": 6, "attributeId": 13}
    item = {"nodeId": NODES[1], "attributeId": 13, "samplingInterval": 250, "queueSize": 1, "clientHandle": 1, "monitoringMode": 2}
    path = {"startingNodeId": NODES[0], "relativePath": [{"referenceTypeId": None, "isInverse": False, "includeSubtypes": True,
                                                          "targetName": {"ns": 0, "name": "Server"}}]}
    inner = {"type": 11, "value": [1.5, 2, "NaN", 4.0], "dimensions": [2, 2]}
    nested = {"type": 24, "value": [inner, {"type": 23, "value": {"value": 1, "type": 6, "statusCode": 0}, "dimensions": None}], "dimensions": None}
    tagged = {"__t": "DataValue", "variant": {"__t": "Variant", "type": {"__t": "BuiltinType", "v": 11}, "value": 1, "dims": None,
                                              "bytesB64": None}, "status": 0, "sourceTs": {"__t": "DateTime", "v": "2024-01-01T00:00:00.000000+00:00"},
              "serverTs": None}
    at = tagged["sourceTs"]
    rows = [("query", "params", method, params) for method, params in [
        ("read", [NODES[1], 13, False]), ("readMulti", [[write, write]]), ("write", [NODES[2], 5, 6]), ("writeMulti", [[write, write]]),
        ("call", [NODES[4], NODES[3], [nested]]), ("call", [NODES[4], NODES[3], [inner]]), ("translateBrowsePaths", [[path, path]]),
        ("browse", [NODES[0], 0, None, True, [1, 2], False]), ("createMonitoredItems", [1, [item, item]]),
        ("modifyMonitoredItems", [1, [{"monitoredItemId": 1, "samplingInterval": 50}]]), ("createSubscription", [500, 2400, 10, 0, True, 0]),
        ("historyReadRaw", [NODES[1], "2024-01-01T00:00:00Z", "2024-01-01T00:01:00Z", 5, False]),
        ("historyReadAtTime", [NODES[1], ["2024-01-01", "now"]])]]
    rows += [("invoke", "args", method, args) for method, args in [
        ("aggregate", [[tagged, tagged], at, {**at, "v": "2024-01-01T01:00:00.000000+00:00"}, 600000, {"__t": "AggregateFunction", "v": "average"}]),
        ("historyInsertData", ["ns=2;s=History/Recorder", [tagged]]), ("write", ["ns=2;s=Many/0602", 5, {"__t": "BuiltinType", "v": 6}]),
        ("call", ["ns=2;s=Methods", "ns=2;s=Methods/Echo", [tagged["variant"]]]), ("readMulti", [[{"nodeId": "i=2253", "attributeId": 3}]]),
        ("addNodes", [[{"parentNodeId": "i=85", "referenceTypeId": "i=35", "requestedNewNodeId": "ns=2;s=new", "typeDefinition": "i=63",
                        "browseName": {"__t": "QualifiedName", "ns": 1, "n": "x"}, "nodeClass": {"__t": "NodeClass", "v": 2}}]])]]

    def requests():
        while True:
            for command, field, method, given in rows:
                yield {"command": command, "sessionId": target, "method": method, field: mutated(rng, given)}
    drive(shared, client, requests())


def test_any_bytes(shared, client, target):
    """Valid requests with bytes changed, cut or doubled."""
    rng = random.Random(f"{SEED} bytes")
    seeds = [json.dumps(r).encode() for r in (
        {"command": "ping"}, {"command": "list"}, {"command": "describe", "sessionId": target},
        {"command": "query", "sessionId": target, "method": "write", "params": [NODES[2], {"a": [1.5e3, "\u00e4\\"]}, 6]},
        {"command": "invoke", "sessionId": target, "method": "read", "args": [{"__t": "NodeId", "v": "i=85"}]})]
    deadline = time.monotonic() + SECONDS / 2
    while time.monotonic() < deadline:
        data = bytearray(rng.choice(seeds))
        for _ in range(rng.choice([1, 1, 2, 8])):
            at = rng.randrange(len(data))
            data[at:at + rng.choice([0, 1, 5])] = rng.choice([b"", rng.randbytes(1), b"\xed\xa0\x80", b"[" * 50, b"\\ud800", b'"', b"1e999"])
        line = client.raw(re.sub(rb"\n", b" ", bytes(data)) + b"\n")
        assert line.endswith(b"\n") and line.count(b"\n") == 1, (data, line)
        json.loads(line.decode("utf-8"), parse_constant=no_constant)
    assert shared.process.running and client.data({"command": "ping"})["status"] == "ok"
