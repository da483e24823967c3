# SPDX-License-Identifier: MIT
"""Events say whether their message came by Republish (V2): the answer to a Publish is lost on its way."""
import pytest

from core.asking import ask, node
from core.proxy import Proxy
from osm.servers import DemoServer
from osm.wait import wait_until

from .watching import PUBLISH, Stream, subscribe

INT32, DOUBLE = 6, 11
FIELDS = ["EventId", "EventType", "SourceName", "Time", "Message", "Severity", "ConditionName", "ActiveState/Id",
          "AckedState/Id"]


@pytest.fixture
def daemon(make_daemon):
    return make_daemon()


def lose_the_next(proxy, client, session, write):
    proxy.swallow_answer(PUBLISH)
    assert ask(client, session, "write", *write) == 0
    wait_until(lambda: proxy.swallow is None, 20, "the answer is swallowed")


def test_a_change_and_an_alarm(daemon, make_server):
    client = daemon.client
    with Proxy(make_server(DemoServer)) as proxy, \
            Stream(daemon, ["DataChangeReceived", "EventNotificationReceived", "AlarmActivated",
                            "SubscriptionKeepAlive"]) as stream:
        session = client.open(proxy.url)
        assert ask(client, session, "write", node("Many/0001"), 1, INT32) == 0
        subscribe(client, session, [node("Many/0001")], keep_alive=1000)
        first = stream.next()
        assert (first["dataValue"]["value"], first["republished"]) == (1, False)
        lose_the_next(proxy, client, session, (node("Many/0001"), 2, INT32))
        again = stream.next()
        assert (again["dataValue"]["value"], again["republished"]) == (2, True)

        alarms = ask(client, session, "createSubscription", 50, 10000, 1000)["subscriptionId"]
        assert stream.next()["subscriptionId"] == alarms  # its first message, a keep-alive: the next is the alarm's
        assert ask(client, session, "createEventMonitoredItem", alarms, "i=2253", FIELDS, 9)["statusCode"] == 0
        lose_the_next(proxy, client, session, (node("Alarms/Level"), 85.0, DOUBLE))
        seen = {}
        while "AlarmActivated" not in seen:
            event = stream.next()
            seen[event["event"]] = event
        assert seen["EventNotificationReceived"]["republished"] is True
        assert seen["AlarmActivated"]["republished"] is True
        assert ask(client, session, "write", node("Many/0001"), 3, INT32) == 0
        while event["event"] != "DataChangeReceived":
            event = stream.next()
        assert (event["dataValue"]["value"], event["republished"]) == (3, False)
