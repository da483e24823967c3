# SPDX-License-Identifier: MIT
"""Reading every builtin type: what the daemon prints is what the server was given (types.md §3)."""
import pytest

from .asking import BAD_NODE_ID_UNKNOWN, BAD_NOT_READABLE, BAD_USER_ACCESS_DENIED, ask, node, read
from .examples import EXAMPLES, extension, number_id, shown

STAMP = "2024-02-29T12:34:56.789000+00:00"
GUID = "72962b91-fa75-4ae6-8d28-b404dc7daf63"


def expect(result, value, type_id, dimensions=None, marked=None):
    """The value part of a DataValue, with all keys it must have and no others."""
    assert set(result) == {"value", "type", "dimensions", "statusCode", "sourceTimestamp", "serverTimestamp"} | (
        {"base64"} if marked else set())
    assert (result["type"], result["dimensions"], result["statusCode"]) == (type_id, dimensions, 0)
    assert result.get("base64") == marked
    assert result["value"] == value and same_kinds(result["value"], value)


def same_kinds(a, b):
    """5 and 5.0 are equal to Python, and True is 1; callers tell them apart."""
    if isinstance(b, list):
        return all(map(same_kinds, a, b))
    if isinstance(b, dict):
        return all(same_kinds(a[key], b[key]) for key in b)
    return type(a) is type(b)


@pytest.mark.parametrize("name", EXAMPLES)
def test_scalars(client, demo, name):
    kind = "Int32" if name == "Variant" else name  # a Variant alone is what it holds
    (value,), type_id, marked = shown(kind, EXAMPLES[kind][1][:1])
    expect(ask(client, demo, "read", node(f"Types/Scalar/{name}")), value, type_id, marked=marked)


@pytest.mark.parametrize("folder, count, dimensions", [("Array", 3, None), ("EmptyArray", 0, None),
                                                       ("Matrix", 6, [2, 3])])
@pytest.mark.parametrize("name", EXAMPLES)
def test_arrays(client, demo, name, folder, count, dimensions):
    value, type_id, marked = shown(name, EXAMPLES[name][1][:count])
    expect(ask(client, demo, "read", node(f"Types/{folder}/{name}")), value, type_id, dimensions, marked)


@pytest.mark.parametrize("name, type_id, value", [
    ("NaN", 11, "NaN"), ("Infinity", 11, "Infinity"), ("MinusInfinity", 11, "-Infinity"), ("MinusZero", 11, -0.0),
    ("NotExact", 11, 0.30000000000000004), ("FloatTenth", 10, 0.10000000149011612), ("FloatNaN", 10, "NaN"),
    ("Int64Min", 8, -2**63), ("BeyondDouble", 8, 2**53 + 1), ("UInt64Max", 9, -1), ("DateTimeNull", 13, None),
    ("DateTimeMax", 13, "9999-12-31T23:59:59+00:00"), ("StringNull", 12, None), ("StringEmpty", 12, ""),
    ("StringBadUtf8", 12, "caf\ufffd"), ("StringWithNul", 12, "a\0b"), ("ByteStringNull", 15, None),
    ("NodeIdNull", 17, number_id(0))])
def test_edges(client, demo, name, type_id, value):
    expect(ask(client, demo, "read", node(f"Edge/{name}")), value, type_id)


def test_minus_zero_keeps_its_sign(client, demo):
    assert str(read(client, demo, node("Edge/MinusZero"))) == "-0.0"


def test_large_values(client, demo):
    text, numbers = (read(client, demo, node(f"Edge/{name}")) for name in ("LargeString", "LargeArray"))
    assert len(text) == 1_000_000 and text == "".join(chr(97 + i % 26) for i in range(26)) * 38461 + text[-14:]
    assert numbers == [i / 2 for i in range(100_000)]


@pytest.mark.parametrize("name, type_id, value", [
    ("Boolean_true", 1, True), ("SByte_min", 2, -128), ("Byte_max", 3, 255), ("Int16_min", 4, -32768),
    ("UInt16_max", 5, 65535), ("Int32_zero", 6, 0), ("UInt32_max", 7, 2**32 - 1), ("Int64_2p53plus1", 8, 2**53 + 1),
    ("UInt64_2p63", 9, -2**63), ("Float_denorm", 10, 1.401298464324817e-45), ("Float_one", 10, 1.0),
    ("Double_1e21", 11, 1e21), ("Double_denorm", 11, 5e-324), ("Double_nan", 11, "NaN"),
    ("String_escapes", 12, 'a"b\\c/d\n\t\r\b\f\u0001\u001f\u007f\u2028\u2029'), ("String_null", 12, None),
    ("DateTime_ms", 13, STAMP), ("DateTime_min", 13, None), ("DateTime_1950", 13, "1950-06-01T01:02:03.004000+00:00"),
    ("Guid_upper", 14, GUID), ("XmlElement", 16, '<test a="1"><value>42</value></test>'),
    ("NodeId_s", 17, {"ns": 1, "id": 'Demo/äö"x', "type": "string"}),
    ("NodeId_b", 17, {"ns": 1, "id": "dead00ff", "type": "opaque"}),
    ("NodeId_g", 17, {"ns": 1, "id": GUID, "type": "guid"}), ("ExpandedNodeId_uri", 18, number_id(1234)),
    ("StatusCode_bad", 19, BAD_NODE_ID_UNKNOWN), ("QualifiedName_null", 20, {"ns": 0, "name": ""}),
    ("LocalizedText_locale", 21, {"locale": "en", "text": None}), ("Null", None, None),
    ("Array_ByteString", 15, ["First", "", None]), ("Array_String", 12, ["", None, "x", "ä€"]),
    ("Array_Float_nan", 10, [1.0, "NaN", "Infinity"]), ("Array_DateTime", 13, [STAMP, "1970-01-01T00:00:00+00:00"]),
    ("Array_Int32_empty", 6, []), ("Big_Int32_20000", 6, list(range(20000)))])
def test_node_opcua(client, types, name, type_id, value):
    result = ask(client, types, "read", f"ns=1;s={name}")
    expect(result, value, type_id)
    assert result["sourceTimestamp"] == STAMP


@pytest.mark.parametrize("name, value", [
    ("ByteString_nonutf8", "//4AgMMo"), ("Array_ByteString_nonutf8", ["b2s=", "//4="])])
def test_bytes_that_are_no_text(client, types, name, value):
    expect(ask(client, types, "read", f"ns=1;s={name}"), value, 15, marked=True)


@pytest.mark.parametrize("name, count, dimensions", [
    ("Matrix_Int32_2x3", 6, [2, 3]), ("Matrix_Byte_2x2x2", 8, [2, 2, 2]), ("Matrix_String_1x2", 2, [1, 2])])
def test_node_opcua_matrices(client, types, name, count, dimensions):
    result = ask(client, types, "read", f"ns=1;s={name}")
    assert result["dimensions"] == dimensions and len(result["value"]) == count


@pytest.mark.parametrize("name, status, value", [
    ("Quality/Bad", 0x808C0000, None), ("Quality/BadWithValue", 0x808D0000, 21.5), ("Quality/Uncertain", 0x40900000, 21.5),
    ("Quality/GoodOverride", 0x00960000, 21.5), ("Quality/NoValue", 0, None), ("Access/WriteOnly", BAD_NOT_READABLE, None),
    ("Access/OperatorOnly", BAD_USER_ACCESS_DENIED, None), ("No/Such/Node", BAD_NODE_ID_UNKNOWN, None)])
def test_status_is_data(client, demo, name, status, value):
    """A Bad status is no error: a value that came with it is there still."""
    result = ask(client, demo, "read", node(name))
    assert (result["statusCode"], result["value"]) == (status, value)
    assert result["type"] == (None if value is None else 11)


@pytest.mark.parametrize("attribute, type_id, value", [
    (1, 17, {"ns": 2, "id": "Plant/Tank1/Level", "type": "string"}), (2, 6, 2), (3, 20, {"ns": 2, "name": "Level"}),
    (14, 17, number_id(11)), (15, 6, -1), (17, 3, 1), (18, 3, 1), (20, 1, False)])
def test_attributes(client, demo, attribute, type_id, value):
    result = ask(client, demo, "read", node("Plant/Tank1/Level"), attribute)
    assert (result["type"], result["value"]) == (type_id, value)


def test_attributes_that_are_not_there(client, demo):
    for attribute in (21, 0, 99, 2**31):
        assert ask(client, demo, "read", node("Plant/Tank1/Level"), attribute)["statusCode"] == 0x80350000


def test_structures_stay_as_they_are(client, demo):
    body = bytes.fromhex("00000000000025c0 0000000000805b40")
    assert read(client, demo, node("Types/Structure/Range")) == extension(number_id(886), body)


@pytest.mark.parametrize("form", ["i=2258", {"id": 2258}, {"ns": 0, "id": "2258", "type": "numeric"}, {"ns": "0", "id": 2258.0},
                                  {"ns": None, "id": 2258, "type": None}])
def test_forms_of_node_ids(client, demo, form):
    assert ask(client, demo, "read", form)["type"] == 13


def test_read_multi_is_read_many_times(client, demo):
    nodes = [node(f"Types/{folder}/{name}") for folder in ("Scalar", "Array", "Matrix") for name in EXAMPLES]
    nodes.append(node("No/Such/Node"))
    many = ask(client, demo, "readMulti", [{"nodeId": one} for one in nodes])
    for one, result in zip(nodes, many, strict=True):
        single = ask(client, demo, "read", one)
        assert {**result, "serverTimestamp": 0} == {**single, "serverTimestamp": 0}
