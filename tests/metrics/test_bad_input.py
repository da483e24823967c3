# SPDX-License-Identifier: MIT
"""Callers notice nothing of what clients of the HTTP port do, and it stays within its bounds."""
import contextlib
import socket

from core.machine import sanitized
from osm.wait import PATIENCE, wait_until

from . import http


def well(daemon, port):
    assert daemon.client.request({"command": "ping"})["success"]
    assert http.get(port, "/healthz")[0] == 200


def test_requests_that_are_none(bare):
    daemon, port = bare
    for request in (b"\r\n\r\n", b"\0" * 1000, b"GET\r\n\r\n", b"GET /metrics\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
                    b"\x16\x03\x01\x02\x00\x01", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                    b'{"command":"ping"}\n\r\n\r\n',
                    b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: nonsense\r\n\r\n",
                    b"POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as peer:
            peer.sendall(request)
            peer.shutdown(socket.SHUT_WR)
            answer = http.read_all(peer)
        assert b" 200 " not in answer.split(b"\r\n")[0]
        well(daemon, port)


def test_wrong_paths_and_methods(bare):
    daemon, port = bare
    for path in ("/../etc/passwd", "/metrics/../../etc/passwd", "/%2e%2e/etc/passwd", "/metrics/", "//metrics",
                 "/metrics%00", "/.git/config", "/METRICS", "/"):
        assert http.get(port, path)[0] == 404, path
    for method in ("POST", "PUT", "DELETE", "TRACE", "CONNECT", "OPTIONS", "BREW"):
        status, headers, _ = http.get(port, "/metrics", method=method)
        assert status == 405 and headers["Allow"] == "GET, HEAD"
    assert http.get(port, "/metrics?a=b&a=c&&=%zz%00")[0] == 200
    assert http.parse(http.exchange(port, b"GET /metrics HTTP/1.1\r\nHost: evil.org\r\nConnection: close\r\n\r\n"))[0] == 421
    well(daemon, port)


def test_long_headers(bare):
    daemon, port = bare
    assert http.get(port, "/metrics", "X-Long: " + "x" * 30000)[0] == 431
    assert http.get(port, "/metrics?" + "x" * 30000)[0] in (414, 431)
    assert http.get(port, "/metrics", *[f"X-{n}: y" for n in range(5000)])[0] == 431
    assert http.get(port, "/metrics", "Content-Length: 1000000000", method="POST")[0] in (405, 413)
    well(daemon, port)


def test_a_pipeline(bare):
    daemon, port = bare
    one = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    last = one.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    assert http.exchange(port, one * 200 + last).count(b'{"healthy":true}') == 201
    well(daemon, port)


def test_a_thousand_connections(bare):
    daemon, port = bare
    peers = []
    for number in range(1000):
        peer = socket.create_connection(("127.0.0.1", port), PATIENCE)
        with contextlib.suppress(ConnectionError):  # refused already
            peer.sendall(b"GET /metrics HTTP/1.1\r\n" if number % 2 else b"")
        peers.append(peer)
    well(daemon, port)
    assert http.value(port, "opcua_http_open") <= 256
    assert http.value(port, "opcua_http_evicted_total") + http.value(port, "opcua_http_refused_total") >= 700
    for peer in peers:
        peer.close()
    wait_until(lambda: http.value(port, "opcua_http_open") <= 2, 30, "their ends are noticed")
    well(daemon, port)


def test_readers_that_do_not_read(bare):
    daemon, port = bare
    peers = [socket.create_connection(("127.0.0.1", port), PATIENCE) for _ in range(50)]
    for peer in peers:
        peer.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n" * 200)
    well(daemon, port)
    assert http.value(port, "process_resident_memory_bytes") < 200 << 20 or sanitized()
    for peer in peers:
        peer.close()
    well(daemon, port)
