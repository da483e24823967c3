# SPDX-License-Identifier: MIT
"""What a URL may lead to instead of an OPC UA server. All listen on 127.0.0.1 on a free port."""
import contextlib
import socket
import struct
import threading


class Stranger:
    """Accepts connections and does `behave(sock)` with each, in a thread of its own."""

    def __init__(self, behave):
        self.behave = behave
        self.accepted = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self):
        return f"opc.tcp://127.0.0.1:{self.port}"

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self.listener.accept()
                self.accepted.append(sock)
                threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        with contextlib.suppress(OSError):
            self.behave(sock)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for sock in (self.listener, *self.accepted):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()


def mute():
    """Takes everything, says nothing."""
    def behave(sock):
        while sock.recv(65536):
            pass
    return Stranger(behave)


def slammer():
    """Closes at once."""
    return Stranger(lambda sock: sock.close())


def answering(reply):
    """Sends `reply` to whatever comes first, then closes."""
    def behave(sock):
        sock.recv(65536)
        sock.sendall(reply)
        sock.close()
    return Stranger(behave)


def web_server():
    return answering(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")


def refusing(code, reason):
    """An OPC UA server that answers Hello by an error message (OPC 10000-6 §7.1.2.5)."""
    text = reason.encode()
    return answering(struct.pack("<4sIIi", b"ERRF", 16 + len(text), code, len(text)) + text)


class BlackHole:
    """A port that never completes a connection: its queue is full and nobody accepts."""

    def __init__(self):
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(0)
        self.port = self.listener.getsockname()[1]
        self.fillers = []
        while self._connects():
            pass

    def _connects(self):
        """One more connection in the queue; False once the queue takes no more."""
        filler = socket.socket()
        self.fillers.append(filler)
        filler.settimeout(0.3)
        try:
            filler.connect(("127.0.0.1", self.port))
        except TimeoutError:
            return False
        return True

    @property
    def url(self):
        return f"opc.tcp://127.0.0.1:{self.port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for sock in (self.listener, *self.fillers):
            sock.close()
