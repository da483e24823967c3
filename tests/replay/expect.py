# SPDX-License-Identifier: MIT
"""From a recorded reply to what must come: the comparison rules of the transcripts.

Ids, times, counters, server-assigned numbers and moving values are compared by kind; the float
form is due where T8 asks for it; times may have the fraction that was cut off when the recording
was made (T5). Everything else stays as it was recorded. Deliberate differences are not made here
but in corrections.py.
"""
import re

from .compare import (
    Anything, Base64, Containing, Each, Float, Kind, Matcher, Number, TaggedTime, Text, Time, certificate, differences)
from .mapping import is_recorded_now

# Source time of the fixed values of the types server, and its digits that the PHP daemon cut.
STAMP = "2024-02-29T12:34:56"
STAMP_FRACTION = "789000"

FLOAT_KEYS = ("revisedPublishingInterval", "revisedSamplingInterval", "opcuaTimeout")
TAGGED_FLOAT_KEYS = ("interval",)
TIME_KEYS = ("sourceTimestamp", "serverTimestamp", "publishTime")
CERTIFICATE_KEYS = ("cert", "serverCertificate")
VARIANT_KEYS = {"type", "value", "dimensions"}
DATA_VALUE_KEYS = VARIANT_KEYS | {"statusCode", "sourceTimestamp", "serverTimestamp"}
FLOAT_TYPES = (10, 11)
DATE_TIME = 13

# Nodes whose value is another one each time it is read, by (namespace, id).
MOVING = {(1, "Counter"), (0, 2258), (1, 1318)}
MOVING_TEXT = {"ns=1;s=Counter", "i=2258", "ns=1;i=1318"}


def plain_time(recorded, key=None):
    """What must come for a recorded time of the plain form."""
    if recorded is None:
        return None
    if is_recorded_now(recorded):
        return Time()
    if key == "sourceTimestamp" and recorded.startswith(STAMP):
        return Time(recorded, STAMP_FRACTION)
    return Time(recorded)


def _by_type(value, builtin):
    """The value of a Variant of this builtin type."""
    if isinstance(value, list):
        return [_by_type(v, builtin) for v in value]
    if builtin in FLOAT_TYPES and type(value) in (int, float):
        return Float(value)
    if builtin == DATE_TIME and isinstance(value, str):
        return plain_time(value)
    return kinds(value)


def _kind_of(value):
    if isinstance(value, bool):
        return Kind(bool)
    if isinstance(value, (int, float)):
        return Kind(int, float, what="number")
    if isinstance(value, str):
        return Kind(str)
    return Anything()


def _variant(value, moving):
    builtin = value["type"]
    expected = {k: kinds(v) for k, v in value.items()}
    expected["value"] = _by_type(value["value"], builtin)
    if moving and isinstance(value["value"], (int, float)) and not isinstance(value["value"], bool):
        expected["value"] = Kind(float) if builtin in FLOAT_TYPES else Kind(int)
    return expected


def _tagged(value, moving):
    tag = value["__t"]
    if tag == "DateTime":
        return {"__t": tag, "v": TaggedTime() if is_recorded_now(value["v"]) else value["v"]}
    expected = {k: kinds(v, moving, k) for k, v in value.items()}
    if tag == "Variant":
        builtin = value["type"]["v"]
        if builtin in FLOAT_TYPES:
            expected["value"] = _loose_numbers(value["value"])
        if moving and type(value["value"]) in (int, float):
            expected["value"] = _kind_of(value["value"])
    for key in TAGGED_FLOAT_KEYS:
        if key in value:
            expected[key] = Number(value[key])
    return expected


def _loose_numbers(value):
    """invoke: numbers of Float and Double in either form."""
    if isinstance(value, list):
        return [_loose_numbers(v) for v in value]
    return Number(value) if type(value) in (int, float) else kinds(value)


def kinds(value, moving=False, key=None):
    """The expectation for one recorded value, wherever it stands in a reply."""
    if isinstance(value, Matcher):
        return value
    if isinstance(value, list):
        return [kinds(v, moving, key) for v in value]
    if isinstance(value, dict):
        if "__t" in value:
            return _tagged(value, moving)
        if VARIANT_KEYS <= set(value) <= DATA_VALUE_KEYS:
            expected = _variant(value, moving)
            for time_key in TIME_KEYS:
                if time_key in value:
                    expected[time_key] = plain_time(value[time_key], time_key)
            return expected
        return {k: kinds(v, moving, k) for k, v in value.items()}
    if key in FLOAT_KEYS and type(value) in (int, float):
        return Float(value)
    if key in TIME_KEYS:
        return plain_time(value, key)
    if key in CERTIFICATE_KEYS and value is not None:
        return certificate()
    return value


def _reads_moving_node(exchange):
    arguments = exchange.arguments
    if not arguments:
        return False
    first = arguments[0]
    if exchange.method == "read" and len(arguments) > 1 and arguments[1] != 13:
        return False
    if isinstance(first, dict) and "__t" in first:
        return first.get("v") in MOVING_TEXT
    if isinstance(first, dict):
        return any((first.get("ns"), first.get("id")) == node for node in MOVING)
    return isinstance(first, str) and first in MOVING_TEXT


def _session_entry(entry):
    return {**kinds(entry), "id": Kind(str), "lastUsed": Kind(float)}


PLAIN_DATA_CHANGE = {"type": "DataChange", "clientHandle": Kind(int), "dataValue": Kind(dict)}
PLAIN_EVENT = {"type": "Event", "clientHandle": Kind(int), "eventFields": Kind(list)}


def _publish(data):
    """A publish result by shape: which message comes first is the server's affair."""
    tagged = "__t" in data
    expected = dict(data)
    numbers = ("subId", "seq") if tagged else ("subscriptionId", "sequenceNumber")
    expected.update({key: Kind(int) for key in numbers})
    expected["more" if tagged else "moreNotifications"] = Kind(bool)
    expected["avail" if tagged else "availableSequenceNumbers"] = Each(Kind(int))
    notifications = "notif" if tagged else "notifications"
    changes = [n for n in data[notifications] if n["type"] == "DataChange"]
    if changes or not data[notifications]:
        expected[notifications] = Each(PLAIN_DATA_CHANGE)
    else:
        # A value that moves by itself may have moved meanwhile.
        expected[notifications] = Containing([_event(n) for n in data[notifications]],
                                             lambda n: not differences(PLAIN_DATA_CHANGE, n))
    return expected


def _event(notification):
    fields = []
    for field in notification["eventFields"]:
        expected = kinds(field)
        if isinstance(field.get("bytesB64"), str):
            expected["bytesB64"] = Base64()
        fields.append(expected)
    return {**notification, "eventFields": fields}


def expected_reply(exchange):
    """The expectation for the recorded reply of an exchange (which must have been JSON)."""
    reply = exchange.response
    if reply.get("success") is not True:
        return error(reply)
    data = reply["data"]
    if exchange.command == "ping" or (exchange.command is None and isinstance(data, dict) and "status" in data):
        return {"success": True, "data": {**data, "sessions": Kind(int), "time": Kind(float)}}
    if exchange.command == "list":
        return {"success": True, "data": {**data, "sessions": [_session_entry(s) for s in data["sessions"]]}}
    if exchange.method == "getTimeout" and exchange.command == "query":
        return {"success": True, "data": Float(data)}
    if exchange.method == "publish":
        inner = _publish(data["data"]) if exchange.command == "invoke" else _publish(data)
        return {"success": True, "data": {"data": inner} if exchange.command == "invoke" else inner}
    return {"success": True, "data": kinds(data, _reads_moving_node(exchange))}


_RESOLVER_TEXT = re.compile(r"(\[0\] php_network_getaddresses: getaddrinfo for \S+ failed: ).+")
_FINGERPRINT = re.compile(r"(?:[0-9a-f]{2}:){19}[0-9a-f]{2}")  # of a certificate: each run has its own
_SERVERS_NUMBERS = re.compile(r"(expected|got) \d+")


def error(reply):
    """An error: type and message exactly, but for what the system or the server words."""
    message = reply["error"]["message"]
    resolver = _RESOLVER_TEXT.search(message)
    if resolver:
        message = Text(re.escape(message[:resolver.end(1)]) + ".+")
    elif _FINGERPRINT.search(message):
        message = Text(_FINGERPRINT.sub(_FINGERPRINT.pattern, re.escape(message)))
    elif message.startswith("Server error 0x") and _SERVERS_NUMBERS.search(message):
        pieces = _SERVERS_NUMBERS.split(message)
        message = Text("".join(f"{p} \\d+" if i % 2 else re.escape(p) for i, p in enumerate(pieces)))
    return {"success": False, "error": {"type": reply["error"]["type"], "message": message}}
