# SPDX-License-Identifier: MIT
"""Subscriptions outlive lines and servers under the ids callers know (daemon.md §9; R8, R9, R19).

A proxy between daemon and server cuts the line and makes the server refuse sessions.
"""
import itertools
import time

import pytest

from core.asking import CURRENT_SESSIONS, SESSIONS_EVER, ask, node, read
from core.proxy import ACTIVATE_SESSION, CREATE_ITEMS, CREATE_SESSION, CREATE_SUBSCRIPTION, TRANSFER, Proxy
from osm.servers import BareServer, DemoServer, NamespacesServer
from osm.wait import PATIENCE, wait_until
from sink.counting import is_whole

from .test_nothing_lost import SOURCES

KINDS = pytest.mark.parametrize("kind", [DemoServer, BareServer], ids=["demo", "node-opcua"])
CLOCK = "i=2258"  # ServerStatus/CurrentTime changes on every server
HANDLE = 4711
# A session the server is asked to close goes soon, one that is forgotten stays longer than any test waits.
PATIENT = {"opcuaTimeout": 30, "sessionTimeout": 3600000}


@pytest.fixture
def daemon(make_daemon):
    return make_daemon()


def watch(client, session, *nodes, interval=100):
    """A subscription to the nodes; their client handles count from HANDLE. Returns its id."""
    subscription = ask(client, session, "createSubscription", interval, 10000, 10)["subscriptionId"]
    items = [{"nodeId": where, "clientHandle": HANDLE + i, "samplingInterval": 50} for i, where in enumerate(nodes)]
    results = ask(client, session, "createMonitoredItems", subscription, items)
    assert [result["statusCode"] for result in results] == [0] * len(nodes)
    return subscription


def next_values(client, session, subscription):
    """Values by client handle of the next message that has any; acknowledged."""
    while True:
        result = ask(client, session, "publish", [])
        assert result["subscriptionId"] == subscription
        if result["notifications"]:
            return {n["clientHandle"]: n["dataValue"]["value"] for n in result["notifications"]}


def flows(client, session, subscription):
    """Values come, and go on coming."""
    for _ in range(3):
        assert set(next_values(client, session, subscription)) == {HANDLE}


def recovered(daemon, session, times=1):
    """The daemon has connected the session again so many times, without a caller."""
    wait_until(lambda: daemon.log().count(f"Reconnected session {session}") >= times, 60, "it comes back by itself")


def are_left(client, observer, count):
    wait_until(lambda: read(client, observer, CURRENT_SESSIONS) == count, 60, f"{count} sessions are left")


@KINDS
def test_restarted_server(daemon, share_server, kind):
    """Nobody calls meanwhile; ids and handles stay, values come."""
    server = share_server(kind)
    session = daemon.client.open(server.url)
    first = watch(daemon.client, session, CLOCK)
    ask(daemon.client, session, "publish", [])
    server.restart()
    recovered(daemon, session)
    flows(daemon.client, session, first)
    assert f"Subscription {first} transfer failed" in daemon.log()
    assert ask(daemon.client, session, "deleteSubscription", first) == 0
    assert read(daemon.client, session, CURRENT_SESSIONS) == 1


@KINDS
def test_several_subscriptions(daemon, share_server, kind):
    """Numbers of a restarted server cross those callers know."""
    server = share_server(kind)
    session = daemon.client.open(server.url)
    ids = [watch(daemon.client, session, CLOCK) for _ in range(3)]
    assert ask(daemon.client, session, "deleteSubscription", ids[0]) == 0
    server.restart()
    recovered(daemon, session)
    seen = set()
    while seen != set(ids[1:]):
        seen.add(ask(daemon.client, session, "publish", [])["subscriptionId"])
        assert seen <= set(ids[1:])
    more = watch(daemon.client, session, CLOCK)
    assert more not in ids[1:]
    for each in (*ids[1:], more):
        assert ask(daemon.client, session, "deleteSubscription", each) == 0


@KINDS
def test_cut_line(daemon, share_server, kind):
    """The same session on a new channel; nothing is made anew."""
    with Proxy(share_server(kind)) as line:
        session = daemon.client.open(line.url)
        subscription = watch(daemon.client, session, CLOCK)
        ever = read(daemon.client, session, SESSIONS_EVER)
        for times in range(1, 4):
            line.cut_now()
            recovered(daemon, session, times)
            flows(daemon.client, session, subscription)
        counts = [line.count(service) for service in (CREATE_SESSION, CREATE_SUBSCRIPTION, CREATE_ITEMS, TRANSFER)]
        assert counts == [1, 1, 1, 0]
        assert read(daemon.client, session, SESSIONS_EVER) == ever


@pytest.mark.parametrize("name", SOURCES)
def test_items_whose_answer_is_lost(name, daemon, make_server):
    """The server has made them, and nobody knows: asked for once more they tell everything once."""
    source = SOURCES[name]
    with Proxy(make_server(source.kind, options=source.options)) as line:
        session = daemon.client.open(line.url)
        subscription = watch(daemon.client, session, CLOCK)
        line.cut_at(CREATE_ITEMS)
        item = {"nodeId": source.items[0], "clientHandle": 1, "samplingInterval": 0, "queueSize": 1000}
        assert not daemon.client.query(session, "createMonitoredItems", subscription, [item])["success"]
        recovered(daemon, session)
        assert ask(daemon.client, session, "createMonitoredItems", subscription, [item])[0]["statusCode"] == 0
        told = []

        def enough():
            told.extend(n["dataValue"]["value"] for n in ask(daemon.client, session, "publish", [])["notifications"]
                        if n["clientHandle"] == 1)
            return len(told) >= 30
        wait_until(enough, 30, "the counter is told")
        assert is_whole(told)


@KINDS
def test_transfer(daemon, share_server, kind):
    """A server that does not know the session any more hands its subscriptions to the new one."""
    with Proxy(share_server(kind)) as line:
        session = daemon.client.open(line.url)
        subscription = watch(daemon.client, session, CLOCK)
        line.spoil(1, "token")
        line.cut_now()
        recovered(daemon, session)
        flows(daemon.client, session, subscription)
        assert f"Subscription {subscription} transferred successfully" in daemon.log()
        assert [line.count(service) for service in (CREATE_SESSION, CREATE_SUBSCRIPTION, TRANSFER)] == [2, 1, 1]


@KINDS
def test_the_answer_to_an_activation_is_lost(daemon, make_server, kind):
    """The server has the session on a channel that is dead again; it is activated once more."""
    with Proxy(make_server(kind)) as line:
        session = daemon.client.open(line.url)
        subscription = watch(daemon.client, session, CLOCK)
        for times in (1, 2):
            line.swallow_answer(ACTIVATE_SESSION)
            line.cut_now()
            recovered(daemon, session, times)
            flows(daemon.client, session, subscription)
        assert [line.count(service) for service in (CREATE_SESSION, CREATE_SUBSCRIPTION, TRANSFER)] == [1, 1, 0]
        assert read(daemon.client, session, CURRENT_SESSIONS) == 1


def test_refused_sessions_are_closed(daemon, make_server):
    """Old ones the server will not give back and new ones it refuses: never more than one is left."""
    server = make_server(BareServer)
    with Proxy(server) as line:
        observer = daemon.client.open(server.url)
        session = daemon.client.open(line.url, PATIENT)
        subscription = watch(daemon.client, session, CLOCK)
        for times, refusals in ((1, 1), (2, 2)):  # node-opcua takes 5 s for each refusal
            line.spoil(refusals, "user")
            line.cut_now()
            recovered(daemon, session, times)
            flows(daemon.client, session, subscription)
            are_left(daemon.client, observer, 2)
        assert line.count(CREATE_SUBSCRIPTION) == 1
        line.spoil(1, "user")
        assert ask(daemon.client, session, "reconnect") is None
        are_left(daemon.client, observer, 2)


def test_refused_logins_leave_nothing(daemon, make_server):
    """R19: a session is created, its activation refused."""
    server = make_server(BareServer)
    observer = daemon.client.open(server.url)
    wrong = {**PATIENT, "username": "admin", "password": "wrong"}
    for _ in range(3):
        reply = daemon.client.request({"command": "open", "endpointUrl": server.url, "config": wrong})
        assert reply["error"]["message"].startswith("ActivateSession failed with status 0x80")
    are_left(daemon.client, observer, 1)


@pytest.mark.parametrize("service", [CREATE_SUBSCRIPTION, CREATE_ITEMS, TRANSFER],
                         ids=["create", "items", "transfer"])
def test_loss_in_the_middle(daemon, make_server, service):
    """Cut while subscriptions are made anew: what is there in the end is there once."""
    server = make_server(DemoServer)
    with Proxy(server) as line:
        session = daemon.client.open(line.url)
        subscription = watch(daemon.client, session, CLOCK)
        line.cut_at(service)
        server.restart()
        wait_until(lambda: line.cut is None, 60, "it was cut")
        recovered(daemon, session)
        flows(daemon.client, session, subscription)
        assert len(next_values(daemon.client, session, subscription)) == 1


def test_a_silent_death(make_daemon, make_server):
    """A server that stands still is noticed by the keep-alive; it goes on where it was."""
    daemon = make_daemon()
    server = make_server(DemoServer)
    session = daemon.client.open(server.url)
    subscription = watch(daemon.client, session, CLOCK)
    server.freeze()
    wait_until(lambda: "attempting recovery" in daemon.log(), 60, "the silence is noticed")
    server.thaw()
    recovered(daemon, session)
    flows(daemon.client, session, subscription)


def test_namespaces_in_another_order(daemon, make_server):
    """Items mean nodes by their namespace's URI."""
    server = make_server(NamespacesServer, options=["--namespaces", "urn:a,urn:b"])
    session = daemon.client.open(server.url)
    subscription = watch(daemon.client, session, "ns=3;s=Name")
    assert next_values(daemon.client, session, subscription) == {HANDLE: "urn:b"}
    for order in ("urn:x,urn:y,urn:b,urn:a", "urn:b"):
        times = daemon.log().count(f"Reconnected session {session}")
        server.options = ["--namespaces", order]
        server.restart()
        recovered(daemon, session, times + 1)
        assert next_values(daemon.client, session, subscription) == {HANDLE: "urn:b"}


def test_a_node_that_is_gone(daemon, make_server):
    """The others go on; the item is kept."""
    server = make_server(NamespacesServer, options=["--namespaces", "urn:a,urn:b"])
    session = daemon.client.open(server.url)
    subscription = watch(daemon.client, session, "ns=3;s=Name", "ns=2;s=Name")
    server.options = ["--namespaces", "urn:a"]
    server.restart()
    recovered(daemon, session)
    assert next_values(daemon.client, session, subscription) == {HANDLE + 1: "urn:a"}
    server.options = ["--namespaces", "urn:b,urn:a"]
    server.restart()
    recovered(daemon, session, 2)
    seen = {}
    deadline = time.monotonic() + PATIENCE
    while len(seen) < 2 and time.monotonic() < deadline:
        seen.update(next_values(daemon.client, session, subscription))
    assert seen == {HANDLE: "urn:b", HANDLE + 1: "urn:a"}


def test_triggering_comes_back(daemon, make_server):
    """A linked item is reported when its trigger changes, also after a restart."""
    server = make_server(DemoServer)
    session = daemon.client.open(server.url)
    subscription = ask(daemon.client, session, "createSubscription", 100, 10000, 10)["subscriptionId"]
    items = [{"nodeId": node("Many/0001"), "clientHandle": 1, "samplingInterval": 50},
             {"nodeId": CLOCK, "clientHandle": 2, "samplingInterval": 50, "monitoringMode": 1}]
    ids = [result["monitoredItemId"]
           for result in ask(daemon.client, session, "createMonitoredItems", subscription, items)]
    links = ask(daemon.client, session, "setTriggering", subscription, ids[0], [ids[1]], [])
    if links["addResults"] != [0]:
        pytest.skip("this open62541 has no triggering")
    server.restart()
    recovered(daemon, session)
    next_values(daemon.client, session, subscription)
    values = itertools.count(99)

    def triggered():
        """What the linked item had sampled since it was reported last; it may not have done so yet."""
        assert ask(daemon.client, session, "write", node("Many/0001"), next(values), 6) == 0
        return 2 in next_values(daemon.client, session, subscription)
    wait_until(triggered, 20, "the trigger takes the linked item with it")
