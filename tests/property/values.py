# SPDX-License-Identifier: MIT
"""Random values of every builtin type.

A value is (given, back, plain): what is sent, what must be read back, and the same for binary.py,
which is given where binary is exact; NOT_EXACT marks values whose bytes may differ.
"""
import base64
import datetime
import math
import struct
import uuid

NOT_EXACT = object()
TYPES = {name: number for number, name in enumerate(
    ("Boolean SByte Byte Int16 UInt16 Int32 UInt32 Int64 UInt64 Float Double String DateTime Guid ByteString XmlElement NodeId "
     "ExpandedNodeId StatusCode QualifiedName LocalizedText ExtensionObject DataValue Variant").split(), 1)}
RANGES = {2: (-128, 127), 3: (0, 255), 4: (-2**15, 2**15 - 1), 5: (0, 2**16 - 1), 6: (-2**31, 2**31 - 1), 7: (0, 2**32 - 1),
          8: (-2**63, 2**63 - 1), 9: (0, 2**64 - 1), 19: (0, 2**32 - 1)}
LETTERS = ["a", "Z", "/", "\\", '"', "\0", "\x1f", "\x7f", "\n", "ä", "€", "\u2028", "\ufeff", "\uffff", "😀", "\U0010ffff", "é"]
MIN_DATE = datetime.datetime(1601, 1, 1, 0, 0, 1, tzinfo=datetime.timezone.utc)
LAST = "9999-12-31T23:59:59+00:00"


def same(value):
    return value, value, value


def integer(rng, type_id):
    low, high = RANGES[type_id]
    value = rng.choice([low, high, 0, 1, low + 1, high - 1, rng.randint(low, high), 1 << rng.randrange(high.bit_length())])
    back = value - 2**64 if type_id == 9 and value >= 2**63 else value
    return rng.choice([value, value, str(value)]), back, back


def real(rng, form):
    size = struct.calcsize(form)
    special = [0.0, -0.0, 1.0, 5.0, 2.0**50, struct.unpack(form, b"\x01" + b"\0" * (size - 1))[0], math.inf, -math.inf, math.nan]
    value = rng.choice(special + [struct.unpack(form, rng.randbytes(size))[0]] * 8)
    if math.isnan(value):
        return "NaN", "NaN", NOT_EXACT
    if math.isinf(value):
        word = "Infinity" if value > 0 else "-Infinity"
        return word, word, value
    return same(value)


def words(rng):
    return "".join(rng.choice(LETTERS) for _ in range(rng.choice([0, 1, 2, 5, 40])))


def string(rng):
    return same(rng.choice([words(rng), words(rng), words(rng), None]))


def date_text(when):
    return when.isoformat(timespec="microseconds" if when.microsecond else "seconds")


def date(rng):
    kind = rng.randrange(8)
    if kind == 0:
        return rng.choice([None, "1600-12-31T23:59:59Z", "0001-01-01", "@-11644473601"]), None, None
    if kind == 1:
        return f"@{rng.randint(253402300800, 900000000000)}", LAST, NOT_EXACT
    seconds = rng.choice([rng.randint(0, 265046774397), 0, 11644473599, 265046774397])
    when = MIN_DATE + datetime.timedelta(seconds=seconds, microseconds=rng.choice([0, 1, 999999, rng.randrange(10**6)]))
    if kind == 2:
        php = {"date": when.strftime("%Y-%m-%d %H:%M:%S.%f"), "timezone_type": 3, "timezone": "UTC"}
        return php, date_text(when), date_text(when)
    if kind == 3 and MIN_DATE.year + 1 < when.year < 9999:
        zone = datetime.timezone(datetime.timedelta(minutes=rng.randint(-840, 840)))
        return when.astimezone(zone).isoformat(), date_text(when), date_text(when)
    return same(date_text(when))


def guid(rng):
    value = str(uuid.UUID(int=rng.choice([0, 2**128 - 1, rng.getrandbits(128)])))
    return rng.choice([value, value.upper()]), value, value


def octets(rng):
    """Bytes; the form in which they come back depends on their neighbours, see bytes_back."""
    data = rng.choice([None, b"", words(rng).encode(), rng.randbytes(rng.choice([1, 4, 60]))])
    return None if data is None else {"base64": base64.b64encode(data).decode()}, data, data


def bytes_back(data):
    """(value, marked) of a ByteString or a list of them (types.md §3.5)."""
    parts = data if isinstance(data, list) else [data]
    try:
        plain = [p if p is None else p.decode() for p in parts]
        marked = False
    except UnicodeDecodeError:
        plain = [p if p is None else base64.b64encode(p).decode() for p in parts]
        marked = True
    return (plain if isinstance(data, list) else plain[0]), marked


def node_id(rng):
    ns = rng.choice([0, 1, 2, 255, 256, 65535])
    kind = rng.choice(["numeric", "string", "guid", "opaque"])
    ident = {"numeric": rng.choice([0, 1, 255, 256, 65535, 65536, 2**32 - 1, rng.getrandbits(32)]), "string": words(rng),
             "guid": str(uuid.UUID(int=rng.getrandbits(128))), "opaque": rng.randbytes(rng.choice([1, 3, 16])).hex()}[kind]
    value = {"ns": ns, "id": ident, "type": kind}
    text = f"ns={ns};{kind[0] if kind[0] in 'sg' else {'n': 'i', 'o': 'b'}[kind[0]]}={ident}"
    return rng.choice([value, text]), value, value


def qualified_name(rng):
    ns, name = rng.choice([0, 1, 65535]), words(rng)
    value = {"ns": ns, "name": name}
    return rng.choice([value, {"ns": ns, "n": name}, {"namespaceIndex": ns, "name": name}]), value, value


def localized_text(rng):
    return same({"locale": rng.choice([None, "de", "en-GB"]), "text": rng.choice([None, "x", words(rng) + "x"])})


def extension_object(rng):
    encoding = rng.choice([1, 1, 1, 2])
    body = b"<a>\xc3\xa4</a>" if encoding == 2 else rng.randbytes(rng.choice([1, 7, 50]))
    type_id = {"ns": 2, "id": rng.randint(100000, 2**32 - 1), "type": "numeric"}
    return same({"typeId": type_id, "encoding": encoding, "body": base64.b64encode(body).decode(), "value": None})


def data_value(rng):
    inner, value, _ = integer(rng, 6)
    status = rng.choice([0, 0x40900000, 0x80340000])
    stamp = rng.choice([None, "2024-01-01T00:00:00+00:00", "2024-02-29T12:34:56.789000+00:00"])
    fields = {"type": 6, "dimensions": None, "statusCode": status, "sourceTimestamp": stamp, "serverTimestamp": None}
    return {"value": inner, **fields}, {"value": value, **fields}, NOT_EXACT


def one(rng, type_id):
    """A scalar."""
    if type_id in RANGES:
        return integer(rng, type_id)
    makers = {1: lambda r: same(r.random() < 0.5), 10: lambda r: real(r, "<f"), 11: lambda r: real(r, "<d"), 12: string, 13: date,
              14: guid, 15: octets, 16: string, 17: node_id, 18: node_id, 20: qualified_name, 21: localized_text,
              22: extension_object, 23: data_value}
    return makers[type_id](rng)


def several(rng, type_id, count):
    """A list, as one (given, back, plain)."""
    given, back, plain = [list(column) for column in zip(*(one(rng, type_id) for _ in range(count)))] or ([], [], [])
    return given, back, NOT_EXACT if any(p is NOT_EXACT for p in plain) else plain


def shaped(rng, type_id, least_dimensions=0, depth=0):
    """A Variant of any shape: (given, back)."""
    dims = [rng.randint(1, 3) for _ in range(rng.randint(least_dimensions, 4))]
    if type_id == 24:
        inner = [shaped(rng, rng.choice(list(range(1, 24)) + [24] * (depth < 2)), depth=depth + 1) for _ in range(math.prod(dims))]
        given, back = [list(column) for column in zip(*inner)]
    elif dims:
        given, back, _ = several(rng, type_id, math.prod(dims))
    else:
        given, back, _ = one(rng, type_id)
    result = {"type": type_id, "value": back, "dimensions": None}
    if type_id == 15:
        result["value"], marked = bytes_back(back)
        if marked:
            result["base64"] = True
    many = len(dims) > 1
    if type_id == 24 and not dims:
        given, result["value"] = [*given], [*back]
    result["dimensions"] = dims if many else None
    return {"type": type_id, "value": given, "dimensions": dims if many else None}, result
