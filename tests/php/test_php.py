# SPDX-License-Identifier: MIT
"""Answers in the eyes of a strictly typed PHP client: contract.php against real servers."""
import pathlib
import subprocess

from osm.servers import DemoServer, FileServer, HistoryServer, TypesServer

CONTRACT = pathlib.Path(__file__).with_name("contract.php")
# rows write, add and delete: these servers are for them alone
SERVERS = {"demo": DemoServer, "types": TypesServer, "history": HistoryServer, "files": FileServer}


def test_contract(daemon, make_server):
    urls = [f"{name}={make_server(kind).url}" for name, kind in SERVERS.items()]
    done = subprocess.run(["php", CONTRACT, daemon.endpoint, *urls], capture_output=True, text=True, timeout=600)
    print(done.stdout)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    verdict = done.stdout.splitlines()[-1].split()
    assert int(verdict[0]) > 300 and verdict[2] == "0", verdict
