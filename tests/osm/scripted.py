# SPDX-License-Identifier: MIT
"""An OPC UA server a test writes line by line: SecurityPolicy None, in this process, one thread for each connection.

A test derives from Script and answers services by methods named after them; what it does not answer is
BadServiceUnsupported. Each gets a Reader behind the request header and returns the body of the response
(bytes), None for none at all, or raises Fault. Requests are noted in `requests` as (service, timeoutHint)."""
import contextlib
import socket
import struct
import threading
import time

NONE = "http://opcfoundation.org/UA/SecurityPolicy#None"
TRANSPORT = "http://opcfoundation.org/UA-Profile/Transport/uatcp-uasc-uabinary"

SERVICES = {428: "get_endpoints", 461: "create_session", 467: "activate_session", 473: "close_session", 527: "browse",
            533: "browse_next", 631: "read", 664: "history_read", 673: "write", 751: "create_monitored_items",
            787: "create_subscription", 826: "publish", 847: "delete_subscriptions"}
ANSWERS = {"get_endpoints": 431, "create_session": 464, "activate_session": 470, "close_session": 476, "browse": 530,
           "browse_next": 536, "read": 634, "history_read": 667, "write": 676, "create_monitored_items": 754,
           "create_subscription": 790, "publish": 829, "delete_subscriptions": 850}
SERVICE_FAULT = 397
CHUNK = 60000


class Fault(Exception):
    """A ServiceFault with that code."""


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def unpack(self, form):
        (value,) = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return value

    def byte(self):
        return self.unpack("B")

    def uint32(self):
        return self.unpack("I")

    def bytes(self):
        size = self.unpack("i")
        if size < 0:
            return None
        self.at += size
        return self.data[self.at - size:self.at]

    def node_id(self):
        """(namespace, identifier) of the forms the daemon sends."""
        form = self.byte()
        if form == 0:
            return 0, self.byte()
        if form == 1:
            return self.byte(), self.unpack("H")
        space = self.unpack("H")
        if form == 2:
            return space, self.uint32()
        if form == 4:
            self.at += 16
            return space, self.data[self.at - 16:self.at]
        return space, self.bytes().decode()

    def list(self, element):
        return [element() for _ in range(max(self.unpack("i"), 0))]

    def extension(self):
        type_id, encoding = self.node_id(), self.byte()
        return type_id, self.bytes() if encoding else None


def uint32(value):
    return struct.pack("<I", value)


def text(value):
    if value is None:
        return struct.pack("<i", -1)
    data = value if isinstance(value, bytes) else value.encode()
    return struct.pack("<i", len(data)) + data


def array(items):
    return struct.pack("<i", len(items)) + b"".join(items)


def node_id(space, identifier):
    if isinstance(identifier, int):
        return struct.pack("<BHI", 2, space, identifier)
    return struct.pack("<BH", 3, space) + text(identifier)


NOTHING = struct.pack("<i", -1)  # a null list, a null string


def ticks():
    return int((time.time() + 11644473600) * 10_000_000)


def data_value(variant=None, status=None):
    mask = (variant is not None) | 2 * (status is not None)
    return bytes([mask]) + (variant or b"") + (uint32(status) if status is not None else b"")


class Script:
    def __init__(self):
        self.requests = []
        self.urls = []  # of HEL
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.connections = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self):
        return f"opc.tcp://127.0.0.1:{self.listener.getsockname()[1]}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()
        for connection in self.connections:
            connection.close()

    def hang_up(self):
        """Ends the connections there are."""
        while self.connections:
            with contextlib.suppress(OSError):  # the daemon was quicker
                self.connections.pop().shutdown(socket.SHUT_RDWR)

    def count(self, service):
        return sum(name == service for name, _ in self.requests)

    # --- the channel

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        stream, sequence, body = connection.makefile("rb"), 0, b""
        try:
            while head := stream.read(8):
                kind, final, size = head[:3], head[3:4], struct.unpack("<I", head[4:])[0]
                chunk = stream.read(size - 8)
                if kind == b"HEL":
                    self.urls.append(Reader(chunk[20:]).bytes().decode())
                    connection.sendall(b"ACKF" + struct.pack("<6I", 28, 0, 65535, 65535, 0, 0))
                    continue
                if kind == b"CLO":
                    return
                body += chunk[16:] if kind == b"MSG" else chunk
                if final == b"C":
                    continue
                answer = self._open(body) if kind == b"OPN" else self._message(chunk[12:16], body)
                if answer is None:
                    body = b""
                    continue
                sequence += 1
                for part, last in self._cut(answer) if kind == b"MSG" else [(answer, True)]:
                    part = part.replace(b"SEQ!", uint32(sequence), 1)
                    sequence += not last
                    connection.sendall(kind + (b"F" if last else b"C") + uint32(len(part) + 8) + part)
                body = b""
        except (OSError, ValueError):
            pass
        finally:
            connection.close()

    @staticmethod
    def _cut(answer):
        """The chunks of a message, each behind its header, and whether it is the last one."""
        head, body = answer[:16], answer[16:]
        for at in range(0, len(body), CHUNK):
            yield head + body[at:at + CHUNK], at + CHUNK >= len(body)

    def _open(self, chunk):
        reader = Reader(chunk)
        reader.uint32(), reader.bytes(), reader.bytes(), reader.bytes(), reader.uint32()
        request = reader.uint32()
        reader.node_id()
        handle, _ = self._header(reader)
        token = struct.pack("<IIIQI", 0, 1, 1, ticks(), 3600000)
        return (uint32(1) + text(NONE) + NOTHING + NOTHING + b"SEQ!" + uint32(request) + node_id(0, 449) +
                self._answer_header(handle, 0) + token + NOTHING)

    @staticmethod
    def _header(reader):
        """(requestHandle, timeoutHint)"""
        reader.node_id(), reader.unpack("q")
        handle, _ = reader.uint32(), reader.uint32()
        reader.bytes()
        hint = reader.uint32()
        reader.extension()
        return handle, hint

    @staticmethod
    def _answer_header(handle, status):
        return struct.pack("<QII", ticks(), handle, status) + b"\0" + NOTHING + b"\0\0\0"

    def _message(self, request, body):
        reader = Reader(body)
        service = SERVICES.get(reader.node_id()[1], "unknown")
        handle, hint = self._header(reader)
        self.requests.append((service, hint))
        try:
            with self.lock:
                content = getattr(self, service, self.unknown)(reader)
            if content is None:
                return None
            answer = node_id(0, ANSWERS[service]) + self._answer_header(handle, 0) + content
        except Fault as fault:
            answer = node_id(0, SERVICE_FAULT) + self._answer_header(handle, fault.args[0])
        return uint32(1) + uint32(1) + b"SEQ!" + request + answer

    def unknown(self, _):
        raise Fault(0x800B0000)

    # --- what every server does

    def endpoint(self):
        application = text("urn:scripted") * 2 + b"\2" + text("scripted") + uint32(0) + NOTHING * 3
        token = text("anonymous") + uint32(0) + NOTHING * 3
        return (text(self.url) + application + NOTHING + uint32(1) + text(NONE) + array([token]) + text(TRANSPORT) +
                b"\0")

    def get_endpoints(self, _):
        return array([self.endpoint()])

    def create_session(self, _):
        return (node_id(1, 1) + node_id(1, 2) + struct.pack("<d", 120000.0) + text(b"n" * 32) + NOTHING +
                array([self.endpoint()]) + NOTHING + NOTHING * 2 + uint32(0))

    def activate_session(self, _):
        return text(b"n" * 32) + NOTHING * 2

    def close_session(self, _):
        return b""

    def value(self, space, identifier):
        """The DataValue of a node."""
        if (space, identifier) == (0, 2259):
            return data_value(b"\6" + uint32(0))
        return data_value(status=0x80340000)

    def read(self, reader):
        reader.unpack("d"), reader.uint32()
        nodes = []
        for _ in range(reader.unpack("i")):
            nodes.append(reader.node_id())
            reader.uint32(), reader.bytes(), reader.unpack("H"), reader.bytes()
        return array([self.value(*node) for node in nodes]) + NOTHING
