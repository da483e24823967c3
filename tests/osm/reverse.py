# SPDX-License-Identifier: MIT
"""A server that connects to its client (OPC 10000-6 §7.1.3): any server behind a line that calls."""
import contextlib
import socket
import struct
import threading


def text(value):
    return struct.pack("<i", len(value)) + value


def reverse_hello(uri, url):
    body = text(uri.encode()) + text(url.encode())
    return b"RHEF" + struct.pack("<I", 8 + len(body)) + body


def pump(one, other):
    """What comes from one end goes to the other; the end of it, too."""
    with contextlib.suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
    for end in (one, other):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def join(one, other):
    for pair in ((one, other), (other, one)):
        threading.Thread(target=pump, args=pair, daemon=True).start()


class Caller:
    """Calls `address` for the endpoint `url`; what answers is led to the server's port.

    One idle socket is open at a time; when it is used or lost the next one is made, as servers do.
    """

    def __init__(self, address, server, url, uri="urn:behind:a:wall"):
        self.address, self.server, self.hello = address, server, reverse_hello(uri, url)
        self.calls = self.used = 0
        self._over = threading.Event()
        self._open = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._over.set()
        self.cut()
        self._thread.join()

    def cut(self):
        """Every line at once."""
        for line in list(self._open):
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def _run(self):
        while not self._over.is_set():
            try:
                self._call()
            except OSError:
                self._over.wait(0.05)

    def _call(self):
        line = socket.create_connection(self.address)
        self._open.append(line)
        self.calls += 1
        line.sendall(self.hello)
        first = line.recv(65536)
        if not first or self._over.is_set():
            line.close()
            self._over.wait(0.05)
            return
        self.used += 1
        inner = socket.create_connection(("localhost", self.server.port))
        self._open.append(inner)
        inner.sendall(first)
        join(line, inner)
