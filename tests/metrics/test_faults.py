# SPDX-License-Identifier: MIT
"""What metrics, /readyz, `status` and `uactl ping --ready` say when something is wrong for real."""
import json
import subprocess

from osm.paths import program
from osm.servers import DemoServer
from osm.wait import free_port, wait_until

from . import http


def ready(port):
    status, _, body = http.get(port, "/readyz")
    told = json.loads(body)
    assert (status == 200) == told["ready"] == (told["reasons"] == [])
    return told


def ping(daemon):
    done = subprocess.run([program("uactl"), "--socket", daemon.endpoint, "--json", "ping", "--ready"],
                          capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, json.loads(done.stdout)


def status_of(daemon):
    data = daemon.client.request({"command": "status"})["data"]
    return {"ready": data["ready"], "reasons": data["reasons"]}


def test_a_frozen_server(keep, make_server):
    server = make_server(DemoServer, options=["--generate", "2@20"])
    daemon, port = keep(server)
    wait_until(lambda: ready(port)["ready"], 30, "everything flows")
    assert status_of(daemon) == {"ready": True, "reasons": []}
    assert ping(daemon) == (0, [])
    server.freeze()
    wait_until(lambda: http.value(port, "opcua_server_up", server="press") == 0, 60, "the loss")

    def everywhere():
        """What all of them say, between two attempts: each may fail for another reason."""
        [before], pinged, [after] = ready(port)["reasons"], ping(daemon), ready(port)["reasons"]
        return (before, pinged) if before == after else None
    reason, pinged = wait_until(everywhere, 60, "one reason for as long as it takes to ask")
    assert reason["connection"] == "press" and reason["state"] == "building" and reason["reason"]
    assert status_of(daemon)["ready"] is False
    assert pinged == (1, [{"kind": "connection", "name": "press", "state": "building", "reason": reason["reason"]}])
    assert http.value(port, "opcua_ready") == 0
    assert http.value(port, "opcua_server_losses_total", server="press") == 1
    assert http.get(port, "/healthz")[0] == 200


def test_a_broker_that_is_away(make_daemon):
    at = free_port()
    daemon = make_daemon("--metrics", "tcp://127.0.0.1:0", "--event-mqtt", f"mqtt://127.0.0.1:{at}/t")
    port = http.port_of(daemon)
    wait_until(lambda: http.value(port, "opcua_sink_retries_total", sink="mqtt"), 30, "the failure")
    assert http.value(port, "opcua_sink_up", sink="mqtt") == 0
    [reason] = ready(port)["reasons"]
    assert reason["sink"] == "mqtt" and reason["state"] == "failing" and reason["reason"]


def test_a_full_spool(keep, counting_server, folder):
    _, port = keep(counting_server, "--event-mqtt", f"mqtt://127.0.0.1:{free_port()}/t", "--event-spool",
                   folder / "spool", "--event-spool-bytes", "65536")
    wait_until(lambda: http.value(port, "opcua_sink_lag_seconds", sink="spool"), 30, "something waits")
    assert http.value(port, "opcua_sink_limit_bytes", sink="spool") == 65536
    wait_until(lambda: http.value(port, "opcua_sink_waiting_bytes", sink="spool") > 0.8 * 65536, 60, "it fills")
    assert http.value(port, "opcua_sink_waiting_events", sink="spool") > 100
