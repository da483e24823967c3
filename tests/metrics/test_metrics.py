# SPDX-License-Identifier: MIT
"""What is told, in which form, to whom; and that what is shipped for it names what exists."""
import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from osm.client import connect
from osm.paths import ROOT, program
from osm.wait import wait_until

from . import http

PACKAGED = ROOT / "packaging/prometheus"
LABELS = {"command", "method", "server", "sink", "state", "kind", "queue", "budget", "le", "version"}


def promtool(*arguments, text=None):
    found = shutil.which("promtool")
    assert found, "promtool is not installed: scripts/setup test"
    done = subprocess.run([found, *map(str, arguments)], input=text, capture_output=True, text=True, timeout=120,
                          check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def families(text):
    return set(re.findall(r"^# TYPE (\w+) ", text, re.M))


def flowing(port):
    return wait_until(lambda: http.value(port, "opcua_server_values_total", server="press"), 30, "values")


def test_a_scrape_says_what_is(keep, counting_server, folder):
    daemon, port = keep(counting_server, "--event-log", folder / "events")
    flowing(port)
    wait_until(lambda: http.value(port, "opcua_sink_delivered_events_total", sink="log"), 30, "events in the file")
    wait_until(lambda: http.value(port, "opcua_ready") == 1, 30, "all is up")
    client = daemon.client
    session = client.open(counting_server.url, {"opcuaTimeout": 7})
    assert client.query(session, "read", "i=2258")["success"]
    assert not client.query("0" * 32, "read", "i=2258")["success"]
    text = http.scrape(port)
    assert promtool("check", "metrics", text=text) == ""
    found = http.samples(text)
    read = (("command", "query"), ("method", "read"))
    assert found["opcua_requests_total", *read] == 2 and found["opcua_request_errors_total", *read] == 1
    assert found["opcua_request_duration_seconds_count", *read] == 2
    assert found["opcua_sessions", ("state", "active")] == 2
    press = ("server", "press")
    assert found["opcua_server_up", press] == 1 and found["opcua_server_monitored_items", press] == 2
    assert found["opcua_server_subscriptions", ("server", "callers")] == 0
    assert abs(found["opcua_server_clock_skew_seconds", press]) < 5
    assert found["opcua_server_round_trip_seconds", press] < 60
    assert found["opcua_publish_values_total",] >= found["opcua_server_values_total", press] > 0
    assert found["opcua_sink_up", ("sink", "log")] == 1
    assert found["opcua_sink_delivered_events_total", ("sink", "log")] > 0
    assert found["opcua_ready",] == 1
    assert 0 < found["opcua_budget_used_bytes", ("budget", "events")] < \
        found["opcua_budget_limit_bytes", ("budget", "events")]
    assert {label for key in found for label, _ in key[1:]} <= LABELS
    assert "Generator" not in text and "i=2258" not in text and counting_server.url not in text


def test_no_series_twice(make_daemon, folder):
    """Whatever connections are called, our own row among them."""
    path = folder / "config.yaml"
    path.write_text(json.dumps({"connections": {label: {"endpoint": "opc.tcp://127.0.0.1:1"} for label in ("callers", "_callers", "press")}}))
    text = http.scrape(http.port_of(make_daemon("--config", path, "--metrics", "tcp://127.0.0.1:0")))
    series = re.findall(r"^(\w+(?:\{.*\})?) ", text, re.M)
    assert len(series) == len(set(series)) > 100
    assert {s for s in series if s.startswith("opcua_server_subscriptions{")} == {
        f'opcua_server_subscriptions{{server="{label}"}}' for label in ("callers", "_callers", "__callers", "press")}
    assert promtool("check", "metrics", text=text) == ""


def test_open_descriptors_are_counted(bare):
    """Not the lowest that is free: what is open above it counts too."""
    daemon, port = bare

    def found():
        return {len(os.listdir(f"/proc/{daemon.pid}/fd")) + more for more in (0, 1)}
    wait_until(lambda: http.value(port, "process_open_fds") in found(), 30, "the number of descriptors")
    sockets = [connect(daemon.endpoint) for _ in range(20)]
    for one in sockets[:10]:
        one.close()
    wait_until(lambda: http.value(port, "process_open_fds") in found(), 30, "with holes below")
    for one in sockets[10:]:
        one.close()


def test_both_forms(bare):
    _, port = bare
    _, headers, text = http.get(port, "/metrics", "Accept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5")
    assert headers["Content-Type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert text.endswith("# EOF\n") and "# TYPE opcua_requests counter\n" in text
    for header in ((), ("Accept: */*",), ("Accept: text/plain",), ("Accept: text/html",)):
        _, headers, text = http.get(port, "/metrics", *header)
        assert headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert "EOF" not in text and "# TYPE opcua_requests_total counter\n" in text


def test_the_page_names_every_metric(bare):
    page = set(re.findall(r"^\| `(\w+)` ", (ROOT / "docs/metrics.md").read_text(encoding="utf-8"), re.M))
    assert page == families(http.scrape(bare[1]))


def test_rules_and_dashboard_name_what_exists(bare):
    exist = families(http.scrape(bare[1]))
    rules = (PACKAGED / "alerts.yml").read_text(encoding="utf-8")
    board = json.loads((PACKAGED / "dashboard.json").read_text(encoding="utf-8"))
    queries = [target["expr"] for panel in board["panels"] for target in panel.get("targets", [])]
    named = set(re.findall(r"\b(?:opcua|process)_\w+", "\n".join(re.findall(r"expr: (.*)", rules) + queries)))
    assert len(named) > 30
    assert {re.sub(r"_bucket$", "", name) for name in named} <= exist


def test_each_alert_is_fired(tmp_path):
    tested = (PACKAGED / "alerts.test.yml").read_text(encoding="utf-8")
    alerts = re.findall(r"- alert: (\w+)", (PACKAGED / "alerts.yml").read_text(encoding="utf-8"))
    assert len(alerts) == len(set(alerts)) >= 15
    for alert in alerts:
        assert f"alertname: {alert}\n        exp_alerts:\n          - exp_labels" in tested, alert
    for name in ("alerts.yml", "alerts.test.yml"):
        shutil.copy(PACKAGED / name, tmp_path)
    promtool("test", "rules", tmp_path / "alerts.test.yml")


def test_tokens(make_daemon, folder):
    tokens = folder / "tokens"
    tokens.write_text("read 0123456789abcdef0123456789abcdef\nread fedcba9876543210fedcba9876543210 nowhere-*\n")
    tokens.chmod(0o600)
    daemon = make_daemon("--token-file", tokens, "--metrics", "tcp://127.0.0.1:0")
    port = http.port_of(daemon)
    assert http.get(port, "/healthz")[0] == 200
    for path in ("/metrics", "/readyz"):
        assert http.get(port, path)[0] == 401
        assert http.get(port, path, "Authorization: Bearer wrong")[0] == 401
        assert http.get(port, path, "Authorization: Bearer 0123456789abcdef0123456789abcdef")[0] == 200
        assert http.get(port, path, "Authorization: Bearer fedcba9876543210fedcba9876543210")[0] == 200
    assert daemon.log().count("wrong or missing token") == 1


def test_a_unix_socket(make_daemon, folder):
    daemon = make_daemon("--metrics", f"unix://{folder}/metrics.sock")
    done = subprocess.run(["curl", "-sf", "--unix-socket", str(folder / "metrics.sock"), "http://x/healthz"],
                          capture_output=True, text=True, timeout=120, check=False) if shutil.which("curl") else None
    if done is None:
        pytest.skip("curl is not installed")
    assert json.loads(done.stdout) == {"healthy": True}
    daemon.stop()
    assert not pathlib.Path(folder / "metrics.sock").exists()


@pytest.mark.parametrize("uri", ["tcp://0.0.0.0:9464", "http://127.0.0.1:9464", "tcp://127.0.0.1"])
@pytest.mark.parametrize("check", [(), ("--check",)], ids=["start", "check"])
def test_other_addresses_are_refused(folder, uri, check):
    done = subprocess.run([program("opcua-session-manager"), "--socket", f"unix://{folder}/d.sock", "--metrics", uri, *check],
                          capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1 and "Use " in done.stderr and "invariant" not in done.stderr
