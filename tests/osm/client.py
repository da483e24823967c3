# SPDX-License-Identifier: MIT
"""Callers of the daemon: one request per connection, raw bytes, persistent connections."""
import json
import socket
import struct

from .wait import PATIENCE

NO_REPLY = b""


def address(endpoint):
    """The socket family and address of an endpoint string of the daemon."""
    if endpoint.startswith("tcp://"):
        host, _, port = endpoint[len("tcp://"):].rpartition(":")
        host = host.strip("[]")
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return family, (host, int(port))
    return socket.AF_UNIX, endpoint.removeprefix("unix://")


def connect(endpoint, timeout=PATIENCE):
    family, where = address(endpoint)
    sock = socket.socket(family, socket.SOCK_STREAM)
    # Python's own time-out makes sockets non-blocking, and then a full backlog is an error.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", int(timeout), 0))
    try:
        sock.connect(where)
    except BaseException:
        sock.close()
        raise
    sock.settimeout(timeout)
    return sock


def read_line(sock):
    """Everything up to and with the first newline, or up to the end of the stream."""
    received = bytearray()
    while not received.endswith(b"\n"):
        try:
            chunk = sock.recv(65536)
        except ConnectionResetError:
            break
        if not chunk:
            break
        received += chunk
    return bytes(received)


def parse(line):
    """The JSON of a reply line, None if there is no reply; numbers stay exact."""
    return json.loads(line) if line.strip() else None


class Client:
    """Requests to one endpoint, each on a connection of its own as PHP clients make them."""

    def __init__(self, endpoint, timeout=PATIENCE, token=None):
        self.endpoint = endpoint
        self.timeout = timeout
        self.token = token

    def raw(self, *pieces, between=None, half_close=False):
        """Sends the pieces, calls between() after each but the last, returns the reply line."""
        with connect(self.endpoint, self.timeout) as sock:
            for i, piece in enumerate(pieces):
                if i and between:
                    between()
                try:
                    sock.sendall(piece)
                except (BrokenPipeError, ConnectionResetError):
                    break  # the daemon may answer before it has read everything
            if half_close:
                sock.shutdown(socket.SHUT_WR)
            return read_line(sock)

    def request(self, message):
        """One request object, one reply object."""
        if self.token is not None:
            message = {**message, "authToken": self.token}
        line = self.raw(json.dumps(message).encode() + b"\n")
        if not line.endswith(b"\n"):
            raise ConnectionError(f"no reply from {self.endpoint} to {message}: {line!r}")
        return parse(line)

    def data(self, message):
        """The data of a successful reply; anything else fails."""
        reply = self.request(message)
        assert reply.get("success") is True, (message, reply)
        return reply["data"]

    def open(self, url, config=None, **more):
        """Opens a session and returns its id."""
        return self.data({"command": "open", "endpointUrl": url, "config": config or {}, **more})["sessionId"]

    def query(self, session, method, *params):
        """The whole reply to a query."""
        return self.request({"command": "query", "sessionId": session, "method": method, "params": list(params)})

    def invoke(self, session, method, *args, **more):
        """The whole reply to an invoke; a dict as only argument is passed as named arguments."""
        named = len(args) == 1 and isinstance(args[0], dict)
        return self.request({"command": "invoke", "sessionId": session, "method": method,
                             "args": args[0] if named else list(args), **more})


class Connection:
    """A persistent connection: requests carry ids, replies come in any order."""

    def __init__(self, endpoint, timeout=PATIENCE):
        self.sock = connect(endpoint, timeout)
        self.reader = self.sock.makefile("rb")
        self.next_id = 1
        self.unclaimed = {}

    def send(self, message):
        """Sends without waiting; returns the id."""
        ident = message.get("id", self.next_id)
        self.next_id += 1
        self.sock.sendall(json.dumps({"id": ident, **message}).encode() + b"\n")
        return ident

    def send_all(self, messages):
        """In one go, so that the first is not over before the last is there; returns the ids."""
        idents = [message.get("id", self.next_id + i) for i, message in enumerate(messages)]
        self.next_id += len(idents)
        self.sock.sendall(b"".join(json.dumps({"id": ident, **message}).encode() + b"\n"
                                   for ident, message in zip(idents, messages)))
        return idents

    def receive(self):
        """The next line, whatever it belongs to; None at the end of the stream."""
        line = self.reader.readline()
        return json.loads(line) if line else None

    def reply(self, ident):
        """The reply with this id; replies to others are kept for them."""
        while ident not in self.unclaimed:
            line = self.receive()
            if line is None:
                raise ConnectionError(f"stream ended before the reply to {ident}")
            self.unclaimed[line.get("id")] = line
        return self.unclaimed.pop(ident)

    def request(self, message):
        return self.reply(self.send(message))

    def close(self):
        self.reader.close()
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
