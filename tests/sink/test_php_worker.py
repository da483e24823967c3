# SPDX-License-Identifier: MIT
"""examples/php-events: the worker as it is shipped, killed once, with a listener that fails once."""
import os
import signal

from osm.paths import ROOT
from osm.wait import wait_until

from . import counting

WORKER = ROOT / "examples" / "php-events" / "worker.php"


def stored(path, handle=0):
    """What StoreValue has written of one item, in order."""
    rows = [line.split() for line in path.read_text().splitlines()] if path.exists() else []
    return [int(value) for _, item, value in rows if item == str(handle)]


def test_the_worker_stores_every_value(make_daemon, counting_server, tmp_path):
    out = tmp_path / "values"
    daemon = make_daemon("--event-command", f"php '{WORKER}' {out}", "--event-command-ack")
    counting.watch(daemon.client, counting_server, items=2)
    wait_until(lambda: len(stored(out)) >= 20, 20, "values are stored")
    pid = int(daemon.log().rpartition("started, pid ")[2].split()[0])
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: len(stored(out)) >= 60, 20, "the next worker goes on")
    daemon.stop()
    for handle in (0, 1):
        numbers = stored(out, handle)
        assert counting.is_whole(counting.without_repeats(numbers))


def test_a_listener_that_fails_gets_the_event_again(make_daemon, counting_server, tmp_path):
    folder = tmp_path / "not there yet"
    out = folder / "values"
    log = tmp_path / "log"
    daemon = make_daemon("--event-command", f"php '{WORKER}' '{out}'", "--event-command-ack", "--event-log", log)
    counting.watch(daemon.client, counting_server, items=1)
    wait_until(lambda: "cannot handle DataChangeReceived" in daemon.log(), 20, "the listener fails")
    folder.mkdir()
    wait_until(lambda: len(stored(out)) >= 20, 30, "values are stored")
    daemon.stop()
    numbers = stored(out)
    assert counting.is_whole(numbers) and numbers[0] == counting.values(counting.read_lines(log))[0]
