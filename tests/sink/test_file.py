# SPDX-License-Identifier: MIT
"""--event-log: nothing missing, whole lines, rotation, full disks."""
import os
import pathlib
import resource
import signal
import subprocess

import pytest

from osm.paths import program
from osm.wait import wait_until

from . import counting


def test_every_value_is_there_once_and_in_order(make_daemon, counting_server, tmp_path):
    path = tmp_path / "new" / "folder" / "events"
    daemon = make_daemon("--event-log", path)
    session = counting.watch(daemon.client, counting_server, items=3)
    counting.wait_for_values(lambda: counting.read_lines(path), 40)
    daemon.stop()
    events = counting.read_lines(path)
    for handle in range(3):
        assert counting.is_whole(counting.values(events, handle))
    cursors = [e["cursor"] for e in events]
    assert cursors == sorted(set(cursors))
    assert list(events[-1])[:5] == ["event", "cursor", "time", "sessionId", "endpointUrl"]
    assert {e.get("sessionId") for e in events} == {session}
    assert path.stat().st_mode & 0o777 == 0o640


def test_rotation_by_sighup(make_daemon, counting_server, tmp_path):
    path, old = tmp_path / "events", tmp_path / "events.1"
    daemon = make_daemon("--event-log", path)
    counting.watch(daemon.client, counting_server, items=1)
    counting.wait_for_values(lambda: counting.read_lines(path), 10)
    path.rename(old)
    os.kill(daemon.pid, signal.SIGHUP)
    counting.wait_for_values(lambda: counting.read_lines(path), 10)
    daemon.stop()
    both = counting.read_lines(old) + counting.read_lines(path)
    assert counting.is_whole(counting.values(both))


def test_a_full_disk_only_delays(make_daemon, counting_server, tmp_path):
    """A file that may not grow is to the daemon what a full disk is."""
    path = tmp_path / "events"
    daemon = make_daemon("--event-log", path)
    counting.watch(daemon.client, counting_server, items=1)
    counting.wait_for_values(lambda: counting.read_lines(path), 5)
    unlimited = resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE, (path.stat().st_size + 1000, unlimited[1]))
    wait_until(lambda: counting.sink(daemon, "log")["retries"] >= 2, 20, "two failed attempts")
    shown = counting.sink(daemon, "log")
    assert not shown["working"] and "File too large" in shown["lastError"] and shown["waiting"] > 0
    assert path.read_bytes().endswith(b"}\n")
    resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE, unlimited)
    wait_until(lambda: counting.sink(daemon, "log")["working"], 20, "it works again")
    count = len(counting.values(counting.read_lines(path)))
    counting.wait_for_values(lambda: counting.read_lines(path), count + 5)
    log = daemon.stop()
    assert counting.is_whole(counting.values(counting.read_lines(path)))
    assert log.count("cannot write to") == 1 and "Event sink log works again" in log


def test_dev_full(make_daemon, counting_server):
    daemon = make_daemon("--event-log", "/dev/full")
    counting.watch(daemon.client, counting_server, items=1)
    wait_until(lambda: counting.sink(daemon, "log")["retries"] >= 1, 10, "a failed attempt")
    assert "No space left on device" in counting.sink(daemon, "log")["lastError"]
    assert "ends with" in daemon.stop()


@pytest.mark.parametrize("options, complaint", [
    (["--event-log", "/proc/none/events"], "Cannot open event log /proc/none/events: "),
    (["--event-command", "/no/such/program"], "Cannot start event command /no/such/program: "),
    (["--event-command", "'open"], "a quote is not closed"),
    (["--event-mqtt", "mqtt://u:hush@h/+"], "wildcards"),
    (["--event-mqtt", "mqtts://h/x?ca=/no/such/file"], "Cannot read /no/such/file"),
])
def test_mistakes_end_the_start(options, complaint, tmp_path):
    done = subprocess.run([program("opcua-session-manager"), "--socket", str(tmp_path / "s"), *options],
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 1 and complaint in done.stderr and "hush" not in done.stderr
    assert not pathlib.Path(tmp_path / "s").exists()


def test_check_looks_at_sinks(tmp_path):
    done = subprocess.run([program("opcua-session-manager"), "--check", "--event-mqtt", "mqtt://u:hush@h?qos=9",
                           "--event-command", "\"x"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 1 and "a quote is not closed" in done.stderr + done.stdout
    assert "hush" not in done.stderr + done.stdout
