# SPDX-License-Identifier: MIT
"""Waiting for a condition, and ports nobody else uses."""
import fcntl
import itertools
import os
import random
import socket
import tempfile
import time

POLL = 0.02
POLL_MOST = 0.1
# Nothing ends sooner, in seconds: a deadline is there for what never comes, and must not find out how
# busy the machine is.
PATIENCE = 120.0


class Timeout(AssertionError):
    """A condition did not come true in time."""


def wait_until(condition, timeout=10.0, what="the condition", poll=POLL):
    """Returns the first true value of condition(); Timeout after `timeout` seconds, at least PATIENCE.

    `what` is a text, or a function that makes it when the time is over. What takes long is looked at less
    and less often, down to every POLL_MOST seconds: each look costs the daemon and this process something.
    """
    timeout = max(timeout, PATIENCE)
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise Timeout(f"not within {timeout:g} s: {what() if callable(what) else what}")
        time.sleep(poll)
        poll = max(poll, min(poll * 1.1, POLL_MOST))


def can_bind(port):
    """Whether nobody listens on 127.0.0.1:port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


# Not of those the system gives to connections that go out, which come between choosing and using;
# each worker of the run has its own, and what one run has chosen another one on this machine leaves alone.
_FIRST_PORT, _PORTS = 12000, 1000
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 18
_ports = itertools.cycle(range(_PORTS))
for _ in range(random.randrange(_PORTS)):
    next(_ports)
_chosen = open(os.path.join(tempfile.gettempdir(), f"osm-test-ports-{os.getuid()}"), "ab")


def _choose(port):
    """Ours as long as this process lives, unless it is another's: of the file each byte is a port."""
    try:
        fcntl.lockf(_chosen, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError:
        return False
    return True


def free_port():
    """A TCP port on 127.0.0.1 that is free."""
    for n in range(2 * _PORTS):  # when all have been chosen by somebody, one that is not in use
        port = _FIRST_PORT + _PORTS * _WORKER + next(_ports)
        if (n >= _PORTS or _choose(port)) and can_bind(port):
            return port
    raise AssertionError(f"none of {_PORTS} ports is free")
