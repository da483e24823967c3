# SPDX-License-Identifier: MIT
"""The demo server's example values (server/type_examples.c) as the JSON of query (types.md §2, §3).

Six of each builtin type; Scalar holds the first, Array the first three, Matrix all as 2 x 3.
"""
import base64
import struct


def number_id(number, ns=0):
    return {"ns": ns, "id": number, "type": "numeric"}


def variant(type_id, value, **more):
    return {"type": type_id, "value": value, "dimensions": None, **more}


def data_value(type_id, value, status=0, source=None):
    return {"value": value, "type": type_id, "dimensions": None, "statusCode": status, "sourceTimestamp": source,
            "serverTimestamp": None}


def extension(type_id, body, encoding=1):
    text = None if body is None else base64.b64encode(body).decode()
    return {"typeId": type_id, "encoding": encoding, "body": text, "value": None}


def _text(text):
    data = text.encode()
    return struct.pack("<i", len(data)) + data


def _localized(locale, text):
    return b"\x03" + _text(locale) + _text(text)


RANGE, WIDE_RANGE = struct.pack("<dd", 0, 100), struct.pack("<dd", -40, 85.5)
UNIT = (_text("http://www.opcfoundation.org/UA/units/un/cefact") + struct.pack("<i", 4408652) + _localized("en", "°C")
        + _localized("en", "degree Celsius"))
ARGUMENT = (_text("amount") + b"\x00\x0b" + struct.pack("<iiI", 1, 1, 3) + _localized("en", "how much"))
TICK_1900 = "1601-01-01T00:00:01+00:00"


def _float(number):
    """What a Float becomes when it is widened to a double."""
    return struct.unpack("<f", struct.pack("<f", number))[0]


# name: (builtin type id, six values)
EXAMPLES = {
    "Boolean": (1, [True, False, True, False, False, True]),
    "SByte": (2, [-12, -128, 127, 0, 1, -1]),
    "Byte": (3, [12, 0, 255, 1, 127, 128]),
    "Int16": (4, [-1234, -32768, 32767, 0, 1, -1]),
    "UInt16": (5, [1234, 0, 65535, 1, 256, 32768]),
    "Int32": (6, [-123456, -2**31, 2**31 - 1, 0, 1, -1]),
    "UInt32": (7, [123456, 0, 2**32 - 1, 1, 65536, 2**31]),
    "Int64": (8, [-1234567890123, -2**63, 2**63 - 1, 0, 1, -1]),
    "UInt64": (9, [1234567890123, 0, -1, 1, 2**32, 2]),
    "Float": (10, [_float(n) for n in (1.5, 0.1, -273.15, 0.0, 3.4e38, 1e-38)]),
    "Double": (11, [3.141592653589793, 0.1, -273.15, 0.0, 1.7e308, 5e-324]),
    "String": (12, ["Hello, plant", "Grüße", "日本語 😀", "", "tab\tline\nend", '"quoted" \\ back']),
    "DateTime": (13, ["2024-01-01T00:00:00+00:00", "1970-01-01T00:00:00+00:00", "2024-02-29T12:34:56.123000+00:00",
                      "9999-12-31T23:59:59+00:00", TICK_1900, "2000-02-29T00:00:00+00:00"]),
    "Guid": (14, ["72962b91-fa75-4ae6-8d28-b404dc7daf63", "00000000-0000-0000-0000-000000000000",
                  "ffffffff-ffff-ffff-ffff-ffffffffffff", "00000001-0002-0003-0405-060708090a0b",
                  "00000000-0000-0001-0000-000000000000", "00000000-0000-0000-0000-000000000001"]),
    "ByteString": (15, [b"\x00\x01\x02\xfe\xff", b"plain", b"", b"\x80", b"\x00", b"ab"]),
    "XmlElement": (16, ['<tank level="42"/>', "<a/>", "<b>text</b>", "<c>&amp;</c>", "<d/>", "<e><f/></e>"]),
    "NodeId": (17, [{"ns": 2, "id": "Plant", "type": "string"}, number_id(85),
                    {"ns": 1, "id": "00000001-0002-0003-0405-060708090a0b", "type": "guid"},
                    {"ns": 1, "id": "010203", "type": "opaque"}, number_id(0), number_id(2**32 - 1, 65535)]),
    "ExpandedNodeId": (18, [number_id(2253), number_id(1, 2), number_id(85), number_id(0),
                            {"ns": 0, "id": "x", "type": "string"}, number_id(3)]),
    "StatusCode": (19, [0x80340000, 0, 0x40000000, 0x002E0000, 0x80000000, 0x800A0000]),
    "QualifiedName": (20, [{"ns": ns, "name": name} for ns, name in (
        (2, "Level"), (0, "Server"), (1, ""), (0, "ä"), (2, "a:b"), (0, ""))]),
    "LocalizedText": (21, [{"locale": locale, "text": text} for locale, text in (
        ("en", "Tank"), ("de", "Behälter"), ("ja", "タンク"), (None, "no locale"), ("en-GB", None), (None, None))]),
    "ExtensionObject": (22, [extension(number_id(886), RANGE), extension(number_id(889), UNIT),
                             extension(number_id(298), ARGUMENT), extension(number_id(886), WIDE_RANGE),
                             extension(number_id(999, 2), b"\x2a\0\0\0"), extension(number_id(0), None, 0)]),
    "DataValue": (23, [data_value(11, 3.141592653589793, source="2024-01-01T00:00:00+00:00"),
                       data_value(None, None, 0x808C0000), data_value(12, "Grüße", 0x40900000),
                       data_value(6, [-123456, -2**31, 2**31 - 1]), data_value(None, None), data_value(1, True)]),
    "Variant": (24, [variant(6, -123456), variant(12, "Grüße"), variant(11, [3.141592653589793, 0.1, -273.15]),
                     variant(1, True), variant(14, "72962b91-fa75-4ae6-8d28-b404dc7daf63"), variant(24, None)]),
    "DiagnosticInfo": (25, [{"symbolicId": 1, "additionalInfo": "valve stuck", "innerStatusCode": 0x808B0000}, [],
                            {"innerDiagnosticInfo": {"symbolicId": 2}}, {"namespaceUri": 3}, {"localizedText": 4},
                            {"locale": 5}]),
}


def _is_utf8(data):
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def shown(name, values):
    """(value, type, base64 marker) of a list of values; a single value is shown[0] of its list."""
    type_id = EXAMPLES[name][0]
    if name != "ByteString" or all(map(_is_utf8, values)):
        return [v.decode() if isinstance(v, bytes) else v for v in values], type_id, None
    return [base64.b64encode(v).decode() for v in values], type_id, True
