# SPDX-License-Identifier: MIT
"""Helpers of the packaging tests: installing, waiting, and talking to the daemon's socket."""
import json
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("OSM_BUILD_DIR", "build")
TOKEN = "a token for the tests of this folder"


def install(prefix, destdir=None):
    environment = {**os.environ, "DESTDIR": str(destdir or "")}
    subprocess.run(["cmake", "--install", str(BUILD), "--prefix", str(prefix)],
                   env=environment, check=True, capture_output=True)


def wait_for(condition, what, seconds=20):
    """Returns the first true value of condition(); fails when the time is over."""
    deadline = time.monotonic() + seconds
    pause = 0.01
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"waited {seconds} s in vain: {what}"
        time.sleep(pause)
        pause = min(pause * 1.5, 0.2)


def ask(path, **request):
    """One request, one reply; None while nobody answers."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        try:
            connection.connect(str(path))
        except OSError:
            return None
        connection.sendall(json.dumps(request).encode() + b"\n")
        line = connection.makefile().readline()
    return json.loads(line) if line else None


def serving(path):
    """True once the daemon answers to the token, and only to it."""
    reply = ask(path, command="ping", authToken=TOKEN)
    if not reply or not reply["success"]:
        return False
    refused = ask(path, command="ping", authToken="another")
    assert refused["error"]["type"] == "auth_failed"
    return True


def need(tool):
    found = shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    if not found:
        pytest.skip(f"{tool} is not installed (scripts/setup test)")
    return found
