# SPDX-License-Identifier: MIT
import pathlib
import shutil
import tempfile

import pytest

from .keeping import File


@pytest.fixture
def folder():
    path = pathlib.Path(tempfile.mkdtemp(prefix="osm-config-"))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def file(folder):
    return File(folder)
