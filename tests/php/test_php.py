# SPDX-License-Identifier: MIT
"""Answers in the eyes of a strictly typed PHP client: contract.php against real servers."""
import pathlib
import subprocess

CONTRACT = pathlib.Path(__file__).with_name("contract.php")


def test_contract(daemon, demo_server, types_server, history_server, file_server):
    urls = [f"demo={demo_server.url}", f"types={types_server.url}", f"history={history_server.url}",
            f"files={file_server.url}"]
    done = subprocess.run(["php", CONTRACT, daemon.endpoint, *urls], capture_output=True, text=True, timeout=120)
    print(done.stdout)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    verdict = done.stdout.splitlines()[-1].split()
    assert int(verdict[0]) > 300 and verdict[2] == "0", verdict
