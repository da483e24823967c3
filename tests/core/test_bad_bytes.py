# SPDX-License-Identifier: MIT
"""Bytes that are no request (ipc-protocol.md §2, §3): one line of valid JSON, or none, and life goes on."""
import json

import pytest

from osm.client import Connection, NO_REPLY, connect, parse, read_line

from .asking import error

INVALID = ("invalid_json", "Invalid JSON")
PING = b'{"command":"ping"}'
FRAME = ("payload_too_large", "Request frame exceeds maximum size of 65536 bytes")
BUFFER = ("payload_too_large", "Request exceeds maximum size of 1MB")


def nested(depth, inner=b"1"):
    return b'{"command":"ping","x":' + b"[" * (depth - 1) + inner + b"]" * (depth - 1) + b"}"


BAD = {
    "empty": b"", "spaces": b"   ", "text": b"hello", "number": b"5", "string": b'"ping"', "null": b"null", "true": b"true",
    "cut": b'{"command":"ping"', "comma": b'{"command":"ping",}', "two values": PING + PING, "tail": PING + b" x",
    "single quotes": b"{'command':'ping'}", "comment": b'/* */{"command":"ping"}', "byte order mark": b"\xef\xbb\xbf" + PING,
    "NUL": b"\0", "NUL after": PING + b"\0", "NUL within": b'{"command":"pi\0ng"}', "NULs": b"\0" * 5000,
    "raw tab": b'{"command":"pi\tng"}', "raw escape": b'{"command":"\x1b"}', "latin-1": b'{"command":"\xe4"}',
    "overlong": b'{"command":"\xc0\xaf"}', "surrogate": b'{"command":"\xed\xa0\x80"}', "cut UTF-8": b'{"command":"\xe2\x82"}',
    "beyond Unicode": b'{"command":"\xf4\x90\x80\x80"}', "0xff": b"\xff" * 100, "lone escape": b'{"command":"\\ud800"}',
    "reversed escapes": b'{"command":"\\udc00\\ud800"}', "bad escape": b'{"command":"\\x41"}', "short escape": b'{"command":"\\u12"}',
    "NaN": b'{"command":"ping","x":NaN}', "Infinity": b'{"command":"ping","x":-Infinity}', "01": b'{"command":"ping","x":01}',
    "plus": b'{"command":"ping","x":+1}', "hex": b'{"command":"ping","x":0x1}', "1.": b'{"command":"ping","x":1.}',
    "512 deep": nested(512), "10000 deep": nested(10000), "10000 open": b"[" * 10000, "objects": b'{"a":' * 10000,
    "closing": b"]" * 10000, "http": b"GET / HTTP/1.1\r", "tls": bytes.fromhex("160301020001000001fc0303"),
}


@pytest.mark.parametrize("name", BAD)
def test_not_json(client, name):
    assert error(parse(client.raw(BAD[name] + b"\n"))) == INVALID


@pytest.mark.parametrize("name", BAD)
def test_not_json_on_a_persistent_connection(line, name):
    """Answered without an id; the connection goes on."""
    assert line.request({"command": "ping"})["success"]
    line.sock.sendall(BAD[name] + b"\n")
    reply = line.receive()
    assert error(reply) == INVALID and "id" not in reply
    assert line.request({"command": "ping"})["success"]


GOOD = {
    "carriage return": PING + b"\r", "white space": b" \t\r" + PING + b" \t\r", "escapes": b'{"\\u0063ommand":"\\u0070ing"}',
    "511 deep": nested(511), "last key counts": b'{"command":"open","command":"ping"}', "1e999": b'{"command":"ping","x":1e999}',
    "many digits": b'{"command":"ping","x":' + b"9" * 5000 + b"}", "pair": b'{"command":"ping","x":"\\ud83d\\ude00"}',
    "brackets in text": b'{"command":"ping","x":"' + b"[" * 5000 + b'"}', "-0": b'{"command":"ping","x":-0.0e-0}',
    "wide": b'{"command":"ping","x":[' + b"[]," * 9000 + b"[]]}", "65536 bytes": PING.ljust(65536),
    "unknown fields": b'{"authToken":5,"nonsense":{},"command":"ping"}',
}


@pytest.mark.parametrize("name", GOOD)
def test_json_all_the_same(client, name):
    assert parse(client.raw(GOOD[name] + b"\n"))["data"]["status"] == "ok"


@pytest.mark.parametrize("request_line, shown", [
    (b"[]", ""), (b"{}", ""), (b'{"command":null}', ""), (b'{"command":5}', "5"), (b'{"command":1.50}', "1.5"),
    (b'{"command":true}', "1"), (b'{"command":[]}', "Array"), (b'{"command":{"a":1}}', "Array"), (b'{"command":"PING"}', "PING"),
    (b'{"command":"ping "}', "ping "), (b'{"command":"\\u0000"}', "\0"), (b'{"command":"/a/b opc.tcp://x"}', "/a/b opc.tcp://x"),
    (b'{"command":"' + b"x" * 60000 + b'"}', "x" * 60000), (b'["ping"]', ""), (b'{"command":9223372036854775807}', "9223372036854775807")])
def test_unknown_commands(client, request_line, shown):
    assert error(parse(client.raw(request_line + b"\n"))) == ("unknown_command", f"Unknown command: {shown}")


@pytest.mark.parametrize("frame, refusal", [
    (PING.ljust(65537) + b"\n", FRAME), (b"\0" * 65537 + b"\n", FRAME), (b"x" * 1_000_000 + b"\n", FRAME),
    (b"x" * (2 << 20), BUFFER), (b"\0" * (2 << 20), BUFFER), (b"[" * (2 << 20), BUFFER)])
def test_too_long(client, frame, refusal):
    assert error(parse(client.raw(frame))) == refusal


def test_too_long_on_a_persistent_connection(line):
    """Refused once, skipped to the next line, and on."""
    assert line.request({"command": "ping"})["success"]
    for length in (65537, 2 << 20):
        line.sock.sendall(b"x" * length + b"\n")
        reply = line.receive()
        assert error(reply) == FRAME and "id" not in reply
        assert line.request({"command": "ping"})["success"]


@pytest.mark.parametrize("piece", [b"", b"{", PING, PING[:-1], b"\0", b"x" * 70000])
def test_half_a_line(client, piece):
    """Whoever leaves without a newline gets no reply."""
    assert client.raw(piece, half_close=True) == NO_REPLY


def test_byte_by_byte(client):
    assert parse(client.raw(*[bytes([b]) for b in PING + b"\n"]))["success"]


def test_the_first_line_counts(client):
    """Whatever follows it on a classic connection is discarded."""
    for rest in (PING + b"\n", b"\xff\xfe\n" * 100, b"x" * 1_000_000):
        reply = client.raw(PING + b"\n" + rest)
        assert parse(reply)["success"] and reply.count(b"\n") == 1


def test_one_line_then_the_end(client):
    with connect(client.endpoint) as sock:
        sock.sendall(PING + b"\n")
        assert parse(read_line(sock))["success"]
        assert sock.recv(1) == b""


def test_connections_that_say_nothing(shared):
    """Opened and closed, a thousand times, some in the middle of a line."""
    for i in range(1000):
        with connect(shared.endpoint) as sock:
            sock.sendall(PING[:i % 5])
    assert shared.client.data({"command": "ping"})["status"] == "ok"


def test_long_keys_and_many_keys(client):
    wide = json.dumps({"command": "open", "endpointUrl": "x", "config": {f"k{i}": i for i in range(4000)}}).encode()
    assert error(parse(client.raw(wide + b"\n")))[0] == "ConfigurationException"
    assert parse(client.raw(b'{"command":"ping","' + b"k" * 60000 + b'":1}\n'))["success"]


def test_repeated_keys(client, demo):
    """Thousands of the same key cost no more than others."""
    params = ",".join(['"0":"i=2258"'] * 4000)
    request = f'{{"command":"query","sessionId":"{demo}","method":"read","params":{{{params}}}}}\n'
    with Connection(client.endpoint) as line:
        assert line.request({"command": "ping"})["success"]
    assert parse(client.raw(request.encode()))["success"]
