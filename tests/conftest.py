# SPDX-License-Identifier: MIT
"""Fixtures of the integration tests: servers live as long as the run, daemons as long as a test."""
import functools
import os
import re
import shutil
import signal
import tempfile

import pytest

from osm import hosted
from osm.cpu import (pytest_runtest_protocol, pytest_sessionfinish, pytest_terminal_summary,  # noqa: F401
                     pytest_testnodedown)
from osm.daemon import Daemon
from osm.servers import DemoServer, FileServer, GeneralServer, HistoryServer, TypesServer

FAILED = pytest.StashKey[bool]()

# A shell that starts the run in the background has it ignore ^C, and all that it starts; some of that is to be interrupted.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config):
    """Keys are made once for all workers, which this process starts."""
    if not hasattr(config, "workerinput"):
        os.environ["OSM_TEST_KEYS"] = tempfile.mkdtemp(prefix="osm-keys-")


def pytest_unconfigure(config):
    hosted.end()
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop("OSM_TEST_KEYS"), ignore_errors=True)


def pytest_make_parametrize_id(val):
    """What is long is named by how it begins: each worker tells the others the names of all tests, and at each
    test its name once more, which costs minutes of processor time when some are megabytes."""
    return f"{val[:16]!r}, {len(val)} in all" if isinstance(val, (str, bytes)) and len(val) > 200 else None


# Fixtures of servers on Node, which take seconds of processor time to start.
SLOW_TO_START = re.compile(r"\b(types|general|file)_server\b|^def test_\w+\((?:[^)]*\W)?(types|files)\b", re.M)


@functools.cache
def _is_slow_to_start(path):
    return bool(SLOW_TO_START.search(path.read_text()))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Files are run as a whole, as by loadfile, and those that need servers that are slow to start by
    one worker: each of these servers is started once and not once per worker."""
    from xdist.scheduler import LoadFileScheduling  # only where there is xdist is this called

    class ByServers(LoadFileScheduling):
        def _split_scope(self, nodeid):
            file = super()._split_scope(nodeid)
            return "slow to start" if _is_slow_to_start(config.rootpath / file) else file
    return ByServers(config, log) if config.getvalue("dist") == "loadfile" else None


def _serving(server):
    with server:
        yield server


@pytest.fixture(scope="session")
def types_server():
    yield from _serving(TypesServer())


@pytest.fixture(scope="session")
def general_server():
    yield from _serving(GeneralServer())


@pytest.fixture(scope="session")
def demo_server():
    yield from _serving(DemoServer())


@pytest.fixture(scope="session")
def history_server():
    yield from _serving(HistoryServer())


@pytest.fixture(scope="session")
def file_server():
    yield from _serving(FileServer())


@pytest.fixture
def daemon():
    """A daemon with default options."""
    with Daemon() as running:
        yield running


@pytest.fixture
def make_daemon():
    """Daemons with options of the test's choice; all are ended with the test."""
    running = []

    def make(*options, **more):
        running.append(Daemon(*options, **more))
        return running[-1]
    yield make
    for one in reversed(running):
        one.__exit__(None, None, None)


@pytest.fixture
def make_server():
    """Servers of this test only, for those that freeze or kill them."""
    running = []

    def make(kind, *args, **more):
        running.append(kind(*args, **more))
        return running[-1]
    yield make
    for one in running:
        one.stop()


@pytest.fixture(scope="module")
def _shared():
    running = {}
    yield running
    for one in running.values():
        one.stop()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    outcome = yield
    if outcome.get_result().failed:
        item.stash[FAILED] = True


@pytest.fixture
def share_server(_shared, request):
    """Servers that tests of one file use in turn: they may restart them and write to them, and leave
    them running. A test that fails leaves nothing behind for the next."""
    def share(kind, *args):
        key = (kind, repr(args))
        if key not in _shared:
            _shared[key] = kind(*args)
        return _shared[key]
    yield share
    if request.node.stash.get(FAILED, False):
        while _shared:
            _shared.popitem()[1].stop()
