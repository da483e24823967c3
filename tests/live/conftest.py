# SPDX-License-Identifier: MIT
"""How long the proofs run, and with which weather."""
import os

import pytest


@pytest.fixture
def live_seconds():
    """Seconds of weather: enough to see each kind of it some times."""
    return float(os.environ.get("OSM_LIVE_SECONDS", "30"))


@pytest.fixture
def seed():
    """The weather's seed; another one each time is the business of the long run."""
    return int(os.environ.get("OSM_LIVE_SEED", "1"))
