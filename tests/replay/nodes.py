# SPDX-License-Identifier: MIT
"""What the writable nodes hold in this run, and the writes the recordings leave out.

A third of the recorded writes is missing, so a recorded "read back" may show a value that no
line wrote. Such a value is written first (`missing_write`). After a write that is there, the
node must hold what the contract says (values.py), which is the recorded value unless the
contract refuses or reads the input differently (T7, T9, T14).
"""
from .values import BUILTIN, Accepted, settle

_MISSING = object()


def written_node(exchange):
    """The name of the writable node of a query write or read in the types server, or None."""
    if exchange.command != "query" or exchange.method not in ("read", "write") or not exchange.arguments:
        return None
    node = exchange.arguments[0]
    if not isinstance(node, dict) or node.get("ns") != 1 or not isinstance(node.get("id"), str):
        return None
    return node["id"] if node["id"].startswith("W_") else None


class Nodes:
    """Name of a node -> (builtin type, value as shown) as last seen or written in this run."""

    def __init__(self, exchanges):
        self.held = {}
        self.previous = dict(zip(exchanges[1:], exchanges[:-1]))

    def builtin(self, exchange):
        """The builtin type of a write: the given one, else the node's own."""
        arguments = exchange.arguments
        if len(arguments) > 2 and arguments[2] is not None:
            return arguments[2]
        name = written_node(exchange)[len("W_"):]
        return BUILTIN.get(name) or self.held.get(f"W_{name}", (None,))[0]

    def outcome(self, exchange):
        """What the contract says about this write; None where it says nothing of its own."""
        builtin = self.builtin(exchange)
        if builtin not in BUILTIN.values() or len(exchange.arguments) < 2:
            return None
        return settle(builtin, exchange.arguments[1])

    def wrote(self, exchange, reply):
        """Notes a write that the server accepted."""
        outcome = self.outcome(exchange)
        if isinstance(outcome, Accepted) and reply == {"success": True, "data": 0}:
            self.held[written_node(exchange)] = (self.builtin(exchange), outcome.shown)

    def saw(self, name, reply):
        """Notes what a read showed."""
        data = reply.get("data") if isinstance(reply, dict) else None
        if isinstance(data, dict) and data.get("type") is not None:
            self.held[name] = (data["type"], data["value"])

    def preceding_write(self, exchange):
        """The write right before a read back, if it was recorded."""
        before = self.previous.get(exchange)
        if not before or before.method != "write" or written_node(before) != written_node(exchange):
            return None
        kind = exchange.label.partition("read back ")[2]
        return before if before.label.startswith(f"write:{kind} ") else None

    def missing_write(self, exchange):
        """The request that puts the recorded value of a read back in place, or None."""
        name = written_node(exchange)
        if not name or exchange.method != "read" or "read back" not in exchange.label:
            return None
        if self.preceding_write(exchange) or not isinstance(exchange.response, dict):
            return None
        data = exchange.response["data"]
        return {"command": "query", "sessionId": exchange.session, "method": "write",
                "params": [exchange.arguments[0], data["value"], data["type"]]}

    def missing_invoke(self, exchange):
        """The same for a read by invoke that no recorded write of that node comes right before."""
        if exchange.command != "invoke" or exchange.method != "read" or not exchange.label.startswith("invoke read:W_"):
            return None
        before = self.previous.get(exchange)
        node = exchange.request["args"][0]
        if before and before.method == "write" and before.request["args"][0] == node:
            return None
        variant = exchange.response["data"]["data"]["variant"]
        return {"command": "invoke", "sessionId": exchange.session, "method": "write",
                "args": [node, variant["value"], variant["type"]]}

    def holds(self, name):
        """(builtin type, shown value), or None if unknown."""
        return self.held.get(name)
