# SPDX-License-Identifier: MIT
"""The comparison must be able to fail: checks of matchers, expectations and corrections.

The recordings themselves are the sample: as replies of a daemon they must satisfy every
expectation that no contract id changes, and none that one does.
"""
import copy
import datetime

import pytest

from replay import corrections, expect, recording, steps
from replay.compare import (Base64, Containing, Each, Float, Kind, Number, OneOf, TaggedTime, Text, Time, certificate, differences)
from replay.mapping import Mapping, learn_ids
from replay.nodes import Nodes, written_node
from replay.replay import Replay, State
from replay.values import Accepted, Refused, node_id, parse_node_id, settle

FILES = {file: recording.load(file) for file in recording.FILES}
ALL = [e for exchanges in FILES.values() for e in exchanges]


def same(expected, got):
    return not differences(expected, got)


# ---- matchers ----

@pytest.mark.parametrize("expected, good, bad", [
    (1, [1], [1.0, True, "1", None, 2]),
    ("a", ["a"], ["b", 1, None]),
    (None, [None], [0, "", [], False]),
    (True, [True], [1, False]),
    ([1, 2], [[1, 2]], [[2, 1], [1], [1, 2, 3], {}]),
    ({"a": 1}, [{"a": 1}], [{}, {"a": 2}, {"a": 1, "b": 2}, []]),
    (Float(5), [5.0], [5, "5.0", 5.1, True]),
    (Float("NaN"), ["NaN"], [None, "Infinity"]),
    (Number(5), [5, 5.0], ["5", 6, True]),
    (Kind(int), [1], [1.0, True, "1"]),
    (Text("a+"), ["aa"], ["ab", "b", 1]),
    (Time(), ["2024-01-01T00:00:00+00:00", "2024-01-01T00:00:00.123456+00:00"],
     ["2024-01-01T00:00:00Z", "2024-01-01T00:00:00.000000+00:00", "2024-01-01T00:00:00.123+00:00", None, 5]),
    (Time("2024-01-01T00:00:00+00:00", "789000"), ["2024-01-01T00:00:00.789000+00:00"],
     ["2024-01-01T00:00:00+00:00", "2024-01-01T00:00:01.789000+00:00"]),
    (TaggedTime(), ["2024-01-01T00:00:00.000000+00:00"], ["2024-01-01T00:00:00+00:00"]),
    (Base64(), ["AA=="], ["A", "ä", None, 5]),
    (certificate(), ["MIIB"], ["AAAA", None]),
    (Each(1), [[], [1, 1]], [[1, 2], None, {}]),
    (Each(1, least=1), [[1]], [[]]),
    (Containing([1, 2], lambda v: v > 5), [[2, 1], [1, 9, 2]], [[1], [1, 2, 3], [1, 1, 2], None]),
    (OneOf(1, "a"), [1, "a"], [2, None]),
    ({"a": [Kind(str)]}, [{"a": ["x"]}], [{"a": [1]}, {"a": []}]),
])
def test_matchers(expected, good, bad):
    assert [g for g in good if not same(expected, g)] == []
    assert [b for b in bad if same(expected, b)] == []


def test_a_difference_names_its_place():
    found = differences({"data": [{"a": 1}]}, {"data": [{"a": 2}]})
    assert [str(d) for d in found] == [".data[0].a: expected 1, got 2"]


# ---- the recordings against their own expectations ----

def _state(exchanges):
    """The state of a run in which every write did what the contract says."""
    return State(Nodes(exchanges))


def _each():
    for exchanges in FILES.values():
        state = _state(exchanges)
        for e in exchanges:
            yield e, state
            name = written_node(e)
            if name and e.method == "write" and isinstance(state.nodes.outcome(e), Accepted):
                state.nodes.wrote(e, {"success": True, "data": 0})


def _is_reply(e):
    return isinstance(e.response, dict) and "success" in e.response


def test_recordings_satisfy_what_nothing_corrects():
    """But for the float form and the fraction of times, which upstream never writes."""
    checked = 0
    for e, state in _each():
        if not _is_reply(e) or corrections.find(e, state):
            continue
        found = [d for d in differences(expect.expected_reply(e), e.response) if "(T8)" not in d.why and "(T5)" not in d.why]
        assert not found, (e.where, e.label, found)
        checked += 1
    assert checked > 700


def test_recordings_fail_what_is_corrected():
    """No correction lets the old reply through, unless it allows both or only restates a held value."""
    tolerant = {"library", "R6", "V1", "E2", "T14/T9", "M5", "R12", "T10/T14"}
    bitten = set()
    for e, state in _each():
        row = corrections.find(e, state) if _is_reply(e) else None
        if row is None:
            continue
        if differences(row.expect(e, state), e.response):
            bitten.add(row.id)
        else:
            assert row.id in tolerant, (e.where, e.label, row.id)
    assert bitten >= {"S5", "S1", "T19/M20/E1", "E1", "E3", "R18", "M16", "M21", "T14/T9", "V1"}


def test_every_row_of_the_table_is_used():
    used = {id(corrections.find(e, s)) for e, s in _each() if not e.label.startswith("cli:")}
    unused = [row.id for row in corrections.TABLE if id(row) not in used]
    assert unused == ["S5"], "the row for refused sessions needs a run; all others concern recorded lines"


def test_every_empty_line_has_an_expectation():
    for e, state in _each():
        if e.response_raw == "\n":
            row = corrections.find(e, state)
            assert row, (e.where, e.label)
            assert differences(row.expect(e, state), None), "an empty reply must not pass"


def _changed(value):
    """All variants of a JSON value with one leaf changed."""
    if isinstance(value, dict):
        for key, inner in value.items():
            for other in _changed(inner):
                yield {**value, key: other}
        yield {**value, "surplus": 1}
        yield {k: v for i, (k, v) in enumerate(value.items()) if i}
    elif isinstance(value, list):
        yield value + [1]
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, str):
        yield value + "?"
    elif value is None:
        yield 0
    else:
        yield value + 1


@pytest.mark.parametrize("label", [
    "life:close twice", "browse:Objects", "read:Int64_max", "read:NodeId_b", "read:ExtObj_Range", "read:nope",
    "call:Add, too few arguments", "command:unknown", "writeMulti:good and bad", "browseWithContinuation:Objects",
    "getter:getAutoRetry configured", "translateBrowsePaths:good and bad",
])
def test_changed_replies_are_noticed(label):
    e = next(e for e in ALL if e.label == label)
    expected = expect.expected_reply(e)
    if isinstance(e.response.get("data"), list):
        e_response = {**e.response, "data": e.response["data"]}
    else:
        e_response = copy.deepcopy(e.response)
    missed = [v for v in _changed(e_response) if same(expected, v)]
    # a moving server time with a question mark behind it is no time, so even that is noticed
    assert missed == []


# ---- mapping ----

def _mapping():
    return Mapping(lambda port: port + 1000, {"${EXAM_TMP}": "/exam"}, now=datetime.datetime(2030, 1, 1))


def test_mapping_goes_both_ways():
    m = _mapping()
    learn_ids(m, {"sessionId": "a" * 32, "subscriptionId": 893859}, {"sessionId": "b" * 32, "subscriptionId": 7})
    request = {"sessionId": "a" * 32, "params": [893859, "opc.tcp://localhost:4861/UA", "${EXAM_TMP}/x", "2026-11-23T16:28:46Z"]}
    assert m.request(request) == {
        "sessionId": "b" * 32, "params": [7, "opc.tcp://localhost:5861/UA", "/exam/x", "2030-01-01T00:00:00Z"]}
    reply = {"subscriptionId": 7, "message": f"Session not found: {'b' * 32} on localhost:5861 in /exam/x", "value": 7}
    assert m.reply(reply) == {"subscriptionId": 893859, "value": 7,
                              "message": f"Session not found: {'a' * 32} on localhost:4861 in ${{EXAM_TMP}}/x"}
    assert m.reply("B" * 32) == "A" * 32


def test_only_known_ids_are_mapped():
    m = _mapping()
    assert m.request({"params": [999999, {"ns": 0, "id": 2253}]}) == {"params": [999999, {"ns": 0, "id": 2253}]}


# ---- values ----

@pytest.mark.parametrize("builtin, value, outcome", [
    (1, "false", Accepted(False)), (1, "x", Refused("EncodingException")), (2, 127, Accepted(127)),
    (2, 128, Refused("EncodingException")), (6, 1.0, Accepted(1)), (6, 1.5, Refused("EncodingException")),
    (6, "5x", Refused("EncodingException")), (6, None, Refused("EncodingException")), (8, 2**63, Refused("EncodingException")),
    (9, "18446744073709551615", Accepted(-1)), (9, -1, Accepted(-1)), (10, 1e39, Refused("EncodingException")),
    (10, 0.1, Accepted(0.10000000149011612)), (11, "2.5", Accepted(2.5)), (12, 42, Refused("TypeError")), (12, None, Accepted(None)),
    (13, "2024-02-29T12:34:56.789Z", Accepted("2024-02-29T12:34:56.789000+00:00")), (13, 0, Refused("TypeError")),
    (13, "2024-02-29 12:34:56+02:00", Accepted("2024-02-29T10:34:56+00:00")),
    (14, "72962B91-FA75-4AE6-8D28-B404DC7DAF63", Accepted("72962b91-fa75-4ae6-8d28-b404dc7daf63")),
    (14, "", Refused("EncodingException")), (15, "//4=", Accepted("//4=")),
    (17, "ns=1;s=x", Accepted({"ns": 1, "id": "x", "type": "string"})), (19, -1, Refused("EncodingException")),
    (24, {"type": 6, "value": 1}, Refused("EncodingException")), (25, [], Accepted([])), (6, [1, 2], Accepted([1, 2])),
    (6, {"0": 1, "2": 2}, Accepted([1, 2])), (6, {"a": 1}, Refused("EncodingException")),
])
def test_settle(builtin, value, outcome):
    assert settle(builtin, value) == outcome


@pytest.mark.parametrize("text", ["i=abc", "ns=x;i=1", "i=-1", "i=4294967296", "ns=65536;i=1", "", "85", "ns=1", "ns=1;", "ns=;i=5"])
def test_what_is_no_node_id(text):
    with pytest.raises(Refused) as raised:
        parse_node_id(text)
    assert raised.value.args == ("InvalidNodeIdException", f"Invalid NodeId format: {text}")


def test_node_id_objects():
    assert node_id({"id": 85}) == {"ns": 0, "id": 85, "type": "numeric"}
    assert node_id([0, 85]) == {"ns": 0, "id": 0, "type": "numeric"}
    with pytest.raises(Refused, match="Invalid NodeId format: ns=65536;i=85"):
        node_id({"ns": 65536, "id": 85})


def test_oracle_agrees_with_the_recorded_writes():
    """Where a write and its read back were both recorded, only T7, T9 and T14 lie between them."""
    compared = 0
    for e, state in _each():
        before = state.nodes.preceding_write(e) if written_node(e) else None
        if e.method != "read" or before is None or not isinstance(e.response, dict):
            continue
        outcome = state.nodes.outcome(before)
        recorded_status = before.response.get("data") if before.response["success"] else before.response["error"]["type"]
        if isinstance(outcome, Accepted) and recorded_status == 0 and before.label not in (
                'write:Boolean "false"', 'write:UInt64 "18446744073709551615"'):
            data = e.response["data"]
            builtin, shown = state.nodes.builtin(before), outcome.shown
            expected = expect.kinds({"type": builtin, "value": shown, "dimensions": None})["value"]
            recorded = [float(v) for v in data["value"]] if isinstance(data["value"], list) and builtin in (10, 11) else (
                float(data["value"]) if builtin in (10, 11) else data["value"])
            assert same(expected, recorded), (e.where, before.label, data["value"], shown)
            compared += 1
    assert compared >= 25


# ---- bytes ----

def test_frames_are_sent_as_they_were():
    e = next(e for e in ALL if e.label == "frame:invalid UTF-8 in string")
    assert b'"x":"\xff"' in steps.raw_bytes(e.request_raw)
    sizes = {}
    for size in (65536, 65537):
        sizes[size] = len(steps._sized_ping(size))
    assert sizes == {65536: 65536, 65537: 65537}
    assert all(steps.bytes_step(e) for e in ALL if e.label.startswith("frame:") and e.request_raw is not None)
    assert all(steps.bytes_step(e) or steps.named_step(e) or isinstance(e.request, (dict, list, int, bool, str)) for e in ALL)


def test_scopes_cover_everything():
    for exchanges in FILES.values():
        one = Replay(None, exchanges)
        assert all(one.scope(e) for e in exchanges)
    core = [e for f in FILES.values() for r in [Replay(None, f)] for e in f if r.scope(e) == "core"]
    assert len(core) > 500
