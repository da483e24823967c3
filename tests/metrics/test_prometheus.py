# SPDX-License-Identifier: MIT
"""A real Prometheus scrapes, and its own word on how that went. OSM_PROMETHEUS_SECONDS=60 has it do so
for a minute."""
import json
import os
import shutil
import signal
import urllib.parse

import pytest

from osm.paths import ROOT
from osm.process import Process
from osm.wait import free_port, wait_until

from . import http

SECONDS = float(os.environ.get("OSM_PROMETHEUS_SECONDS", "5"))
INTERVAL = 2


class Prometheus:
    def __init__(self, folder, target):
        program = shutil.which("prometheus")
        assert program, "prometheus is not installed: scripts/setup test"
        self.port = free_port()
        shutil.copy(ROOT / "packaging/prometheus/alerts.yml", folder)
        (folder / "prometheus.yml").write_text(json.dumps({
            "global": {"scrape_interval": f"{INTERVAL}s", "scrape_timeout": f"{INTERVAL}s", "evaluation_interval": "1s"},
            "rule_files": ["alerts.yml"],
            "scrape_configs": [{"job_name": "opcua-session-manager",
                                "static_configs": [{"targets": [f"127.0.0.1:{target}"]}]}]}))
        self.process = Process([program, f"--config.file={folder}/prometheus.yml",
                                f"--storage.tsdb.path={folder}/data", f"--web.listen-address=127.0.0.1:{self.port}"],
                               folder, "prometheus")

    def ask(self, query):
        """The value of a query with one result, or None."""
        try:
            status, _, body = http.get(self.port, "/api/v1/query?query=" + urllib.parse.quote(query))
        except OSError:
            return None
        result = json.loads(body)["data"]["result"] if status == 200 else []
        return float(result[0]["value"][1]) if len(result) == 1 else None


@pytest.fixture
def prometheus(folder):
    running = []

    def start(target):
        running.append(Prometheus(folder, target))
        return running[-1]
    yield start
    for one in running:
        one.process.end(signal.SIGKILL)


def test_it_is_scraped(keep, counting_server, prometheus):
    _, port = keep(counting_server)
    one = prometheus(port)
    count = "sum_over_time(up[5m])"
    wait_until(lambda: (one.ask(count) or 0) >= SECONDS / INTERVAL, 60 + SECONDS, "scrapes")
    wait_until(lambda: one.ask('opcua_server_up{server="press"}') == 1, 60, "the server is up")
    wait_until(lambda: (one.ask('increase(opcua_server_values_total{server="press"}[5m])') or 0) > 0, 60, "values")
    assert one.ask("scrape_samples_scraped") > 120
    # None has failed, but those the machine was too busy for.
    failed = f"max_over_time(((1 - up) * (scrape_duration_seconds < bool {0.9 * INTERVAL}))[5m:1s])"
    assert one.ask(failed) == 0, one.process.stderr()
