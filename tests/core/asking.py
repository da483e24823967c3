# SPDX-License-Identifier: MIT
"""Short forms of requests, and of what is expected of replies."""

BAD_NODE_ID_UNKNOWN = 0x80340000
BAD_NOT_READABLE = 0x803A0000
BAD_NOT_WRITABLE = 0x803B0000
BAD_USER_ACCESS_DENIED = 0x801F0000
BAD_TYPE_MISMATCH = 0x80740000

CURRENT_SESSIONS = "i=2277"
SESSIONS_EVER = "i=2278"
LOST_SINCE = "Connection lost: call reconnect() or connect() to re-establish"


def node(path):
    """The node id of a path of the demo server."""
    return f"ns=2;s={path}"


def error(reply):
    """(type, message) of a reply that must be a failure."""
    assert reply is not None and reply.get("success") is False, reply
    assert set(reply) - {"id"} == {"success", "error"}, reply
    return reply["error"]["type"], reply["error"]["message"]


def query(session, method, *params):
    """A query as it is sent on a persistent connection."""
    return {"command": "query", "sessionId": session, "method": method, "params": list(params)}


def ask(client, session, method, *params):
    """The data of a query that must succeed."""
    reply = client.query(session, method, *params)
    assert reply.get("success") is True, (method, params, reply)
    return reply["data"]


def read(client, session, node_id):
    """The value of a node; its status must be Good."""
    result = ask(client, session, "read", node_id)
    assert result["statusCode"] == 0, (node_id, result)
    return result["value"]


def sessions(client):
    """The daemon's sessions by id."""
    return {entry["id"]: entry for entry in client.data({"command": "list"})["sessions"]}


def log_order(log, *texts):
    """The texts stand in the log, in this order."""
    at = 0
    for text in texts:
        found = log.find(text, at)
        assert found >= 0, f"not in the log after {log[:at][-300:]!r}: {text!r}"
        at = found + len(text)
