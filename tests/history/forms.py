# SPDX-License-Identifier: MIT
"""Requests and replies in short form. Times are minutes after 2024-01-01T00:00:00Z."""
import datetime

DAY = datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)
GOOD_INSERTED, GOOD_REPLACED = 0x00A20000, 0x00A30000
BAD_EXISTS, BAD_NO_ENTRY = 0x809F0000, 0x80A00000
BAD_SENSOR = 0x808C0000
NO_DATA = 0x80B10000
NODE = "ns=1;s=History"


def at(minute):
    """The time as replies of query show it."""
    return (DAY + datetime.timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M:%S+00:00")


def tagged_time(minute):
    return {"__t": "DateTime", "v": (DAY + datetime.timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M:%S.%f+00:00")}


def variant(value, kind=11):
    return {"__t": "Variant", "type": {"__t": "BuiltinType", "v": kind}, "value": value, "dims": None, "bytesB64": None}


def tagged_value(minute, value, status=0):
    return {"__t": "DataValue", "variant": variant(value), "status": status, "sourceTs": tagged_time(minute),
            "serverTs": None}


def function(name):
    return {"__t": "AggregateFunction", "v": name}


def ask(client, session, method, *params):
    """The data of a query that must succeed."""
    reply = client.query(session, method, *params)
    assert reply["success"] is True, (method, params, reply)
    return reply["data"]


def invoke(client, session, method, *args):
    """The result of an invoke that must succeed."""
    message = {"command": "invoke", "sessionId": session, "method": method, "args": list(args)}
    return client.data(message)["data"]


def refusal(client, session, method, *args):
    """(type, message) of an invoke that must fail."""
    reply = client.request({"command": "invoke", "sessionId": session, "method": method, "args": list(args)})
    assert reply["success"] is False, (method, args, reply)
    return reply["error"]["type"], reply["error"]["message"]


def short(results):
    """[(value, status)] of tagged DataValues."""
    return [(r["variant"] and r["variant"]["value"], r["status"]) for r in results]


def history(client, session, node=NODE, start=0, end=60):
    """{minute: value} from one minute to before another (open62541 leaves the end out)."""
    values = ask(client, session, "historyReadRaw", node, at(start), at(end))
    return {_minute(v["sourceTimestamp"]): v["value"] for v in values}


def _minute(text):
    return int((datetime.datetime.fromisoformat(text) - DAY).total_seconds()) // 60
