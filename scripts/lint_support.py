# SPDX-License-Identifier: MIT
"""What the lints of the house share: finding files, blanking comments, reporting, self-tests.

A lint is a function check(path, text) that yields (line, message). run() applies it to the
given trees, or, with --self-test, to snippets: each bad one must be reported, each good one
must not. A lint that cannot fail proves nothing, so `make lint` runs the self-tests first.
"""
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

_TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def code_only(text):
    """The text with comments and the content of literals blanked; lines stay where they are."""

    def blank(match):
        token = match.group()
        if token[0] in "\"'":
            return token[0] + " " * (len(token) - 2) + token[0]
        return re.sub(r"[^\n]", " ", token)

    return _TOKEN.sub(blank, text)


def c_files(*trees):
    """Every C file below the trees that git knows or would take up, as paths from the root."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "-co", "--exclude-standard", "--", *trees],
        cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    return sorted(name for name in set(names)
                  if name.endswith((".c", ".h")) and (ROOT / name).is_file())


def self_test(name, check, bad, good):
    """bad and good are lists of (path, text)."""
    silent = [path for path, text in bad if not list(check(path, text))]
    wrong = [(path, found) for path, text in good for found in check(path, text)]
    for path in silent:
        print(f"{name}: self-test: the bad snippet {path} was not reported", file=sys.stderr)
    for path, found in wrong:
        print(f"{name}: self-test: the good snippet {path} was reported: {found}", file=sys.stderr)
    if silent or wrong:
        sys.exit(1)
    print(f"{name}: self-test: {len(bad)} bad snippets reported, {len(good)} good ones not")


def run(name, check, trees, bad, good):
    if sys.argv[1:] == ["--self-test"]:
        self_test(name, check, bad, good)
        return
    files = c_files(*trees)
    faults = 0
    for path in files:
        text = (ROOT / path).read_text(encoding="utf-8")
        for line, message in check(path, text):
            print(f"{path}:{line}: {message}", file=sys.stderr)
            faults += 1
    print(f"{name}: {len(files)} files, {faults} faults")
    sys.exit(1 if faults else 0)
