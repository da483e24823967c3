#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Replays the recorded transcripts against the daemon and reports what matches.

    python3 tests/replay/replay.py [--socket endpoint] [--only read,browse,…] [--file methods …]

With --socket a daemon that runs already is asked, after its sessions have been closed; lines that need daemons with other options
start these from $OSM_BUILD_DIR all the same. --only names commands, methods or scopes: other
lines are run only as far as these depend on them, and not reported.
"""
import argparse
import json
import pathlib
import sys
from collections import Counter
from dataclasses import dataclass, field

if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from replay import corrections, recording, steps  # noqa: E402
from replay.compare import Difference, differences, shorten  # noqa: E402
from replay.mapping import learn_ids  # noqa: E402
from replay.nodes import Nodes, written_node  # noqa: E402
from replay.scopes import scope  # noqa: E402
from replay.world import USERS, World  # noqa: E402

#: Always run: later lines depend on them.
CARRYING = ("open", "close", "write", "writeMulti")
#: So many lines without any reply mean that the daemon is gone.
PATIENCE = 20


@dataclass
class State:
    """What corrections may look at."""

    nodes: Nodes
    refused: set = field(default_factory=set)


@dataclass
class Result:
    exchange: recording.Exchange
    scope: str
    correction: str
    sent: object
    got: object
    found: list

    @property
    def matched(self):
        return not self.found


class NoReply(Exception):
    """The daemon sent nothing that is a line of JSON."""


def _endpoints(exchanges):
    """Recorded session id -> recorded URL."""
    return {e.response["data"]["sessionId"]: e.request.get("endpointUrl") for e in exchanges
            if e.command == "open" and isinstance(e.response, dict) and e.response.get("success")}


class Replay:
    """One transcript against one world."""

    def __init__(self, world, exchanges, only=()):
        self.world = world
        self.exchanges = exchanges
        self.only = set(only)
        self.endpoints = _endpoints(exchanges)
        self.state = State(Nodes(exchanges))
        self.silent = 0

    def scope(self, exchange):
        url = exchange.request.get("endpointUrl") if exchange.command == "open" else self.endpoints.get(
            exchange.session if isinstance(exchange.session, str) else None)
        return scope(exchange, url if isinstance(url, str) else None)

    def chosen(self, exchange):
        names = (exchange.command, exchange.method, self.scope(exchange))
        return not self.only or any(name in names for name in self.only)

    # ---- one line ----

    def _request(self, exchange):
        """The request as it must be sent: mapped, with a password where one was masked."""
        request = self.world.mapping.request(exchange.request)
        config = request.get("config") if isinstance(request, dict) else None
        if isinstance(config, dict) and config.get("password") == "***":
            known = USERS.get(config.get("username"), "none")
            config["password"] = "wrong" if "wrong password" in exchange.label else known
        return request

    def _line(self, exchange):
        """(what was sent, the reply line) of a request or of bytes."""
        client = self.world.client(exchange.daemon)
        as_bytes = steps.bytes_step(exchange)
        if as_bytes:
            return exchange.request_raw, as_bytes(client)
        request = self._request(exchange)
        return request, client.raw(json.dumps(request).encode() + b"\n")

    def _supply(self, exchange):
        """Sends what the recording leaves out before this line."""
        client = self.world.client(exchange.daemon)
        missing = self.state.nodes.missing_write(exchange) or self.state.nodes.missing_invoke(exchange)
        if missing:
            client.request(self.world.mapping.request(missing))
        name = written_node(exchange)
        if name and exchange.method == "write" and not self.state.nodes.holds(name):
            read = {**exchange.request, "method": "read", "params": exchange.arguments[:1]}
            self.state.nodes.saw(name, client.request(self.world.mapping.request(read)))
        for request in self._missing_events(exchange):
            client.request(self.world.mapping.request(request))

    @staticmethod
    def _missing_events(exchange):
        """The call that fired the event a recorded publish shows."""
        if exchange.method != "publish" or "event" not in exchange.label:
            return
        severity, message = (999, "Grüße") if "publish fields" in exchange.label else (1, "y")
        arguments = [{"type": 5, "value": severity}, {"type": 12, "value": message}]
        if exchange.command == "query":
            yield {"command": "query", "sessionId": exchange.session, "method": "call",
                   "params": [{"ns": 1, "id": "Types", "type": "string"}, {"ns": 1, "id": "Fire", "type": "string"}, arguments]}

    def _learn(self, exchange, got):
        known = self.world.mapping
        data = got.get("data") if isinstance(got, dict) else None
        recorded = exchange.response.get("data") if isinstance(exchange.response, dict) else None
        if exchange.command == "open" and isinstance(recorded, dict) and isinstance(data, dict):
            if recorded["sessionId"] in known.ids or data.get("sessionId") in known.back:
                return
        learn_ids(known, recorded, data)

    def _compare(self, exchange, line):
        """(correction id, reply with recorded ids, differences) of a reply line."""
        if exchange.response_raw == "":
            return None, None, [Difference("", "no reply", line.decode(errors="replace"))] if line else []
        try:
            got = json.loads(line)
        except ValueError:
            raise NoReply(f"no line of JSON: {line[:200]!r}") from None
        if not line.endswith(b"\n") or line.count(b"\n") != 1:
            raise NoReply(f"not exactly one line: {line[-200:]!r}")
        self._learn(exchange, got)
        got = self.world.mapping.reply(got)
        correction, expected = corrections.expectation(exchange, self.state)
        return correction, got, differences(expected, got)

    def _after(self, exchange, got, found):
        name = written_node(exchange)
        if name and exchange.method == "write":
            self.state.nodes.wrote(exchange, got)
        elif name and exchange.method == "read" and len(exchange.arguments) == 1:
            self.state.nodes.saw(name, got)
        recorded = exchange.response
        if exchange.command == "open" and recorded.get("success") and not got.get("success") and not found:
            if not recorded["data"].get("reused"):
                self.state.refused.add(recorded["data"]["sessionId"])

    def _named(self, exchange, step):
        """A note or a command line."""
        got = step(self.world, exchange)
        for name, path in self.world.mapping.folders.items():
            if isinstance(got.get("stderr"), str):
                got["stderr"] = got["stderr"].replace(str(path), name)
        row = corrections.find(exchange, self.state) if not exchange.label.startswith("cli:") else None
        expected = row.expect(exchange, self.state) if row else steps.cli_expectation(exchange)
        correction = row.id if row else ("O" if expected is not exchange.response else None)
        return Result(exchange, self.scope(exchange), correction, exchange.request_raw, got, differences(expected, got))

    def step(self, exchange):
        """Runs one line."""
        sent = exchange.request
        try:
            named = steps.named_step(exchange)
            if named:
                return self._named(exchange, named)
            self._supply(exchange)
            sent, line = self._line(exchange)
            correction, got, found = self._compare(exchange, line)
        except (NoReply, OSError, ValueError, AssertionError) as e:
            self.silent += isinstance(e, (NoReply, OSError))
            found = [Difference("", exchange.response, f"{type(e).__name__}: {e}")]
            return Result(exchange, self.scope(exchange), None, sent, None, found)
        self.silent = 0
        self._after(exchange, got if isinstance(got, dict) else {}, found)
        return Result(exchange, self.scope(exchange), correction, sent, got, found)

    def run(self):
        """Results of the chosen lines, in order."""
        for exchange in self.exchanges:
            chosen = self.chosen(exchange)
            self.world.before(exchange)
            if not chosen and exchange.command not in CARRYING and exchange.method not in CARRYING:
                continue
            result = self.step(exchange)
            if chosen:
                yield result
            if self.silent >= PATIENCE:
                raise RuntimeError(f"{PATIENCE} lines without a reply, the last one {exchange.where} [{exchange.label}]; "
                                   f"{result.found[0]}")


def run(endpoint=None, only=(), files=recording.FILES):
    """Results of whole files, each with a fresh main daemon."""
    with World(endpoint) as world:
        results = []
        for file in files:
            world.new_file()
            results += Replay(world, recording.load(file), only).run()
        return results


# ---- the report ----

def explain(result):
    """A mismatch on a few lines."""
    e = result.exchange
    head = f"{e.where} [{e.label}] {result.scope}" + (f", corrected by {result.correction}" if result.correction else "")
    lines = [head, f"    sent     {shorten(result.sent, 300)}",
             f"    recorded {shorten(e.response if e.response_raw is None else e.response_raw, 300)}"]
    if result.got is not None:
        lines.append(f"    got      {shorten(result.got, 300)}")
    lines += [f"    {d}" for d in result.found[:4]]
    if len(result.found) > 4:
        lines.append(f"    and {len(result.found) - 4} differences more")
    return "\n".join(lines)


def report(results, out=print):
    """Mismatches, then matched/total per command and method, per scope and over all."""
    for result in results:
        if not result.matched:
            out(explain(result))
    for title, key in (("command and method", lambda r: " ".join(r.exchange.group).strip()), ("scope", lambda r: r.scope)):
        total = Counter(key(r) for r in results)
        matched = Counter(key(r) for r in results if r.matched)
        out(f"\n{title}")
        for name in sorted(total):
            flag = "" if matched[name] == total[name] else "  <--"
            out(f"  {name:38} {matched[name]:4}/{total[name]}{flag}")
    corrected = Counter(r.correction for r in results if r.correction)
    out("\nlines that differ on purpose, by the contract's id")
    for name in sorted(corrected):
        out(f"  {name:38} {corrected[name]:4}")
    matched = sum(r.matched for r in results)
    out(f"\ntranscripts: {matched}/{len(results)} matched")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--socket", help="endpoint of a daemon that runs already (default: start one)")
    parser.add_argument("--only", default="", help="commands, methods or scopes, separated by commas")
    parser.add_argument("--file", action="append", choices=recording.FILES, help="only this transcript (repeatable)")
    arguments = parser.parse_args()
    only = [name for name in arguments.only.split(",") if name]
    results = run(arguments.socket, only, arguments.file or recording.FILES)
    report(results)
    return 0 if all(r.matched for r in results) else 1


if __name__ == "__main__":
    sys.exit(main())
