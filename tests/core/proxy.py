# SPDX-License-Identifier: MIT
"""A line to a real server that is counted, cut or bent. Reads unsecured UA TCP (OPC 10000-6 §6.7)."""
import contextlib
import socket
import struct
import threading

# binary encoding ids of requests
OPEN_CHANNEL, CREATE_SESSION, ACTIVATE_SESSION, CLOSE_SESSION = 446, 461, 467, 473
READ, WRITE, BROWSE, BROWSE_NEXT, CALL = 631, 673, 527, 533, 712
CREATE_SUBSCRIPTION, CREATE_ITEMS, TRANSFER, REPUBLISH = 787, 751, 841, 832

# How the daemon's own Read of an idle session ends: without timestamps, of one node, the server's state.
_SIGN_OF_LIFE = struct.pack("<IIBBHI", 3, 1, 1, 0, 2259, 13) + b"\xff\xff\xff\xff\0\0\xff\xff\xff\xff"


def _chunks(sock):
    """Whole message chunks as they come; ends with the connection."""
    received = bytearray()
    while True:
        while len(received) < 8 or len(received) < struct.unpack_from("<I", received, 4)[0]:
            data = sock.recv(65536)
            if not data:
                return
            received += data
        size = struct.unpack_from("<I", received, 4)[0]
        yield bytes(received[:size])
        del received[:size]


def _body(chunk):
    """Where the service begins: behind the security header."""
    if not chunk.startswith(b"OPN"):
        return 24
    at = 12
    for _ in range(3):
        at += 4 + max(struct.unpack_from("<i", chunk, at)[0], 0)
    return at + 8


def _service(chunk):
    """The encoding id of a request or response; None for HEL, ACK, CLO, ERR."""
    if chunk[:3] not in (b"OPN", b"MSG") or _body(chunk) + 4 > len(chunk):
        return None
    return struct.unpack_from("<H", chunk, _body(chunk) + 2)[0]


def _certificate(chunk):
    """What an OPN chunk says the sender's certificate is."""
    at = 12 + 4 + struct.unpack_from("<i", chunk, 12)[0]
    length = max(struct.unpack_from("<i", chunk, at)[0], 0)
    return chunk[at + 4:at + 4 + length]


def _node_id_length(chunk, at):
    kind = chunk[at] & 0x3F
    if kind in (0, 1, 2, 4):
        return (2, 4, 7, 0, 19)[kind]
    return 7 + max(struct.unpack_from("<i", chunk, at + 3)[0], 0)


def _strange_token(chunk):
    """The request under an authentication token the server has never given."""
    at = _body(chunk) + 4
    end = at + _node_id_length(chunk, at) - 1
    return chunk[:end] + bytes([chunk[end] ^ 0x5A]) + chunk[end + 1:]


def _strange_user(chunk):
    """An ActivateSession whose anonymous user comes by a policy the server does not offer."""
    at = chunk.index(bytes([1, 0, 0x41, 1, 1])) + 5 + 4 + 4  # AnonymousIdentityToken, lengths
    return chunk[:at] + b"?" + chunk[at + 1:]


def _of_long_ago(chunk):
    """The Republish request for a message nobody has kept."""
    return chunk[:-4] + struct.pack("<I", 0xFFFF0000)


class Proxy:
    """Forwards to a server on a port of 127.0.0.1.

    `services` lists the requests of all connections so far, but for those that come when nobody asks
    for a while, which `signs_of_life` counts. `cut_at(CALL)` cuts the connection at
    the next Call: the server still gets it (`forward`), the caller never an answer.
    `swallow_answer(CALL)` cuts it when the server has answered the next Call. `lifetime`
    replaces the channel lifetime in the server's answers, in ms. `certificates` lists those of
    the channels callers have asked for; of secured channels nothing else can be read. `sent` is all
    that callers have sent; `bend`, if set, changes each chunk of the server.
    `spoil(n, how)` makes the server refuse the next n ActivateSession requests: "token" as one of a
    session it does not know, "user" for its user. After `ask_too_late()` it has kept none of the messages
    it is asked to publish again.
    """

    def __init__(self, server, lifetime=None):
        self.server = server
        self.lifetime = lifetime
        self.services = []
        self.signs_of_life = 0
        self.certificates = []
        self.sent = bytearray()
        self.bend = None
        self.spoilt = (0, None)
        self.too_late = False
        self.connections = 0
        self.cut = None
        self.swallow = None
        self.flowing = threading.Event()
        self.flowing.set()
        self.sockets = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self):
        return f"opc.tcp://127.0.0.1:{self.port}{self.server.PATH}"

    def count(self, service):
        return self.services.count(service)

    def cut_at(self, service, forward=True):
        self.cut = (service, forward)

    def swallow_answer(self, service):
        self.swallow = service + 3

    def pause(self):
        """Nothing gets through, nothing is lost, until resume()."""
        self.flowing.clear()

    def resume(self):
        self.flowing.set()

    def spoil(self, times, how):
        self.spoilt = (times, {"token": _strange_token, "user": _strange_user}[how])

    def ask_too_late(self):
        self.too_late = True

    def cut_now(self):
        for sock in list(self.sockets):  # whoever comes meanwhile is not meant
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                self._serve(near)

    def _serve(self, near):
        self.sockets.append(near)
        try:
            far = socket.create_connection(("127.0.0.1", self.server.port))
        except OSError:
            near.close()
            return
        self.connections += 1
        self.sockets.append(far)
        for work in (self._requests, self._responses):
            threading.Thread(target=self._forward, args=(work, near, far), daemon=True).start()

    def _forward(self, work, near, far):
        with contextlib.suppress(OSError):
            work(near, far)
        for sock in (near, far):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _requests(self, near, far):
        for chunk in _chunks(near):
            self.flowing.wait()
            self.sent += chunk
            if chunk.startswith(b"OPN"):
                self.certificates.append(_certificate(chunk))
            if chunk.endswith(_SIGN_OF_LIFE):
                self.signs_of_life += 1
                far.sendall(chunk)
                continue
            service = _service(chunk)
            self.services.append(service)
            if service == ACTIVATE_SESSION and self.spoilt[0]:
                chunk = self.spoilt[1](chunk)
                self.spoilt = (self.spoilt[0] - 1, self.spoilt[1])
            if service == REPUBLISH and self.too_late:
                chunk = _of_long_ago(chunk)
            if self.cut and self.cut[0] == service:
                forward, self.cut = self.cut[1], None
                near.shutdown(socket.SHUT_RDWR)  # first, or the answer may come through
                if forward:
                    far.sendall(chunk)
                return
            far.sendall(chunk)

    def _responses(self, near, far):
        for chunk in _chunks(far):
            self.flowing.wait()
            if self.lifetime and _service(chunk) == OPEN_CHANNEL + 3:
                chunk = self._with_lifetime(chunk)
            if self.bend:
                chunk = self.bend(chunk)
            if self.swallow and _service(chunk) == self.swallow:
                self.swallow = None
                return
            near.sendall(chunk)

    def _with_lifetime(self, chunk):
        # type id 4, response header 24, protocol version 4, channel 4, token 4, created 8
        at = _body(chunk) + 4 + 24 + 4 + 4 + 4 + 8
        return chunk[:at] + struct.pack("<I", self.lifetime) + chunk[at + 4:]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()
        self.resume()
        self.cut_now()
        for sock in self.sockets:
            sock.close()
