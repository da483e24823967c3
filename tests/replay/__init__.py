# SPDX-License-Identifier: MIT
"""The replay of the recorded transcripts against the daemon.

recording.py    the recorded lines
mapping.py      recorded ids, ports, folders and times <-> those of this run
expect.py       from a recorded reply to what must come: kinds instead of ids, times, counters
compare.py      the comparison itself
values.py       what a write of a value must do (contract: types, input values)
corrections.py  deliberate differences by contract id, one row each
rules.py        the conditions and expectations these rows are made of
world.py        the servers and daemons of a run, what happens to them at which step
steps.py        lines that are no plain request: byte sequences, notes, command lines
scopes.py       what a line is about
replay.py       the run and its report
"""
