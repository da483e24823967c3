# SPDX-License-Identifier: MIT
"""A resolver that hangs holds up names, not addresses; see slow_names.c."""
import pathlib
import subprocess

import pytest

from osm.client import Connection

from .asking import error, node, query, read
from .machine import sanitized

TIMED_OUT = "Failed to connect to {}:4840: [110] Connection timed out"


def hanging_resolver(tmp_path_factory):
    """The environment of a program whose resolver hangs."""
    library = tmp_path_factory.mktemp("resolver") / "slow_names.so"
    source = pathlib.Path(__file__).with_name("slow_names.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True, timeout=120)
    environment = {"LD_PRELOAD": str(library)}
    if sanitized():
        environment["ASAN_OPTIONS"] = "verify_asan_link_order=0"
    return environment


@pytest.fixture(scope="module")
def hanging(tmp_path_factory):
    return hanging_resolver(tmp_path_factory)


def open_it(url, **config):
    return {"command": "open", "endpointUrl": url, "config": config}


def test_addresses_need_no_resolver(make_daemon, make_server, demo_server, hanging):
    """More hanging lookups than there are threads for them: addresses connect, and reconnect."""
    daemon = make_daemon(env=hanging)
    url = f"opc.tcp://127.0.0.1:{demo_server.port}"
    session = daemon.client.open(url)
    with Connection(daemon.endpoint) as line:
        slow = [line.send(open_it(f"opc.tcp://slow{i}", opcuaTimeout=60)) for i in range(10)]
        assert line.request(open_it(url, opcuaTimeout=30))["success"]
        assert line.request(query(session, "reconnect"))["success"]
        assert isinstance(read(daemon.client, session, node("Dynamic/Sine")), float)
        for _ in slow:
            assert line.request({"command": "ping"})["data"]["sessions"] == 2
    daemon.stop()  # at once: those threads have nothing of it


def test_a_lookup_without_end_times_out(make_daemon, hanging):
    daemon = make_daemon(env=hanging)
    for name in ("slow", "slower"):
        assert error(daemon.client.request(open_it(f"opc.tcp://{name}", opcuaTimeout=0.5))) == (
            "ConnectionException", TIMED_OUT.format(name))
    assert daemon.client.data({"command": "ping"})["status"] == "ok"
    assert "leaving it behind" not in daemon.stop()


def test_a_lookup_without_end_does_not_spoil_the_end(make_daemon, hanging):
    """The socket is gone and the exit status is 0, although a thread still waits for a name."""
    daemon = make_daemon(env=hanging)
    reply = daemon.client.request(open_it("opc.tcp://slow", opcuaTimeout=0.2))
    assert error(reply)[1].startswith("Failed to connect to slow:4840")
    socket_path = daemon.socket_path
    daemon.stop()
    assert not socket_path.exists()
