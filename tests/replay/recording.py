# SPDX-License-Identifier: MIT
"""The recorded lines."""
import json
from dataclasses import dataclass

from osm.paths import TRANSCRIPTS

FILES = ("methods", "errors", "open62541")


@dataclass(frozen=True, eq=False)
class Exchange:
    """One line of a transcript."""

    file: str
    line: int
    label: str
    daemon: str
    request: object        # parsed JSON, None if the bytes were no JSON
    request_raw: object    # text that stands for bytes, or None
    response: object       # parsed JSON, None if the reply was none
    response_raw: object   # text of a reply that was no JSON, or None

    @property
    def command(self):
        return self.request.get("command") if isinstance(self.request, dict) else None

    @property
    def method(self):
        return self.request.get("method") if isinstance(self.request, dict) else None

    @property
    def arguments(self):
        """params of a query, args of an invoke, as a list; [] where there is no list."""
        if not isinstance(self.request, dict):
            return []
        given = self.request.get("params", self.request.get("args"))
        return given if isinstance(given, list) else []

    @property
    def session(self):
        return self.request.get("sessionId") if isinstance(self.request, dict) else None

    @property
    def group(self):
        """The (command, method) it is counted under."""
        if self.label.startswith(("cli:", "frame:")):
            return self.label.split(":")[0], ""
        named = self.command if self.command in COMMANDS else "other"
        known = named in ("query", "invoke") and isinstance(self.method, str) and self.method.isalpha()
        return named, self.method if known else ""

    @property
    def where(self):
        return f"{self.file}:{self.line}"


COMMANDS = ("open", "close", "query", "describe", "invoke", "list", "ping")


def _exchange(file, number, line):
    fields = json.loads(line)
    return Exchange(file, number, fields["label"], fields["daemon"], fields.get("request"), fields.get("request_raw"),
                    fields.get("response"), fields.get("response_raw"))


def load(file, folder=TRANSCRIPTS):
    """All exchanges of one file, in order."""
    with open(folder / f"{file}.ndjson", encoding="utf-8") as lines:
        return [_exchange(file, number, line) for number, line in enumerate(lines, 1)]
