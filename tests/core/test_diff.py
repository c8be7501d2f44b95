"""Edits recovered from before and after."""

from __future__ import annotations

import random
import sys
from itertools import accumulate

from practicum.diff import _AT_ONCE, diff_column, diff_text
from tests.core.diff_reference import diff_text as in_python


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


def _changed(rng: random.Random, text: str) -> str:
    """A few words deleted, put in, moved, turned around, or with other letters or whitespace."""
    words = text.split(" ")
    for _ in range(rng.randrange(1, 6)):
        at, kind = rng.randrange(len(words)), rng.randrange(6)
        if kind == 0:
            words[at:at + rng.randrange(3)] = []
        elif kind == 1:
            words.insert(at, rng.choice(["of", "漢😀", "cab", "\u3000"]))
        elif kind == 2:
            words.append(words.pop(at))
        elif kind == 3:
            words[at] = words[at][::-1]
        elif kind == 4:
            words[at] = "".join(c if rng.random() < 0.8 else rng.choice("abx\n") for c in words[at])
        else:
            words[at] += rng.choice(["  ", "\t", "\x85", "s"])
        words = words or [""]
    return " ".join(words)


def test_the_compiled_comparison_finds_what_difflib_finds() -> None:
    rng = random.Random(5)
    before, after = [], []
    for k in range(3 * _AT_ONCE // 2):
        letters = rng.choice(["ab c\n", "abc", "a ", "abcdefgh \u3000\x1f", "a😀é\u2028"])
        longest = rng.choice([5, 20, 90])
        one = "".join(rng.choice(letters) for _ in range(rng.randrange(longest)))
        if k % 2:
            one = " ".join(rng.choice(["the", "of", one[:7], "Wörter", one[3:]]) for _ in range(rng.randrange(1, 25)))
        before.append(one)
        other = "".join(rng.choice(letters) for _ in range(rng.randrange(longest)))
        after.append(_changed(rng, one) if k % 2 else other)
    long = " ".join(map(str, accumulate(range(3000))))
    before, after = [*before, long, "x"], [*after, long[:5000] + "12 q" + long[5600:] + long[:40], "x"]
    found = diff_column(before, after)
    assert list(zip(found.row.tolist(), found.start.tolist(), found.stop.tolist(), found.text.to_pylist(), strict=True)
                ) == [(row, *edit) for row, (a, b) in enumerate(zip(before, after, strict=True))
                      for edit in in_python(a, b)]


def test_whitespace_of_every_code_point_cuts_words_as_before() -> None:
    spaces = [chr(point) for point in range(sys.maxunicode + 1) if chr(point).isspace()]
    others = ["\x08", "\x0e", "\x1b", "!", "\x84", "\x86", "\u200b", "\u180e", "\u202a", "\ufeff", "\ud800"]
    for c in (*spaces, *others):
        assert diff_text(f"ab{c}ab{c}b", f"a{c}bb") == in_python(f"ab{c}ab{c}b", f"a{c}bb"), ascii(c)
        assert diff_text(f"xx{c}aab", f"aab{c}xx") == in_python(f"xx{c}aab", f"aab{c}xx"), ascii(c)
