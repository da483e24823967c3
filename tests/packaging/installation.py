# SPDX-License-Identifier: MIT
"""Helpers of the packaging tests: installing, and talking to the daemon's socket."""
import json
import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("OSM_BUILD_DIR", "build")
TOKEN = "a token for the tests of this folder"


def install(prefix, destdir=None):
    environment = {**os.environ, "DESTDIR": str(destdir or "")}
    subprocess.run(["cmake", "--install", str(BUILD), "--prefix", str(prefix)],
                   env=environment, check=True, capture_output=True)


def ask(path, **request):
    """One request, one reply; None while nobody answers."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(60)
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
