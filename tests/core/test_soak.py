# SPDX-License-Identifier: MIT
"""Twenty callers doing anything while one of two servers is killed, frozen and started again.

Afterwards nothing is left of it: no session, no descriptor, no complaint of the daemon about
itself, and it ends as it should.
"""
import contextlib
import json
import os
import random
import threading
import time

from osm.client import Client, Connection, connect
from osm.servers import DemoServer
from osm.wait import wait_until

from .asking import ask, node, query, read
from .machine import descriptors, resident, sanitized

CALLERS = 20
SECONDS = 15
CONFIGS = [{}, {"opcuaTimeout": 0.5}, {"autoRetry": 2}, {"username": "operator", "password": "operator"},
           {"username": "operator", "password": "wrong"}, {"batchSize": 7}, {"opcuaTimeout": 2, "autoRetry": 1}]
OPERATIONS = [
    ("read", "i=2258"), ("read", node("Edge/LargeString")), ("read", node("Edge/LargeArray")), ("read", 5),
    ("readMulti", [{"nodeId": node(f"Many/{i:04}")} for i in range(200)]), ("write", node("Many/0001"), 5, 6),
    ("write", node("Many/0002"), 6), ("write", node("Many/0002"), "no number"), ("writeMulti", [
        {"nodeId": node(f"Many/{i:04}"), "value": i} for i in range(50)]),
    ("browse", node("Many")), ("browseAll", node("Many")), ("browseWithContinuation", node("Many")), ("browseNext", "AAAA"),
    ("call", node("Methods"), node("Methods/Wait"), [{"type": 11, "value": 300}]), ("call", node("Methods"), node("Methods/Nothing")),
    ("browseRecursive", node("Tree"), 0, 6), ("resolveNodeId", "/Objects/2:Plant"), ("historyReadRaw", node("History/Sine")),
    ("createSubscription", 100.0), ("discoverDataTypes", None, False), ("translateBrowsePaths", []),
    ("getEndpoints", "x"), ("isConnected",), ("getConnectionState",), ("reconnect",), ("disconnect",), ("getServerMaxNodesPerRead",)]


class Caller(threading.Thread):
    """Does one thing after the other until told to stop; what is not valid JSON is a failure."""

    def __init__(self, daemon, urls, seed, over):
        super().__init__(daemon=True)
        self.client = Client(daemon.endpoint)
        self.urls = urls
        self.dice = random.Random(seed)
        self.over = over
        self.sessions = ["nobody"]
        self.failure = None
        self.done = 0

    def run(self):
        deeds = [self.open] * 3 + [self.query] * 12 + [self.close, self.nonsense, self.vanish, self.pipeline, self.look]
        try:
            while not self.over.is_set():
                self.dice.choice(deeds)()
                self.done += 1
        except BaseException as failure:
            self.failure = failure
            raise

    def any_query(self):
        method, *params = self.dice.choice(OPERATIONS)
        request = query(self.dice.choice(self.sessions[-6:]), method, *params)
        if self.dice.random() < 0.2:
            request = {**request, "command": "invoke", "args": params}
        return request

    def open(self):
        reply = self.client.request({"command": "open", "endpointUrl": self.dice.choice(self.urls),
                                     "config": self.dice.choice(CONFIGS), "forceNew": self.dice.random() < 0.3})
        if reply["success"]:
            self.sessions.append(reply["data"]["sessionId"])

    def query(self):
        self.client.request(self.any_query())

    def close(self):
        self.client.request({"command": "close", "sessionId": self.dice.choice(self.sessions)})

    def look(self):
        assert self.client.data({"command": self.dice.choice(["ping", "list"])})

    def nonsense(self):
        self.client.raw(self.dice.randbytes(self.dice.randrange(3000)).replace(b"\n", b"") + b"\n")

    def vanish(self):
        with contextlib.suppress(OSError), connect(self.client.endpoint) as sock:
            sock.sendall(json.dumps(self.any_query()).encode() + b"\n"[:self.dice.randrange(2)])
            sock.setblocking(False)
            sock.recv(self.dice.randrange(1, 1000))

    def pipeline(self):
        with Connection(self.client.endpoint) as line:
            idents = [line.send(self.any_query()) for _ in range(self.dice.randrange(40))]
            if self.dice.random() < 0.7:
                for ident in idents:
                    assert "success" in line.reply(ident)


def trouble(server, dice, over):
    """One mishap after the other; in the end the server runs."""
    while not over.wait(0.2):
        what = dice.choice(["freeze", "kill", "restart"])
        if what == "freeze":
            server.freeze()
            over.wait(dice.choice([0.05, 0.3, 1.2]))
            server.thaw()
        elif what == "kill":
            server.kill()
            over.wait(dice.choice([0.0, 0.3]))
            server.start()
        else:
            server.restart()


def test_soak(make_daemon, make_server):
    seed = int(os.environ.get("OSM_SOAK_SEED", "1"))
    steady, shaky = make_server(DemoServer), make_server(DemoServer)
    daemon = make_daemon("--max-sessions", "0", "--log-level", "notice")
    kept = daemon.client.open(steady.url, {"opcuaTimeout": 60})
    baseline = descriptors(daemon.pid)
    over = threading.Event()
    callers = [Caller(daemon, [steady.url, shaky.url, shaky.url], seed + i, over) for i in range(CALLERS)]
    troubles = threading.Thread(target=trouble, args=(shaky, random.Random(seed), over))
    for thread in (*callers, troubles):
        thread.start()
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        assert isinstance(daemon.client.data({"command": "ping"})["sessions"], int)
        over.wait(0.1)
    over.set()
    for thread in (*callers, troubles):
        thread.join(600)
        assert not thread.is_alive()
    assert [caller.failure for caller in callers if caller.failure] == []
    assert min(caller.done for caller in callers) > 0

    for entry in daemon.client.data({"command": "list"})["sessions"]:
        if entry["id"] != kept:
            daemon.client.request({"command": "close", "sessionId": entry["id"]})
    if kept not in [entry["id"] for entry in daemon.client.data({"command": "list"})["sessions"]]:
        kept = daemon.client.open(steady.url, {"opcuaTimeout": 60})  # a caller had shared and closed it
    assert isinstance(read(daemon.client, kept, node("Dynamic/Sine")), float)
    wait_until(lambda: descriptors(daemon.pid) <= baseline, 60, "no descriptor is left over")
    assert ask(daemon.client, kept, "isConnected") is True
    assert sanitized() or resident(daemon.pid) < 400, f"{resident(daemon.pid):.0f} MiB"
    log = daemon.stop()
    assert "broken invariant" not in log
