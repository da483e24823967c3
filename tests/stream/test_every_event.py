# SPDX-License-Identifier: MIT
"""No row of the table of events without a test that expects it."""
import pathlib
import re

import pytest

from osm.paths import ROOT

ROWS = re.findall(r'^    X\(\w+, "(\w+)", \w+\)', (ROOT / "src/core/event/event.h").read_text(), re.M)
# What expects events: by name in a list or a comparison, not in a sentence.
EXPECTING = [*(ROOT / "tests/stream").glob("test_*.py"), *(ROOT / "tests/subscription").glob("test_*.py"),
             ROOT / "tests/security/test_trust.py", *(ROOT / "src/core").rglob("*_test.c"),
             *(ROOT / "src/serve").rglob("*_test.c")]
TEXT = "\n".join(path.read_text() for path in EXPECTING if path != pathlib.Path(__file__))


def test_the_table_is_read():
    assert len(ROWS) >= 60 and len(set(ROWS)) == len(ROWS)


@pytest.mark.parametrize("name", ROWS)
def test_somebody_expects_it(name):
    assert re.search(rf'["\' ]{name}["\' ]', TEXT) or f"{name} {{" in TEXT, f"no test expects {name}"
