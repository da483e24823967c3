# SPDX-License-Identifier: MIT
"""aggregate and historyAggregate (methods.md §4.4)."""
import pytest

from osm.servers import DemoServer

from .forms import NO_DATA, function, invoke, refusal, short, tagged_time, tagged_value

GAPS = "ns=2;s=History/Gaps"
STEPS = "ns=2;s=History/Steps"
UNCERTAIN = 0x40A30400


def of(client, session, node, start, end, minutes, name, *options):
    return invoke(client, session, "historyAggregate", node, tagged_time(start), tagged_time(end), minutes * 60000,
                  function(name), *options)


@pytest.mark.parametrize("name, expected", [
    ("minimum", [(1, 0x411), (2, 0x411)]), ("maximum", [(1, 0x411), (2, 0x411)]),
    ("average", [(1, 0x401), (2, 0x401)]), ("count", [(10, 0x401), (10, 0x401)]),
    ("interpolate", [(1, 0x401), (2, 0x401)])])
def test_of_a_history(client, demo, name, expected):
    results = of(client, demo, STEPS, 10, 30, 10, name)
    assert short(results) == expected
    assert [r["sourceTs"] for r in results] == [tagged_time(10), tagged_time(20)]
    assert all(r["serverTs"] is None for r in results)
    kind = 6 if name == "count" else 11
    assert {r["variant"]["type"]["v"] for r in results} == {kind}


def test_bad_values_in_a_history(client, demo):
    """Minute 9 of every ten is bad."""
    assert short(of(client, demo, GAPS, 0, 20, 10, "count")) == [(9, 0x401), (9, 0x401)]
    assert [s for _, s in short(of(client, demo, GAPS, 0, 10, 0, "average"))] == [UNCERTAIN | 1]
    assert [s for _, s in short(of(client, demo, GAPS, 8, 11, 1.5, "interpolate"))] == [0x401, UNCERTAIN | 3]


def test_every_page_counts(client, paged):
    """Ten values in an answer, a thousand in the history."""
    assert short(of(client, paged, "ns=2;s=History/Sine", 0, 1000, 250, "count")) == [(250, 0x401)] * 4


def test_no_history(client, demo):
    assert short(of(client, demo, "ns=2;s=nothing", 0, 10, 5, "average")) == [(None, NO_DATA)] * 2


def test_of_the_callers_own_values(client, demo):
    values = [tagged_value(0, 1), tagged_value(1, 100, 0x80000000), tagged_value(2, 4), tagged_value(5, 10)]
    args = (values, tagged_time(0), tagged_time(6), 180000)
    assert short(invoke(client, demo, "aggregate", *args, function("average"))) == [(2.5, UNCERTAIN | 1), (10, 0x405)]
    assert short(invoke(client, demo, "aggregate", *args, function("interpolate"))) == [(1, 0x401), (6, 0x407)]
    assert short(invoke(client, demo, "aggregate", *args, function("interpolate"), {"stepped": True})) == [
        (1, 0x401), (4, 0x407)]
    assert short(invoke(client, demo, "aggregate", *args, function("count"), None)) == [(2, 0x401), (1, 0x405)]


def test_own_values_need_no_server(client, make_server, demo):
    server = make_server(DemoServer)
    session = client.open(server.url)
    server.kill()
    assert short(invoke(client, session, "aggregate", [tagged_value(0, 3)], tagged_time(0), tagged_time(1), 0,
                        function("maximum"))) == [(3, 0x405)]


def test_refusals(client, demo):
    times = tagged_time(1), tagged_time(1)
    for method, first in (("aggregate", []), ("historyAggregate", STEPS)):
        assert refusal(client, demo, method, first, *times, 0, function("count")) == (
            "InvalidArgumentException", "endTime must be strictly greater than startTime")
        assert refusal(client, demo, method, first, times[0], tagged_time(2), -1, function("count")) == (
            "InvalidArgumentException", "processingIntervalMs must be >= 0")
        assert refusal(client, demo, method, first, times[0], tagged_time(2), 0, "count")[0] == "TypeError"
        assert refusal(client, demo, method, first, times[0], tagged_time(2), 0, function("median"))[0] == "ValueError"
