# SPDX-License-Identifier: MIT
"""The counters of the demo server: every value reaches an item that is told of each change."""
import subprocess

import pytest

from core.asking import ask, node
from osm.paths import program
from osm.servers import DemoServer

BOOLEAN = 1
STOP_AT = 60


def test_no_value_is_missing(daemon, make_server):
    server = make_server(DemoServer, options=["--generate", "20@50"])
    client = daemon.client
    session = client.open(server.url)
    subscription = ask(client, session, "createSubscription", 50, 1000, 20)["subscriptionId"]
    items = [{"nodeId": node(f"Generator/{i:04}"), "clientHandle": i, "samplingInterval": 0, "queueSize": 10000}
             for i in range(20)]
    created = ask(client, session, "createMonitoredItems", subscription, items)
    assert {(r["statusCode"], r["revisedSamplingInterval"], r["revisedQueueSize"]) for r in created} == {(0, 0, 10000)}
    seen = {i: [] for i in range(20)}
    running, last = True, None
    while running or any(values[-1:] != [last] for values in seen.values()):
        for change in ask(client, session, "publish", [])["notifications"]:
            seen[change["clientHandle"]].append(change["dataValue"]["value"])
        if running and all(len(values) >= STOP_AT for values in seen.values()):
            assert ask(client, session, "write", node("Generator/Running"), False, BOOLEAN) == 0
            last, running = ask(client, session, "read", node("Generator/0000"))["value"], False
    for values in seen.values():
        assert values == list(range(values[0], last + 1))
    assert ask(client, session, "read", node("Generator/0019"))["value"] == last


def test_without_the_option_there_is_none(daemon, demo_server):
    client = daemon.client
    reply = client.query(client.open(demo_server.url), "read", node("Generator/0000"))
    assert reply["data"]["statusCode"] == 0x80340000


@pytest.mark.parametrize("value", ["", "10", "@10", "10@", "0@1", "1@0", "1@1001", "100001@1", "1@1x", "-1@1", " 1@1"])
def test_bad_values_are_refused(value):
    done = subprocess.run([program("opcua-demo-server"), "--generate", value], capture_output=True, text=True, timeout=120)
    assert done.returncode == 1 and "items@rate" in done.stderr and done.stderr.count("\n") == 1
