# SPDX-License-Identifier: MIT
"""Every recorded exchange matches, or differs as a listed id of the contract demands."""
import re

import pytest

from osm.paths import ROOT
from replay import replay


@pytest.fixture(scope="module")
def results():
    return replay.run()


def test_transcripts(results, capsys):
    with capsys.disabled():
        matched = sum(r.matched for r in results)
        print(f"\ntranscripts: {matched}/{len(results)} matched")
    replay.report(results)
    missed = [r for r in results if not r.matched]
    shown = "\n".join(replay.explain(r) for r in missed[:30])
    assert results, "no line was replayed"
    assert not missed, f"{len(missed)} of {len(results)} lines do not match:\n{shown}"


def test_every_difference_is_listed(results):
    """The table of docs/compatibility.md has a row for each id a line was corrected by."""
    page = (ROOT / "docs" / "compatibility.md").read_text()
    listed = set(re.findall(r"^\| ([A-Z]\d+|O|library) \|", page, re.M))
    used = {one for r in results if r.correction for one in r.correction.split("/")}
    assert used - listed == set(), "not listed in docs/compatibility.md"
