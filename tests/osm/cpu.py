# SPDX-License-Identifier: MIT
"""Hooks of tests/conftest.py: with OSM_TEST_CPU=1 a run says at its end which folder has used how
much processor time, children that were waited for included; what all tests share stands by itself."""
import collections
import os
import resource

import pytest

from . import hosted

_used = collections.Counter()


def _seconds():
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in usage) + hosted.cpu_seconds()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    before = _seconds()
    yield
    _used[item.path.parent.name] += _seconds() - before


def pytest_sessionfinish(session):
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["cpu"] = dict(_used)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    _used.update(getattr(node, "workeroutput", {}).get("cpu", {}))


def pytest_terminal_summary(terminalreporter):
    if not os.environ.get("OSM_TEST_CPU"):
        return
    terminalreporter.section(f"processor time: {sum(_used.values()):.0f} s")
    for folder, seconds in _used.most_common():
        terminalreporter.write_line(f"{seconds:8.1f} s  {folder}")
