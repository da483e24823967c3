# SPDX-License-Identifier: MIT
"""Random values keep their meaning: written and read through the daemon, seen by another client.

The seed is fixed; OSM_PROPERTY_SEED sets another one, a failing test prints it.
OSM_PROPERTY_ROUNDS says how many values of each type and shape are tried.
"""
import os
import random
import subprocess

import pytest

from osm.paths import program

from . import binary, values

SEED = int(os.environ.get("OSM_PROPERTY_SEED", "20240229"))
ROUNDS = int(os.environ.get("OSM_PROPERTY_ROUNDS", "12"))


def generator(name):
    print(f"OSM_PROPERTY_SEED={SEED}")
    return random.Random(f"{SEED} {name}")


@pytest.fixture(scope="module")
def direct(plant):
    """A function that reads a node without the daemon: the bytes of its DataValue."""
    with subprocess.Popen([program("osm-test-direct-read"), plant.url], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as process:
        def read(node):
            process.stdin.write(node + "\n")
            process.stdin.flush()
            line = process.stdout.readline().strip()
            assert line and not line.startswith("!"), (node, line)
            return bytes.fromhex(line)
        yield read
        process.stdin.close()


def check(client, session, direct, node, type_id, triple):
    given, back, plain = triple
    reply = client.query(session, "write", node, given, type_id)
    assert reply == {"success": True, "data": 0}, (node, given, reply)
    result = client.query(session, "read", node)["data"]
    marked = False
    if type_id == 15:
        back, marked = values.bytes_back(back)
    context = (node, given, result)
    assert repr(sort(result["value"])) == repr(sort(back)), context
    assert (result["type"], result["dimensions"], result["statusCode"]) == (type_id, None, 0), context
    assert result.get("base64", False) is marked, context
    if plain is not values.NOT_EXACT:
        seen = direct(node)
        expected = binary.variant(type_id, plain)
        has_status = bool(seen[0] & 2)
        assert seen[1:] == expected + bytes(4 * has_status), (*context, seen.hex(), expected.hex())


@pytest.mark.parametrize("name", [n for n in values.TYPES if n != "Variant"])
def test_scalars_and_arrays(client, demo, direct, name):
    rng, type_id = generator(name), values.TYPES[name]
    for _ in range(ROUNDS):
        check(client, demo, direct, f"ns=2;s=Types/Writable/{name}", type_id, values.one(rng, type_id))
        triple = values.several(rng, type_id, rng.choice([0, 1, 2, 3, 20]))
        check(client, demo, direct, f"ns=2;s=Types/WritableArray/{name}", type_id, triple)


@pytest.mark.parametrize("name", values.TYPES)
def test_every_shape_of_arguments(client, demo, name):
    """Scalars, arrays and matrices of two to four dimensions, Variants in Variants; both forms of bytes."""
    rng = generator(f"shapes {name}")
    for _ in range(ROUNDS):
        given, back = values.shaped(rng, values.TYPES[name], least_dimensions=int(name == "Variant"))
        reply = client.query(demo, "call", "ns=2;s=Methods", "ns=2;s=Methods/Echo", [given])
        assert reply.get("success") is True, (given, reply)
        assert reply["data"]["statusCode"] == 0, (given, reply)
        assert repr(sort(reply["data"]["outputArguments"])) == repr(sort([back])), (given, reply)


def sort(value):
    """The same with keys in one order; repr then tells -0.0 from 0.0 and 1 from 1.0."""
    if isinstance(value, dict):
        return {key: sort(value[key]) for key in sorted(value)}
    return [sort(v) for v in value] if isinstance(value, list) else value
