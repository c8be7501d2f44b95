"""Owen values: Shapley values along a hierarchy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from pydantic import Field

from practicum.keys import Keys
from practicum.masking import Game
from practicum_explain.coalitions import Present, asked
from practicum_explain.hierarchy import Tree, halves, plane, sentences
from practicum_explain.perturbation import Floats, Found, Perturbation


class PartitionShap(Perturbation):
    """Owen values of a hierarchy: the input is divided in two halves again and again, and each half shares with the
    other as two players do in a Shapley value, whatever its own parts do.

    Follows Owen, "Values of Games with a Priori Unions", DOI 10.1007/978-3-642-45494-3_7, nested over all levels, as
    the ``PartitionExplainer`` of the shap package has it. A grid of patches is halved along its longer side, a text
    where a sentence ends nearest to its middle, everything else in order. ``d`` parts of a balanced hierarchy take
    about ``2/3 d^2`` queries; where the budget doesn't reach, the half with the largest value is divided first, and the
    parts of an undivided one get equal shares. Values always add up to the score.

    ``figures["divided"]`` is the share of the halves that could be divided.

    Args:
        budget: coalitions asked for each sample, at most, beside none and all.

    Example:
        >>> import torch
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = TorchToy.linear([[1.0, -2.0], [0.5, 0.0]])
        >>> PartitionShap()(model, torch.tensor([[3.0, 1.0]]), target=0).values
        array([[ 3., -2.]], dtype=float32)
    """

    name: ClassVar[str] = "explain/partition-shap"
    adds_up: ClassVar[bool] = True

    budget: int = Field(default=1024, ge=2, description="coalitions asked for each sample, at most")

    def solve(self, game: Game, keys: Keys) -> Found:
        values = np.zeros((len(game), game.width))
        divided = np.ones(len(game))
        left = np.full(len(game), self.budget)
        frontier = [[Node(row, tree, np.zeros((1, game.width), dtype=bool), game.empty[row:row + 1],
                          game.full[row:row + 1])] if tree is not None else []
                    for row, tree in enumerate(hierarchies(game))]
        while any(frontier):
            chosen: list[Node] = []
            for row, nodes in enumerate(frontier):
                now = _affordable(nodes, int(left[row]))
                left[row] -= sum(2 * len(node.within) for node in now)
                chosen += now
                done = [node for node in nodes if not now or isinstance(node.tree, int)]
                for node in done:
                    members = node.members
                    values[row, members] = node.value / len(members)
                    divided[row] -= (len(members) - 1) / max(int(game.counts[row]) - 1, 1)
                frontier[row] = [node for node in nodes if node not in now and node not in done]
            for node in _divided(game, chosen):
                frontier[node.row].append(node)
        return Found(values, figures={"divided": divided})


def _affordable(nodes: list[Node], left: int) -> list[Node]:
    """What to divide next: everything where the whole hierarchy can be had, else the largest that can."""
    whole = [node for node in nodes if isinstance(node.tree, tuple)]
    if sum(_cost(node.tree, len(node.within)) for node in whole) <= left:
        return whole
    fitting = [node for node in whole if 2 * len(node.within) <= left]
    return [max(fitting, key=lambda node: abs(node.value))] if fitting else []


def _cost(tree: Tree, within: int) -> int:
    """Coalitions it takes to divide a tree down to single players."""
    return 0 if isinstance(tree, int) else 2 * within + sum(_cost(half, 2 * within) for half in tree)


@dataclass(frozen=True, eq=False)
class Node:
    """A part of the hierarchy in all the company it can be in.

    Args:
        row: its sample.
        tree: its parts.
        within: the coalitions of others that it joins, bool [K, width].
        without, joined: the score before and after it joins each, float64 [K].
    """

    row: int
    tree: Tree
    within: Present
    without: Floats
    joined: Floats

    @property
    def value(self) -> float:
        """What it adds, on average."""
        return float((self.joined - self.without).mean())

    @property
    def members(self) -> npt.NDArray[np.int64]:
        """Its players."""
        return np.array(_leaves(self.tree), dtype=np.int64)


def _leaves(tree: Tree) -> list[int]:
    return [tree] if isinstance(tree, int) else [leaf for half in tree for leaf in _leaves(half)]


def _divided(game: Game, nodes: list[Node]) -> list[Node]:
    """The halves of nodes, each alone and in the other's company."""
    company: list[Present] = []
    for node in nodes:
        assert isinstance(node.tree, tuple)
        for half in node.tree:
            present = node.within.copy()
            present[:, _leaves(half)] = True
            company.append(present)
    scores = asked(game, [n.row for n in nodes for _ in range(2)], company)
    made = []
    for at, node in enumerate(nodes):
        assert isinstance(node.tree, tuple)
        for mine, other in ((0, 1), (1, 0)):
            made.append(Node(node.row, node.tree[mine], np.concatenate([node.within, company[2 * at + other]]),
                             np.concatenate([node.without, scores[2 * at + other]]),
                             np.concatenate([scores[2 * at + mine], node.joined])))
    return made


def hierarchies(game: Game) -> list[Tree | None]:
    """The hierarchy of each sample's players, ``None`` for samples without any."""
    if game.modality == "image":
        found = plane(game)
        if found is not None:
            return [found] * len(game)
    names = game.board.names
    if game.modality == "text" and names is not None:
        return [sentences(words) if words else None for words in names]
    return [halves(list(range(count))) if count else None for count in game.counts.tolist()]
