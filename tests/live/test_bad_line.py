# SPDX-License-Identifier: MIT
"""Counters behind a line that is cut, paused and slowed down again and again: every value the
server has queued arrives once and in order, or a NotificationsLost event says that some are gone."""
import random
import threading

import pytest

from core.asking import ask, node
from core.proxy import Proxy
from osm.servers import DemoServer
from osm.wait import wait_until

from .watching import BOOLEAN, PUBLISH, REPUBLISH, Stream, collect_counters, counters, publishing, subscribe

ITEMS, RATE = 10, 20
TROUBLES = 30


class Trouble(threading.Thread):
    """Makes trouble on the line, each time when something has come since the last one."""

    def __init__(self, proxy, client, session, seed):
        super().__init__(daemon=True)
        self.proxy, self.client, self.session = proxy, client, session
        self.random = random.Random(seed)
        self.done, self.error = 0, None

    def _messages(self):
        return publishing(self.client, self.session)["messages"]

    def _goes_on(self, before):
        """A caller does not wait for the daemon's own next attempt."""
        return self.client.query(self.session, "read", "i=2259").get("success") and self._messages() > before + 2

    def _make(self):
        kind = self.random.choice(["cut", "swallow", "swallow republish", "pause"])
        if kind == "cut":
            self.proxy.cut_now()
        elif kind == "swallow":
            self.proxy.swallow_answer(PUBLISH)
        elif kind == "swallow republish":
            self.proxy.swallow_answer(REPUBLISH)
            self.proxy.cut_now()
        else:
            self.proxy.pause()
            threading.Event().wait(self.random.random())  # that long nothing comes through
            self.proxy.resume()

    def run(self):
        try:
            for _ in range(TROUBLES):
                before = self._messages()
                self._make()
                wait_until(lambda: self._goes_on(before), 60.0, "messages come again")
                self.done += 1
        except BaseException as error:  # told by the test
            self.error = error


@pytest.mark.parametrize("seed", [1, 2])
def test_counters_behind_a_bad_line(daemon, make_server, seed):
    server = make_server(DemoServer, options=["--generate", f"{ITEMS}@{RATE}"])
    client = daemon.client
    with Proxy(server) as proxy, Stream(daemon, ["DataChangeReceived", "NotificationsLost", "QueueOverflow"]) as stream:
        session = client.open(proxy.url)
        subscribe(client, session, counters(ITEMS), interval=100)
        trouble = Trouble(proxy, client, session, seed)
        trouble.start()
        direct = client.open(server.url)

        def stop():
            assert ask(client, direct, "write", node("Generator/Running"), False, BOOLEAN) == 0
            return ask(client, direct, "read", node("Generator/0000"))["value"]
        while trouble.is_alive():
            stream.keep(50)
        assert trouble.error is None and trouble.done == TROUBLES
        proxy.swallow = None
        seen, lost = collect_counters(stream, ITEMS, 1, stop)
    state = publishing(client, session)
    print(f"{proxy.connections} connections, {state}")
    assert not lost and state["lost"] == 0
    for values in seen.values():
        assert values == list(range(values[0], values[-1] + 1))
    assert state["republished"] > 0 and proxy.connections > 3
