"""Which coalitions a KernelSHAP regression asks about, and how they weigh."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import comb

import numpy as np

from practicum.keys import Keys
from practicum_explain.coalitions import Floats, Present, of_size


@dataclass(frozen=True)
class Plan:
    """Coalitions to ask about.

    Args:
        present: bool [S, d]: what is covered, then the drawn coalitions, then their complements.
        weights: of the regression, float64 [S].
        doubt: the chance of each drawn coalition that it might as well not have been drawn, float64 [pairs].
    """

    present: Present
    weights: Floats
    doubt: Floats


def plan(count: int, budget: int, keys: Keys) -> Plan:
    """Coalitions of ``count`` players within a budget, with their weights in the Shapley kernel."""
    present, weight, size = _covered(count, budget)
    pairs = (budget - len(present)) // 2
    if 2 * size > count:
        return Plan(present, weight, np.zeros(0))
    first, chance = _drawn(count, size, pairs, keys)
    mass = _mass(count)
    sizes = first.sum(axis=1)
    each = np.array([0.0] + [mass[k] / comb(count, k) for k in range(1, count)])[sizes] / chance
    each *= mass[size:count - size + 1].sum() / (2 * each.sum())  # together as much as all of their sizes
    return Plan(np.concatenate([present, first, ~first]), np.concatenate([weight, each, each]), 1.0 - chance)


def _mass(count: int) -> Floats:
    """What all coalitions of each size weigh together in the Shapley kernel, float64 [count]; of sizes 1 and up."""
    return np.array([0.0] + [(count - 1) / (k * (count - k)) for k in range(1, count)])


@lru_cache(maxsize=16)
def _covered(count: int, budget: int) -> tuple[Present, Floats, int]:
    """The coalitions of all sizes that are covered in full, their weights, and the first size that isn't.

    One part, and all but one, always: they determine all values. Larger sizes only where as many draws from what is
    left would ask for no fewer of them; to cover more would leave the middle to a few draws of great weight.
    """
    mass = _mass(count)
    covered: list[Present] = [np.zeros((0, count), dtype=bool)]
    weights: list[Floats] = [np.zeros(0)]
    left, size = budget, 1
    while 2 * size <= count:
        sides = sorted({size, count - size})
        number = comb(count, size) * len(sides)
        share = mass[sides].sum() / mass[size:count - size + 1].sum()
        if number > left or (size > 1 and number > left * share * (1 + 1e-9)):
            break
        for k in sides:
            covered.append(of_size(count, k))
            weights.append(np.full(comb(count, k), mass[k] / comb(count, k)))
        left, size = left - number, size + 1
    present, weight = np.concatenate(covered), np.concatenate(weights)
    present.flags.writeable = weight.flags.writeable = False
    return present, weight, size


def _drawn(count: int, size: int, pairs: int, keys: Keys) -> tuple[Present, Floats]:
    """Different coalitions of sizes ``size .. count - size``, drawn as the kernel weighs them, until there are
    ``pairs`` of them (or four draws for each), and the chance of each that it or its complement was drawn."""
    mass, sizes = _mass(count), np.arange(size, count - size + 1)
    shares = mass[sizes] / mass[sizes].sum()
    plenty = sum(comb(count, int(k)) for k in sizes) > 64 * pairs  # then few are drawn twice
    attempts = pairs + pairs // 8 + 8 if plenty else 4 * pairs
    words = keys.words(attempts * (count + 1)).reshape(attempts, count + 1)
    place = np.searchsorted(np.cumsum(shares), words[:, 0] * 2.0**-32, side="right")
    chosen = sizes[np.minimum(place, len(sizes) - 1)]
    # The players with the smallest words; a word's place in its row keeps equal ones apart.
    marks = words[:, 1:].astype(np.uint64) << np.uint64(32) | np.arange(count, dtype=np.uint64)
    present = marks <= np.take_along_axis(np.sort(marks, axis=1), chosen[:, None] - 1, axis=1)
    present ^= present[:, :1]  # of a coalition and its complement the one without the first player
    octets = np.packbits(present, axis=1)
    octets = np.pad(octets, ((0, 0), (0, -octets.shape[1] % 8))).view(np.uint64)
    _, first = np.unique(octets, return_index=True) if octets.shape[1] == 1 else \
        np.unique(octets, axis=0, return_index=True)
    order = np.sort(first)
    draws = int(order[pairs]) if len(order) > pairs else attempts  # those after that are as if never made
    found = present[order[:pairs]]
    each = np.array([2 * share / comb(count, int(k)) for k, share in zip(sizes, shares, strict=True)])
    chance = -np.expm1(draws * np.log1p(-np.minimum(each[found.sum(axis=1) - size], 1 - 1e-12)))
    return found, chance
