# SPDX-License-Identifier: MIT
"""--log-format json: every line is an object, which says what the message is about where that is known."""
import json
import os
import signal

from osm.wait import wait_until


def messages(daemon):
    return [json.loads(line) for line in daemon.log().splitlines()]


def about(daemon, text):
    return [message for message in messages(daemon) if text in message["message"]]


def test_lines_of_json(make_daemon, demo_server):
    daemon = make_daemon("--log-format", "json", "--log-level", "debug")
    session = daemon.client.open(demo_server.url)
    assert daemon.client.query(session, "read", "ns=2;s=Nowhere/\"At\"")["success"]
    (connected,) = about(daemon, f"Connected to {demo_server.url}")
    assert connected["level"] == "info" and connected["session"] == session and connected["server"] == demo_server.url
    assert any(m.get("code") == "BadNodeIdUnknown" and m["session"] == session for m in messages(daemon)), messages(daemon)
    assert all(message.keys() >= {"time", "level", "message"} for message in messages(daemon))


def test_who_was_refused(make_daemon):
    daemon = make_daemon("--log-format", "json", env={"OPCUA_AUTH_TOKEN": "right"})
    daemon.client.token = "wrong"
    assert not daemon.client.request({"command": "ping"})["success"]
    (refused,) = about(daemon, "Authentication failed")
    assert str(os.getpid()) in refused["peer"], refused


def test_the_format_changes_at_reload(make_daemon, tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text("log_format: plain\n")
    config.chmod(0o600)
    daemon = make_daemon("--config", config)
    config.write_text("log_format: json\n")
    os.kill(daemon.pid, signal.SIGHUP)
    wait_until(lambda: '{"time":' in daemon.log(), 20, "a line of JSON")
