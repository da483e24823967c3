# SPDX-License-Identifier: MIT
"""What one token has made, another one of the same role leaves alone (docs/protocol.md, Roles)."""
import os
import signal

import pytest

from osm.client import Connection
from osm.wait import wait_until

from .test_callers import ADMIN, READ, WRITE, ask, refused, token_file

OTHER = "reader-0005"
TIME = {"nodeId": "i=2258", "samplingInterval": 100.0}
DENIED = "access_denied"


@pytest.fixture
def shared(make_daemon, tmp_path, demo_server):
    path = token_file(tmp_path / "tokens", [f"read {READ}", f"read {OTHER}", f"write {WRITE}", f"admin {ADMIN}"])
    daemon = make_daemon("--token-file", path)
    daemon.token_path = tmp_path / "tokens"
    daemon.session = ask(daemon, READ, "open", endpointUrl=demo_server.url)["data"]["sessionId"]
    return daemon


def run(daemon, token, method, *params, session=None):
    return ask(daemon, token, "query", sessionId=session or daemon.session, method=method, params=list(params))


def subscribe(daemon, token):
    made = run(daemon, token, "createSubscription", 100.0)["data"]["subscriptionId"]
    item = run(daemon, token, "createMonitoredItems", made, [TIME])["data"][0]["monitoredItemId"]
    return made, item


def reload(daemon, lines):
    before = daemon.log().count("Token file read again")
    token_file(daemon.token_path, lines)
    os.kill(daemon.pid, signal.SIGHUP)
    wait_until(lambda: daemon.log().count("Token file read again") > before, what="the file is read again")


def test_sessions_are_closed_by_their_makers(shared, demo_server):
    assert ask(shared, OTHER, "open", endpointUrl=demo_server.url)["data"]["reused"]
    kind, message = refused(ask(shared, OTHER, "close", sessionId=shared.session))
    assert kind == DENIED and 'takes the role "write", this token has "read"' in message
    assert run(shared, OTHER, "read", "i=2258")["success"]
    assert ask(shared, READ, "close", sessionId=shared.session)["success"]
    session = ask(shared, READ, "open", endpointUrl=demo_server.url)["data"]["sessionId"]
    assert ask(shared, WRITE, "close", sessionId=session)["success"]


def test_items_are_changed_by_their_makers(shared):
    made, item = subscribe(shared, READ)
    change = [{"monitoredItemId": item, "samplingInterval": 3600000.0}]
    for method, params in (("modifyMonitoredItems", (made, change)), ("deleteMonitoredItems", (made, [item])),
                           ("setTriggering", (made, item, [item], [])), ("deleteSubscription", (made,)),
                           ("createMonitoredItems", (made, [TIME])), ("createEventMonitoredItem", (made, "i=2253")),
                           ("publish", ()), ("republish", (made, 1))):
        assert refused(run(shared, OTHER, method, *params))[0] == DENIED, method
    assert run(shared, READ, "publish")["data"]["subscriptionId"] == made
    for token in (READ, WRITE):
        assert run(shared, token, "modifyMonitoredItems", made, change)["data"][0]["statusCode"] == 0
    own, mine = subscribe(shared, OTHER)
    assert refused(run(shared, READ, "publish"))[0] == DENIED  # it might bring the other one's
    assert run(shared, OTHER, "deleteMonitoredItems", own, [mine])["data"] == [0]
    assert run(shared, OTHER, "deleteSubscription", own)["data"] == 0
    assert run(shared, OTHER, "deleteSubscription", 4711)["success"]  # the server's business
    assert run(shared, WRITE, "deleteSubscription", made)["data"] == 0


def test_a_waiting_publish_gets_its_own(shared):
    """Who waits already when another one subscribes is not handed what is not his."""
    made, _ = subscribe(shared, READ)
    run(shared, READ, "publish")
    with Connection(shared.endpoint) as caller:
        caller.send({"command": "query", "id": 1, "authToken": READ, "sessionId": shared.session, "method": "publish"})
        other, _ = subscribe(shared, OTHER)
        reply = caller.reply(1)
        assert reply.get("data", {}).get("subscriptionId") == made != other, reply


def test_streams_silence_nobody(shared, demo_server):
    subscribe(shared, READ)
    with Connection(shared.endpoint) as caller:
        ask_for = {"command": "stream", "authToken": OTHER, "events": ["DataChangeReceived"]}
        assert refused(caller.request({**ask_for, "id": 1, "sessionId": shared.session}))[0] == DENIED
        assert caller.request({**ask_for, "id": 2})["success"]
        assert run(shared, READ, "publish")["success"]
        own = ask(shared, OTHER, "open", endpointUrl=demo_server.url, forceNew=True)["data"]["sessionId"]
        made = run(shared, OTHER, "createSubscription", 100.0, session=own)["data"]["subscriptionId"]
        assert run(shared, OTHER, "createMonitoredItems", made, [TIME], session=own)["success"]
        assert caller.reply(2)["event"] == "DataChangeReceived"


def test_trust_is_for_admins(shared, demo_server, tmp_path):
    store = tmp_path / "store"
    for extra in ({"autoAccept": True}, {"autoAccept": True, "autoAcceptForce": True}, {"autoAcceptForce": True}):
        reply = ask(shared, WRITE, "open", endpointUrl=demo_server.url, config={"trustStorePath": str(store), **extra})
        assert refused(reply) == (DENIED, 'autoAccept takes the role "admin", this token has "write"')
    assert ask(shared, WRITE, "open", endpointUrl=demo_server.url, config={"trustStorePath": str(store)})["success"]
    assert not store.exists()
    assert ask(shared, ADMIN, "open", endpointUrl=demo_server.url, forceNew=True,
               config={"trustStorePath": str(store), "autoAccept": True})["success"]
    assert (store / "trusted").is_dir()


def test_a_revoked_token_loses_everything(shared):
    assert run(shared, READ, "createSubscription", 3600000.0)["success"]  # which says nothing as long as the test lasts
    with Connection(shared.endpoint) as revoked, Connection(shared.endpoint) as waiting, \
            Connection(shared.endpoint) as kept:
        assert revoked.request({"command": "stream", "id": 1, "authToken": READ, "events": ["NodeBrowsed"]})["success"]
        assert kept.request({"command": "stream", "id": 1, "authToken": OTHER})["success"]
        waiting.send({"command": "query", "id": 7, "authToken": READ, "sessionId": shared.session, "method": "publish"})
        reload(shared, [f"read {OTHER}", f"write {WRITE}", f"admin {ADMIN}"])
        for connection in (revoked, waiting):
            while "event" in (last := connection.receive()):
                pass
            assert refused(last)[0] == "auth_failed" and "id" not in last
            assert connection.receive() is None
        assert ask(shared, WRITE, "open", endpointUrl="opc.tcp://127.0.0.1:1")["success"] is False
        while kept.reply(1)["event"] != "ConnectionFailed":
            pass
    assert not ask(shared, READ, "ping")["success"]
    assert refused(ask(shared, OTHER, "close", sessionId=shared.session))[0] == DENIED
    assert ask(shared, WRITE, "close", sessionId=shared.session)["success"]


def test_makers_outlive_a_reload(shared):
    made, item = subscribe(shared, READ)
    reload(shared, [f"admin {ADMIN}", f"read {READ}", f"read {OTHER}"])
    assert refused(run(shared, OTHER, "deleteSubscription", made))[0] == DENIED
    assert run(shared, READ, "deleteMonitoredItems", made, [item])["data"] == [0]


def test_userinfo_is_refused_and_not_repeated(shared):
    for url in ("opc.tcp://user:s3cret@127.0.0.1:4840", "opc.tcp://user@localhost", "user:s3cret@127.0.0.1:1"):
        reply = ask(shared, ADMIN, "open", endpointUrl=url)
        assert refused(reply)[0] == "ConfigurationException" and "s3cret" not in str(reply)
    assert "s3cret" not in shared.log()


def test_the_configuration_puts_back(make_daemon, tmp_path, demo_server):
    path = token_file(tmp_path / "tokens", [f"read {READ}", f"write {WRITE}"])
    (tmp_path / "conf.yaml").write_text(
        f"connections:\n  line1:\n    endpoint: {demo_server.url}\n    subscriptions:\n"
        "      - publishing_interval: 100\n        monitored_items:\n"
        '          - node_id: "i=2258"\n            client_handle: 7\n            sampling_interval: 100\n')
    daemon = make_daemon("--token-file", path, "--config", tmp_path / "conf.yaml")

    def kept():
        one = ask(daemon, READ, "status")["data"]["connections"][0]
        return one["state"] == "kept" and one["subscriptions"][0]["items"]["actual"] == 1 and one

    one = wait_until(kept, 20, "the connection is kept")
    change = [{"monitoredItemId": 1, "samplingInterval": 3600000.0, "clientHandle": 8}]
    params = (one["subscriptions"][0]["id"], change)
    assert refused(ask(daemon, READ, "close", sessionId=one["sessionId"]))[0] == DENIED
    assert refused(run(daemon, READ, "modifyMonitoredItems", *params, session=one["sessionId"]))[0] == DENIED
    assert run(daemon, WRITE, "modifyMonitoredItems", *params, session=one["sessionId"])["data"][0]["statusCode"] == 0
    wait_until(lambda: "it is put back" in daemon.log(), 20, "the change is noticed")
    with Connection(daemon.endpoint) as caller:
        caller.request({"command": "stream", "id": 1, "authToken": READ, "events": ["DataChangeReceived"]})
        while caller.reply(1)["clientHandle"] != 7:
            pass


def test_the_configuration_takes_links_away(make_daemon, tmp_path, demo_server):
    path = token_file(tmp_path / "tokens", [f"write {WRITE}"])
    (tmp_path / "conf.yaml").write_text(
        f"connections:\n  line1:\n    endpoint: {demo_server.url}\n    subscriptions:\n"
        "      - monitored_items:\n"
        '          - node_id: "i=2258"\n          - node_id: "i=2259"\n')
    daemon = make_daemon("--token-file", path, "--config", tmp_path / "conf.yaml")

    def kept():
        one = ask(daemon, WRITE, "status")["data"]["connections"][0]
        return one["state"] == "kept" and one["subscriptions"][0]["items"]["actual"] == 2 and one

    one = wait_until(kept, 20, "the connection is kept")
    made = run(daemon, WRITE, "setTriggering", one["subscriptions"][0]["id"], 1, [2], [], session=one["sessionId"])
    assert made["data"]["addResults"] == [0]
    wait_until(lambda: "a caller has linked the item of i=2259 to a trigger, the link is taken away" in daemon.log(),
               20, "the link is noticed")
    gone = run(daemon, WRITE, "setTriggering", one["subscriptions"][0]["id"], 1, [], [2], session=one["sessionId"])
    assert gone["data"]["removeResults"] != [0]  # the server has it no longer
