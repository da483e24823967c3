# SPDX-License-Identifier: MIT
"""--deferred-ack: the server keeps a message until its events are safe with all sinks."""
import json

from core.asking import ask, node
from osm.servers import DemoServer
from osm.wait import wait_until

from .watching import BOOLEAN, counters, publishing, subscribe


def values_in(log):
    """The counters' values in whole lines of the file, by handle."""
    seen = {handle: [] for handle in (1, 2, 3)}
    for line in log.read_text().splitlines(keepends=True):
        event = json.loads(line) if line.endswith("\n") else {"event": None}
        if event["event"] == "DataChangeReceived":
            seen[event["clientHandle"]].append(event["dataValue"]["value"])
    return seen


def test_what_is_in_the_file_is_acknowledged(make_daemon, make_server, tmp_path):
    server = make_server(DemoServer, options=["--generate", "3@50"])
    log = tmp_path / "events.ndjson"
    daemon = make_daemon("--deferred-ack", "--event-log", str(log))
    client = daemon.client
    session = client.open(server.url)
    subscribe(client, session, counters(3), keep_alive=2)
    wait_until(lambda: publishing(client, session)["values"] > 100, 30.0, "values have come")
    assert ask(client, session, "write", node("Generator/Running"), False, BOOLEAN) == 0
    last = ask(client, session, "read", node("Generator/0000"))["value"]
    wait_until(lambda: all(values[-1:] == [last] for values in values_in(log).values()), 30.0, "all are in the file")
    # the last acknowledgement goes with the request behind a keep-alive
    wait_until(lambda: (now := publishing(client, session))["acks_withheld"] == now["acks_waiting"] == 0,
               30.0, "all are acknowledged")
    seen = values_in(log)
    assert all(values == list(range(values[0], last + 1)) for values in seen.values())


def test_a_sink_that_stands_still(make_daemon, make_server):
    server = make_server(DemoServer, options=["--generate", "100@50"])
    daemon = make_daemon("--deferred-ack", "--event-command", "sleep 1000")
    client = daemon.client
    session = client.open(server.url)
    subscribe(client, session, counters(100))
    wait_until(lambda: publishing(client, session)["acks_withheld"] > 10, 30.0, "messages wait for the child")
    before = publishing(client, session)["messages"]
    wait_until(lambda: publishing(client, session)["messages"] > before + 10, 30.0, "publishing goes on")
