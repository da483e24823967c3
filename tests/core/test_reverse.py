# SPDX-License-Identifier: MIT
"""Servers that connect to the daemon (extensions.md, Reverse connect), on both stacks."""
import re
import socket

import pytest

from config.conftest import file, folder  # noqa: F401  fixtures
from config.keeping import complete, connection, subscription
from core.asking import ask, error
from daemon.test_cli import run
from osm.reverse import Caller, reverse_hello
from osm.servers import BareServer, DemoServer
from osm.wait import wait_until

URL = "opc.tcp://plant.invalid:4840/line"  # nobody can connect to that
POLICY = "http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256"


def listening(make_daemon, *options):
    daemon = make_daemon("--reverse-listen", "tcp://127.0.0.1:0", *options)
    port = int(re.search(r"Servers may connect on tcp://127\.0\.0\.1:(\d+)", daemon.log())[1])
    return daemon, ("127.0.0.1", port)


def call(address, data):
    line = socket.create_connection(address, timeout=120)
    line.sendall(data)
    return line


def is_cut(line):
    try:
        return line.recv(1) == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize("kind, options", [(DemoServer, ["--security"]), (BareServer, ["--profile", "accept"])])
def test_a_session(make_daemon, make_server, kind, options):
    server = make_server(kind, options=options)
    daemon, address = listening(make_daemon)
    with Caller(address, server, URL) as caller:
        plain = daemon.client.open(URL, {"reverse": True, "opcuaTimeout": 120})
        assert ask(daemon.client, plain, "read", "i=2259")["value"] == 0
        secured = daemon.client.open(URL, {"reverse": True, "opcuaTimeout": 120, "securityPolicy": POLICY,
                                           "securityMode": 3})
        assert secured != plain
        assert ask(daemon.client, secured, "read", "i=2259")["value"] == 0
        assert caller.used >= 2
        used = caller.used
        caller.cut()
        assert ask(daemon.client, plain, "read", "i=2259")["value"] == 0  # the server calls again
        assert ask(daemon.client, secured, "read", "i=2259")["value"] == 0
        assert caller.used >= used + 2
    assert f"Who connects to us as {URL} is not known" in daemon.log()


def test_nobody_calls(make_daemon):
    daemon, address = listening(make_daemon)
    reply = daemon.client.request({"command": "open", "endpointUrl": URL, "config": {"reverse": True, "opcuaTimeout": 0.3}})
    assert error(reply) == ("ConnectionException",
                            "No server has connected for [url] within 0.3 s; reverse connect listens on [url]")


def test_nobody_listens(make_daemon):
    daemon = make_daemon()
    reply = daemon.client.request({"command": "open", "endpointUrl": URL, "config": {"reverse": True}})
    assert error(reply)[0] == "ConfigurationException"
    assert "--reverse-listen" in error(reply)[1]


def test_who_is_let_in(make_daemon, make_server):
    daemon, address = listening(make_daemon, "--reverse-allow", f"urn:good,{URL.upper()}/")
    for hello in (reverse_hello("urn:good", "opc.tcp://any"), reverse_hello("urn:bad", URL)):
        line = call(address, hello)
        line.settimeout(0.2)
        with pytest.raises(TimeoutError):
            line.recv(1)
    for hello in (reverse_hello("urn:bad", "opc.tcp://other"), reverse_hello("urn:goody", "opc.tcp://any"),
                  reverse_hello("urn:good", "no url"), reverse_hello("urn:good", "https://any:443"),
                  reverse_hello("urn:good", "any:4840"), reverse_hello("urn:good", "opc.tcp://"), reverse_hello("urn:good", URL + "\0"),
                  reverse_hello("urn:good", "opc.tcp://" + "x" * 4100), reverse_hello("urn:good", URL) + b"?",
                  b"RHEF\xff\xff\xff\xff", b"RHEF\x08\0\0\0", b"RHEC\x10\0\0\0" + bytes(8), b"HELF\x20\0\0\0" + bytes(24),
                  b"GET / HTTP/1.1\r\n\r\n"):
        assert is_cut(call(address, hello)), hello
    line = call(address, reverse_hello("urn:good", URL))
    line.sendall(b"more")
    assert is_cut(line)
    wait_until(lambda: "Reverse connect: a server is refused: --reverse-allow does not name opc.tcp://other:4840" in daemon.log(),
               10, "the log says who")


def test_sockets_are_bounded(make_daemon):
    daemon, address = listening(make_daemon)
    kept = [call(address, reverse_hello("urn:x", URL)) for _ in range(6)]
    assert is_cut(kept[0]) and is_cut(kept[1])  # four of an endpoint
    silent = call(address, b"")
    many = [call(address, reverse_hello("urn:x", f"opc.tcp://host{i}")) for i in range(256)]
    assert is_cut(kept[2])
    assert is_cut(silent)
    assert daemon.client.request({"command": "ping"})["success"]
    for line in kept + many:
        line.close()


def test_a_silent_socket(make_daemon):
    daemon, address = listening(make_daemon)
    assert is_cut(call(address, b"RHEF\x20\0"))
    wait_until(lambda: "it has not sent its ReverseHello in time" in daemon.log(), what="the log says so")


def test_in_a_file_of_connections(make_daemon, make_server, file):  # noqa: F811
    server = make_server(DemoServer)
    one = connection(URL, subscription("i=2258"), config={"reverse": True})
    daemon, address = listening(make_daemon, "--config", file.write({"plant": one}))
    with Caller(address, server, URL):
        complete(daemon)


def test_addresses():
    for address, text in (("tcp://plant:4840", "is no address to listen on"), ("127.0.0.1:4840", "No address to listen on"),
                          ("tcp://0.0.0.0", "has no valid port")):
        status, _, told = run("--reverse-listen", address, "--check")
        assert status == 1 and text in told
