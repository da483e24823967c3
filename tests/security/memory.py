# SPDX-License-Identifier: MIT
"""What stands in the memory of a process of ours."""
import re

_MAPPING = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (r\S+) \S+ \S+ \S+ *(.*)")


def search(pid, *needles):
    """The needles that stand anywhere in the memory of a process."""
    found = set()
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            mapping = _MAPPING.match(line)
            if not mapping or mapping[4].startswith("[v"):
                continue
            start, end = int(mapping[1], 16), int(mapping[2], 16)
            try:
                memory.seek(start)
                content = memory.read(end - start)
            except OSError:
                continue
            found |= {needle for needle in needles if needle in content}
    return found
