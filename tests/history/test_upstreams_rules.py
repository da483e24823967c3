# SPDX-License-Identifier: MIT
"""aggregate beside upstream's rules (methods.md §4.4, M26), told here once more and as plainly as can be: for each
interval all samples are looked through anew. The series are at random, the same in every run."""
import json
import random

import pytest

from osm.client import Connection

from .forms import NO_DATA, function, tagged_time, variant

FUNCTIONS = ("interpolate", "minimum", "maximum", "average", "count")
CALLS = 4500
GOOD, UNCERTAIN, BAD = 0, 0x40920000, 0x808C0000
CALCULATED, INTERPOLATED, PARTIAL, SEVERAL = 0x401, 0x402, 0x404, 0x410
MET_BAD = 0x40A30000
STEP = 0.25  # minutes: times are exact in ticks and in binary


class Sample:
    def __init__(self, time, value, kind, status):
        self.time, self.value, self.kind, self.status = time, value, kind, status

    def is_number(self):
        return self.kind in (6, 11)

    def is_usable(self, options):
        return self.status == GOOD or (self.status == UNCERTAIN and not options["treatUncertainAsBad"])

    def tagged(self):
        return {"__t": "DataValue", "variant": variant(self.value, self.kind), "status": self.status,
                "sourceTs": tagged_time(self.time), "serverTs": None}


def intervals(start, end, length):
    if length == 0:
        return [(start, end)]
    bounds, at = [], start
    while at < end:
        bounds.append((at, min(at + length, end)))
        at += length
    return bounds


def line(a, b, time):
    return a.value + (b.value - a.value) * ((time - a.time) / (b.time - a.time))


def interpolated(samples, start, options):
    """(value, status) at the start, without Partial."""
    usable = [s for s in samples if s.is_usable(options)]
    for sample in usable:
        if sample.time == start and sample.is_number():
            return sample.value, CALCULATED
    before = [s for s in usable if s.time <= start]
    after = [s for s in usable if s.time > start and s.is_number()]
    if not before or not before[-1].is_number():
        return None, NO_DATA
    earlier = before[-1]
    behind = samples[samples.index(earlier) + 1:]
    bad = any(s.time <= start and not s.is_usable(options) for s in behind)
    status = CALCULATED | INTERPOLATED | (MET_BAD if bad or not after else 0)
    if after:
        return (earlier.value if options["stepped"] else line(earlier, after[0], start)), status
    if options["useSlopedExtrapolation"] and not options["stepped"] and len(before) > 1:
        previous = before[-2]
        if previous.is_number() and previous.time != earlier.time:
            return line(previous, earlier, start), status
    return earlier.value, status


def tallied(name, inside, options):
    usable = [s for s in inside if s.is_usable(options)]
    if name == "count":
        return len(usable), CALCULATED
    numbers = [s.value for s in usable if s.is_number()]
    if not numbers:
        return None, NO_DATA
    status = CALCULATED | (MET_BAD if len(numbers) < len(inside) else 0)
    if name == "average":
        return sum(numbers) / len(numbers), status
    value = min(numbers) if name == "minimum" else max(numbers)
    return value, status | (SEVERAL if numbers.count(value) > 1 else 0)


def expected(samples, start, end, length, name, options):
    results = []
    for first, last in intervals(start, end, length):
        inside = [s for s in samples if first <= s.time < last]
        value, status = (interpolated(samples, first, options) if name == "interpolate"
                         else tallied(name, inside, options))
        if status != NO_DATA and all(s.time < last for s in samples):
            status |= PARTIAL
        results.append((first, value, status))
    return results


def series(chance):
    """In order of time, with gaps, samples at one moment, bad ones, uncertain ones, and no numbers."""
    samples, time = [], chance.randint(-8, 8) * STEP
    for _ in range(chance.choice((0, 1, 2, 5, 10, 20))):
        kind = chance.choice((11, 11, 11, 6, 12, 1))
        value = {11: chance.randint(-40, 40) / 4, 6: chance.randint(-5, 5), 12: "open", 1: True}[kind]
        samples.append(Sample(time, value, kind, chance.choice((GOOD, GOOD, GOOD, UNCERTAIN, BAD))))
        time += chance.choice((0, 1, 1, 2, 4, 12)) * STEP
    if chance.random() < 0.1:
        chance.shuffle(samples)
    return samples


def options_of(chance):
    return {"stepped": chance.random() < 0.3, "treatUncertainAsBad": chance.random() < 0.6,
            "useSlopedExtrapolation": chance.random() < 0.4}


def close(got, wanted):
    return got == wanted if got is None or wanted is None else got == pytest.approx(wanted, rel=1e-12, abs=1e-12)


def test_beside_upstreams_rules(shared, demo):
    chance = random.Random(20260428)
    with Connection(shared.endpoint) as connection:
        for call in range(CALLS):
            name, options, samples = FUNCTIONS[call % len(FUNCTIONS)], options_of(chance), series(chance)
            start = chance.randint(-4, 4) * STEP
            end = start + chance.randint(1, 40) * STEP
            length = chance.choice((0, 1, 2, 3, 7, 100)) * STEP
            args = [[s.tagged() for s in samples], tagged_time(start), tagged_time(end), length * 60000,
                    function(name), options]
            reply = connection.request({"command": "invoke", "sessionId": demo, "method": "aggregate", "args": args})
            assert reply["success"], (args, reply)
            got = reply["data"]["data"]
            wanted = expected(samples, start, end, length, name, options)
            told = json.dumps([name, options, [(s.time, s.value, s.status) for s in samples], start, end, length])
            assert [r["sourceTs"] for r in got] == [tagged_time(w[0]) for w in wanted], told
            for result, (_, value, status) in zip(got, wanted):
                shown = result["variant"] and result["variant"]["value"]
                assert result["status"] == status, (told, hex(result["status"]), hex(status))
                assert close(shown, value), (told, shown, value)
