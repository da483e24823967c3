# SPDX-License-Identifier: MIT
"""Sessions that publish on their own account (daemon.md §10): nothing is missed, callers are refused."""
import pytest

from core.asking import ask, error, log_order, node, sessions
from core.proxy import Proxy
from osm.servers import BareServer, DemoServer
from osm.wait import wait_until

from .watching import BOOLEAN, PUBLISH, REPUBLISH, Stream, collect_counters, counters, publishing, subscribe

REFUSED = ("auto_publish_active", "Manual publish() is not available while auto-publish is active. "
           "Notifications are delivered via the configured EventDispatcher.")
CHANGES = ["DataChangeReceived", "NotificationsLost", "QueueOverflow"]
INT32 = 6


@pytest.fixture
def automatic(make_daemon):
    return make_daemon("--auto-publish")


def stop_generator(client, session):
    """Stops the counters; returns where they stand."""
    assert ask(client, session, "write", node("Generator/Running"), False, BOOLEAN) == 0
    return ask(client, session, "read", node("Generator/0000"))["value"]


# --- what comes -----------------------------------------------------------------------------------

def test_every_value_comes_once_and_in_order(daemon, make_server):
    server = make_server(DemoServer, options=["--generate", "20@50"])
    client = daemon.client
    session = client.open(server.url)
    with Stream(daemon, CHANGES) as stream:
        subscribe(client, session, counters(20))
        seen, lost = collect_counters(stream, 20, 100, lambda: stop_generator(client, session))
        for values in seen.values():
            assert values == list(range(values[0], values[-1] + 1))
    assert not lost
    state = publishing(client, session)
    assert (state["state"], state["gaps"], state["lost"], state["duplicates"]) == ("running", 0, 0, 0)
    assert state["values"] == sum(len(values) for values in seen.values())


@pytest.mark.parametrize("server", ["demo_server", "types_server"])
def test_keep_alives(request, automatic, server):
    server = request.getfixturevalue(server)
    client = automatic.client
    with Stream(automatic, ["SubscriptionKeepAlive"]) as stream:
        session = client.open(server.url)
        subscription = ask(client, session, "createSubscription", 50, 1000, 2)["subscriptionId"]
        for _ in range(5):
            event = stream.next()
            assert (event["subscriptionId"], event["sequenceNumber"]) == (subscription, 1)
    assert publishing(client, session)["gaps"] == 0


def test_an_overflown_queue_shows(automatic, make_server):
    server = make_server(DemoServer, options=["--generate", "1@500"])
    client = automatic.client
    session = client.open(server.url)
    with Stream(automatic, ["QueueOverflow"]) as stream:
        subscription = subscribe(client, session, counters(1), interval=200, queueSize=3)
        event = stream.next()
        assert (event["subscriptionId"], event["clientHandle"]) == (subscription, 1)
    assert publishing(client, session)["overflows"] > 0


def test_other_requests_are_not_held_up(automatic, demo_server):
    client = automatic.client
    session = client.open(demo_server.url)
    ask(client, session, "createSubscription", 1000, 10000, 1000)
    for _ in range(20):
        assert ask(client, session, "read", "i=2259")["statusCode"] == 0
    assert publishing(client, session)["outstanding"] == 2


def test_it_never_expires(make_daemon, demo_server):
    daemon = make_daemon("--auto-publish", "--timeout", "4", "--cleanup-interval", "1")
    client = daemon.client
    with Stream(daemon, ["SubscriptionKeepAlive"]) as stream:
        session = client.open(demo_server.url)
        ask(client, session, "createSubscription", 100, 10000, 5)
        idle = client.open(demo_server.url, {"opcuaTimeout": 7})  # begins later and ends sooner
        while idle in sessions(client):
            stream.next()
        stream.next()
    assert session in sessions(client)
    assert f"Session {idle} expired" in daemon.log()


# --- callers --------------------------------------------------------------------------------------

def test_callers_are_refused(automatic, demo_server):
    client = automatic.client
    session = client.open(demo_server.url)
    assert error(client.query(session, "publish", []))[0] == "ServiceException"  # there is nothing yet
    first = ask(client, session, "createSubscription")["subscriptionId"]
    second = client.invoke(session, "createSubscription")["data"]["data"]["subId"]
    assert error(client.query(session, "publish", [])) == REFUSED
    assert error(client.invoke(session, "publish")) == REFUSED
    assert ask(client, session, "deleteSubscription", first) == 0
    assert error(client.query(session, "publish")) == REFUSED
    assert ask(client, session, "deleteSubscription", second) == 0
    assert error(client.query(session, "publish"))[0] == "ServiceException"
    log_order(automatic.log(), "Auto-publish enabled", f"Auto-publish started for session {session}",
              f"Auto-publish stopped for session {session}")


def test_a_stream_switches_it_on(daemon, demo_server):
    client = daemon.client
    session = client.open(demo_server.url)
    subscribe(client, session, [node("Many/0001")])
    assert ask(client, session, "publish")["notifications"]
    with Stream(daemon, ["SubscriptionCreated"]):
        assert publishing(client, session)["automatic"] is False
    with Stream(daemon, ["DataChangeReceived"], session):
        assert error(client.query(session, "publish")) == REFUSED
        other = client.open(demo_server.url, {"opcuaTimeout": 6})
        subscribe(client, other, [node("Many/0001")])
        assert ask(client, other, "publish")["notifications"]


def test_one_who_waits_is_refused(daemon, demo_server):
    client = daemon.client
    session = client.open(demo_server.url)
    ask(client, session, "createSubscription", 1000, 10000, 1000)
    with Stream(daemon, ["SubscriptionCreated"]) as other:
        waiting = [other.line.send({"command": "query", "sessionId": session, "method": "publish", "params": []})
                   for _ in range(2)]  # the first gets the first keep-alive
        assert other.line.reply(waiting[0])["success"]
        with Stream(daemon, ["DataChangeReceived"], session):
            assert error(other.line.reply(waiting[1])) == REFUSED


# --- small servers --------------------------------------------------------------------------------

@pytest.mark.parametrize("kind, options, most, node_id", [
    (DemoServer, ["--limits"], 3, node("Dynamic/Counter")),
    (BareServer, ["--publish-queue", "2"], 2, "i=2258"),
])
def test_a_server_that_takes_few_requests(automatic, make_server, kind, options, most, node_id):
    client = automatic.client
    session = client.open(make_server(kind, options=options).url)
    with Stream(automatic, ["DataChangeReceived"]) as stream:
        wanted = {subscribe(client, session, [node_id], interval=100, samplingInterval=100, queueSize=1) for _ in range(5)}
        heard = set()
        while heard != wanted:
            heard.add(stream.next()["subscriptionId"])
        for _ in range(20):
            stream.next()
    state = publishing(client, session)
    assert state["most_outstanding"] == most and state["outstanding"] == most
    errors = state["errors"]
    with Stream(automatic, ["DataChangeReceived"]) as stream:
        for _ in range(20):
            stream.next()
    assert publishing(client, session)["errors"] == errors  # it has learnt
    assert (state["gaps"], state["state"]) == (0, "running")


# --- losses ---------------------------------------------------------------------------------------

def test_cuts_lose_nothing(daemon, make_server):
    server = make_server(DemoServer, options=["--generate", "5@50"])
    client = daemon.client
    with Proxy(server) as proxy, Stream(daemon, CHANGES) as stream:
        session = client.open(proxy.url)
        subscribe(client, session, counters(5))
        for cut in range(6):
            stream.keep(100 + cut)
            proxy.cut_now()
            wait_until(lambda: client.query(session, "read", "i=2259").get("success"), 20.0, "it is back")
        seen, lost = collect_counters(stream, 5, 50, lambda: stop_generator(client, session))
        for values in seen.values():
            assert values == list(range(values[0], values[-1] + 1))
        assert not lost and proxy.count(REPUBLISH)
    assert publishing(client, session)["lost"] == 0


def new_value(changes, old):
    """The first value of changes() that is not the old one: node-opcua sends the last value again
    when a session is activated on a new channel."""
    while True:
        for change in changes():
            if change["dataValue"]["value"] != old:
                return change["dataValue"]["value"]


WRITABLE = [(DemoServer, node("Many/0001")), (BareServer, "ns=1;i=1008")]


@pytest.mark.parametrize("kind, target", WRITABLE)
def test_a_lost_answer_is_published_again(daemon, share_server, kind, target):
    server = share_server(kind)
    client = daemon.client
    with Proxy(server) as proxy, Stream(daemon, CHANGES) as stream:
        session = client.open(proxy.url)
        assert ask(client, session, "write", target, 100, INT32) == 0
        subscribe(client, session, [target], keep_alive=1000)
        stream.next()
        for value in range(101, 108):
            proxy.swallow_answer(PUBLISH)
            assert ask(client, session, "write", target, value, INT32) == 0
            wait_until(lambda: proxy.swallow is None, 10.0, "the answer is swallowed")
            wait_until(lambda: client.query(session, "read", "i=2259").get("success"), 20.0, "it is back")
            assert new_value(lambda: [stream.next()], value - 1) == value
    state = publishing(client, session)
    assert state["republished"] >= 7 and state["lost"] == 0


@pytest.mark.parametrize("kind, target", WRITABLE)
def test_callers_lose_nothing_either(daemon, share_server, kind, target):
    """Manual publishing: what the server had sent when the connection went is handed out later."""
    server = share_server(kind)
    client = daemon.client
    with Proxy(server) as proxy:
        session = client.open(proxy.url)
        assert ask(client, session, "write", target, 100, INT32) == 0
        subscribe(client, session, [target], keep_alive=1000)
        ask(client, session, "publish")
        for value in range(101, 106):
            proxy.swallow_answer(PUBLISH)
            assert ask(client, session, "write", target, value, INT32) == 0
            assert new_value(lambda: ask(client, session, "publish")["notifications"], value - 1) == value
        assert proxy.swallow is None and proxy.connections >= 6
    assert publishing(client, session)["republished"] >= 5


# --- servers that go and come ---------------------------------------------------------------------

def test_a_server_that_restarts(daemon, make_server):
    server = make_server(DemoServer, options=["--generate", "2@50"])
    client = daemon.client
    session = client.open(server.url)
    with Stream(daemon, [*CHANGES, "SubscriptionRecreated"]) as stream:
        subscription = subscribe(client, session, counters(2))
        stream.keep(20)
        server.restart()
        events = []
        while "NotificationsLost" not in (names := {e["event"] for e in events}) or "SubscriptionRecreated" not in names:
            events.append(stream.next())
        lost = [event for event in events if event["event"] == "NotificationsLost"]
        assert [event["to"] for event in lost] == [None] and lost[0]["dropped"] is None
        assert {event["subscriptionId"] for event in lost} == {subscription}
        stream.kept = []
        stream.keep(20)
        assert stream.kept[0]["sequenceNumber"] == 1
        assert {event["clientHandle"] for event in stream.kept} == {1, 2}
        assert error(client.query(session, "publish")) == REFUSED


def test_a_server_that_stands_still(daemon, make_server):
    server = make_server(DemoServer, options=["--generate", "5@50"])
    client = daemon.client
    with Stream(daemon, CHANGES) as stream:
        session = client.open(server.url)
        subscribe(client, session, counters(5))
        stream.keep(50)
        server.freeze()
        assert error(client.query(session, "read", "i=2259"))[0] == "ConnectionException"
        server.thaw()
        seen, lost = collect_counters(stream, 5, 200, lambda: stop_generator(client, session))
        for values in seen.values():
            assert values == list(range(values[0], values[-1] + 1))
        assert not lost


@pytest.mark.parametrize("kind, target", WRITABLE)
def test_a_subscription_that_has_timed_out(daemon, make_server, kind, target):
    """The line is dead for longer than the subscription lives, but not for so long as the session does."""
    server = make_server(kind)
    client = daemon.client
    direct = client.open(server.url, {"opcuaTimeout": 40})
    with Proxy(server) as proxy, Stream(daemon, [*CHANGES, "SubscriptionRecreated"]) as stream:
        session = client.open(proxy.url, {"opcuaTimeout": 30})
        made = ask(client, session, "createSubscription", 100, 100, 10)
        item = {"nodeId": target, "clientHandle": 5, "samplingInterval": 50}
        assert ask(client, session, "createMonitoredItems", made["subscriptionId"], [item])[0]["statusCode"] == 0
        first = stream.next()
        assert first["event"] == "DataChangeReceived"
        subscriptions = "i=2285"
        assert ask(client, direct, "read", subscriptions)["value"] == 1
        proxy.pause()
        wait_until(lambda: ask(client, direct, "read", subscriptions)["value"] == 0, 60.0, "the server gives it up")
        assert ask(client, direct, "write", target, 4711, INT32) == 0
        proxy.resume()
        events = [stream.next()]
        while events[-1]["event"] != "DataChangeReceived" or events[-1]["dataValue"]["value"] != 4711:
            events.append(stream.next())
        assert {"SubscriptionRecreated", "NotificationsLost"} <= {event["event"] for event in events}
        assert {event["subscriptionId"] for event in events} == {made["subscriptionId"]}
        assert events[-1]["clientHandle"] == 5
