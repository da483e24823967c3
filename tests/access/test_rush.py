# SPDX-License-Identifier: MIT
"""What others notice of one caller that takes all it can get: requests at a server that says nothing, silent connections.

`scripts/soak-callers [seconds]` runs it longer; worst ping and memory are printed, and no time is asserted.
"""
import contextlib
import os
import threading
import time

from osm.client import Connection, connect
from osm.servers import DemoServer
from osm.wait import wait_until

from .test_callers import ADMIN, READ, ask, ask_at_once, token_file

SECONDS = float(os.environ.get("OSM_RUSH_SECONDS", "2"))


def resident(pid):
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


class Other(threading.Thread):
    """Pings on a connection of its own, until told to stop."""

    def __init__(self, daemon):
        super().__init__(daemon=True)
        self.daemon_under_test, self.over = daemon, threading.Event()
        self.count, self.worst, self.most, self.failure = 0, 0.0, 0.0, None
        self.line = Connection(daemon.endpoint)

    def ping(self):
        begin = time.monotonic()
        assert self.line.request({"command": "ping", "id": self.count, "authToken": ADMIN})["success"]
        self.worst = max(self.worst, time.monotonic() - begin)
        self.most = max(self.most, resident(self.daemon_under_test.pid))
        self.count += 1

    def run(self):
        try:
            while not self.over.wait(0.005):
                self.ping()
        except BaseException as failure:
            self.failure = failure

    def __enter__(self):
        self.ping()  # its connection is known before those of the crowd
        self.start()
        return self

    def __exit__(self, *_):
        wait_until(lambda: self.count > 1 or self.failure, what="the other one is served")
        self.over.set()
        self.join()
        self.line.close()
        print(f"\n{self.count} pings, the worst took {1000 * self.worst:.0f} ms; at most {self.most:.0f} MiB resident")
        assert self.failure is None, self.failure


def rush(daemon, session, stack):
    """Sixteen connections, each with as many long requests in flight as it is let, and then nobody."""
    items = ",".join(['{"nodeId":"i=2258"}'] * 2500)
    line = (f'{{"command":"query","id":1,"authToken":"{READ}","sessionId":"{session}","method":"readMulti",'
            f'"params":[[{items}]]}}\n').encode()
    for _ in range(16):
        sock = stack.enter_context(connect(daemon.endpoint, 0.2))
        with contextlib.suppress(OSError):
            for _ in range(256):
                sock.sendall(line)


def test_others_go_on(make_daemon, make_server, tmp_path):
    path = token_file(tmp_path / "tokens", [f"read {READ}", f"admin {ADMIN}"])
    server = make_server(DemoServer)
    daemon = make_daemon("--token-file", path)
    opened = ask(daemon, READ, "open", endpointUrl=server.url, config={"opcuaTimeout": 600})
    server.freeze()
    end = time.monotonic() + SECONDS
    with Other(daemon):
        while True:
            with contextlib.ExitStack() as stack:
                for _ in range(50):
                    stack.enter_context(connect(daemon.endpoint))
                rush(daemon, opened["data"]["sessionId"], stack)
                for _ in range(10):
                    assert ask_at_once(daemon, ADMIN, "ping")["success"]
            if time.monotonic() > end:
                break
    loop = ask(daemon, ADMIN, "status")["data"]["counters"]["loop"]
    print(f"the longest turn of the loop took {loop['longest_ns'] / 1e6:.0f} ms")
    wait_until(lambda: ask(daemon, ADMIN, "status")["data"]["tokens"][0]["abandoned"] == 0, what="nothing is left of it")
    server.thaw()
    assert ask(daemon, ADMIN, "query", sessionId=opened["data"]["sessionId"], method="read", params=["i=2258"])["success"]
