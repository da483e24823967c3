# SPDX-License-Identifier: MIT
"""Histories that are changed (methods.md §4.2): open62541's own answers, and what is there after it."""
from .forms import (
    BAD_EXISTS, BAD_NO_ENTRY, GOOD_INSERTED, GOOD_REPLACED, NODE, history, invoke, refusal, tagged_time, tagged_value,
    variant)


UNTOUCHED = {minute: minute + 0.5 for minute in range(10)}


def test_insert_replace_update(client, changeable):
    assert invoke(client, changeable, "historyInsertData", NODE, [tagged_value(20, 1.25), tagged_value(0, 9)]) == [
        0, BAD_EXISTS]
    assert history(client, changeable) == {**UNTOUCHED, 20: 1.25}
    assert invoke(client, changeable, "historyReplaceData", NODE, [tagged_value(0, 7), tagged_value(30, 1)]) == [
        0, BAD_NO_ENTRY]
    assert history(client, changeable) == {**UNTOUCHED, 0: 7, 20: 1.25}
    assert invoke(client, changeable, "historyUpdateData", NODE, [tagged_value(0, 8), tagged_value(30, 2)]) == [
        GOOD_REPLACED, GOOD_INSERTED]
    assert history(client, changeable) == {**UNTOUCHED, 0: 8, 20: 1.25, 30: 2}


def test_delete_a_range(client, changeable):
    assert invoke(client, changeable, "historyDeleteRawModified", NODE, tagged_time(3), tagged_time(8)) == 0
    assert history(client, changeable) == {m: v for m, v in UNTOUCHED.items() if m < 3 or m >= 8}


def test_what_the_server_does_not_know_is_an_empty_list(client, changeable):
    """open62541 knows no deletion of single times and no histories of events."""
    assert invoke(client, changeable, "historyDeleteAtTime", NODE, [tagged_time(1)]) == []
    event = [[variant("hello", 12), variant(500, 5)]]
    for method in ("historyInsertEvent", "historyReplaceEvent", "historyUpdateEvent"):
        assert invoke(client, changeable, method, "i=2253", ["Message", "Severity"], event) == []
    assert invoke(client, changeable, "historyDeleteEvent", "i=2253", ["AAEC/w=="]) == []
    assert history(client, changeable) == UNTOUCHED


def test_refused_updates(client, demo):
    """A variable that may not be changed: the status belongs to the result, which has no operations."""
    node = "ns=2;s=History/Sine"
    assert invoke(client, demo, "historyDeleteRawModified", node, tagged_time(0), tagged_time(5)) & 0x80000000
    assert invoke(client, demo, "historyInsertData", "ns=2;s=nothing", [tagged_value(0, 1)]) == []
    assert history(client, demo, node, 0, 4).keys() == {0, 1, 2, 3}


def test_the_recorder_takes_updates(client, demo):
    node = "ns=2;s=History/Recorder"
    assert invoke(client, demo, "historyUpdateData", node, [tagged_value(1, 5)]) == [GOOD_INSERTED]
    assert history(client, demo, node) == {1: 5}
    assert invoke(client, demo, "historyDeleteRawModified", node, tagged_time(0), tagged_time(9)) == 0
    assert history(client, demo, node) == {}


def test_changes_are_for_invoke_only(client, changeable):
    reply = client.query(changeable, "historyInsertData", NODE, [])
    assert reply["error"]["type"] == "forbidden_method"


def test_nothing_is_sent_that_is_not_understood(client, changeable):
    assert refusal(client, changeable, "historyInsertData", NODE, [5]) == (
        "TypeError", "historyInsertData: args[1][0] must be a tagged DataValue")
    assert refusal(client, changeable, "historyDeleteAtTime", NODE, ["now"])[0] == "TypeError"
    assert refusal(client, changeable, "historyDeleteRawModified", NODE)[0] == "TypeError"
    assert history(client, changeable) == UNTOUCHED
