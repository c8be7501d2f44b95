"""Given names that are mostly given to one gender, and where they stand in a text."""

from __future__ import annotations

import re

FEMALE = (
    "Alice", "Amanda", "Amelia", "Anna", "Barbara", "Catherine", "Charlotte", "Clara", "Deborah", "Diana",
    "Elizabeth", "Emily", "Emma", "Fatima", "Hannah", "Helen", "Jane", "Jennifer", "Jessica", "Julia", "Karen",
    "Laura", "Linda", "Lisa", "Lucy", "Margaret", "Maria", "Mary", "Michelle", "Nancy", "Olivia", "Patricia",
    "Priya", "Rachel", "Rebecca", "Sarah", "Sophie", "Susan", "Victoria", "Zoë")
MALE = (
    "Ahmed", "Andrew", "Anthony", "Arjun", "Benjamin", "Brian", "Carlos", "Charles", "Christopher", "Daniel",
    "David", "Edward", "Eric", "George", "Henry", "Jacob", "James", "John", "Joseph", "Joshua", "Juan", "Kevin",
    "Matthew", "Michael", "Nicholas", "Oliver", "Oscar", "Patrick", "Paul", "Peter", "Philip", "Richard", "Robert",
    "Ronald", "Samuel", "Stephen", "Thomas", "Timothy", "William", "Zoltán")
"""Frequent names only, without those that are also words (Grace, Mark, Will) or given to both (Alex, Robin)."""

OTHER = dict.fromkeys(FEMALE, MALE) | dict.fromkeys(MALE, FEMALE)
"""Name to the names of the other gender."""
PLACE = {name: place for names in (FEMALE, MALE) for place, name in enumerate(names)}
"""Where a name stands in its list."""

# A capital comes first, which Python's engine looks for without trying the rest at every place.
_WORD = re.compile(r"[A-Z](?<![\w-].)\w++(?!-)")
_LISTED = {name: name for name in OTHER} | {name.upper(): name for name in OTHER}


def named(text: str) -> list[tuple[re.Match[str], str]]:
    """Each place of a listed name, written Mary or MARY, with the name as listed.

    Example:
        >>> [(match.start(), name) for match, name in named("Mary and JOHN, but not mary-Jane")]
        [(0, 'Mary'), (9, 'John')]
    """
    return [(match, name) for match in _WORD.finditer(text) if (name := _LISTED.get(match[0])) is not None]
