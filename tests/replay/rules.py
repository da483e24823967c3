# SPDX-License-Identifier: MIT
"""Conditions and expectations of the table of corrections (corrections.py).

Both kinds are functions of an exchange and of the state of the run (State in replay.py):
`state.nodes` knows what writable nodes hold, `state.refused` the recorded sessions that do not
exist here because their open is now refused. Expectations are replies with matchers in them.
"""
import base64
import re

from . import expect
from .compare import Anything, Base64, Containing, Each, Float, Kind, OneOf, Text, Time, certificate
from .nodes import written_node
from .values import TYPE, Accepted, Refused, node_id, parse_node_id, settle

ENGINE_ERRORS = ("TypeError", "ArgumentCountError", "UnhandledMatchError")
NONE_POLICY = "http://opcfoundation.org/UA/SecurityPolicy#None"
NOBODY = object()

#: Our own words: anything but upstream's class names, argument positions and source lines (E1).
OWN_WORDS = Text(r"(?!.*(PhpOpcua|array_map\(|DateTimeImmutable|called in|Argument #|Unhandled match)).+")


def success(data):
    return {"success": True, "data": data}


def failure(kind, message=OWN_WORDS):
    return {"success": False, "error": {"type": kind, "message": message}}


def recorded_error(exchange):
    reply = exchange.response
    if isinstance(reply, dict) and reply.get("success") is False:
        return reply["error"]["type"]
    return None


def labelled(*starts):
    return lambda e, s: e.label.startswith(starts)


def queries(*methods):
    return lambda e, s: e.command == "query" and e.method in methods


def both(*conditions):
    return lambda e, s: all(c(e, s) for c in conditions)


def fixed(expectation):
    return lambda e, s: expectation


# ---- replies that upstream could not encode: an empty line (T1, T2, T4) ----

_INVALID_UTF8 = {"ByteString_nonutf8": b"\xff\xfe\x00\x80\xc3\x28", "ByteString_256": bytes(range(256))}
_NOT_FINITE = {
    "Float_nan": (10, "NaN"), "Float_inf": (10, "Infinity"), "Float_neginf": (10, "-Infinity"),
    "Double_nan": (11, "NaN"), "Double_inf": (11, "Infinity"), "Double_neginf": (11, "-Infinity"),
    "Array_Float_nan": (10, [Float(1), "NaN", "Infinity"]),
}
_FIXED = {"Int32_max": (6, 2147483647)}


def data_value(builtin, value, **more):
    """A Good DataValue of a fixed node of the types server."""
    return {"value": value, "type": builtin, "dimensions": None, "statusCode": 0,
            "sourceTimestamp": Time(expect.STAMP, expect.STAMP_FRACTION), "serverTimestamp": Time(), **more}


def known_value(name):
    """The DataValue of a node whose reply upstream could not encode, or that stands beside one."""
    if name in _INVALID_UTF8:
        return data_value(15, base64.b64encode(_INVALID_UTF8[name]).decode(), base64=True)
    if name == "Array_ByteString_nonutf8":
        return data_value(15, [base64.b64encode(b).decode() for b in (b"ok", b"\xff\xfe")], base64=True)
    builtin, value = {**_NOT_FINITE, **_FIXED}[name]
    return data_value(builtin, value)


def empty_line(e, s):
    return e.response_raw == "\n"


def node_names(e):
    first = e.arguments[0] if e.arguments else None
    items = first if isinstance(first, list) else [{"nodeId": first}]
    return [(i.get("nodeId") or {}).get("id") for i in items if isinstance(i, dict) and isinstance(i.get("nodeId"), dict)]


def unencodable(e, s):
    return e.command == "query" and e.method == "read" and empty_line(e, s) and not written_node(e)


def tagged_not_finite(e, s):
    name = e.arguments[0]["v"].rpartition("s=")[2]
    builtin, value = _NOT_FINITE[name]
    if isinstance(value, list):
        value = [OneOf(1, 1.0), *value[1:]]
    variant = {"__t": "Variant", "type": {"__t": "BuiltinType", "v": builtin}, "value": value, "dims": None, "bytesB64": None}
    stamp = {"__t": "DateTime", "v": f"{expect.STAMP}.{expect.STAMP_FRACTION}+00:00"}
    server = {"__t": "DateTime", "v": expect.TaggedTime()}
    return success({"data": {"__t": "DataValue", "variant": variant, "status": 0, "sourceTs": stamp, "serverTs": server}})


ENDPOINTS = [{
    "endpointUrl": Text(r"opc\.tcp://localhost:4861/UA/Types"), "serverCertificate": certificate(), "securityMode": 1,
    "securityPolicyUri": NONE_POLICY, "securityLevel": 1,
    "transportProfileUri": "http://opcfoundation.org/UA-Profile/Transport/uatcp-uasc-uabinary",
    "userIdentityTokens": [{"policyId": "anonymous", "tokenType": 0, "issuedTokenType": None, "issuerEndpointUrl": None,
                            "securityPolicyUri": None}],
}]

_EVENT_ID = {"type": 15, "value": Base64(), "dimensions": None, "base64": True}


def events_with_ids(e, s):
    """An event with the default fields: EventId, which is no UTF-8, comes as base64."""
    event = {"type": "Event", "clientHandle": Kind(int), "eventFields": [_EVENT_ID, *[Kind(dict)] * 5]}
    return success({"subscriptionId": Kind(int), "sequenceNumber": Kind(int), "moreNotifications": Kind(bool),
                    "notifications": Each(event, least=1), "availableSequenceNumbers": Each(Kind(int))})


# ---- what nodes hold (T7, T9, T14) ----

def write_settled_otherwise(e, s):
    """Writes whose outcome the contract states otherwise than the recording."""
    if e.method != "write" or not written_node(e) or recorded_error(e) in ("ValueError", "WriteTypeDetectionException"):
        return False
    outcome = s.nodes.outcome(e)
    if outcome is None:
        return False
    if isinstance(outcome, Accepted):
        return recorded_error(e) is not None
    return recorded_error(e) != outcome.type


def settled_write(e, s):
    outcome = s.nodes.outcome(e)
    return success(0) if isinstance(outcome, Accepted) else failure(outcome.type)


def read_back_of_write(e, s):
    return bool(written_node(e)) and e.method == "read" and bool(s.nodes.preceding_write(e))


def held_value(e, s):
    held = s.nodes.holds(written_node(e))
    if held is None:
        return expect.expected_reply(e) if e.response else success(Kind(dict))
    builtin, value = held
    if not isinstance(value, Anything):
        value = expect.kinds({"type": builtin, "value": value, "dimensions": None})["value"]
    return success(data_value(builtin, value))


def missing_values(e, s):
    """writeMulti whose items have no value: null is a value of no number."""
    items = e.arguments[0] if e.arguments else None
    return e.method == "writeMulti" and e.command == "query" and isinstance(items, list) and any(
        isinstance(i, dict) and "nodeId" in i and "value" not in i for i in items)


def _call_arguments(e):
    given = e.arguments[2] if len(e.arguments) > 2 and isinstance(e.arguments[2], list) else []
    return [a for a in given if isinstance(a, dict) and isinstance(a.get("type"), int) and 1 <= a["type"] <= 25]


def echo_settled_otherwise(e, s):
    """Echo of a value that upstream could not send, or sent as something else (T10, T14)."""
    if not e.label.startswith("call:Echo") or len(_call_arguments(e)) != 1 or recorded_error(e) == "Exception":
        return False
    argument = _call_arguments(e)[0]
    outcome = settle(argument["type"], argument.get("value"))
    if isinstance(outcome, Refused):
        return recorded_error(e) != outcome.type
    return recorded_error(e) is not None or isinstance(argument.get("value"), list) and argument["type"] in (13, 17, 18, 20, 21, 22)


def settled_echo(e, s):
    argument = _call_arguments(e)[0]
    outcome = settle(argument["type"], argument.get("value"))
    if isinstance(outcome, Refused):
        return failure(outcome.type)
    output = expect.kinds({"type": argument["type"], "value": outcome.shown, "dimensions": None})
    return success({"statusCode": 0, "inputArgumentResults": [0], "outputArguments": [output]})


# ---- NodeIds (M20, T19, E1) ----

_NODE_ID_METHODS = ("browse", "browseAll", "browseWithContinuation", "browseRecursive", "read", "write", "call",
                    "historyReadRaw", "historyReadProcessed", "historyReadAtTime", "invalidateCache",
                    "createEventMonitoredItem")


def _node_id_argument(e):
    """The NodeId given to a query or invoke, NOBODY if there is none to look at."""
    at = 1 if e.method == "createEventMonitoredItem" else 0
    if e.command == "query" and e.method in _NODE_ID_METHODS and len(e.arguments) > at:
        return e.arguments[at]
    if e.command == "invoke" and e.method == "read" and e.arguments:
        first = e.arguments[0]
        if isinstance(first, dict) and first.get("__t") == "NodeId" and isinstance(first.get("v"), str):
            return first["v"]
        return first if isinstance(first, str) and "/" not in first else NOBODY
    return NOBODY


def _node_id_outcome(e):
    argument = _node_id_argument(e)
    if argument is NOBODY:
        return None
    try:
        return node_id(argument) if e.command == "query" else parse_node_id(argument)
    except Refused as refused:
        return refused


def node_id_refused(e, s):
    outcome = _node_id_outcome(e)
    return isinstance(outcome, Refused) and outcome.type != TYPE and recorded_error(e) != outcome.type


def node_id_refusal(e, s):
    outcome = _node_id_outcome(e)
    return failure(outcome.type, outcome.args[1] if len(outcome.args) > 1 else OWN_WORDS)


def node_id_text_accepted(e, s):
    return (e.command == "query" and e.method == "read" and isinstance(_node_id_argument(e), str)
            and isinstance(_node_id_outcome(e), dict) and recorded_error(e) == "TypeError")


UNKNOWN_NODE = success({"value": None, "type": None, "dimensions": None, "statusCode": 2150891520,
                         "sourceTimestamp": None, "serverTimestamp": None})
NO_VALUE_ATTRIBUTE = success({"value": None, "type": None, "dimensions": None, "statusCode": 2150957056,
                               "sourceTimestamp": None, "serverTimestamp": Time()})


# ---- errors (E1, E2, E3) ----

def time_refusal(e, s):
    text = e.response["error"]["message"].split("(")[1].split(")")[0]
    return failure("DateMalformedStringException", Text(re.escape(f"Failed to parse time string ({text})") + ".*"))


def refused_channel(e, s):
    return e.command == "open" and recorded_error(e) in ("ProtocolException", "OpenSslException")


CHANNEL_REFUSAL = OneOf(
    failure("ProtocolException", Text(r"OPN rejected by server: 0x8[0-9A-F]{7} — .+")),
    failure("ConfigurationException"), failure("OpenSslException"), failure("SecurityException"),
    failure("CertificateParseException"))

NEW_SESSION = success({"sessionId": Text(r"[0-9a-f]{32}")})
BIG = {"Big_Int32_20000": (6, list(range(20000))), "Big_String_100000": (12, "x" * 100000),
       "Int32_max": (6, 2147483647), "String_ascii": (12, "Hello OPC UA")}


def of_refused_session(e, s):
    return isinstance(e.session, str) and e.session in s.refused and e.command in ("close", "query", "describe", "invoke")


# ---- describe (V1, T17) ----

_HISTORY_UPDATE = ["historyInsertData", "historyReplaceData", "historyUpdateData", "historyDeleteRawModified",
                   "historyDeleteAtTime", "historyInsertEvent", "historyReplaceEvent", "historyUpdateEvent",
                   "historyDeleteEvent"]
_AGGREGATE = ["aggregate", "historyAggregate"]
_FILES = ["openFile", "closeFile", "readFile", "writeFile", "getFilePosition", "setFilePosition", "createDirectory",
          "createFileInDirectory", "deleteFileSystemObject", "moveOrCopyFileSystemObject"]
_CLIENT = "PhpOpcua\\Client\\"


def _after(items, known, more):
    at = items.index(known) + 1
    return items[:at] + more + items[at:]


def describe(e, s):
    """The recorded lists with what 4.4 added in its places."""
    data = e.response["data"]
    methods = _after(data["methods"], "historyReadAtTime", _HISTORY_UPDATE) + _AGGREGATE + _FILES
    modules = data["modules"] + [f"{_CLIENT}Module\\Aggregate\\AggregateModule",
                                 f"{_CLIENT}Module\\FileTransfer\\FileTransferModule"]
    classes = _after(data["wireClasses"], f"{_CLIENT}Module\\Subscription\\SetTriggeringResult",
                     [f"{_CLIENT}Module\\History\\HistoryUpdateResult"])
    classes = classes + [f"{_CLIENT}Module\\FileTransfer\\CreateFileResult"]
    enums = data["enumClasses"] + [f"{_CLIENT}Module\\{n}" for n in (
        "History\\PerformUpdateType", "Aggregate\\AggregateFunction", "FileTransfer\\OpenFileMode")]
    return success({"methods": methods, "modules": modules, "wireClasses": classes, "enumClasses": enums,
                    "wireTypeIds": [c.rpartition("\\")[2] for c in classes + enums]})


def history_with_updates(e, s):
    """The updates before it, refused in the recording, have changed the first value; the others are deleted again."""
    first, *rest = expect.expected_reply(e)["data"]
    return success([{**first, "value": Float(300.5)}, *rest])


def since_4_4(e, s):
    return e.command == "invoke" and e.method in _HISTORY_UPDATE and recorded_error(e) == "unknown_method"


SERVER_SAYS = OneOf(success({"data": Each(Kind(int))}), success({"data": Kind(int)}),
                     failure("ServiceException", Text(".+")), failure("ServiceUnsupportedException", Text(".+")))


def modified_only_id(e, s):
    """The item keeps the 500 ms that the line before asked for (M2)."""
    return success([{"statusCode": 0, "revisedSamplingInterval": Float(500), "revisedQueueSize": 1}])


def republished(e, s):
    data = e.response["data"]
    inner = data["data"] if e.command == "invoke" else data
    full = {**expect.kinds(inner), "notifications": Each(Kind(dict), least=1)}
    return success({"data": full} if e.command == "invoke" else full)


def null_field(e, s):
    event = {"type": "Event", "clientHandle": 79, "eventFields": [
        Kind(dict), {"type": 24, "value": None, "dimensions": None}]}
    return success({"subscriptionId": Kind(int), "sequenceNumber": Kind(int), "moreNotifications": Kind(bool),
                    "notifications": Each(event, least=1), "availableSequenceNumbers": Each(Kind(int))})


KEEP_ALIVE = success({"subscriptionId": Kind(int), "sequenceNumber": Kind(int), "moreNotifications": Kind(bool),
                       "notifications": [], "availableSequenceNumbers": Each(Kind(int))})
NOT_DECODED_BODY = {"typeId": {"ns": 3, "id": 3010, "type": "numeric"}, "encoding": 1, "body": None,
                     "value": {"X": Float(1.5), "Y": Float(2.5), "Z": Float(3.5)}}


def with_new_node(e, s):
    """The folder as the server has it now, with the node that the stale cache did not know (M5)."""
    known = [expect.kinds(r) for r in e.response["data"]]
    return success(Each(Kind(dict), least=len(known) + 1))


# ---- not of the contract: the library behind the history server (another build than recorded) ----

def of_library(*methods):
    return lambda e, s: e.daemon == "o6" and e.method in methods and not recorded_error(e)


def _in_namespace_0(reference):
    node = reference.get("nodeId")
    return isinstance(node, dict) and (node.get("ns") == 0 or str(node.get("v", "")).startswith("i="))


def _reference(recorded):
    """Numbers above namespace 0 are the server's own choice (addNodes with a null id)."""
    expected = expect.kinds(recorded)
    if recorded["nodeId"].get("ns") == 1 and recorded["nodeId"].get("type") == "numeric":
        expected["nodeId"]["id"] = Kind(int)
    return expected


def _references(recorded):
    return Containing([_reference(r) for r in recorded], _in_namespace_0)


ASSIGNED_NODE = success({"data": [{"__t": "AddNodesResult", "status": 0,
                                   "added": {"__t": "NodeId", "v": Text(r"ns=1;i=[1-9]\d*")}}]})


def library_references(e, s):
    """The recorded nodes in any order; builds differ in which standard nodes stand beside them."""
    data = e.response["data"]
    if isinstance(data, list):
        return success(_references(data))
    return success({**data, "references": _references(data["references"])})


def library_endpoints(e, s):
    """Builds differ in the token policies they offer."""
    data = e.response["data"]
    plain = data if isinstance(data, list) else data["data"]
    key = "userIdentityTokens" if "userIdentityTokens" in plain[0] else "tokens"
    token = {k: OneOf(None, Kind(str)) if k not in ("tokenType", "__t") else Kind(type(v)) for k, v in plain[0][key][0].items()}
    endpoints = [{**expect.kinds(endpoint), key: Each(token, least=1)} for endpoint in plain]
    return success(endpoints if plain is data else {"data": endpoints})
