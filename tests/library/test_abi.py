# SPDX-License-Identifier: MIT
"""The ABI of the libraries, with types and layouts, as it is written down (scripts/abi)."""
import os
import shutil
import subprocess

import pytest

from osm.paths import ROOT, build_dir


@pytest.mark.skipif(not shutil.which("abidiff"), reason="needs abigail-tools")
@pytest.mark.skipif("OSM_LTO:BOOL=ON" in (build_dir() / "CMakeCache.txt").read_text(),
                    reason="link-time optimisation leaves no whole debugging data; other builds have them")
def test_programs_that_are_built_go_on():
    """What is new is written down with the change that makes it: `make abi`."""
    ran = subprocess.run([ROOT / "scripts/abi", "--compare"], env={**os.environ, "OSM_BUILD_DIR": str(build_dir())},
                         capture_output=True, text=True, timeout=600)
    assert ran.returncode == 0, ran.stdout + ran.stderr
