# SPDX-License-Identifier: MIT
"""The reference of the library comes from its headers (docs/reference), and misses nothing."""
import re
import subprocess

import pytest

from osm.paths import ROOT

HEADERS = ["include/opcua-session.h", "include/opcua-session-daemon.h"]


@pytest.fixture(scope="module")
def page():
    return subprocess.run([ROOT / "docs/reference", *HEADERS], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def words_of(text):
    return re.sub(r"\s+", " ", re.sub(r"[\\`*]", "", text))


def test_every_function_has_an_anchor_and_a_declaration(page):
    symbols = (ROOT / "tests/library/symbols.txt").read_text().split()
    symbols += re.findall(r"^ +(osm_daemon_\w+);", (ROOT / "cmake/opcua-session-daemon.map").read_text(), re.M)
    assert [s for s in symbols if f'<a id="{s}"></a>' not in page] == []
    code = "".join(re.findall(r"```c\n(.*?)```", page, re.S))
    assert [s for s in symbols if not re.search(rf"\b{s}\(", code)] == []


def test_nothing_of_a_header_is_lost(page):
    """Every type, and every word of the comments."""
    shown = words_of(page)
    for header in HEADERS:
        text = (ROOT / header).read_text()
        types = re.findall(r"^(?:struct|enum|union) (\w+) \{", text, re.M)
        assert [t for t in types if f'<a id="{t}"></a>' not in page] == []
        for comment in re.findall(r"^/\*(.*?)\*/", text, re.S | re.M):
            words = words_of(re.sub(r"^\s*\*", "", comment, flags=re.M)).strip(" -")
            if not words.startswith("SPDX") and "----" not in comment:
                assert words in shown, words


@pytest.mark.parametrize("header", HEADERS)
def test_every_function_is_documented(header):
    """By a comment above it, or above the functions it stands with."""
    groups = re.split(r"\n[ \t]*\n", (ROOT / header).read_text())
    silent = [group for group in groups if re.search(r"^O\w+_API", group.split("*/")[0], re.M)]
    silent += [group for group in groups if re.search(r"^/\* -+ .* -+ \*/\nO\w+_API", group, re.M)]
    assert silent == []


def test_it_is_a_page_of_the_handbook(page):
    assert page.count("\n# ") + page.startswith("# ") == 2
    assert "docs/reference" in (ROOT / "docs/render").read_text()
