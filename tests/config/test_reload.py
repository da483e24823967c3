# SPDX-License-Identifier: MIT
"""SIGHUP: what has changed is carried out, what has not is not touched."""
import json

import pytest

from osm.servers import BareServer, DemoServer
from osm.wait import wait_until

from .keeping import complete, connection, entry, flowing, reload, session, status, subscription

TIME = "i=2258"


@pytest.fixture(params=[DemoServer, BareServer], ids=["demo", "node-opcua"])
def server(request, share_server):
    return share_server(request.param)


def server_ids(daemon, label="plant"):
    return [s["serverId"] for s in session(daemon, label)["subscriptions"]]


def test_only_the_difference(make_daemon, server, file):
    kept = subscription(TIME, "i=2259")
    daemon = make_daemon("--config", file.write({"plant": connection(server.url, kept, subscription("i=2256"))}))
    before = complete(daemon)
    first, second = server_ids(daemon)
    # an item more in the second one, a third one
    file.write({"plant": connection(server.url, kept, subscription("i=2256", "i=2259"), subscription(TIME, interval=200))})
    reload(daemon)
    wait_until(lambda: len(entry(daemon)["subscriptions"]) == 3, 10, "the third one is known")
    complete(daemon)
    assert session(daemon)["id"] == before["sessionId"]
    assert server_ids(daemon)[:2] == [first, second]
    assert [s["items"]["actual"] for s in session(daemon)["subscriptions"]] == [2, 2, 1]
    third = server_ids(daemon)[2]
    # the second one goes, the third one becomes slower
    file.write({"plant": connection(server.url, kept, subscription(TIME, interval=300))})
    reload(daemon)
    wait_until(lambda: server_ids(daemon) == [first, third], 10, "the second one is gone")
    wait_until(lambda: session(daemon)["subscriptions"][1]["publishingInterval"] == 300, 10, "the third one is slower")
    counters = session(daemon)["publishing"]
    assert counters["lost"] == counters["gaps"] == 0
    flowing(daemon)


def test_nothing_has_changed(make_daemon, demo_server, file):
    daemon = make_daemon("--log-level", "debug", "--config", file.write(
        {"plant": connection(demo_server.url, subscription(TIME))}))
    before = complete(daemon)
    ids = server_ids(daemon)
    log = reload(daemon)
    assert "building" not in log
    assert server_ids(daemon) == ids and entry(daemon) == before


def test_connections_come_and_go(make_daemon, demo_server, file):
    one, other = (connection(demo_server.url, subscription(TIME), config={"autoRetry": n}) for n in (1, 2))
    daemon = make_daemon("--config", file.write({"plant": one}))
    first = complete(daemon)["sessionId"]
    file.write({"plant": one, "other": other})
    reload(daemon)
    second = complete(daemon, "other")["sessionId"]
    assert complete(daemon)["sessionId"] == first
    file.write({"other": other})
    reload(daemon)
    wait_until(lambda: [s["id"] for s in status(daemon)["sessions"]] == [second], 10, "the first one is closed")
    file.write()
    reload(daemon)
    wait_until(lambda: not status(daemon)["sessions"] and not status(daemon)["connections"], 10, "nothing is left")


def test_a_caller_keeps_the_session(make_daemon, demo_server, file):
    daemon = make_daemon("--config", file.write({"plant": connection(demo_server.url, subscription(TIME))}))
    mine = complete(daemon)["sessionId"]
    assert daemon.client.open(demo_server.url, {}) == mine
    file.write()
    reload(daemon)
    wait_until(lambda: not status(daemon)["connections"], 10, "the entry is gone")
    (left,) = status(daemon)["sessions"]
    assert (left["id"], left["subscriptions"], left["autoConnect"]) == (mine, [], [])
    assert daemon.client.query(mine, "read", TIME)["success"]


def test_a_broken_file_changes_nothing(make_daemon, demo_server, file):
    daemon = make_daemon("--config", file.write({"plant": connection(demo_server.url, subscription(TIME))}))
    before = complete(daemon)
    file.path.write_text("timeout: x\nsockett: y\nconnections: {plant: {endpoint: nowhere}}\n")
    log = reload(daemon, "everything stays as it was")
    assert f"[ERROR] {file.path}:1: Invalid value for option --timeout" in log
    assert f'[ERROR] {file.path}:2: unknown option "sockett"' in log
    assert f"[ERROR] {file.path}:3: endpoint: no URL" in log
    file.path.unlink()
    assert "cannot read the file" in reload(daemon, "everything stays as it was")
    assert entry(daemon) == before
    flowing(daemon)


def test_options(make_daemon, file):
    daemon = make_daemon("--config", file.write(timeout=50, max_sessions=5, cache_ttl=1, log_level="info"),
                         "--cleanup-interval", "20")
    file.write(timeout=60, max_sessions=6, cache_ttl=2, log_level="debug", cleanup_interval=3,
               auth_token="new", socket_mode="0660")
    log = reload(daemon)
    assert "[WARNING] Changed options that need a restart, the old values stay: --socket-mode\n" in log
    daemon.client.token = "new"
    limits = status(daemon)["limits"]
    assert (limits["timeout"], limits["maxSessions"], limits["cleanupInterval"]) == (60, 6, 20)
    assert "[DEBUG]" in daemon.log()


def test_the_token_of_the_file(make_daemon, file):
    daemon = make_daemon("--config", file.write(auth_token="secret"))
    daemon.client.token = "secret"
    assert "restart" not in reload(daemon)
    file.write(auth_token="other")
    assert "restart" not in reload(daemon)
    assert daemon.client.request({"command": "ping"})["error"]["type"] == "auth_failed"
    daemon.client.token = "other"
    assert daemon.client.request({"command": "ping"})["success"]


def test_the_token_of_the_command_line_stays(make_daemon, file):
    daemon = make_daemon("--config", file.write(timeout=50), "--auth-token", "secret")
    daemon.client.token = "secret"
    file.write(timeout=60, auth_token="other")
    assert "restart" not in reload(daemon)
    assert status(daemon)["limits"]["timeout"] == 60


def test_the_file_of_connections_is_taken_out(make_daemon, demo_server, file, folder):
    more = folder / "more.json"
    more.write_text(json.dumps({"plant": connection(demo_server.url, subscription(TIME))}))
    daemon = make_daemon("--config", file.write(auto_connect=str(more)))
    complete(daemon)
    file.write()
    reload(daemon)
    wait_until(lambda: entry(daemon) is None, 10, "it is not kept any more")
    wait_until(lambda: status(daemon)["sessions"] == [], what="its session is closed")


def test_many_signals(make_daemon, demo_server, file):
    daemon = make_daemon("--config", file.write({"plant": connection(demo_server.url, subscription(TIME))}))
    before = complete(daemon)
    for _ in range(50):
        reload(daemon)
    assert entry(daemon)["sessionId"] == before["sessionId"]
    assert len(server_ids(daemon)) == 1
