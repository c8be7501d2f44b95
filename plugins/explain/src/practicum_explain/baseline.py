"""Where attribution paths start: what absent means, as a tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from practicum.errors import ModalityError
from practicum.masking import Absent, default_absent
from practicum.masking.absent import Filled
from practicum_explain.leaf import Leaf

if TYPE_CHECKING:
    import torch


def baseline(leaf: Leaf, absent: Absent | None) -> torch.Tensor:
    """The values that stand for absent ones, of ``leaf.x``'s shape; zero embeddings for text.

    Raises:
        ModalityError: ``absent`` isn't made of numbers, or not for this modality.
    """
    import torch

    if leaf.modality == "text":
        if absent is not None:
            raise ModalityError(f"{leaf.by}: of a text the embeddings start at zero, so absent {_kind(absent)!r} has "
                                "no meaning here: leave it out")
        return torch.zeros_like(leaf.x)
    chosen = default_absent(leaf.modality) if absent is None else absent
    if not isinstance(chosen, Filled) or leaf.modality not in chosen.modalities:
        raise ModalityError(f"{leaf.by} needs one baseline of numbers for each {leaf.modality}, which absent "
                            f"{_kind(chosen)!r} doesn't give: choose constant, mean or blur as fits the modality (for "
                            "a background there is explain/expected-gradients)")
    return chosen.fill(leaf.x, leaf.free, leaf.modality)


def _kind(absent: Absent) -> str:
    return str(absent.model_dump()["kind"])
