# SPDX-License-Identifier: MIT
"""--event-mqtt against a real broker: topics, QoS, retained values, TLS, passwords, death."""
import os
import signal
import socket
import subprocess

import pytest

from osm import certificates
from osm.broker import Broker, Subscriber
from osm.daemon import Daemon
from osm.paths import program
from osm.servers import DemoServer
from osm.wait import wait_until

from . import counting


def url(broker, rest="", user=""):
    return f"mqtt://{user}{broker.address}{rest}"


@pytest.mark.parametrize("qos", [0, 1, 2])
def test_every_value_once_and_in_order(make_daemon, counting_server, broker, qos):
    daemon = make_daemon("--event-mqtt", url(broker, f"/osm/{{client}}/{{event}}/{{handle}}?qos={qos}&client=me"))
    with Subscriber(broker) as subscriber:
        session = counting.watch(daemon.client, counting_server)
        counting.wait_for_values(subscriber.events, 40, handle=2)
        for handle in range(3):
            assert counting.is_whole(counting.values(subscriber.events(), handle))
        topics = {topic: payload for topic, _, payload in subscriber.messages()}
        assert topics["osm/me/DataChangeReceived/1"]["clientHandle"] == 1
        assert topics["osm/me/PublishResponseReceived/-"]["sessionId"] == session
        assert not any(retained for _, retained, _ in subscriber.messages())
        daemon.stop()


def test_the_last_value_stays_with_the_broker(make_daemon, counting_server, broker):
    daemon = make_daemon("--event-mqtt", url(broker, "/last/{handle}/{event}?retain=last"))
    with Subscriber(broker) as live:
        counting.watch(daemon.client, counting_server, items=2)
        counting.wait_for_values(live.events, 10)
    daemon.stop()
    with Subscriber(broker) as late:
        late.wait_for(lambda events: len(events) >= 2)
        assert {topic for topic, retained, _ in late.messages() if retained} == \
            {"last/0/DataChangeReceived", "last/1/DataChangeReceived"}


@pytest.mark.parametrize("qos", [0, 1, 2])
def test_a_broker_that_dies_costs_nothing(make_daemon, make_server, qos):
    """Killed twice. The subscriber's session survives in the broker's files, but not what it has taken of QoS 2 and
    was not told to pass on: asked to do so by the next connection it says that it has. So it dies at rest."""
    server = make_server(DemoServer, options=["--generate", "5@20"])
    with Broker(persistent=True) as broker:
        daemon = make_daemon("--event-mqtt", url(broker, f"/k/{{handle}}/{{event}}?qos={qos}"))
        with Subscriber(broker, "k/0/#", client="listener") as subscriber:
            session = counting.watch(daemon.client, server, items=1)
            counting.wait_for_values(subscriber.events, 20)
            safe = []
            for _ in range(2):
                safe.append(wait_until(lambda: counting.sink(daemon, "mqtt")["position"], 20, "something is confirmed"))
                if qos == 2:
                    counting.run(daemon.client, session, False)
                    wait_until(lambda: counting.sink(daemon, "mqtt")["waiting"] == 0, 20, "nothing is on its way")
                broker.kill()
                wait_until(lambda: not counting.sink(daemon, "mqtt")["working"], 10, "the loss is seen")
                counting.run(daemon.client, session, True)
                count = len(counting.values(subscriber.events()))
                broker.start()
                counting.wait_for_values(subscriber.events, count + 40, timeout=40)
            counting.wait_until_delivered(daemon, "mqtt")
            if qos:  # at QoS 0 what is in the broker's buffers dies with it
                assert counting.is_whole(counting.without_repeats(counting.values(subscriber.events())))
            assert counting.only_came_again_behind(safe, subscriber.events())
            assert counting.sink(daemon, "mqtt")["dropped"] == 0
            daemon.stop()


def test_a_wrong_password_is_tried_again_and_never_shown(make_daemon, counting_server, tmp_path):
    with Broker(users={"osm": "right"}) as broker:
        daemon = make_daemon("--event-mqtt", url(broker, "/t", "osm:hush-hush@"))
        wait_until(lambda: counting.sink(daemon, "mqtt")["retries"] >= 2, 15, "two attempts")
        shown = counting.sink(daemon, "mqtt")
        assert "refuses the connection" in shown["lastError"] and not shown["working"]
        with open(f"/proc/{daemon.pid}/cmdline", "rb") as line:
            assert b"hush-hush" not in line.read()
        assert "hush-hush" not in daemon.stop()
        password = tmp_path / "password"
        password.write_text("right\n")
        daemon = make_daemon("--event-mqtt", url(broker, f"/t?password-file={password}", "osm@"))
        wait_until(lambda: "Publishing events to MQTT broker" in daemon.log(), 15, "the right password")
        daemon.stop()


def test_a_password_file_is_read_at_each_connection(make_daemon, tmp_path):
    """What is put right counts without a restart; others who can read it are a notice."""
    password = tmp_path / "password"
    password.write_text("wrong\n")
    password.chmod(0o644)
    with Broker(users={"osm": "right"}) as broker:
        daemon = make_daemon("--event-mqtt", url(broker, f"/t?password-file={password}", "osm@"))
        wait_until(lambda: counting.sink(daemon, "mqtt")["retries"] >= 1, 15, "an attempt")
        notices = lambda: daemon.client.data({"command": "status"})["notices"]
        wait_until(lambda: [n for n in notices() if n["kind"] == "secrets" and n["object"] == str(password)], 30, "the notice")
        password.unlink()
        daemon.process.send(signal.SIGHUP)
        wait_until(lambda: "cannot read the password file: No such file" in counting.sink(daemon, "mqtt")["lastError"], 60,
                   "that it is not there")
        password.write_text("right\n")
        daemon.process.send(signal.SIGHUP)
        wait_until(lambda: "Publishing events to MQTT broker" in daemon.log(), 60, "the right password")
        daemon.stop()


def test_files_of_a_new_broker_are_looked_at_first(make_daemon, tmp_path):
    """A reload that names a file which is not there changes nothing."""
    config = tmp_path / "osm.yaml"
    with Broker() as broker:
        config.write_text(f"event_mqtt: mqtt://{broker.address}/t\n")
        daemon = make_daemon("--config", config)
        wait_until(lambda: "Publishing events to MQTT broker" in daemon.log(), 15, "the first")
        config.write_text(f"event_mqtt: mqtts://{broker.address}/t?ca={tmp_path}/none\n")
        daemon.process.send(signal.SIGHUP)
        wait_until(lambda: "everything stays as it was" in daemon.log(), 30, "the refusal")
        assert f"Cannot read {tmp_path}/none, named by --event-mqtt: No such file" in daemon.log()
        assert counting.sink(daemon, "mqtt")["working"]
        daemon.stop()


@pytest.mark.parametrize("name", ["password-file", "ca", "cert"])
@pytest.mark.parametrize("kind", ["fifo", "directory", "/dev/zero"])
def test_what_is_no_file_holds_nothing_up(tmp_path, name, kind):
    path = tmp_path / "other"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "directory":
        path.mkdir()
    else:
        path = kind
    target = f"mqtts://osm@localhost:1/t?{name}={path}" + (f"&key={path}" if name == "cert" else "")
    result = subprocess.run([program(Daemon.PROGRAM), "--socket", tmp_path / "s", "--event-mqtt", target],
                            text=True, timeout=120, capture_output=True, check=False)
    assert result.returncode == 1 and f"{path}" in result.stderr and "it is no regular file" in result.stderr


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    return certificates.make(tmp_path_factory.mktemp("pki") / "all")


def test_tls_with_an_authority_of_our_own(make_daemon, counting_server, pki):
    more = f"cafile {pki}/ca/ca-cert.pem\nrequire_certificate true\n"
    with Broker(tls=pki / "server", more=more) as broker:
        port = broker.port
        keys = f"cert={pki}/client/cert.pem&key={pki}/client/key.pem"
        daemon = make_daemon("--event-mqtt", f"mqtts://localhost:{port}/t/{{event}}?ca={pki}/ca/ca-cert.pem&{keys}")
        wait_until(lambda: "Publishing events to MQTT broker" in daemon.log(), 15, "connected with TLS")
        counting.watch(daemon.client, counting_server, items=1)
        wait_until(lambda: counting.sink(daemon, "mqtt")["delivered"] > 10, 15, "events are delivered")
        daemon.stop()
        for options in (f"ca={pki}/self-signed/cert.pem&{keys}", keys):
            daemon = make_daemon("--event-mqtt", f"mqtts://localhost:{port}/t?{options}")
            wait_until(lambda: counting.sink(daemon, "mqtt")["retries"] >= 1, 15, "not trusted")
            assert "certificate verify failed" in counting.sink(daemon, "mqtt")["lastError"]
            daemon.stop()
        daemon = make_daemon("--event-mqtt", f"mqtts://127.0.0.1:{port}/t?ca={pki}/ca/ca-cert.pem&{keys}")
        wait_until(lambda: counting.sink(daemon, "mqtt")["retries"] >= 1, 15, "another name")
        daemon.stop()


def test_a_broker_that_never_answers_holds_up_nobody(make_daemon, counting_server, tmp_path):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(8)
        daemon = make_daemon("--event-mqtt", f"mqtt://127.0.0.1:{silent.getsockname()[1]}/t",
                             "--event-log", tmp_path / "events")
        counting.watch(daemon.client, counting_server, items=1)
        counting.wait_for_values(lambda: counting.read_lines(tmp_path / "events"), 20)
        wait_until(lambda: counting.sink(daemon, "mqtt")["retries"] >= 1, 25, "the attempt is given up")
        assert "no answer within 15 s" in counting.sink(daemon, "mqtt")["lastError"]
        daemon.stop()


def test_who_is_too_slow_is_told_what_is_missing(make_daemon, fast_server):
    """Window and ring are small against what comes while the broker is away."""
    with Broker(persistent=True) as broker, Subscriber(broker, "g/#", client="listener") as subscriber:
        daemon = make_daemon("--event-mqtt", url(broker, "/g/{handle}/{event}"), "--event-buffer", "50")
        session = counting.watch(daemon.client, fast_server, items=5)
        counting.wait_for_values(subscriber.events, 5)
        broker.kill()
        wait_until(lambda: counting.sink(daemon, "mqtt")["waiting"] >= 4096, 100, "the window is full")
        wait_until(lambda: daemon.client.data({"command": "status"})["counters"]["events"]["dropped"] > 4200, 60,
                   "the ring runs over")
        counting.run(daemon.client, session, False)
        broker.start()
        before = len(counting.values(subscriber.events()))
        lost = wait_until(lambda: counting.told_of_every_gap(daemon, subscriber), 300, "the gap is told")
        counting.wait_for_values(subscriber.events, before + 10)
        assert all(e["dropped"] == e["to"] - e["from"] + 1 for e in lost)
        daemon.stop()
