# SPDX-License-Identifier: MIT
"""What the kernel says about a process."""
import os
import pathlib
import re

from osm.paths import build_dir


def resident(pid):
    """Resident memory in MiB."""
    pages = int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def sanitized():
    """Whether the build checks itself: memory figures say nothing then."""
    cache = build_dir() / "CMakeCache.txt"
    return bool(cache.exists() and re.search(r"^OSM_SANITIZE:\w+=.+$", cache.read_text(), re.M))
