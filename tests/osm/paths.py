# SPDX-License-Identifier: MIT
"""Where things are: the tree, the build folder ($OSM_BUILD_DIR), the test servers."""
import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
SERVERS = ROOT / "tests" / "servers"
TRANSCRIPTS = ROOT / "tests" / "transcripts"


class Missing(RuntimeError):
    """Something the tests need is not there; the text says how to get it."""


def build_dir():
    return (ROOT / os.environ.get("OSM_BUILD_DIR", "build")).resolve()


def program(name):
    """A program of the build folder; the error says how to get it."""
    path = build_dir() / name
    if not path.exists():
        raise Missing(f"{path} is missing: build it (cmake --build {build_dir()}) or set OSM_BUILD_DIR")
    return path
