# SPDX-License-Identifier: MIT
"""Fixtures of the packaging tests: an installation in a folder of its own, and the daemon
started from it in the ways the service files do it, with only the paths changed."""
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest
from installation import TOKEN, install

@pytest.fixture(scope="session")
def prefix(tmp_path_factory):
    """The prefix of an installation that the daemon can really be started from."""
    folder = tmp_path_factory.mktemp("prefix")
    install(folder)
    return folder


@pytest.fixture
def run():
    """A folder with a name short enough for sockets, for what would lie in /run and /var/log."""
    with tempfile.TemporaryDirectory(prefix="osm-") as folder:
        yield Path(folder)


@pytest.fixture
def token_file(run):
    path = run / "auth-token"
    path.write_text(TOKEN + "\n")
    path.chmod(0o600)
    return path


@pytest.fixture
def start():
    """start(command, …) -> Popen; what still runs at the end is ended."""
    started = []

    def start_one(command, **options):
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)
        started.append(process)
        return process

    yield start_one
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(120)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
