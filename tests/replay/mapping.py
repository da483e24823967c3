# SPDX-License-Identifier: MIT
"""Recorded ids, ports, folders and times, and what they are in this run."""
import datetime
import re

_URL_PORT = re.compile(r"(localhost|127\.0\.0\.1):(\d{2,5})\b")
_RECORDED_TIME = re.compile(r"2026-11-23T1[56]:\d\d:\d\d")
SESSION_ID = re.compile(r"[0-9a-f]{32}")

# The recordings were made in this hour; times of it move with the run.
RECORDED_NOW = datetime.datetime(2026, 11, 23, 16, 28, 46)


def is_recorded_now(text):
    """Whether a time text was read from the clock when the recording was made."""
    return isinstance(text, str) and text.startswith(("2026-11-23T15", "2026-11-23T16"))


class Mapping:
    """Both directions of everything that differs from run to run.

    `port(recorded)` gives the port of this run and may start the server that is meant.
    """

    def __init__(self, port, folders, now=None):
        self.port = port
        self.folders = folders      # {"${NAME}": path}
        self.ids = {}               # recorded id -> id of this run, texts and numbers
        self.back = {}              # and back
        self.ports_back = {}
        self.shift = (now or datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)) - RECORDED_NOW

    def learn(self, recorded, actual):
        """Remembers that the daemon said `actual` where it had said `recorded`."""
        self.ids[recorded] = actual
        self.back[actual] = recorded
        if isinstance(recorded, str):
            self.ids[recorded.upper()] = actual.upper()
            self.back[actual.upper()] = recorded.upper()

    def _port(self, match):
        port = self.port(int(match[2]))
        self.ports_back[str(port)] = match[2]
        return f"{match[1]}:{port}"

    def _time(self, match):
        moved = datetime.datetime.fromisoformat(match[0]) + self.shift
        return moved.isoformat(timespec="seconds")

    def _request_text(self, text):
        if text in self.ids:
            return self.ids[text]
        for name, path in self.folders.items():
            text = text.replace(name, str(path))
        text = _URL_PORT.sub(self._port, text)
        return _RECORDED_TIME.sub(self._time, text)

    def request(self, value):
        """A recorded request as it must be sent in this run."""
        if isinstance(value, str):
            return self._request_text(value)
        if isinstance(value, dict):
            return {k: self.request(v) for k, v in value.items()}
        if isinstance(value, list):
            return [self.request(v) for v in value]
        if type(value) is int:
            return self.ids.get(value, value)
        return value

    def _reply_text(self, text):
        for actual, recorded in self.back.items():
            if isinstance(actual, str) and actual in text:
                text = text.replace(actual, recorded)
        for name, path in self.folders.items():
            text = text.replace(str(path), name)

        def port(match):
            return f"{match[1]}:{self.ports_back.get(match[2], match[2])}"
        return _URL_PORT.sub(port, text)

    def reply(self, value, key=None):
        """A reply of this run with the recorded ids in it. Numbers are ids only where a key says so."""
        if isinstance(value, str):
            return self._reply_text(value)
        if isinstance(value, dict):
            item = value.get("__t") == "MonitoredItemResult"
            return {k: self.reply(v, "monitoredItemId" if item and k == "id" else k) for k, v in value.items()}
        if isinstance(value, list):
            return [self.reply(v, key) for v in value]
        if type(value) is int and key in ID_KEYS:
            return self.back.get(value, value)
        return value


ID_KEYS = ("subscriptionId", "monitoredItemId", "subId")


def learn_ids(mapping, recorded, got):
    """Pairs the ids that the two replies hand out in the same places."""
    if isinstance(recorded, dict) and isinstance(got, dict):
        for key, value in recorded.items():
            other = got.get(key)
            if key == "sessionId" and isinstance(value, str) and isinstance(other, str):
                mapping.learn(value, other)
            elif key in ID_KEYS and type(value) is int and type(other) is int:
                if value and value not in mapping.ids:
                    mapping.learn(value, other)
            elif key == "id" and recorded.get("__t") == "MonitoredItemResult" and type(other) is int and value:
                mapping.learn(value, other)
            else:
                learn_ids(mapping, value, other)
    elif isinstance(recorded, list) and isinstance(got, list):
        for one, other in zip(recorded, got):
            learn_ids(mapping, one, other)
