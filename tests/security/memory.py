# SPDX-License-Identifier: MIT
"""What stands in the memory of a process of ours."""
import re

_MAPPING = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (r\S+) \S+ \S+ \S+ *(.*)")
_PIECE = 1 << 24
_SHADOW = 1 << 36  # what is larger is a sanitizer's book on our memory, never a copy of it


def _pieces(memory, start, end, overlap):
    """The readable bytes of a mapping; neighbours share so many bytes that no needle falls between them."""
    while start < end:
        try:
            memory.seek(start)
            piece = memory.read(min(_PIECE, end - start))
        except OSError:
            return
        yield piece
        if len(piece) <= overlap:
            return
        start += len(piece) if start + len(piece) >= end else len(piece) - overlap


def search(pid, *needles):
    """The needles that stand anywhere in the memory of a process."""
    found = set()
    overlap = max(map(len, needles)) - 1
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            mapping = _MAPPING.match(line)
            if not mapping or mapping[4].startswith("[v"):
                continue
            start, end = int(mapping[1], 16), int(mapping[2], 16)
            if end - start > _SHADOW:
                continue
            for piece in _pieces(memory, start, end, overlap):
                found |= {needle for needle in needles if needle in piece}
    return found
