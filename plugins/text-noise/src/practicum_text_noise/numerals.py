"""English number words, from 0 to 999,999, both ways and exactly."""

from __future__ import annotations

from functools import cache

LARGEST = 999_999
"""The largest number that is written in words."""

_ONES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
         "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_TENS = ("zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def _below_hundred(number: int) -> str:
    if number < 20:
        return _ONES[number]
    ten, one = divmod(number, 10)
    return _TENS[ten] + (f"-{_ONES[one]}" if one else "")


def _below_thousand(number: int) -> str:
    hundred, rest = divmod(number, 100)
    parts = [f"{_ONES[hundred]} hundred"] if hundred else []
    return " ".join([*parts, _below_hundred(rest)] if rest or not parts else parts)


def to_words(number: int) -> str:
    """A number in words, without "and" and with hyphens between tens and ones.

    Args:
        number: 0 to 999,999.

    Example:
        >>> to_words(0), to_words(42), to_words(120_017)
        ('zero', 'forty-two', 'one hundred twenty thousand seventeen')
    """
    if not 0 <= number <= LARGEST:
        raise ValueError(f"{number} is outside 0..{LARGEST}")
    thousand, rest = divmod(number, 1000)
    parts = [f"{_below_thousand(thousand)} thousand"] if thousand else []
    return " ".join([*parts, _below_thousand(rest)] if rest or not parts else parts)


@cache
def _values() -> dict[str, int]:
    values = {_below_hundred(n): n for n in range(100)}
    return values | {word.replace("-", " "): n for word, n in values.items()}


def from_words(text: str) -> int | None:
    """The number that words say, or ``None`` where they say none between 0 and 999,999.

    Hyphens may be spaces, and "and" may stand after "hundred" or "thousand"; "a hundred" is 100, "a thousand" 1000.

    Example:
        >>> from_words("forty two"), from_words("one thousand and five"), from_words("ten twenty")
        (42, 1005, None)
    """
    left, thousand, right = text.lower().rpartition("thousand")
    if not thousand:
        return _read_below_thousand(right)
    high = 1 if left.strip() == "a" else _read_below_thousand(left.strip())
    rest = right.strip().removeprefix("and ")
    low = _read_below_thousand(rest) if rest else 0
    return None if not high or low is None or (rest and not low) else 1000 * high + low


def _read_below_thousand(text: str) -> int | None:
    left, hundred, right = text.strip().rpartition("hundred")
    if not hundred:
        return _values().get(right)
    high = 1 if left.strip() == "a" else _values().get(left.strip(), 0)
    rest = right.strip().removeprefix("and ")
    low = _values().get(rest, 0) if rest else 0
    return None if not 0 < high < 10 or (rest and not low) else 100 * high + low
