# SPDX-License-Identifier: MIT
"""The benchmark runs through and prints a figure for every row. What the figures are belongs to
the machine, so none of them is judged here."""
import json
import os
import re
import subprocess

import pytest

from osm.paths import ROOT, build_dir

RUN = str(ROOT / "bench" / "run")


def bench(*options):
    return subprocess.run([RUN, *options], env={**os.environ, "OSM_BUILD_DIR": str(build_dir())},
                          capture_output=True, text=True, timeout=600)


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    figures = tmp_path_factory.mktemp("bench") / "figures.json"
    done = bench("--quick", "--json", str(figures))
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads(figures.read_text())


def test_every_row_has_figures_and_those_with_an_aim_a_verdict(quick):
    listed = bench("--list").stdout.splitlines()
    rows = quick[0].splitlines()[2:]
    assert len(listed) == 18
    assert len(rows) == (18 if len(os.sched_getaffinity(0)) == 1 else 12 + 18)
    for row in rows:
        assert re.search(r"  \d[\d ]*(\.\d+)? (1/s|µs|values/s|ms|KiB|% of a core)", row), row
        if not row.startswith("notifications"):  # of these nobody has asked for a figure
            assert re.search(r"[≥≤] \d[\d.]*( µs)? +(ok|missed)", row), row


def test_the_figures_are_written_as_json(quick):
    for row in quick[1]:
        assert isinstance(row["value"], float), row
        for ours, beside in row.get("pairs", []):
            assert ours > 0 and beside > 0, row


def test_a_missing_program_is_named(tmp_path):
    done = subprocess.run([RUN, "--quick"], env={**os.environ, "OSM_BUILD_DIR": str(tmp_path)},
                          capture_output=True, text=True, timeout=120)
    assert done.returncode != 0
    assert "opcua-demo-server is missing: run make build" in done.stderr
