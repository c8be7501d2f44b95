"""Edits recovered from before and after."""

from __future__ import annotations

import random

from practicum.diff import diff_text


def test_edits_found_by_comparing_replay_exactly_and_leave_untouched_words_whole() -> None:
    rng = random.Random(3)
    for _ in range(3000):
        before, after = ("".join(rng.choice("ab c\n") for _ in range(rng.randrange(14))) for _ in range(2))
        made, at = "", 0
        for start, stop, text in diff_text(before, after):
            assert at <= start <= stop
            assert text or stop > start
            made, at = made + before[at:start] + text, stop
        assert made + before[at:] == after
    assert diff_text("one two three", "one tvo x three") == [(5, 6, "v"), (7, 7, " x")]
    assert diff_text("a cat sat here", "a cart here") == [(4, 8, "r")]
