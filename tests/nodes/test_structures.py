# SPDX-License-Identifier: MIT
"""Structures of a server's own (extensions.md 9): with standard ones inside, lists, written as maps."""
import pytest

from core.asking import ask, error
from osm.servers import StructuresServer

UNIT = {"NamespaceUri": "urn:unece", "UnitId": 4408652, "DisplayName": {"locale": None, "text": "°C"},
        "Description": {"locale": None, "text": "degree"}}
LIMITS = {"Low": 0, "High": 100}


@pytest.fixture(scope="module")
def server():
    with StructuresServer() as running:
        yield running


@pytest.fixture
def session(daemon, server):
    session = daemon.client.open(server.url, forceNew=True)
    assert ask(daemon.client, session, "discoverDataTypes") >= 2
    return session


def value_of(client, session, name):
    return ask(client, session, "read", f"ns=2;s={name}")["value"]


def test_standard_structures_inside_are_decoded(daemon, session):
    reading = value_of(daemon.client, session, "Reading")
    assert reading["body"] is None
    assert reading["value"] == {"Value": 3.5, "Unit": UNIT, "Limits": LIMITS}


def test_lists_of_structures(daemon, session):
    assert [one["value"]["Value"] for one in value_of(daemon.client, session, "Readings")] == [1, 2]
    batch = value_of(daemon.client, session, "Batch")["value"]
    assert batch["Name"] == "B7" and [one["Value"] for one in batch["Readings"]] == [4, 5]
    assert batch["Readings"][0]["Unit"] == UNIT


def test_a_bare_map_is_written(daemon, session):
    changed = {"Value": -7.25, "Unit": {**UNIT, "UnitId": 5}, "Limits": {"Low": -10, "High": 10}}
    assert ask(daemon.client, session, "write", "ns=2;s=Reading", changed, 22) == 0
    assert value_of(daemon.client, session, "Reading")["value"] == changed
    refused = daemon.client.query(session, "write", "ns=2;s=Reading", {**changed, "Limits": {"Low": "x", "High": 1}}, 22)
    assert "Limits" in error(refused)[1] and "Low" in error(refused)[1]
    assert value_of(daemon.client, session, "Reading")["value"] == changed
    assert ask(daemon.client, session, "write", "ns=2;s=Reading", {**changed, "Value": 3.5, "Unit": UNIT, "Limits": LIMITS}, 22) == 0


def test_what_is_left_out_is_told(daemon, server):
    session = daemon.client.open(server.url, forceNew=True)
    told = daemon.client.data({"command": "query", "sessionId": session, "method": "discoverDataTypes", "params": [None, False, True]})
    assert told["count"] >= 2 and all(one["reason"] for one in told["skipped"])


def test_standard_structures_alone_stay_the_servers_bytes(daemon, session):
    status = ask(daemon.client, session, "read", "i=2256")["value"]
    assert status["value"] is None and status["typeId"] == {"ns": 0, "id": 864, "type": "numeric"} and status["body"]
