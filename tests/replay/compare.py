# SPDX-License-Identifier: MIT
"""Comparing what came with what must come.

An expectation is JSON with matchers in it. Plain values must be equal: key order does not count,
true is not 1, 1 is not 1.0 (a matcher says where a float form is due or does not matter).
"""
import base64
import binascii
import json
import math
import re

ABSENT = "<absent>"


class Matcher:
    """Something that a value must satisfy; check returns None or what is wrong."""

    def check(self, got):
        raise NotImplementedError

    def __repr__(self):
        return f"<{type(self).__name__}>"


class Kind(Matcher):
    """Any value of these Python types (bool only if it is named)."""

    def __init__(self, *types, what=None):
        self.types = types
        self.what = what or "/".join(t.__name__ for t in types)

    def check(self, got):
        return None if type(got) in self.types else f"not {self.what}"

    def __repr__(self):
        return f"<{self.what}>"


class Float(Matcher):
    """A number in its float form (T8): 5 must come as 5.0. NaN and infinities are texts (T2)."""

    def __init__(self, value):
        self.value = value

    def check(self, got):
        if isinstance(self.value, str):
            return None if got == self.value else f"not {self.value!r}"
        if type(got) is not float:
            return "not in float form (T8)"
        return None if got == self.value else "another number"

    def __repr__(self):
        return repr(float(self.value)) if not isinstance(self.value, str) else repr(self.value)


class Number(Matcher):
    """The same number, as int or float."""

    def __init__(self, value):
        self.value = value

    def check(self, got):
        if type(got) not in (int, float) or not math.isclose(got, self.value, rel_tol=0, abs_tol=0):
            return "another number"
        return None

    def __repr__(self):
        return repr(self.value)


class Text(Matcher):
    """A text that matches a pattern as a whole."""

    def __init__(self, pattern):
        self.pattern = pattern

    def check(self, got):
        if not isinstance(got, str):
            return "no text"
        return None if re.fullmatch(self.pattern, got, re.S) else "does not match"

    def __repr__(self):
        return f"/{self.pattern}/"


_PLAIN_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.(?!000000)\d{6})?\+00:00"
_TAGGED_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}[+-]\d\d:\d\d"


class Time(Matcher):
    """A time of the plain form: the recorded second, with a fraction where there is one (T5).

    value None: any time. fraction: the digits that must follow, "" for none, None for either.
    """

    def __init__(self, value=None, fraction=None):
        self.value = value
        self.fraction = fraction

    def check(self, got):
        if not isinstance(got, str) or not re.fullmatch(_PLAIN_TIME, got):
            return "no time"
        if self.value is None:
            return None
        if got[:19] != self.value[:19]:
            return "another time"
        if self.fraction is not None and got[19:-6] != (f".{self.fraction}" if self.fraction else ""):
            return f"fraction must be {self.fraction or 'absent'} (T5)"
        return None

    def __repr__(self):
        if self.value is None:
            return "<any time>"
        fraction = "[.ffffff]" if self.fraction is None else (f".{self.fraction}" if self.fraction else "")
        return f"{self.value[:19]}{fraction}+00:00"


class TaggedTime(Text):
    """Any time in the form of invoke."""

    def __init__(self):
        super().__init__(_TAGGED_TIME)


class Base64(Matcher):
    """Base64 text whose bytes satisfy a condition."""

    def __init__(self, what="bytes", condition=bool):
        self.what = what
        self.condition = condition

    def check(self, got):
        try:
            decoded = base64.b64decode(got, validate=True)
        except (TypeError, ValueError, binascii.Error):
            return "no base64"
        return None if self.condition(decoded) else f"no {self.what}"

    def __repr__(self):
        return f"<base64 of {self.what}>"


def certificate():
    """Base64 of something that starts as a DER certificate does."""
    return Base64("a certificate", lambda der: der[:2] == b"\x30\x82")


class OneOf(Matcher):
    """One of several expectations."""

    def __init__(self, *choices):
        self.choices = choices

    def check(self, got):
        found = [differences(choice, got) for choice in self.choices]
        if any(not d for d in found):
            return None
        return "; ".join(str(d) for d in min(found, key=len))

    def __repr__(self):
        return " or ".join(map(repr, self.choices))


class Each(Matcher):
    """A list of at least `least` elements that all match."""

    def __init__(self, element, least=0):
        self.element = element
        self.least = least

    def check(self, got):
        if not isinstance(got, list):
            return "no list"
        if len(got) < self.least:
            return f"fewer than {self.least} elements"
        found = [d for i, one in enumerate(got) for d in differences(self.element, one, f"[{i}]")]
        return "; ".join(map(str, found[:3])) or None

    def __repr__(self):
        return f"<list of {self.element!r}>"


class Containing(Matcher):
    """A list that has all these elements, in any order, and besides only ones that `may_be` allows."""

    def __init__(self, elements, may_be):
        self.elements = elements
        self.may_be = may_be

    def check(self, got):
        if not isinstance(got, list):
            return "no list"
        rest = list(got)
        for element in self.elements:
            match = next((i for i, one in enumerate(rest) if not differences(element, one)), None)
            if match is None:
                return f"{shorten(element, 120)} is missing"
            del rest[match]
        surplus = [one for one in rest if not self.may_be(one)]
        return f"{shorten(surplus[0], 120)} is too much" if surplus else None

    def __repr__(self):
        return f"<list with {self.elements!r}>"


class Anything(Matcher):
    """Any value."""

    def check(self, got):
        return None


class Difference:
    """One place where what came is not what must come."""

    def __init__(self, path, expected, got, why=""):
        self.path, self.expected, self.got, self.why = path, expected, got, why

    def __str__(self):
        why = f" ({self.why})" if self.why else ""
        return f"{self.path or '.'}: expected {shorten(self.expected)}, got {shorten(self.got)}{why}"

    __repr__ = __str__


def shorten(value, limit=200):
    """A value on one line, cut in the middle."""
    if isinstance(value, Matcher) or value is ABSENT:
        text = repr(value) if value is not ABSENT else value
    else:
        text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= limit else f"{text[:limit // 2]} … {text[-limit // 3:]}"


def _differences_dict(expected, got, path):
    for key in {**expected, **got}:
        at = f"{path}.{key}"
        if key not in got:
            yield Difference(at, expected[key], ABSENT)
        elif key not in expected:
            yield Difference(at, ABSENT, got[key])
        else:
            yield from differences(expected[key], got[key], at)


def _differences_list(expected, got, path):
    if len(expected) != len(got):
        yield Difference(path, expected, got, f"{len(got)} elements, not {len(expected)}")
        return
    for i, (one, other) in enumerate(zip(expected, got)):
        yield from differences(one, other, f"{path}[{i}]")


def differences(expected, got, path=""):
    """All differences, as a list; empty means equal."""
    if isinstance(expected, Matcher):
        wrong = expected.check(got)
        return [Difference(path, expected, got, wrong)] if wrong else []
    if type(expected) is not type(got):
        return [Difference(path, expected, got)]
    if isinstance(expected, dict):
        return list(_differences_dict(expected, got, path))
    if isinstance(expected, list):
        return list(_differences_list(expected, got, path))
    return [] if expected == got else [Difference(path, expected, got)]
