# SPDX-License-Identifier: MIT
"""--event-spool: events outlive brokers, workers and the daemon, in order, within a bound."""
import contextlib
import os
import resource
import signal
import subprocess

import pytest

from osm.broker import Broker, Subscriber
from osm.daemon import Daemon
from osm.paths import program
from osm.wait import wait_until

from . import counting

WORKER = "import json, sys\nout = open(sys.argv[1], 'a')\nfor line in sys.stdin:\n    out.write(line)\n" \
         "    out.flush()\n    print('ack', json.loads(line)['cursor'], flush=True)\n"


@pytest.fixture
def spool(tmp_path):
    return ["--event-spool", str(tmp_path / "spool" / "events.db")]


def mqtt(broker, rest="/s/{handle}/{event}"):
    return ["--event-mqtt", f"mqtt://{broker.address}{rest}"]


def kill(daemon):
    """As in a power cut: nothing is ended in order."""
    daemon.stop(signal.SIGKILL, expect=-signal.SIGKILL)


def split_lives(events):
    """The events of each session, in order of arrival."""
    sessions = list(dict.fromkeys(e["sessionId"] for e in events if "sessionId" in e))
    return [[e for e in events if e.get("sessionId") == s] for s in sessions]


def is_ordered(events):
    cursors = counting.without_repeats([e["cursor"] for e in events])
    return cursors == sorted(cursors)


def test_broker_and_daemon_die_and_nothing_is_lost(make_daemon, counting_server, spool, tmp_path):
    """Both are killed; afterwards the broker gets in order what it has missed, and the file has all."""
    log = tmp_path / "log"
    options = [*spool, "--event-log", log]
    with Broker(persistent=True) as broker, Subscriber(broker, "s/0/#", client="listener") as subscriber:
        with_mqtt = [*options, *mqtt(broker)]
        daemon = make_daemon(*with_mqtt)
        counting.watch(daemon.client, counting_server, items=1)
        counting.wait_for_values(subscriber.events, 20)
        broker.kill()
        wait_until(lambda: not counting.sink(daemon, "mqtt")["working"], 10, "the loss is seen")
        count = len(counting.values(counting.read_lines(log)))
        counting.wait_for_values(lambda: counting.read_lines(log), count + 40)
        wait_until(lambda: counting.sink(daemon, "spool")["waiting"] >= 40, 10, "they are kept")
        assert counting.sink(daemon, "spool")["working"]
        kill(daemon)
        daemon = make_daemon(*with_mqtt)
        assert "events from before" in daemon.log()
        counting.watch(daemon.client, counting_server, items=1)
        count = len(counting.values(counting.read_lines(log)))
        counting.wait_for_values(lambda: counting.read_lines(log), count + 20)
        broker.start()
        subscriber.wait_for(lambda events: len(split_lives(events)) == 2 and
                            len(counting.values(split_lives(events)[1])) > 20, 40, "both lives")
        counting.wait_until_delivered(daemon, "mqtt")
        daemon.stop()
        for events in (subscriber.events(), counting.read_lines(log)):
            assert is_ordered(events) and not any(e["event"] == "EventsLost" for e in events)
            for life in split_lives(events):
                assert counting.is_whole(counting.without_repeats(counting.values(life)))
        in_file = [counting.without_repeats(counting.values(l)) for l in split_lives(counting.read_lines(log))]
        heard = [counting.without_repeats(counting.values(l)) for l in split_lives(subscriber.events())]
        assert heard[0] == in_file[0] and heard[1][:20] == in_file[1][:20]


def test_a_daemon_that_ends_in_order_delivers_nothing_twice(make_daemon, counting_server, spool, tmp_path):
    log = tmp_path / "log"
    for _ in range(3):
        daemon = make_daemon(*spool, "--event-log", log, "--deferred-ack")
        counting.watch(daemon.client, counting_server, items=1)
        count = len(counting.values(counting.read_lines(log)))
        counting.wait_for_values(lambda: counting.read_lines(log), count + 10)
        daemon.stop()
    cursors = [e["cursor"] for e in counting.read_lines(log)]
    assert cursors == sorted(set(cursors))
    assert all(counting.is_whole(counting.values(life)) for life in split_lives(counting.read_lines(log)))


def test_a_worker_gets_what_it_missed(make_daemon, counting_server, spool, tmp_path):
    """The daemon is killed while the worker hangs, which has acknowledged nothing for a while."""
    script = tmp_path / "worker.py"
    script.write_text(WORKER)
    options = [*spool, "--event-command", f"/usr/bin/python3 {script} {tmp_path / 'out'}", "--event-command-ack"]
    daemon = make_daemon(*options)
    counting.watch(daemon.client, counting_server, items=1)
    numbers = counting.wait_for_values(lambda: counting.read_lines(tmp_path / "out"), 20)
    pid = int(daemon.log().rpartition("started, pid ")[2].split()[0])
    os.kill(pid, signal.SIGSTOP)
    # Half of them may tell of answers to Publish; twenty are to be values.
    wait_until(lambda: counting.sink(daemon, "spool")["waiting"] >= 80, 20, "events wait")
    kill(daemon)
    with contextlib.suppress(ProcessLookupError):  # nobody's child now
        os.kill(pid, signal.SIGKILL)
    daemon = make_daemon(*options)
    counting.wait_for_values(lambda: counting.read_lines(tmp_path / "out"), len(numbers) + 20)
    wait_until(lambda: counting.sink(daemon, "spool")["waiting"] == 0, 20, "all is acknowledged")
    daemon.stop()
    events = counting.read_lines(tmp_path / "out")
    assert is_ordered(events) and counting.is_whole(counting.without_repeats(counting.values(events)))


def test_beyond_the_bound_it_is_told_what_is_lost(make_daemon, fast_server, spool):
    """Received and declared lost make up what there was."""
    with Broker(persistent=True) as broker, Subscriber(broker, "s/#", client="listener") as subscriber:
        daemon = make_daemon(*spool, "--event-spool-bytes", "200000", *mqtt(broker))
        session = counting.watch(daemon.client, fast_server, items=5)
        counting.wait_for_values(subscriber.events, 5)
        counting.run(daemon.client, session, False)
        broker.kill()
        # What a window holds (4096 events) is not given up; a new daemon's window is empty.
        wait_until(lambda: not counting.sink(daemon, "mqtt")["working"], 10, "the loss is seen")
        kill(daemon)
        daemon = make_daemon(*spool, "--event-spool-bytes", "200000", *mqtt(broker))
        session = counting.watch(daemon.client, fast_server, items=5)
        # Something of the second life stands behind it: cursors leap between lives, and a gap must not.
        wait_until(lambda: counting.sink(daemon, "spool")["delivered"] > 0, 20, "the second life is saved")
        wait_until(lambda: counting.sink(daemon, "mqtt")["waiting"] >= counting.sink(daemon, "spool")["waiting"], 20,
                   "what is left of the first life is in the window")
        counting.run(daemon.client, session, True)
        wait_until(lambda: counting.sink(daemon, "spool")["delivered"] > 5500, 120, "more than there is room for")
        counting.run(daemon.client, session, False)
        broker.start()

        def told():  # of what the second life has lost; a slow broker has the first one lose something too
            told_of = counting.told_of_every_gap(daemon, subscriber) or []
            begin = next((e["cursor"] for e in subscriber.events() if e.get("sessionId") == session), None)
            return begin and [e for e in told_of if e["from"] > begin]
        lost = wait_until(told, 300, "the gap is told")
        events = [e for e in subscriber.events() if e["cursor"] >= lost[0]["from"] - 1]
        received = len({e["cursor"] for e in events if e["event"] != "EventsLost"})
        first, last = events[0]["cursor"], events[-1]["cursor"]
        assert received + sum(e["dropped"] for e in lost) == last - first + 1 and first < last, lost
        daemon.stop()


def test_a_spool_that_cannot_grow_only_delays(make_daemon, counting_server, spool, tmp_path):
    log = tmp_path / "log"
    daemon = make_daemon(*spool, "--event-log", log)
    counting.watch(daemon.client, counting_server, items=1)
    counting.wait_for_values(lambda: counting.read_lines(log), 10)
    unlimited = resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE, (4096, unlimited[1]))
    wait_until(lambda: not counting.sink(daemon, "spool")["working"], 20, "it cannot be written")
    resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE, unlimited)
    wait_until(lambda: counting.sink(daemon, "spool")["working"], 20, "it works again")
    count = len(counting.values(counting.read_lines(log)))
    counting.wait_for_values(lambda: counting.read_lines(log), count + 20)
    daemon.stop()
    assert counting.is_whole(counting.values(counting.read_lines(log)))


def test_damage_is_put_aside(make_daemon, counting_server, spool, tmp_path):
    path = tmp_path / "spool" / "events.db"
    path.parent.mkdir()
    path.write_bytes(b"anything but a database" * 100)
    daemon = make_daemon(*spool, "--event-log", tmp_path / "log")
    counting.watch(daemon.client, counting_server, items=1)
    counting.wait_for_values(lambda: counting.read_lines(tmp_path / "log"), 5)
    assert "is damaged: kept as" in daemon.stop()
    assert list(path.parent.glob("events.db.damaged-*"))


def test_a_path_of_no_use_and_a_file_in_use_end_the_start(make_daemon, spool, tmp_path):
    daemon = make_daemon(*spool, "--event-log", tmp_path / "log")
    for options, complaint in ((spool, "another process uses it"),
                               (["--event-spool", "/proc/none/spool"], "Cannot open event spool /proc/none/spool")):
        done = subprocess.run([program(Daemon.PROGRAM), "--socket", str(tmp_path / "s"), *options,
                               "--event-log", str(tmp_path / "log2")], capture_output=True, text=True, timeout=120)
        assert done.returncode == 1 and complaint in done.stderr
    daemon.stop()
