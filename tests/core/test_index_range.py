# SPDX-License-Identifier: MIT
"""Parts of arrays, matrices and texts on both servers: indexRange of read, write, monitored items (M30)."""
import pytest

from .asking import BAD_TYPE_MISMATCH, ask, error, node

INVALID, NO_DATA = 0x80360000, 0x80370000
ARRAY, MATRIX, TEXT = node("Types/WritableArray/Int32"), node("Types/WritableMatrix/Int32"), node("Types/Writable/String")


def part(client, session, target, index_range):
    return ask(client, session, "read", target, 13, False, index_range)


def test_parts_of_an_array(client, demo):
    assert ask(client, demo, "write", ARRAY, [10, 20, 30], 6) == 0
    assert part(client, demo, ARRAY, "1:2")["value"] == [20, 30]
    assert part(client, demo, ARRAY, "0")["value"] == [10]
    assert part(client, demo, ARRAY, "")["value"] == part(client, demo, ARRAY, None)["value"] == [10, 20, 30]
    assert part(client, demo, ARRAY, "7:9")["statusCode"] == NO_DATA
    assert part(client, demo, ARRAY, "0,1")["statusCode"] in (INVALID, NO_DATA)
    items = [{"nodeId": ARRAY, "indexRange": "2"}, {"nodeId": ARRAY}, {"nodeId": ARRAY, "indexRange": "5"}]
    values = ask(client, demo, "readMulti", items)
    assert [value["value"] for value in values[:2]] == [[30], [10, 20, 30]]
    assert [value["statusCode"] for value in values] == [0, 0, NO_DATA]


def test_a_member_of_the_request(client, demo):
    """Beside maxAge (extensions.md §4): a daemon that does not know it reads everything."""
    def told(method, *params, **more):
        return client.request({"command": "query", "sessionId": demo, "method": method, "params": list(params), **more})
    assert told("write", ARRAY, [4, 5, 6], 6)["data"] == 0
    assert told("read", ARRAY, indexRange="1:2")["data"]["value"] == [5, 6]
    assert told("read", ARRAY, indexRange="")["data"]["value"] == [4, 5, 6]
    assert told("write", ARRAY, [7], 6, indexRange="0")["data"] == 0
    assert told("read", ARRAY)["data"]["value"] == [7, 5, 6]
    reply = client.request({"command": "invoke", "sessionId": demo, "method": "read", "args": [ARRAY], "indexRange": "2"})
    assert reply["data"]["data"]["variant"]["value"] == [6]
    for slip in ("2:1", 5, [1]):
        assert error(told("read", ARRAY, indexRange=slip)) == (
            "invalid_argument", 'query: "indexRange" must be an index range: n, or n:m with n < m, for each dimension, '
            "separated by commas.")


def test_parts_are_written(client, demo):
    assert ask(client, demo, "write", ARRAY, [1, 2, 3], 6) == 0
    assert ask(client, demo, "write", ARRAY, [8, 9], None, "1:2") == 0
    assert part(client, demo, ARRAY, None)["value"] == [1, 8, 9]
    items = [{"nodeId": ARRAY, "value": [7], "type": 6, "indexRange": "0"},
             {"nodeId": ARRAY, "value": [7], "type": 6, "indexRange": "9"}]
    first, second = ask(client, demo, "writeMulti", items)
    assert first == 0 and second in (NO_DATA, INVALID, BAD_TYPE_MISMATCH)
    assert part(client, demo, ARRAY, None)["value"] == [7, 8, 9]


def test_parts_of_a_matrix_and_a_text(client, demo):
    assert ask(client, demo, "write", MATRIX, [[1, 2, 3], [4, 5, 6]], 6) == 0
    result = part(client, demo, MATRIX, "0:1,1:2")
    assert (result["value"], result["dimensions"]) == ([2, 3, 5, 6], [2, 2])
    assert ask(client, demo, "write", MATRIX, [[20, 30], [50, 60]], 6, "0:1,1:2") == 0
    assert part(client, demo, MATRIX, None)["value"] == [1, 20, 30, 4, 50, 60]
    assert ask(client, demo, "write", TEXT, "abcdef", 12) == 0
    assert part(client, demo, TEXT, "1:3")["value"] == "bcd"


def test_parts_are_not_kept_as_values(client, demo):
    def young(*params):
        return client.data({"command": "query", "sessionId": demo, "method": "read", "params": list(params),
                            "maxAge": 60000})["value"]
    assert ask(client, demo, "write", ARRAY, [1, 2, 3], 6) == 0
    for _ in range(2):
        assert young(ARRAY, 13, False, "1") == [2]
        assert young(ARRAY) == [1, 2, 3]


def test_monitored_parts(client, demo_server):
    session = client.open(demo_server.url, {"forceNew": True})
    assert ask(client, session, "write", ARRAY, [1, 2, 3], 6) == 0
    subscription = ask(client, session, "createSubscription", 50)["subscriptionId"]
    good, bad = ask(client, session, "createMonitoredItems", subscription,
                    [{"nodeId": ARRAY, "indexRange": "1:2", "clientHandle": 5, "samplingInterval": 50},
                     {"nodeId": ARRAY, "indexRange": "1:2,0", "clientHandle": 6}])
    assert good["statusCode"] == 0
    values = []
    while not values:
        notifications = ask(client, session, "publish")["notifications"]
        values = [n["dataValue"]["value"] for n in notifications if n["clientHandle"] == 5]
    assert values == [[2, 3]]
    assert bad["statusCode"] == 0 or bad["statusCode"] & 0x80000000  # the server's own business
    items = [{"monitoredItemId": good["monitoredItemId"], "queueSize": 2, "indexRange": "1:2"}]
    assert ask(client, session, "modifyMonitoredItems", subscription, items)[0]["statusCode"] == 0
    items[0]["indexRange"] = "0"
    assert error(client.query(session, "modifyMonitoredItems", subscription, items)) == (
        "InvalidArgumentException", f"modifyMonitoredItems: the indexRange of monitored item {good['monitoredItemId']} "
        "cannot be changed: delete it and make another one")


def test_on_node_opcua(client, types):
    """An array of a server that is not ours."""
    target = "ns=1;s=Array_Int32"
    whole = ask(client, types, "read", target)
    assert whole["statusCode"] == 0, whole
    values = whole["value"]
    assert part(client, types, target, "0:1")["value"] == values[:2]
    result = client.invoke(types, "read", {"nodeId": target, "indexRange": "1"})
    assert result["data"]["data"]["variant"]["value"] == values[1:2]


@pytest.mark.parametrize("slip", ["2:1", "1:1", "x", "1,", ":2", "1:2:3", "-1"])
def test_slips_are_told_here(client, demo, slip):
    expected = "must be an index range: n, or n:m with n < m, for each dimension, separated by commas"
    for method, params, where in (("read", (ARRAY, 13, False, slip), "params[3]"),
                                  ("write", (ARRAY, [1], 6, slip), "params[3]"),
                                  ("readMulti", ([{"nodeId": ARRAY, "indexRange": slip}],), "params[0][0].indexRange")):
        assert error(client.query(demo, method, *params)) == ("InvalidArgumentException", f"{method}: {where} {expected}")
