# SPDX-License-Identifier: MIT
"""OPC UA binary of values in the JSON of query: written from the specification, not from the daemon."""
import base64
import datetime
import struct
import uuid

NUMBERS = {2: "<b", 3: "<B", 4: "<h", 5: "<H", 6: "<i", 7: "<I", 8: "<q", 9: "<q", 10: "<f", 11: "<d", 19: "<I"}
TICKS_1970 = 116444736000000000
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def text(value):
    data = value.encode() if isinstance(value, str) else value
    return struct.pack("<i", -1) if data is None else struct.pack("<i", len(data)) + data


def ticks(value):
    if value is None:
        return 0
    return (datetime.datetime.fromisoformat(value) - EPOCH) // datetime.timedelta(microseconds=1) * 10 + TICKS_1970


def node_id(value):
    ns, ident, kind = value["ns"], value["id"], value["type"]
    if kind == "string":
        return struct.pack("<BH", 3, ns) + text(ident)
    if kind == "guid":
        return struct.pack("<BH", 4, ns) + uuid.UUID(ident).bytes_le
    if kind == "opaque":
        return struct.pack("<BH", 5, ns) + text(bytes.fromhex(ident))
    if ns == 0 and ident < 256:
        return struct.pack("<BB", 0, ident)
    if ns < 256 and ident < 65536:
        return struct.pack("<BBH", 1, ns, ident)
    return struct.pack("<BHI", 2, ns, ident)


def localized_text(value):
    locale, words = value["locale"], value["text"]
    mask = (locale is not None) | (words is not None) << 1
    return bytes([mask]) + b"".join(text(part) for part in (locale, words) if part is not None)


def extension_object(value):
    body = value["body"]
    head = node_id(value["typeId"]) + bytes([value["encoding"]])
    return head if value["encoding"] == 0 else head + text(base64.b64decode(body))


def scalar(type_id, value):
    if type_id in NUMBERS:
        return struct.pack(NUMBERS[type_id], float(value) if type_id in (10, 11) else value)
    return {
        1: lambda v: bytes([v]), 12: text, 13: lambda v: struct.pack("<q", ticks(v)), 14: lambda v: uuid.UUID(v).bytes_le,
        15: text, 16: text, 17: node_id, 18: node_id,
        20: lambda v: struct.pack("<H", v["ns"]) + text(v["name"]), 21: localized_text, 22: extension_object,
    }[type_id](value)


def variant(type_id, value):
    """A scalar, or a list as array without dimensions."""
    if isinstance(value, list):
        return struct.pack("<Bi", type_id | 0x80, len(value)) + b"".join(scalar(type_id, v) for v in value)
    return bytes([type_id]) + scalar(type_id, value)
