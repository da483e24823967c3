# SPDX-License-Identifier: MIT
"""Browses that share a server's continuation points (M28; OPC 10000-4 §5.9.2, §7.9): everybody gets everything, or an
error that says after how many references the list broke off."""
import struct
import threading

import pytest

from osm.client import Client, Connection
from osm.scripted import NOTHING, Fault, Reader, Script, array, data_value, node_id, text, uint32
from osm.wait import wait_until

from .asking import ask, error, query

NO_POINTS, INVALID = 0x804B0000, 0x804A0000
CHILDREN, PAGE = 25, 10
CALLERS = 6
PATIENT = {"forceNew": True, "opcuaTimeout": 120}


class Shelf(Script):
    """Below each node CHILDREN others, PAGE of them in an answer; so many points, and one of many bad habits."""

    def __init__(self, points=1, named=None, habit=""):
        self.points, self.named, self.habit = points, points if named is None else named, habit
        self.held, self.serial, self.refused, self.released, self.peak = {}, 0, 0, 0, 0
        super().__init__()

    def value(self, space, identifier):
        if (space, identifier) == (0, 2735):
            return data_value(b"\5" + struct.pack("<H", self.named))
        return super().value(space, identifier)

    def page(self, node, first):
        last = min(first + PAGE, CHILDREN)
        if self.habit == "empty pages" and first and not self.serial % 2:
            last = first
        point = None
        if last < CHILDREN:
            if len(self.held) >= self.points and self.habit == "frees":
                del self.held[min(self.held)]
            if len(self.held) >= self.points:
                self.refused += 1
                if self.habit == "refuses all":
                    raise Fault(NO_POINTS)
                return uint32(NO_POINTS) + NOTHING * 2
            self.serial += 1
            point = b"%08d" % self.serial
            self.held[point] = node, last
            self.peak = max(self.peak, len(self.held))
        return uint32(0) + text(point) + array([self.reference(f"{node}.{n}") for n in range(first, last)])

    @staticmethod
    def reference(name):
        return (node_id(0, 35) + b"\1" + node_id(2, name) + struct.pack("<H", 2) + text(name) + b"\2" + text(name) +
                uint32(1) + node_id(0, 61))

    def browse(self, reader):
        reader.node_id(), reader.unpack("q"), reader.uint32(), reader.uint32()
        return array(reader.list(lambda: self.browsed(reader))) + NOTHING

    def browsed(self, reader):
        _, node = reader.node_id()
        reader.uint32(), reader.node_id(), reader.byte(), reader.uint32(), reader.uint32()
        depth = str(node).count(".")
        return self.page(node, 0) if depth < 2 else uint32(0) + NOTHING + array([])

    def browse_next(self, reader):
        release = reader.byte()
        return array(reader.list(lambda: self.followed(reader.bytes(), release))) + NOTHING

    def followed(self, point, release):
        known = self.held.pop(point, None)
        if release:
            self.released += 1
            return uint32(0) + NOTHING * 2
        if not known or self.habit == "breaks off":
            return uint32(INVALID) + NOTHING * 2
        return self.page(*known)


def ids(references):
    return [reference["nodeId"]["id"] for reference in references]


def all_of(name):
    return [f"{name}.{n}" for n in range(CHILDREN)]


def together(shared, server, session, method, *params):
    """The replies to CALLERS callers who ask at the same time, each on a connection of his own: none is answered before
    all have asked."""
    replies = [None] * CALLERS

    def one(k):
        replies[k] = Client(shared.endpoint).query(session, method, f"ns=2;s=f{k}", *params)
    def all_have_asked():
        ipc = shared.client.data({"command": "status"})["counters"]["ipc"]
        return ipc["in_flight"] == CALLERS + 1  # this one, too
    threads = [threading.Thread(target=one, args=(k,)) for k in range(CALLERS)]
    with server.lock:
        for thread in threads:
            thread.start()
        wait_until(all_have_asked, what="all have asked")
    for thread in threads:
        thread.join()
    return replies


@pytest.mark.parametrize("points, named, habit", [
    (1, 1, ""), (2, 2, ""), (1, 0, ""), (3, 0, ""), (1, 100, ""), (1, 0, "refuses all"), (2, 0, "frees"),
    (1, 1, "empty pages"), (1, 0, "empty pages")])
def test_everybody_gets_everything(shared, client, points, named, habit):
    with Shelf(points, named, habit) as server:
        session = client.open(server.url, PATIENT)
        for _ in range(3):
            for k, reply in enumerate(together(shared, server, session, "browseAll", 0, None, True, [], False)):
                assert reply["success"], reply
                assert ids(reply["data"]) == all_of(f"f{k}")
        assert not server.held
        if named == points:
            assert server.refused == 0 and server.peak == points


@pytest.mark.parametrize("named", [0, 1])
def test_whole_trees(shared, client, named):
    with Shelf(1, named) as server:
        session = client.open(server.url, PATIENT)
        for k, reply in enumerate(together(shared, server, session, "browseRecursive", 0, 2)):
            assert reply["success"], reply
            assert ids(node["reference"] for node in reply["data"]) == all_of(f"f{k}")
            for node in reply["data"]:
                assert ids(n["reference"] for n in node["children"]) == all_of(node["reference"]["nodeId"]["id"])
        assert not server.held


def test_first_pages_give_their_points_back(shared, client):
    with Shelf(1, 0) as server:
        session = client.open(server.url, PATIENT)
        for k, reply in enumerate(together(shared, server, session, "browse", 0, None, True, [], False)):
            assert ids(reply["data"]) == all_of(f"f{k}")[:PAGE]
        assert not server.held


def test_two_sessions_of_one_server(client):
    """Their points are one server's here: one session waits until the other has done."""
    with Shelf(1, 0) as server, Connection(client.endpoint) as line:
        sessions = [client.open(server.url, {**PATIENT, "clientName": name}) for name in "ab"]
        waiting = [line.send(query(session, "browseAll", "ns=2;s=f", 0, None, True, [], False))
                   for session in sessions for _ in range(3)]
        for ident in waiting:
            reply = line.reply(ident)
            assert reply["success"] and ids(reply["data"]) == all_of("f"), reply


def test_what_breaks_off_is_an_error(client):
    with Shelf(1, 1, "breaks off") as server:
        session = client.open(server.url, PATIENT)
        for method, params in (("browseAll", (0, None, True, [], False)), ("browseRecursive", (0, 2))):
            kind, message = error(client.query(session, method, "ns=2;s=f", *params))
            assert kind == "ServiceException"
            assert "broke off after 10: " in message and "BadContinuationPointInvalid" in message
        page = ask(client, session, "browseWithContinuation", "ns=2;s=f")
        kind, message = error(client.query(session, "browseNext", page["continuationPoint"]))
        assert kind == "ServiceException" and message.endswith("(the list of references broke off after 10)")
        assert ask(client, session, "browseNext", "AAEC") == {"references": [], "continuationPoint": None}


def test_what_stays_refused_is_an_error(client):
    with Shelf(0, 0) as server:
        session = client.open(server.url, PATIENT)
        for method in ("browse", "browseAll", "browseRecursive", "browseWithContinuation"):
            before = server.refused
            kind, message = error(client.request({**query(session, method, "ns=2;s=f"), "timeout": 3}))
            assert kind == "ServiceException" and "BadNoContinuationPoints" in message, message
            assert "s in the queue for them: the list of references broke off after 0" in message
            assert 1 < server.refused - before < 20
        assert ask(client, session, "isConnected") is True


def test_a_caller_who_keeps_his_point_keeps_nobody_for_ever(client):
    with Shelf(1, 1) as server:
        session = client.open(server.url, PATIENT)
        page = ask(client, session, "browseWithContinuation", "ns=2;s=f")
        assert ids(page["references"]) == all_of("f")[:PAGE]
        assert ids(ask(client, session, "browseAll", "ns=2;s=g", 0, None, True, [], False)) == all_of("g")
        kind, message = error(client.query(session, "browseNext", page["continuationPoint"]))
        assert kind == "ServiceException" and message.endswith("(the list of references broke off after 10)")
        assert not server.held


def test_a_caller_who_follows_gets_everything(client):
    with Shelf(1, 1) as server:
        session = client.open(server.url, PATIENT)
        page = ask(client, session, "browseWithContinuation", "ns=2;s=f")
        got = ids(page["references"])
        while page["continuationPoint"]:
            page = ask(client, session, "browseNext", page["continuationPoint"])
            got += ids(page["references"])
        assert got == all_of("f") and not server.held


# --- timeoutHint follows the caller's time limit (R25) --------------------------------------------------------------

GRACE = 5000


def test_the_hint_is_the_callers_limit(client):
    with Shelf(1, 1) as server:
        session = client.open(server.url, {"forceNew": True, "opcuaTimeout": 35.5})

        def hint(service, **more):
            del server.requests[:]
            client.request({"command": "query", "sessionId": session, **more})
            return [told for name, told in server.requests if name == service]
        read = {"method": "read", "params": ["i=2259"]}
        assert hint("read", **read) == [35500 + GRACE]
        assert hint("read", **read, timeout=12.25) == [12250 + GRACE]
        assert hint("read", **read, timeout=90) == [90000 + GRACE]
        browse = {"method": "browseAll", "params": ["ns=2;s=f", 0, None, True, [], False]}
        assert hint("browse", **browse, timeout=20) == [20000 + GRACE]
        assert hint("browse_next", **browse, timeout=20) == [20000 + GRACE] * 2


# --- histories in pages (M24) ---------------------------------------------------------------------------------------

class Recorder(Script):
    """STORED values, at most PAGES in an answer; it sends as many as it likes behind the first page."""
    STORED, PAGES = 1500, 1024

    def __init__(self, greedy=False):
        self.greedy, self.held, self.asked, self.refuse = greedy, {}, [], 0
        super().__init__()

    def history_read(self, reader):
        _, details = reader.extension()
        reader.uint32()
        release = reader.byte()
        (point,) = reader.list(lambda: self.point_of(reader))
        wanted = Reader(details[17:]).uint32() or self.STORED
        first = self.held.pop(point, 0)
        if release:
            return array([uint32(0) + NOTHING + b"\0\0\0"]) + NOTHING
        if self.refuse:
            self.refuse -= 1
            return array([uint32(NO_POINTS) + NOTHING + b"\0\0\0"]) + NOTHING
        self.asked.append(wanted)
        size = min(self.PAGES if self.greedy else min(wanted, self.PAGES), self.STORED - first)
        point = b"at %d" % (first + size) if first + size < self.STORED else None
        if point:
            self.held[point] = first + size
        values = array([data_value(b"\6" + uint32(n)) for n in range(first, first + size)])
        return array([uint32(0) + text(point) + node_id(0, 658) + b"\1" + text(values)]) + NOTHING

    @staticmethod
    def point_of(reader):
        reader.node_id(), reader.bytes(), reader.unpack("H"), reader.bytes()
        return reader.bytes()


@pytest.mark.parametrize("greedy", [False, True])
@pytest.mark.parametrize("wanted", [1, 1000, 1024, 1025, 1100, 1499, 1500, 2000])
def test_as_many_as_were_asked_for(client, greedy, wanted):
    with Recorder(greedy) as server:
        session = client.open(server.url, PATIENT)
        times = ("2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z")
        values = ask(client, session, "historyReadRaw", "ns=2;s=h", *times, wanted)
        assert [value["value"] for value in values] == list(range(min(wanted, server.STORED)))
        assert not server.held  # what is left over is released
        assert max(server.asked) <= wanted
        server.refuse = 2  # no point left: later
        assert len(ask(client, session, "historyReadRaw", "ns=2;s=h", *times)) == server.STORED
