# SPDX-License-Identifier: MIT
"""Writing every builtin type and reading it back; what does not fit is refused before it is sent.

Values come plain, as JSON has them, and in the forms of PHP's value objects (types.md §4).
"""
import json

import pytest

from osm.client import parse
from osm.servers import DemoServer

from .asking import ask, error, node, query, read
from .examples import EXAMPLES, data_value, extension, number_id, variant
from .proxy import READ, WRITE, Proxy

GUID = "72962B91-fa75-4AE6-8D28-b404dc7daf63"
TYPE = {name: type_id for name, (type_id, _) in EXAMPLES.items()}
S_ID = {"ns": 1, "id": "a/b", "type": "string"}
LAST_DAY = {"timezone_type": 3, "timezone": "UTC"}

# name: (what is written, what is read back) …
ACCEPTED = {
    "Boolean": [(True, True), (False, False), (0, False), (7, True), (0.5, True), ("true", True), ("false", False),
                ("1", True), ("0", False), ("", False)],
    "SByte": [(-128, -128), (127, 127), ("-5", -5), (True, 1), (1e2, 100), (5.0, 5)],
    "Byte": [(0, 0), (255, 255), ("255", 255), (False, 0)],
    "Int16": [(-32768, -32768), (32767, 32767)],
    "UInt16": [(65535, 65535), ("0", 0)],
    "Int32": [(-2**31, -2**31), (2**31 - 1, 2**31 - 1), (-0.0, 0)],
    "UInt32": [(2**32 - 1, 2**32 - 1), (4294967295.0, 2**32 - 1)],
    "Int64": [(-2**63, -2**63), (2**63 - 1, 2**63 - 1), ("-9223372036854775808", -2**63), (2**53 + 1, 2**53 + 1)],
    "UInt64": [(2**64 - 1, -1), ("18446744073709551615", -1), (2**63, -2**63), (-1, -1), (2**63 - 1, 2**63 - 1)],
    "Float": [(1.5, 1.5), (0.1, 0.10000000149011612), ("NaN", "NaN"), ("-Infinity", "-Infinity"), ("1e3", 1000.0), (7, 7.0)],
    "Double": [(0.1, 0.1), (1e308, 1e308), (5e-324, 5e-324), ("Infinity", "Infinity"), (2**53, 2.0**53), ("-1.5", -1.5)],
    "String": [("ä€😀\0\n", "ä€😀\0\n"), ("", ""), (None, None), ("5", "5"), ("x" * 60000, "x" * 60000)],
    "DateTime": [("2024-02-29T12:34:56.789+00:00", "2024-02-29T12:34:56.789000+00:00"), (None, None),
                 ("2024-02-29", "2024-02-29T00:00:00+00:00"), ("2024-01-02 03:04:05+02:00", "2024-01-02T01:04:05+00:00"),
                 ("@1.5", "1970-01-01T00:00:01.500000+00:00"),
                 ({"date": "2024-06-01 12:00:00.250000", **LAST_DAY}, "2024-06-01T12:00:00.250000+00:00"),
                 ({"date": "2024-06-01 12:00:00.000000", "timezone_type": 1, "timezone": "-03:30"},
                  "2024-06-01T15:30:00+00:00")],
    "Guid": [(GUID, GUID.lower()), ("00000000-0000-0000-0000-000000000000",) * 2],
    "ByteString": [("plain ä", "plain ä"), ("AAH/", "AAH/"), ({"base64": "YWI="}, "ab"), (None, None)],
    "XmlElement": [("<a>ä</a>", "<a>ä</a>"), ("", "")],
    "NodeId": [(S_ID, S_ID), ("ns=1;s=a/b", S_ID), ({"v": "ns=1;s=a/b"}, S_ID),
               ({"namespaceIndex": 1, "identifier": "a/b", "type": "string"}, S_ID), ("i=85", number_id(85)),
               ("ns=1;b=dead00", {"ns": 1, "id": "dead00", "type": "opaque"}),
               (f"g={GUID}", {"ns": 0, "id": GUID.lower(), "type": "guid"})],
    "ExpandedNodeId": [(S_ID, S_ID), ("ns=2;i=7", number_id(7, 2)), ({"v": "i=7"}, number_id(7))],
    "StatusCode": [(0x80340000, 0x80340000), (0, 0), ("2147483648", 2**31)],
    "QualifiedName": [({"ns": 2, "name": "a"}, {"ns": 2, "name": "a"}), ({"ns": 2, "n": "a"}, {"ns": 2, "name": "a"}),
                      ({"namespaceIndex": 2, "name": "a"}, {"ns": 2, "name": "a"}), ("2:a", {"ns": 2, "name": "a"}),
                      ("a", {"ns": 0, "name": "a"})],
    "LocalizedText": [({"locale": "de", "text": "ü"}, {"locale": "de", "text": "ü"}), ("ü", {"locale": None, "text": "ü"}),
                      ({"locale": None, "text": None}, {"locale": None, "text": None})],
    "ExtensionObject": [(extension(number_id(886), b"\0" * 16),) * 2,
                        ({"typeId": {"v": "i=886"}, "encoding": 1, "bodyB64": "A" * 20 + "AA==", "value": None},
                         extension(number_id(886), b"\0" * 16)),
                        (extension(number_id(999, 2), b"abc"),) * 2],
    "DataValue": [(data_value(11, 2.5, 0x40900000, "2024-01-01T00:00:00+00:00"),) * 2,
                  ({"variant": {"type": 6, "value": 5, "dims": None}, "status": 0, "sourceTs": None, "serverTs": None},
                   data_value(6, 5))],
}
CASES = [(name, given, back) for name, rows in ACCEPTED.items() for given, back in rows]


def written(client, session, target, given, type_id=None):
    assert ask(client, session, "write", target, given, type_id) == 0, (target, given)
    return read(client, session, target)


@pytest.mark.parametrize("name, given, back", CASES, ids=[f"{n}-{str(g)[:24]}" for n, g, _ in CASES])
def test_scalars(client, demo, name, given, back):
    target = node(f"Types/Writable/{name}")
    assert written(client, demo, target, given, TYPE[name]) == back
    assert written(client, demo, target, given) == back  # the type is found out


@pytest.mark.parametrize("name", ACCEPTED)
def test_arrays(client, demo, name):
    target = node(f"Types/WritableArray/{name}")
    given, back = zip(*[row for row in ACCEPTED[name] if row[0] is not None])
    assert written(client, demo, target, list(given), TYPE[name]) == list(back)
    assert written(client, demo, target, list(given)) == list(back)
    assert written(client, demo, target, [], TYPE[name]) == []
    numbered = {str(i): value for i, value in enumerate(given)}
    if TYPE[name] <= 12 or name in ("Guid", "XmlElement", "StatusCode"):
        assert written(client, demo, target, numbered, TYPE[name]) == list(back)
    else:  # an object is one value of this type, or nothing
        assert error(client.query(demo, "write", target, numbered, TYPE[name]))[0] == "EncodingException"


@pytest.mark.parametrize("name", [name for name in ACCEPTED if name not in ("ExtensionObject", "DataValue")])
def test_node_opcua(client, types, name):
    for given, back in ACCEPTED[name]:
        if given is None or given == "" and name == "XmlElement":
            continue  # node-opcua keeps no null and no empty XML
        assert written(client, types, f"ns=1;s=W_{name}", given, TYPE[name]) == back


def test_arrays_of_variants(client, demo):
    target = node("Types/WritableArray/Variant")
    values = [variant(6, 1), variant(12, "two"), variant(11, [3.0, 3.5]), variant(24, None)]
    assert written(client, demo, target, values[:3], 24) == values[:3]
    assert written(client, demo, target, [{"type": 15, "value": None, "dims": None, "bytesB64": "YWI="}], 24) == [
        variant(15, "ab")]


def test_matrices(client, demo):
    """A flat list has no dimensions when it is written; call names them, and hands them back."""
    target = node("Types/WritableMatrix/Int32")
    before = read(client, demo, target)
    assert ask(client, demo, "write", target, [1, 2, 3, 4], 6) != 0
    assert read(client, demo, target) == before
    matrix = {"type": 6, "value": [1, 2, 3, 4, 5, 6], "dimensions": [3, 2]}
    result = ask(client, demo, "call", node("Methods"), node("Methods/Echo"), [matrix])
    assert (result["statusCode"], result["outputArguments"]) == (0, [matrix])
    flat = {**matrix, "dimensions": [2, 2]}
    assert error(client.query(demo, "call", node("Methods"), node("Methods/Echo"), [flat]))[0] == "EncodingException"


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name not in ("DiagnosticInfo", "Variant")])
def test_rows_are_matrices(client, demo, name):
    """M30: lists of lists keep their dimensions, for every type; flat, they read back as before."""
    target = node(f"Types/WritableMatrix/{name}")
    given, back = next((given, back) for kind, given, back in CASES if kind == name and given is not None)
    rows = [[given] * 3, [given] * 3]
    for method, params in (("write", (target, rows, TYPE[name])),
                           ("writeMulti", ([{"nodeId": target, "value": rows, "type": TYPE[name]}],))):
        assert ask(client, demo, method, *params) in (0, [0])
        result = ask(client, demo, "read", target)
        assert (result["value"], result["dimensions"], result["type"]) == ([back] * 6, [2, 3], TYPE[name])


def test_rows_in_arguments(client, demo):
    for value, dimensions in (([[1, 2], [3, 4], [5, 6]], [3, 2]), ([[[1, 2]], [[3, 4]]], [2, 1, 2])):
        flat = [x for row in value for x in (row if isinstance(row[0], int) else row[0])]
        for given in (None, dimensions):
            argument = {"type": 6, "value": value, "dimensions": given}
            result = ask(client, demo, "call", node("Methods"), node("Methods/Echo"), [argument])
            assert (result["statusCode"], result["outputArguments"]) == (
                0, [{"type": 6, "value": flat, "dimensions": dimensions}])
    for empty in ([], [[]], [[], []]):  # dimensions are greater than zero: an empty array
        result = ask(client, demo, "call", node("Methods"), node("Methods/Echo"), [{"type": 6, "value": empty}])
        assert (result["statusCode"], result["outputArguments"]) == (0, [variant(6, [])])
    kind, message = error(client.query(demo, "call", node("Methods"), node("Methods/Echo"),
                                       [{"type": 6, "value": [[1, 2], [3, 4]], "dimensions": [4, 1]}]))
    assert kind == "EncodingException" and message.endswith("dimensions do not fit the rows of value")


def test_ragged_rows_are_refused(client, demo):
    target = node("Types/WritableMatrix/Int32")
    before = read(client, demo, target)
    for value, where in (([[1, 2, 3], [4, 5]], "[1]"), ([[1], 2], "[1]"), ([1, [2]], "[1]"), ([[], [1]], "[1]")):
        for method, params, place in (("write", (target, value, 6), "params[1]"),
                                      ("writeMulti", ([{"nodeId": target, "value": value, "type": 6}],),
                                       "params[0][0].value")):
            kind, message = error(client.query(demo, method, *params))
            assert kind == "TypeError" and message.startswith(f"{method}: {place}{where} must be "), message
    assert read(client, demo, target) == before


def test_maps_of_fields(client, general_server):
    """The fields of a structure the session knows need no typeId: the node's DataType says what they are."""
    point, points = "ns=1;i=1443", "ns=1;i=1444"
    session = client.open(general_server.url, {"forceNew": True})
    kind, message = error(client.query(session, "write", point, {"x": 1, "y": 2, "z": 3}, 22))
    assert kind == "EncodingException" and "discoverDataTypes" in message
    assert ask(client, session, "discoverDataTypes", None, False) > 0
    fields = read(client, session, point)["value"]
    wanted = {name: 10.0 + i for i, name in enumerate(fields)}
    for params in ((point, wanted, 22), (point, wanted)):
        assert ask(client, session, "write", *params) == 0
        assert read(client, session, point)["value"] == wanted
    items = [{"nodeId": points, "value": [wanted, fields], "type": 22}, {"nodeId": point, "value": fields}]
    assert ask(client, session, "writeMulti", items) == [0, 0]
    assert [value["value"] for value in read(client, session, points)] == [wanted, fields]
    assert read(client, session, point)["value"] == fields


ECHOED = [(name, given, back) for name, given, back in CASES if len(str(given)) < 1000]


@pytest.mark.parametrize("name, given, back", ECHOED, ids=[f"{n}-{str(g)[:24]}" for n, g, _ in ECHOED])
def test_call_arguments(client, demo, name, given, back):
    """The same forms as arguments, alone and in a list."""
    for value, expected in ((given, back), ([given, given], [back, back])):
        argument = {"type": TYPE[name], "value": value, "dimensions": None}
        result = ask(client, demo, "call", node("Methods"), node("Methods/Echo"), [argument])
        assert result["statusCode"] == 0, result
        (output,) = result["outputArguments"]
        assert (output["type"], output["value"]) == (TYPE[name], expected)


# --- what does not fit -------------------------------------------------------------------------

REFUSED = {
    "Boolean": ["yes", "TRUE", None, {"a": 1}],
    "SByte": [-129, 128, 1.5, "x", "5x", "", None, {"a": 1}, "1e2000", 2**300],
    "Byte": [-1, 256], "Int16": [32768, -32769], "UInt16": [-1, 65536], "Int32": [2**31, -2**31 - 1, "2147483648"],
    "UInt32": [2**32, -1], "Int64": [2**63, -2**63 - 1, 10**30], "UInt64": [2**64, -2**63 - 1, 1.5, "18446744073709551616"],
    "Float": [1e39, -1e39, "x", "", None, {"a": 1}, "1e39"], "Double": ["nan?", None, {"a": 1}, "1e400"],
    "DateTime": [{"date": "x", **LAST_DAY}, {"a": 1}],
    "Guid": ["", "x", "72962b91-fa75-4ae6-8d28", "7296zzzz-fa75-4ae6-8d28-b404dc7daf63", None],
    "NodeId": [None, "x=5;", {"a": 1, "b": 2}, 5], "ExpandedNodeId": [None, 5, True],
    "QualifiedName": [None, 5, {"a": 1}], "LocalizedText": [5, {"a": 1}],
    "StatusCode": [-1, 2**32, "Bad"],
    "ExtensionObject": [None, "x", 5, {"a": 1}, {"typeId": "i=886", "encoding": 1, "body": "%"}],
    "DataValue": [None, "x", 5, {"a": 1}], "Variant": [None, 5, "x", True],
    "DiagnosticInfo": [{"symbolicId": 1}, [[]], [{"symbolicId": 1}]],
}
ENCODING = {"EncodingException", "InvalidNodeIdException"}
REFUSALS = [(name, given) for name, rows in REFUSED.items() for given in rows]


@pytest.mark.parametrize("name, given", REFUSALS, ids=[f"{n}-{str(g)[:24]}" for n, g in REFUSALS])
def test_what_does_not_fit(client, demo, name, given):
    """EncodingException, and the node keeps what it had; as part of a list as well."""
    target = node(f"Types/Writable/{name}")
    before = read(client, demo, target)
    for value in (given, [given]):
        kind, message = error(client.query(demo, "write", target, value, TYPE[name]))
        assert kind in ENCODING, (value, message)
    assert read(client, demo, target) == before


@pytest.mark.parametrize("name, given, kind", [
    ("String", 5, "TypeError"), ("String", True, "TypeError"), ("XmlElement", 1.5, "TypeError"), ("ByteString", 5, "TypeError"),
    ("DateTime", 5, "TypeError"), ("DateTime", False, "TypeError"), ("DateTime", "not a time", "DateMalformedStringException"),
    ("Guid", "x", "EncodingException")])
def test_other_refusals(client, demo, name, given, kind):
    assert error(client.query(demo, "write", node(f"Types/Writable/{name}"), given, TYPE[name]))[0] == kind


def test_variants(client, demo):
    """Only as part of a list, and each with a type."""
    target = node("Types/WritableArray/Variant")
    assert error(client.query(demo, "write", target, variant(6, 1), 24))[0] == "EncodingException"
    assert error(client.query(demo, "write", target, [{"value": 1}], 24)) == (
        "ValueError", "0 is not a valid backing value for enum PhpOpcua\\Client\\Types\\BuiltinType")


@pytest.mark.parametrize("number", ["1e400", "-1e400", "1" + "0" * 400])
@pytest.mark.parametrize("name", ["Double", "Float", "Int64", "Byte"])
def test_numbers_beyond_everything(client, demo, name, number):
    """Valid JSON, but no number of any type."""
    request = json.dumps(query(demo, "write", node(f"Types/Writable/{name}"), "?", TYPE[name]))
    reply = parse(client.raw(request.replace('"?"', number).encode() + b"\n"))
    assert error(reply)[0] == "EncodingException"


def test_guid_text(client, demo):
    target = node("Types/Writable/Guid")
    for text in ("", "x", "1-2-3"):
        assert error(client.query(demo, "write", target, text, 14)) == ("EncodingException", f"Invalid GUID format: {text}")


def test_one_that_does_not_fit_stops_all(make_daemon, make_server):
    """writeMulti sends nothing if one item is wrong, not even the batches before it."""
    daemon = make_daemon()
    with Proxy(make_server(DemoServer)) as line:
        session = daemon.client.open(line.url, {"batchSize": 2})
        items = [{"nodeId": node(f"Many/{i:04}"), "value": 77, "type": 6} for i in range(9)]
        items[8]["value"] = "not a number"
        kind, message = error(daemon.client.query(session, "writeMulti", items))
        assert kind == "EncodingException" and "not a number" in message
        assert line.count(WRITE) == 0
        assert read(daemon.client, session, node("Many/0000")) != 77


# --- finding out the type ----------------------------------------------------------------------

def test_detection_without_value(client, demo):
    """M10: a node without value is written by its DataType; nothing to go by is an error."""
    assert ask(client, demo, "write", node("Quality/NoValue"), 1.5) == 0x803B0000
    kind, message = error(client.query(demo, "write", node("No/Such/Node"), 5))
    assert (kind, message) == ("WriteTypeDetectionException",
                               "Cannot auto-detect write type for node ns=2;s=No[path]: node has no value")


def test_detection_of_empty_variants(client, types):
    assert error(client.query(types, "write", "ns=1;s=Null", 5)) == (
        "WriteTypeDetectionException", "Cannot auto-detect write type for node ns=1;s=Null: node has no value")


def test_enumerations_are_int32(client, demo):
    assert written(client, demo, node("Types/Structure/Enumeration"), 3) == 3
    assert ask(client, demo, "write", node("Types/Structure/Enumeration"), 0, 6) == 0


def test_detection_off(make_daemon, make_server):
    daemon = make_daemon()
    with Proxy(make_server(DemoServer)) as line:
        session = daemon.client.open(line.url, {"autoDetectWriteType": False})
        reads = line.count(READ)
        assert error(daemon.client.query(session, "write", node("Many/0001"), 5)) == (
            "WriteTypeDetectionException", "Write type auto-detection is disabled and no explicit type was provided for "
            "node ns=2;s=Many/0001")
        assert ask(daemon.client, session, "write", node("Many/0001"), 5, 6) == 0
        assert (line.count(READ), line.count(WRITE)) == (reads, 1)


def test_an_explicit_type_is_taken_as_it_is(client, demo):
    assert ask(client, demo, "write", node("Many/0002"), 5, 11) == 0x80740000  # BadTypeMismatch is data
    assert ask(client, demo, "write", node("Access/ReadOnly"), 5, 6) == 0x803B0000
    assert ask(client, demo, "write", node("No"), 5, 6) == 0x80340000


@pytest.mark.parametrize("type_id", [0, 26, -1, 2**40])
def test_types_that_are_none(client, demo, type_id):
    assert error(client.query(demo, "write", node("Many/0002"), 5, type_id)) == (
        "ValueError", f"{type_id} is not a valid backing value for enum PhpOpcua\\Client\\Types\\BuiltinType")


def test_ranges_of_the_plant(client, demo):
    setpoint = node("Plant/Tank1/Setpoint")
    assert written(client, demo, setpoint, 50) == 50.0
    assert ask(client, demo, "write", setpoint, 1e6) == 0x803C0000
    assert read(client, demo, setpoint) == 50.0


def test_write_multi(client, demo):
    items = [{"nodeId": node(f"Types/Writable/{name}"), "value": ACCEPTED[name][0][0]} for name in ACCEPTED]
    items.append({"nodeId": node("Access/ReadOnly"), "value": 1})
    items.append({"nodeId": "i=2253", "attributeId": 4, "value": "a name"})
    statuses = ask(client, demo, "writeMulti", items)
    assert statuses[:-1] == [0] * len(ACCEPTED) + [0x803B0000] and statuses[-1] != 0
    for item, name in zip(items, ACCEPTED):
        assert read(client, demo, item["nodeId"]) == ACCEPTED[name][0][1]
