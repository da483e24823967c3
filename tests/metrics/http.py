# SPDX-License-Identifier: MIT
"""HTTP as plain as it gets: what is sent is what the test says."""
import re
import socket

from osm.wait import PATIENCE, wait_until


def port_of(daemon):
    told = wait_until(lambda: re.search(r"Metrics on tcp://.*:(\d+)", daemon.log()), 30, "the port of metrics")
    return int(told.group(1))


def exchange(port, request, timeout=PATIENCE):
    """Sends bytes, reads to the end; b"" when the connection was closed without a word."""
    with socket.create_connection(("127.0.0.1", port), timeout) as peer:
        try:
            peer.sendall(request)
            return read_all(peer)
        except ConnectionError:
            return b""


def read_all(peer):
    answer = b""
    while True:
        try:
            piece = peer.recv(65536)
        except ConnectionResetError:
            return answer
        if not piece:
            return answer
        answer += piece


def get(port, path, *headers, method="GET"):
    """(status, headers, body), chunks joined."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close", *headers, "", ""]
    return parse(exchange(port, "\r\n".join(lines).encode()))


def parse(answer):
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines[1:])
    if headers.get("Transfer-Encoding") == "chunked":
        body = join(body)
    return int(lines[0].split()[1]), headers, body.decode()


def join(chunks):
    body = b""
    while chunks:
        size, _, chunks = chunks.partition(b"\r\n")
        length = int(size, 16)
        if not length:
            break
        body, chunks = body + chunks[:length], chunks[length + 2:]
    return body


def scrape(port, *headers):
    status, _, body = get(port, "/metrics", *headers)
    assert status == 200, body
    return body


_SAMPLE = re.compile(r'^(\w+)(\{.*\})? (\S+)$')
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def samples(text):
    """{(name, (label, value)…): number}."""
    found = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            name, labels, number = _SAMPLE.match(line).groups()
            key = (name, *sorted(_LABEL.findall(labels or "")))
            assert key not in found, f"twice: {line}"
            found[key] = float(number)
    return found


def value(port, name, **labels):
    return samples(scrape(port)).get((name, *sorted(labels.items())))
