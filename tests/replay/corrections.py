# SPDX-License-Identifier: MIT
"""Deliberate differences from the recordings, by contract id.

The recordings show upstream with its defects; the contract lists what must come instead. TABLE
holds one row per difference: the contract's id, which exchanges it concerns, and the expectation
that takes the place of the recorded reply (both in rules.py). Rows are tried in order, the first
that concerns an exchange wins; an exchange that no row concerns must match its recording. The id
"library" is not of the contract: it marks what differs with the build of the history server.
"""
from dataclasses import dataclass
from typing import Callable

from osm.node import rsa15_options

from . import expect
from .compare import OneOf, Text, Time
from .rules import (
    ASSIGNED_NODE, BIG, CHANNEL_REFUSAL, ENDPOINTS, ENGINE_ERRORS, KEEP_ALIVE, NEW_SESSION, NOT_DECODED_BODY,
    NO_VALUE_ATTRIBUTE, SERVER_SAYS, UNKNOWN_NODE, both, data_value, describe, echo_settled_otherwise,
    empty_line, events_with_ids, failure, fixed, held_value, history_with_updates, known_value, labelled,
    library_endpoints, library_references, missing_values, modified_only_id, node_id_refusal, node_id_refused,
    node_id_text_accepted, node_names, null_field, of_library, of_refused_session, queries, read_back_of_write,
    recorded_error, refused_channel, republished, settled_echo, settled_write, since_4_4, success,
    tagged_not_finite, time_refusal, unencodable, with_new_node, write_settled_otherwise)
from .values import ENCODING, TYPE


@dataclass(frozen=True)
class Correction:
    id: str
    concerns: Callable
    expect: Callable


TABLE = [
    # sessions that do not exist here because their open is refused
    Correction("S5", of_refused_session, lambda e, s: failure("session_not_found", f"Session not found: {e.session}")),
    Correction("S5", labelled('open:config securityMode "3"'), fixed(failure("ConfigurationException"))),
    Correction("S1", labelled("reuse:open again with a wrong password"),
               fixed(failure("ServiceException", Text("ActivateSession failed with status 0x80[0-9A-F]{6}")))),
    Correction("S1", labelled("reuse:open again without any password"),
               fixed(failure("ServiceException", Text("ActivateSession failed with status 0x80[0-9A-F]{6}")))),
    Correction("S1", labelled("reuse:open again with a key file that does not exist"),
               fixed(failure("InvalidArgumentException", "Client key does not exist or is not a file: [path]"))),
    Correction("S3", labelled("certdirs:trustStorePath is not checked"),
               fixed(failure("InvalidArgumentException", "Trust store is not in an allowed directory: [path]"))),
    Correction("S3", labelled("certdirs:note"), fixed({"files": []})),
    Correction("S12", labelled("security:open all-security Aes256", "security:open all-security Basic256 "),
               fixed(OneOf(NEW_SESSION, failure("ConfigurationException")))),
    Correction("E2", labelled("security:open all-security Basic128Rsa15"),
               lambda e, s: NEW_SESSION if rsa15_options() == () else CHANNEL_REFUSAL),
    Correction("E2", refused_channel, fixed(CHANNEL_REFUSAL)),
    Correction("R18", labelled("open:config opcuaTimeout 0.5"), fixed(NEW_SESSION)),
    Correction("R14", labelled("restart:open reuses the broken session"),
               fixed(failure("ConnectionException", Text(r"Failed to connect to localhost:4860: \[111\] Connection refused")))),
    Correction("R8", labelled("restart:publish after the server is back"), fixed(KEEP_ALIVE)),
    Correction("R8", labelled("restart:deleteSubscription after the server is back"), fixed(success(0))),
    Correction("R6", labelled("timeout:second publish, no keep-alive due"),
               fixed(OneOf(KEEP_ALIVE, failure("ConnectionException", "Read timeout")))),
    Correction("R6", labelled("timeout:getConnectionState after that"), fixed(success("Connected"))),
    Correction("R5", labelled("big:read Big_", "big:next read"),
               lambda e, s: success(data_value(*BIG[e.arguments[0]["id"]]))),

    Correction("T4", both(queries("getEndpoints"), empty_line), fixed(success(ENDPOINTS))),
    Correction("T1", both(queries("publish"), empty_line), events_with_ids),
    Correction("T1/T2", unencodable, lambda e, s: success(known_value(node_names(e)[0]))),
    Correction("T1/T2", both(queries("readMulti"), empty_line),
               lambda e, s: success([known_value(n) for n in node_names(e)])),
    Correction("T2", lambda e, s: e.command == "invoke" and empty_line(e, s), tagged_not_finite),
    Correction("T11", labelled("event:publish with a null field"), null_field),
    Correction("T14/T9", write_settled_otherwise, settled_write),
    Correction("T14/T9", read_back_of_write, held_value),
    Correction("T14", both(missing_values, lambda e, s: recorded_error(e) is None), fixed(failure(ENCODING))),
    Correction("T10/T14", echo_settled_otherwise, settled_echo),

    # the encoding errors of the lines before used up sequence numbers, so the server refused this
    # good request; here nothing of them is sent
    Correction("E1", labelled('nodeid:{"ns": 1, "id": "", "type": "string"}'), fixed(UNKNOWN_NODE)),
    Correction("T19/M20/E1", node_id_refused, node_id_refusal),
    Correction("M20", node_id_text_accepted, fixed(NO_VALUE_ATTRIBUTE)),
    Correction("M2", labelled("sub:modifyMonitoredItems only id"), modified_only_id),
    Correction("M5", labelled("o6:cache: browse after invalidateCache"), with_new_node),
    Correction("M5", labelled("o6:cache: browse on the second session"), with_new_node),
    Correction("library", of_library("browse", "browseWithContinuation"), library_references),
    Correction("library", of_library("getEndpoints"), library_endpoints),
    Correction("library", labelled("o6:addNodes null requested id"), fixed(ASSIGNED_NODE)),
    Correction("M13", labelled("trust:note"), lambda e, s: {**e.response, "content_is_the_base64_text": [False],
                                                            "files": [Text(r"trusted/[0-9a-f]{40}\.der")]}),
    Correction("M16", labelled("discoverDataTypes:all"), fixed(success(1))),
    Correction("M16", labelled("discoverDataTypes:read PointValue"),
               fixed(success({**data_value(22, NOT_DECODED_BODY), "sourceTimestamp": Time()}))),
    Correction("M21", labelled("trust:getTrustPolicy"), fixed(success("fingerprint"))),
    Correction("R12", both(labelled("sub:republish known", "invoke republish"), lambda e, s: not recorded_error(e)), republished),
    Correction("V1", lambda e, s: e.command == "describe" and isinstance(e.response, dict) and e.response.get("success"),
               describe),
    Correction("V1", since_4_4, fixed(SERVER_SAYS)),
    Correction("V1", labelled("o6:historyReadRaw after the updates"), history_with_updates),
    Correction("E3", lambda e, s: recorded_error(e) == "Exception", time_refusal),
    Correction("E1", lambda e, s: recorded_error(e) in ENGINE_ERRORS, fixed(failure(TYPE))),
]


def find(exchange, state):
    """The first row that concerns the exchange, or None."""
    return next((row for row in TABLE if row.concerns(exchange, state)), None)


def expectation(exchange, state):
    """(contract id or None, what must come) for an exchange whose recorded reply was a line."""
    row = find(exchange, state)
    if row:
        return row.id, row.expect(exchange, state)
    return None, expect.expected_reply(exchange)
