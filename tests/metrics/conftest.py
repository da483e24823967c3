# SPDX-License-Identifier: MIT
"""A daemon with metrics that keeps one server up, and one that keeps none."""
import json
import pathlib
import shutil
import tempfile

import pytest

from osm.servers import DemoServer

from . import http

URI = "tcp://127.0.0.1:0"


@pytest.fixture
def folder():
    path = pathlib.Path(tempfile.mkdtemp(prefix="osm-metrics-"))
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def counting_server():
    with DemoServer(options=["--generate", "5@20"]) as server:
        yield server


@pytest.fixture
def keep(make_daemon, folder):
    """Makes a daemon that keeps `press` up: (daemon, HTTP port)."""
    def make(server, *options, items=("ns=2;s=Generator/0000", "ns=2;s=Generator/0001"), subscriptions=None, **config):
        subscriptions = subscriptions or [{"publishing_interval": 100.0, "max_keep_alive_count": 5, "monitored_items": [
            {"node_id": item, "sampling_interval": 50} for item in items]}]
        path = folder / "config.yaml"
        path.write_text(json.dumps({"connections": {"press": {
            "endpoint": server.url, "config": {"opcuaTimeout": 5, **config},
            "subscriptions": subscriptions if items else []}}}))
        path.chmod(0o600)
        daemon = make_daemon("--config", path, "--metrics", URI, *options)
        return daemon, http.port_of(daemon)
    return make


@pytest.fixture
def bare(make_daemon):
    daemon = make_daemon("--metrics", URI)
    return daemon, http.port_of(daemon)
