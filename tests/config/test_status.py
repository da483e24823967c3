# SPDX-License-Identifier: MIT
"""status of a daemon at work."""
from osm.servers import DemoServer
from osm.wait import wait_until


def ask(daemon, **request):
    reply = daemon.client.request(request)
    assert reply["success"], reply
    return reply["data"]


def test_status(daemon, demo_server):
    session = ask(daemon, command="open", endpointUrl=demo_server.url)["sessionId"]
    subscription = ask(daemon, command="query", sessionId=session, method="createSubscription", params=[100.0])
    ask(daemon, command="query", sessionId=session, method="createMonitoredItems",
        params=[subscription["subscriptionId"], [{"nodeId": {"ns": 0, "id": 2258, "type": "numeric"}}]])
    status = ask(daemon, command="status")
    assert status["pid"] == daemon.pid and status["uptime"] > 0
    assert status["counters"]["ipc"]["frames"] >= 4
    assert status["counters"]["ipc"]["in_flight"] == 1
    assert status["counters"]["loop"]["turns"] > 0
    assert status["counters"]["reverse"] == dict.fromkeys(status["counters"]["reverse"], 0)  # nobody listens
    assert {"accepted", "waiting", "not_allowed", "late"} <= set(status["counters"]["reverse"])
    assert status["counters"]["sessions"]["active"] == 1
    (one,) = status["sessions"]
    assert one["id"] == session and one["state"] == "active" and one["lastKeepAlive"] <= status["time"]
    (subscription,) = one["subscriptions"]
    assert subscription["items"]["desired"] == subscription["items"]["actual"] == 1
    assert ask(daemon, command="ping").keys() == {"status", "sessions", "time"}


def test_a_server_that_is_gone(daemon, make_server):
    server = make_server(DemoServer)
    ask(daemon, command="open", endpointUrl=server.url)
    server.kill()

    def lost():
        (one,) = ask(daemon, command="status")["sessions"]
        return one["state"] != "active" and one
    one = wait_until(lost, 10, "the loss is seen")
    assert one["reason"]
