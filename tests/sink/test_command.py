# SPDX-License-Identifier: MIT
"""--event-command: a worker that is killed, that acknowledges, that does not end."""
import os
import re
import signal

from osm.wait import wait_until

from . import counting

PLAIN = "import sys\nout = open(sys.argv[1], 'a')\nfor line in sys.stdin:\n    out.write(line)\n    out.flush()\n"
ACKS = PLAIN.replace("import sys", "import json, sys") + \
    "    print('ack', json.loads(line)['cursor'], flush=True)\n"


def worker(tmp_path, text, *options):
    script = tmp_path / "the worker.py"
    script.write_text(text)
    return ["--event-command", f"/usr/bin/python3 '{script}' {tmp_path / 'out'}", *options]


def child(daemon, life=-1):
    pids = re.findall(r"Event command .* started, pid (\d+)", daemon.log())
    return int(pids[life]), len(pids)


def test_lines_until_the_end(make_daemon, counting_server, tmp_path):
    daemon = make_daemon(*worker(tmp_path, PLAIN))
    counting.watch(daemon.client, counting_server, items=2)
    counting.wait_for_values(lambda: counting.read_lines(tmp_path / "out"), 20)
    pid, _ = child(daemon)
    daemon.stop()
    events = counting.read_lines(tmp_path / "out")
    assert counting.is_whole(counting.values(events, 0)) and counting.is_whole(counting.values(events, 1))
    assert not os.path.exists(f"/proc/{pid}")


def test_a_killed_worker_gets_again_what_it_had_not_acknowledged(make_daemon, counting_server, tmp_path):
    daemon = make_daemon(*worker(tmp_path, ACKS, "--event-command-ack"))
    counting.watch(daemon.client, counting_server, items=1)
    safe = []
    for life in (1, 2):
        count = len(counting.values(counting.read_lines(tmp_path / "out")))
        counting.wait_for_values(lambda: counting.read_lines(tmp_path / "out"), count + 20)
        safe.append(wait_until(lambda: counting.sink(daemon, "command")["position"], 20, "something is acknowledged"))
        os.kill(child(daemon)[0], signal.SIGKILL)
        wait_until(lambda: child(daemon)[1] == life + 1, 10, "a new worker")
    count = len(counting.values(counting.read_lines(tmp_path / "out")))
    counting.wait_for_values(lambda: counting.read_lines(tmp_path / "out"), count + 20)
    shown = counting.sink(daemon, "command")
    assert shown["retries"] == 2 and "was ended by signal 9" in shown["lastError"]
    daemon.stop()
    events = counting.read_lines(tmp_path / "out")
    assert counting.is_whole(counting.without_repeats(counting.values(events)))
    assert counting.only_came_again_behind(safe, events)


def test_a_worker_that_does_not_start_is_tried_with_growing_pauses(make_daemon, tmp_path):
    daemon = make_daemon(*worker(tmp_path, "import sys; sys.exit('no: \\x1b[31m database')"))
    wait_until(lambda: counting.sink(daemon, "command")["retries"] >= 3, 20, "three attempts")
    shown = counting.sink(daemon, "command")
    assert shown["lastError"].endswith("ended with status 1") and not shown["working"]
    log = daemon.stop()
    assert "no: \\x1b[31m database" in log  # escaped
    assert log.count("ended with status 1; trying again") == 1


def test_a_worker_that_does_not_end_is_killed(make_daemon, tmp_path):
    text = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('here', flush=True)\n" \
           "while True:\n    time.sleep(60)\n"
    daemon = make_daemon(*worker(tmp_path, text))
    wait_until(lambda: "]: here" in daemon.log(), 10, "the worker runs")
    pid, _ = child(daemon)
    daemon.stop()
    assert not os.path.exists(f"/proc/{pid}")
