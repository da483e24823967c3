# SPDX-License-Identifier: MIT
"""What a write does with a JSON value: the contract's table of input values, as an oracle.

`settle(builtin, value)` says whether a value is accepted for a builtin type and how the node's
value is shown afterwards in a query reply, or which error type refuses it. It is written from the
contract (types, input values), not from the daemon, and checked against the recordings wherever
these show no deliberate difference (test_values.py).
"""
import base64
import binascii
import datetime
import re
import struct
from dataclasses import dataclass

from .compare import Anything, Time

BUILTIN = {name: number for number, name in enumerate(
    ("Boolean SByte Byte Int16 UInt16 Int32 UInt32 Int64 UInt64 Float Double String DateTime Guid ByteString XmlElement "
     "NodeId ExpandedNodeId StatusCode QualifiedName LocalizedText ExtensionObject DataValue Variant DiagnosticInfo"
     ).split(), 1)}

ENCODING = "EncodingException"
TYPE = "TypeError"
TIME = "DateMalformedStringException"
NODE_ID = "InvalidNodeIdException"


@dataclass(frozen=True)
class Accepted:
    shown: object


class Refused(Exception):
    """Raised inside, returned by settle; args[0] is the error type a caller sees."""

    @property
    def type(self):
        return self.args[0]

    def __eq__(self, other):
        return isinstance(other, Refused) and self.args == other.args

    __hash__ = Exception.__hash__


_RANGES = {2: (-128, 127), 3: (0, 255), 4: (-2**15, 2**15 - 1), 5: (0, 2**16 - 1), 6: (-2**31, 2**31 - 1),
           7: (0, 2**32 - 1), 8: (-2**63, 2**63 - 1), 9: (-2**63, 2**64 - 1), 19: (0, 2**32 - 1)}
_FLOAT_TEXT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_SPECIAL = ("NaN", "Infinity", "-Infinity")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d+))?)?(Z|[+-]\d\d:?\d\d|[+-]\d\d)?")
_RELATIVE = re.compile(r"now|@\d+(\.\d+)?|[+-]?\d+ (sec|second|min|minute|hour|day|week)s?")
_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.I)


def _boolean(value):
    if isinstance(value, (bool, int, float)):
        return bool(value)
    if isinstance(value, str) and value in ("true", "1", "false", "0", ""):
        return value in ("true", "1")
    raise Refused(ENCODING)


def _integer(value, builtin):
    if isinstance(value, str) and re.fullmatch(r"-?\d+", value):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    low, high = _RANGES[builtin]
    if not isinstance(value, int) or not low <= value <= high:
        raise Refused(ENCODING)
    value = int(value)
    return value - 2**64 if builtin == 9 and value >= 2**63 else value


def _real(value, builtin):
    if isinstance(value, str) and value in _SPECIAL:
        return value
    if isinstance(value, str) and _FLOAT_TEXT.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Refused(ENCODING)
    if builtin == 11:
        return float(value)
    try:
        return struct.unpack("<f", struct.pack("<f", value))[0]
    except OverflowError:
        raise Refused(ENCODING) from None


def _text(value):
    if value is None or isinstance(value, str):
        return value
    raise Refused(TYPE)


def time_text(text):
    """A time text as it is shown; relative forms are any time."""
    if _RELATIVE.fullmatch(text):
        return Time()
    match = _TIME.fullmatch(text)
    if not match:
        raise Refused(TIME)
    day, clock, fraction, zone = match.groups()
    zone = {None: "+00:00", "Z": "+00:00"}.get(zone, zone)
    micro = (fraction or "0")[:6].ljust(6, "0")
    moment = datetime.datetime.fromisoformat(f"{day}T{clock or '00:00'}{zone}").astimezone(datetime.timezone.utc)
    moment = moment.replace(microsecond=int(micro))
    return moment.isoformat()


def _date_time(value):
    if value is None:
        return None
    if isinstance(value, dict) and "date" in value:
        return time_text(value["date"].replace(" ", "T") + (value.get("timezone", "Z") if value.get("timezone_type") == 1 else "Z"))
    if not isinstance(value, str):
        raise Refused(TYPE)
    return time_text(value)


def _guid(value):
    if not isinstance(value, str) or not _GUID.fullmatch(value):
        raise Refused(ENCODING)
    return value.lower()


def _byte_string(value):
    if isinstance(value, dict) and set(value) == {"base64"}:
        return base64.b64decode(value["base64"]).decode("utf-8", "replace")
    return _text(value)


_ID_TYPES = {"i": "numeric", "s": "string", "g": "guid", "b": "opaque"}


def parse_node_id(text):
    """The NodeId object for a NodeId text; Refused for what is none (T19)."""
    match = re.fullmatch(r"(?:ns=([^;]*);)?([^=]*)=(.*)", text, re.S)
    if not match or match[2] == "ns":
        raise Refused(NODE_ID, f"Invalid NodeId format: {text}")
    ns, letter, ident = match.groups()
    if letter not in _ID_TYPES:
        raise Refused(NODE_ID, f"Unknown NodeId type identifier: {letter}")
    good_ns = ns is None or (ns.isdigit() and int(ns) <= 65535)
    if not good_ns or (letter == "i" and not (ident.isdigit() and int(ident) <= 4294967295)):
        raise Refused(NODE_ID, f"Invalid NodeId format: {text}")
    if letter == "g" and not _GUID.fullmatch(ident):
        raise Refused(ENCODING, f"Invalid GUID format: {ident}")
    if letter == "b":
        ident = opaque(ident)
    if letter == "g":
        ident = ident.lower()
    return {"ns": int(ns or 0), "id": int(ident) if letter == "i" else ident, "type": _ID_TYPES[letter]}


def opaque(text):
    """Opaque text, hex or padded base64, as lower-case hex."""
    try:
        return bytes.fromhex(text).hex()
    except ValueError:
        pass
    try:
        return base64.b64decode(text, validate=True).hex()
    except (binascii.Error, ValueError):
        raise Refused(ENCODING) from None


def node_id(value):
    """A NodeId parameter of a query as it is shown; Refused as the contract says."""
    if isinstance(value, str):
        return parse_node_id(value)
    if isinstance(value, list):
        value = {}
    if not isinstance(value, dict):
        raise Refused(TYPE)
    ns, ident, kind = value.get("ns") or 0, value.get("id"), value.get("type") or "numeric"
    if kind not in _ID_TYPES.values() or isinstance(ident, (float, list, dict, bool)):
        raise Refused(TYPE)
    letter = next(k for k, v in _ID_TYPES.items() if v == kind)
    ident = 0 if ident is None else ident
    return parse_node_id(f"ns={ns};{letter}={ident}" if ns else f"{letter}={ident}")


def _any_node_id(value):
    if isinstance(value, dict) and isinstance(value.get("v"), str):
        return parse_node_id(value["v"])
    if isinstance(value, dict) and "identifier" in value:
        value = {"ns": value.get("namespaceIndex"), "id": value["identifier"], "type": value.get("type")}
    if value is None or isinstance(value, (int, float, list)):
        raise Refused(ENCODING)
    return node_id(value)


def _qualified_name(value):
    if isinstance(value, str):
        ns, colon, name = value.partition(":")
        return {"ns": int(ns), "name": name} if colon and ns.isdigit() else {"ns": 0, "name": value}
    if isinstance(value, dict) and ("name" in value or "n" in value):
        return {"ns": value.get("ns", value.get("namespaceIndex", 0)), "name": value.get("name", value.get("n"))}
    raise Refused(ENCODING)


def _localized_text(value):
    if isinstance(value, str):
        return {"locale": None, "text": value}
    if isinstance(value, dict) and ("text" in value or "locale" in value):
        return {"locale": value.get("locale"), "text": value.get("text")}
    raise Refused(ENCODING)


def _structured(value):
    """ExtensionObject, DataValue: an object; how it is shown is not predicted."""
    if not isinstance(value, dict) or not value:
        raise Refused(ENCODING)
    return Anything()


def _refuse(_value):
    raise Refused(ENCODING)


_SCALARS = {1: _boolean, 10: lambda v: _real(v, 10), 11: lambda v: _real(v, 11), 12: _text, 13: _date_time, 14: _guid,
            15: _byte_string, 16: _text, 17: _any_node_id, 18: _any_node_id, 20: _qualified_name, 21: _localized_text,
            22: _structured, 23: _structured, 24: _structured, 25: _refuse}
_OBJECT_FORMS = (13, 15, 17, 18, 20, 21, 22, 23, 24)


def _scalar(builtin, value):
    if builtin in _RANGES:
        return _integer(value, builtin)
    return _SCALARS[builtin](value)


def _shown(builtin, value):
    is_object = isinstance(value, dict)
    if is_object and builtin not in _OBJECT_FORMS or value == {}:
        if not all(key.isdigit() for key in value):
            raise Refused(ENCODING)
        value = list(value.values())
    if isinstance(value, list):
        return [_scalar(builtin, v) for v in value]
    if builtin == BUILTIN["Variant"]:
        raise Refused(ENCODING)  # a Variant in a Variant is possible only in an array
    return _scalar(builtin, value)


def settle(builtin, value):
    """Accepted(how it is shown) or Refused(error type)."""
    try:
        return Accepted(_shown(builtin, value))
    except Refused as refused:
        return refused
