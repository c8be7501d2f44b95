"""What every constraint is: a mask of positions before substitutes are made, or a filter of substitutes after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from practicum_text_attacks.sentence import Sentence

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Change:
    """A text with one more word replaced.

    Args:
        sentence: the text before the attack.
        before: the same as a string.
        words: the words after.
        position: the word replaced last.
        after: the text after.
    """

    sentence: Sentence
    before: str
    words: tuple[str, ...]
    position: int
    after: str


class Constraint(BaseModel):
    """A rule that an attacked text keeps; rules cost no queries.

    ClassVars:
        when: ``before``: says which words may be replaced; ``after``: says which replacements may stand.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    when: ClassVar[Literal["before", "after"]] = "after"

    def free(self, sentences: Sequence[Sentence]) -> list[Mask]:
        """For each text which of its words may be replaced, bool [L]."""
        return [np.ones(len(s.words), dtype=bool) for s in sentences]

    def visits(self) -> int | None:
        """How often one word may be replaced; any number when ``None``."""
        return None

    def allows(self, changes: Sequence[Change]) -> Mask:
        """Which changes may stand, bool [N]."""
        return np.ones(len(changes), dtype=bool)
