# SPDX-License-Identifier: MIT
"""Every recorded exchange of the asserted scopes matches; the others are reported."""
from replay import replay
from replay.scopes import ASSERTED


def test_transcripts():
    results = replay.run()
    replay.report(results)
    asserted = [r for r in results if r.scope in ASSERTED]
    missed = [r for r in asserted if not r.matched]
    shown = "\n".join(replay.explain(r) for r in missed[:30])
    assert asserted, "no line was replayed"
    assert not missed, f"{len(missed)} of {len(asserted)} lines of {', '.join(ASSERTED)} do not match:\n{shown}"
