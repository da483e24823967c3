# SPDX-License-Identifier: MIT
"""historyReadRaw, historyReadProcessed, historyReadAtTime on real servers (methods.md §2.24-2.26)."""
import math

import pytest

from osm.client import Connection

from .forms import BAD_SENSOR, at, ask, history, invoke, tagged_time

SINE = "ns=2;s=History/Sine"


def sine(minute):
    return math.sin(minute * 2 * math.pi / 60)


def test_all_pages_are_followed(client, paged):
    values = ask(client, paged, "historyReadRaw", SINE, at(0), at(1000))
    assert [v["sourceTimestamp"] for v in values] == [at(minute) for minute in range(1000)]
    assert all(v["value"] == pytest.approx(sine(minute)) for minute, v in enumerate(values))
    assert all(v["type"] == 11 and v["statusCode"] == 0 for v in values)


def test_a_limit_is_a_limit(client, paged):
    for limit in (1, 3, 10, 11, 137, 999, 1000, 1500):  # ten values in an answer (M24)
        values = ask(client, paged, "historyReadRaw", SINE, at(0), at(1000), limit)
        assert [v["sourceTimestamp"] for v in values] == [at(minute) for minute in range(min(limit, 1000))]


def test_limits_use_up_no_continuation_points(client, paged):
    """Each of these leaves a rest behind; servers keep few of them."""
    for _ in range(100):
        assert len(ask(client, paged, "historyReadRaw", SINE, at(0), at(1000), 5)) == 5
    assert len(ask(client, paged, "historyReadRaw", SINE, at(0), at(100))) == 100


def test_backwards_and_bounds(client, demo):
    values = ask(client, demo, "historyReadRaw", SINE, at(20), at(10), 3)
    assert [v["sourceTimestamp"] for v in values] == [at(20), at(19), at(18)]
    values = ask(client, demo, "historyReadRaw", SINE, at(10.5), at(12.5), 0, True)
    assert [v["sourceTimestamp"] for v in values] == [at(10), at(11), at(12), at(13)]


def test_other_types_and_bad_values(client, demo):
    assert history(client, demo, "ns=2;s=History/Steps", 8, 12) == {8: 0, 9: 0, 10: 1, 11: 1}
    assert history(client, demo, "ns=2;s=History/Text", 0, 3) == {0: "open", 1: "closed", 2: "open"}
    gaps = ask(client, demo, "historyReadRaw", "ns=2;s=History/Gaps", at(8), at(11))
    assert [v["statusCode"] for v in gaps] == [0, BAD_SENSOR, 0]


@pytest.mark.parametrize("node", ["ns=2;s=History/Empty", "ns=2;s=History", "i=2258", "ns=2;s=nothing"])
def test_no_history_is_an_empty_list(client, demo, node):
    assert ask(client, demo, "historyReadRaw", node, at(0), at(60)) == []
    assert invoke(client, demo, "historyReadRaw", node, tagged_time(0), tagged_time(60)) == []


def test_at_time_and_processed_on_node_opcua(client, general_server):
    session = client.open(general_server.url)
    for method, rest in (("historyReadAtTime", [[at(0), at(1)]]),
                         ("historyReadProcessed", [at(0), at(60), 60000, "i=2342"])):
        assert isinstance(ask(client, session, method, "i=2258", *rest), list)


def test_a_browse_path_names_the_node(client, demo):
    values = invoke(client, demo, "historyReadRaw", "/Objects/2:History/2:Sine", tagged_time(0), tagged_time(2))
    assert [v["sourceTs"] for v in values] == [tagged_time(0), tagged_time(1)]


def test_readers_of_one_session_share_it(client, paged):
    """Long histories of many callers at once, each whole and in order."""
    request = {"command": "query", "sessionId": paged, "method": "historyReadRaw", "params": [SINE, at(0), at(300)]}
    with Connection(client.endpoint) as line:
        for waiting in [line.send(request) for _ in range(10)]:
            times = [v["sourceTimestamp"] for v in line.reply(waiting)["data"]]
            assert times == [at(minute) for minute in range(300)]
