"""How few words a prediction needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from practicum.attack import Note, Perturbed
from practicum.batch import Batch
from practicum.keys import Keys
from practicum.model import Model
from practicum_text_attacks.attack import TextAttack
from practicum_text_attacks.constraints import AnyConstraint
from practicum_text_attacks.constraints.base import Change
from practicum_text_attacks.player import Player, Search, State
from practicum_text_attacks.sources import Delete, Source

KEPT = "reduced with the prediction kept: read norm, the words deleted, not success"


class InputReduction(TextAttack):
    """Deletes words one by one, the least missed first, as long as the model still says the same.

    What is left is often nonsense to people, and shows what the prediction hangs on. It keeps the prediction, so no
    sample counts as a success and robust accuracy says nothing: read ``result.batch`` and ``result.norm``, the words
    deleted. Where scores are sums over words it ends with the fewest words that keep the prediction.

    Queries of a sample of L words that ends with K (and ``width`` 1): 1 + L + (L - 1) + ... + K, texts that come out
    equal asked about once; the last K are not asked where K is ``least``.

    Follows Feng, Wallace, Grissom II, Iyyer, Rodriguez and Boyd-Graber, "Pathologies of Neural Models Make
    Interpretations Difficult" (arXiv:1804.07781). What differs: importance is measured by leaving out, not by
    gradients, so that any model will do; samples that the model gets wrong are left alone.

    Args:
        least: words that are always left.
        width: texts kept after each round; the paper's beam is 5.
        criterion: the prediction is kept as long as this is *not* reached.
        norm, eps, sources, constraints, queries, on: see :class:`practicum_text_attacks.attack.TextAttack`.

    Example:
        >>> from practicum import Batch
        >>> from practicum.testing.torch_toys import BagOfWords
        >>> model = BagOfWords.of(["good", "dull"], [[1.0], [-2.0], [0.0]], [[-1.0], [1.0]])
        >>> result = InputReduction()(model, Batch.of(["A good little film"], targets={"label": [1]}))
        >>> result.adversarial.to_pylist(), result.norm, str(result.notes[0])[:32]
        (['good'], array([3.]), 'reduced with the prediction kept')
    """

    name: ClassVar[str] = "text-attacks/input-reduction"
    worded: ClassVar[bool] = False
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"eps": (0.25, 0.5, 0.99)}

    least: int = Field(default=1, ge=1, description="words that are always left")
    width: int = Field(default=1, ge=1, description="texts kept after each round")
    eps: float = Field(default=0.99, gt=0.0, description="of words: below 1 the share that may go, else how many; of "
                                                         "edits: characters")
    constraints: tuple[AnyConstraint, ...] = Field(default=(), description="which words, and what texts, are allowed")

    def own_sources(self) -> tuple[Source, ...]:
        """Deletion."""
        return (Delete(),)

    def search(self, player: Player) -> Search[State]:
        found, states = player.start, [player.start]
        while sum(map(bool, found.words)) > self.least:
            options: dict[str, Change] = {}
            for state in states:
                for option in (yield from player.neighbours(state)):
                    options.setdefault(option.after, option)
            kept = [s for s in (yield from player.ask(list(options.values()))) if not s.won]
            if not kept:
                break
            states = sorted(kept, key=lambda s: s.margin)[:self.width]
            found = states[0]
        return found

    def perturb(self, model: Model, batch: Batch, keys: Keys) -> Perturbed:
        """Reduced texts, with a note that says what to read instead of success."""
        made = super().perturb(model, batch, keys)
        out = made.batch if isinstance(made, Perturbed) else made
        column = batch.column_name(self.on, self.modalities)
        moved = sum(a != b for a, b in zip(batch.to_list(column), out.to_list(column), strict=True))
        return Perturbed(out, (Note(KEPT, moved, len(batch), doubt=True),) if moved else ())
