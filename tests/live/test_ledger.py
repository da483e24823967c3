# SPDX-License-Identifier: MIT
"""The books of the proof: they must find what is wrong, or the proof is none."""
import pytest

from live.ledger import Ledger


def change(value, cursor, source=1):
    return {"event": "DataChangeReceived", "cursor": cursor, "clientHandle": source, "dataValue": {"value": value}}


def told(*values, **more):
    """A ledger that was told these values; a text is an event of that name."""
    ledger = Ledger("test")
    for cursor, value in enumerate(values, 1):
        ledger.feed({"event": value, "cursor": cursor} if isinstance(value, str) else change(value, cursor, **more))
    return ledger


def test_all_is_well():
    ledger = told(5, 6, 7)
    ledger.settle([1], 7)
    assert (ledger.received, ledger.declared) == (3, 0)


def overflow(cursor, source=1):
    return {"event": "QueueOverflow", "cursor": cursor, "clientHandle": source}


def test_an_overflow_speaks_of_what_came_before_its_value():
    ledger = told(5, 9)
    assert ledger.silent == [(1, 3, 9)]
    ledger.feed(overflow(3, source=2))
    assert ledger.silent
    ledger.feed(overflow(4))
    ledger.settle([1], 9)
    assert ledger.declared == 3


def test_an_overflow_too_late_is_none():
    ledger = told(5, 9, 10)
    ledger.feed(overflow(4))
    assert ledger.silent == [(1, 3, 9)]


@pytest.mark.parametrize("word", ["NotificationsLost", "SubscriptionRecreated", "StreamGap", "EventsLost"])
def test_a_declared_loss(word):
    ledger = told(5, word, 9)
    ledger.settle([1], 9)
    assert (ledger.received, ledger.declared) == (2, 3)


@pytest.mark.parametrize("values, fault", [
    ((5, 7), "without a word"), (("EventsLost", 5, 7), "without a word"), ((5, "EventsLost", 6, 8), "without a word"),
    ((5, "SubscriptionKeepAlive", 7), "without a word"), ((5, 6, 6, 7), "twice"), ((6, 5, 7), "twice"), ((5, 6), "ends at 6")])
def test_what_must_not_be(values, fault):
    with pytest.raises(AssertionError, match=fault):
        told(*values).settle([1], 7 if values[-1] != 8 else 8)


def test_a_word_counts_for_every_source():
    ledger = Ledger("test")
    for event in (change(1, 1, 1), change(1, 2, 2), {"event": "NotificationsLost", "cursor": 3}, change(4, 4, 1),
                  change(4, 5, 2)):
        ledger.feed(event)
    ledger.settle([1, 2], 4)
    assert ledger.declared == 4


def test_twice_is_allowed_where_it_is():
    ledger = told(5, 6, 7, 6, 7, 8)
    ledger.settle([1], 8, again=True)
    assert (ledger.received, len(ledger.again)) == (4, 2)


def test_cursors_go_up():
    ledger = told(5)
    ledger.feed(change(6, 1))
    with pytest.raises(AssertionError, match="order"):
        ledger.settle([1], 6)
