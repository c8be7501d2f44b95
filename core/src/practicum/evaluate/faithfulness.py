"""Faithfulness: whether the parts an explanation calls important are those that the model's answer rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from practicum.batch import Batch
from practicum.columns.floats import FloatColumn
from practicum.errors import CapabilityError, DataError, ModalityError
from practicum.evaluate.bootstrap import paired_bootstrap
from practicum.evaluate.expand import short_label
from practicum.evaluate.randomised import randomised
from practicum.evaluate.result import Faithfulness
from practicum.evaluate.shifting import agreement
from practicum.explainer import Explainer, Explanation
from practicum.keys import Keys
from practicum.masking import AnyAbsent, AnyPlayers, Game
from practicum.model import Differentiable, Embeddable, Model

Floats = npt.NDArray[np.float64]

SHARES = (0.01, 0.05, 0.1, 0.2, 0.5)
"""Shares of the most important parts that comprehensiveness and sufficiency take away or leave, as ERASER does."""
STEPS = 20
"""Points of a deletion or insertion curve beside the first."""
TRIES, RADIUS = 3, 0.02
"""Neighbours that sensitivity looks at, and how far they are, as a share of the range of values."""
MOST = 64
"""Samples measured for a report, at most."""
DRAWS = 32
"""Random coalitions that infidelity is measured on."""

BETTER: Mapping[str, str] = {"deletion": "lower", "insertion": "higher", "beyond chance": "higher",
                             "comprehensiveness": "higher", "sufficiency": "lower", "infidelity": "lower",
                             "correlation": "higher", "gap": "lower", "sensitivity": "lower", "random weights": "lower"}
"""Every figure of :func:`faithfulness`, and which way it is better."""


@dataclass(frozen=True)
class Curves:
    """What the score does while parts are taken away or put back, and under random coalitions; [N, ...] each.

    Args:
        deletion, insertion, shuffled: scores [N, STEPS + 1] at equal steps from all (or no) parts present: the most
            important parts first, or in random order (taken away).
        without, only: scores [N, len(SHARES)] without, and with only, the most important parts.
    """

    deletion: Floats
    insertion: Floats
    shuffled: Floats
    without: Floats
    only: Floats


def faithfulness(model: Model, batch: Batch, explainer: Explainer, *, target: npt.ArrayLike | None = None,
                 absent: AnyAbsent | None = None, players: AnyPlayers | None = None,
                 seed: int = 0) -> dict[str, Floats]:
    """Figures of an explainer's attributions, one for each sample: float64 [N] each.

    - ``deletion``, ``insertion``: area under the probability of the class while the most important parts go first, and
      come first (Petsiuk, Das and Saenko, arXiv:1806.07421); 0..1. ``beyond chance``: how much smaller the area of
      deletion is than in random order.
    - ``comprehensiveness``, ``sufficiency``: how much the probability falls without, and with only, the 1, 5, 10, 20
      and 50 % most important parts, on average (DeYoung et al., arXiv:1911.03429).
    - ``infidelity`` (Yeh et al., arXiv:1901.09392): mean squared difference between what the attributions of a random
      coalition of absent parts promise (times the scale that fits best) and what the score loses, over the variance of
      the latter; 0 when exact. ``correlation`` of the two (Bhatt, Weller and Moura, arXiv:2005.00631).
    - ``gap``: how far attributions and base value are from adding up to the score, over the distance of score and base;
      NaN where the method has no base value.
    - ``sensitivity`` (Yeh et al.): how far attributions move, over their length, under the worst of 3 random changes of
      at most 2 % of the range of values (of the model's box, else of the sample); NaN where inputs are no floats.
    - ``random weights``: rank correlation with the attributions (by size) of the same model with its weights
      shuffled (Adebayo et al., arXiv:1810.03292): near 1 the method doesn't look at the model; NaN without torch
      modules.

    All coalitions of all samples are asked in one vectorised pass. Scores are probabilities for the curves, and what
    the game explains (logits, where the model gives them) for infidelity.

    Args:
        model: a classifier.
        batch: the samples.
        explainer: whose attributions.
        target: the class of each sample; the predicted one when left out.
        absent, players: of the game; its defaults when left out.
        seed: of random orders and coalitions.

    Raises:
        DataError: the attributions are of other units than the players.

    Example:
        >>> import torch
        >>> from practicum.testing.toys_models import blobs
        >>> from practicum.testing.torch_toys import TorchToy
        >>> class Weights(Explainer):
        ...     modalities = frozenset({"state"})
        ...     def explain(self, model, batch, target, keys):
        ...         return Explanation(np.asarray(batch.data) * [[3.0, 1.0]], target, batch.ids)
        >>> model = TorchToy.linear([[3.0, 1.0], [0.0, 0.0]])
        >>> found = faithfulness(model, blobs(4), Weights(), target=[0, 0, 0, 0])
        >>> found["infidelity"].round(12), found["correlation"].round(12)
        (array([0., 0., 0., 0.]), array([1., 1., 1., 1.]))
    """
    said = model.predict(batch).labels if target is None else np.asarray(target, dtype=np.int64)
    out = explainer.run(model, batch, said, Keys(seed))
    keys = Keys(seed, path=("faithfulness",)).bind(batch.ids)
    logits = isinstance(model, (Differentiable, Embeddable))
    answer = Game(model, batch, said, absent, players, on=explainer.on, output="probability" if logits else "auto",
                  by="faithfulness")
    values = answer.gather(out.values)
    curves = curves_of(answer, values, keys)
    found = {"deletion": _area(curves.deletion), "insertion": _area(curves.insertion),
             "beyond chance": _area(curves.shuffled) - _area(curves.deletion),
             "comprehensiveness": (curves.deletion[:, :1] - curves.without).mean(axis=1),
             "sufficiency": (curves.deletion[:, :1] - curves.only).mean(axis=1)}
    raw = answer if not logits else Game(model, batch, said, absent, players, on=explainer.on, by="faithfulness")
    found["infidelity"], found["correlation"] = infidelity(raw, values, keys)
    found["gap"] = _gap(out)
    found["sensitivity"] = _sensitivity(model, batch, explainer, out, said, keys, seed)
    found["random weights"] = _sanity(model, batch, explainer, out, said, seed)
    return found


def summed_up(model: Model, batch: Batch, explainers: Sequence[Explainer], *, split: str, level: float = 0.95,
              seed: int = 0) -> tuple[Faithfulness, ...]:
    """:func:`faithfulness` of several explainers as means with intervals; one that doesn't fit says why instead.

    Measured on the :data:`MOST` samples of lowest hash of the id.
    """
    made = []
    if model.task != "classification":
        return ()
    batch = batch.take(np.sort(np.argsort(batch.ids.hashes, kind="stable")[:MOST]))
    for explainer in explainers:
        try:
            figures = faithfulness(model, batch, explainer, seed=seed)
        except (DataError, CapabilityError) as error:
            made.append(Faithfulness(short_label(explainer), split, {}, str(error)))
            continue
        known = {n: v for n, v in figures.items() if np.isfinite(v).all() and len(v)}
        estimates = dict(zip(known, paired_bootstrap(*known.values(), level=level), strict=True)) if known else {}
        made.append(Faithfulness(short_label(explainer), split, estimates))
    return tuple(made)


def curves_of(game: Game, values: Floats, keys: Keys) -> Curves:
    """Deletion, insertion and the rest, all coalitions in one call of the game.

    Args:
        game: what is asked.
        values: of the players, float64 [N, P]; ties go to the lower place.
        keys: bound to the samples, of the random order.
    """
    count, width = len(game), game.width
    drawn = keys.uniform53(max(width, 1))[:, :width] if count else np.zeros((0, width))
    steps = np.arange(STEPS + 1) / STEPS
    ranks = [_ranks(np.where(game.mine, v, -np.inf)) for v in (values, drawn)]
    taken = np.rint(steps[None] * game.counts[:, None])[:, :, None]
    some = np.maximum(1, np.rint(np.array(SHARES)[None] * game.counts[:, None]))[:, :, None]
    first, random = (r[:, None, :] for r in ranks)
    asked = np.concatenate([first >= taken, first < taken, random >= taken, first >= some, first < some], axis=1)
    rows = np.repeat(np.arange(count), asked.shape[1])
    scores = game(rows, asked.reshape(len(rows), width)).reshape(count, -1)
    cuts = np.cumsum([STEPS + 1, STEPS + 1, STEPS + 1, len(SHARES)])
    return Curves(*np.split(scores, cuts, axis=1))


def infidelity(game: Game, values: Floats, keys: Keys, draws: int = DRAWS) -> tuple[Floats, Floats]:
    """Scaled infidelity and correlation between promised and real losses of random coalitions, float64 [N] each.

    Each part is absent with probability one half, drawn for each coalition.
    """
    count, width = len(game), game.width
    present = (keys.child("coalitions").uniform53(draws * max(width, 1)).reshape(count, draws, -1)[:, :, :width] < 0.5
               if count else np.zeros((0, draws, width), dtype=bool))
    rows = np.repeat(np.arange(count), draws)
    lost = game.full[:, None] - game(rows, present.reshape(len(rows), width)).reshape(count, draws)
    promised = np.where(present | ~game.mine[:, None, :], 0.0, values[:, None, :]).sum(axis=2)
    power, spread = (promised**2).sum(axis=1), lost.var(axis=1)
    scale = np.where(power > 0, (promised * lost).sum(axis=1) / np.where(power > 0, power, 1.0), 0.0)
    error = ((scale[:, None] * promised - lost) ** 2).mean(axis=1)
    left = promised - promised.mean(axis=1, keepdims=True), lost - lost.mean(axis=1, keepdims=True)
    sizes = np.sqrt((left[0] ** 2).sum(axis=1) * (left[1] ** 2).sum(axis=1))
    linked = np.where(sizes > 0, (left[0] * left[1]).sum(axis=1) / np.where(sizes > 0, sizes, 1.0), 0.0)
    return np.where(spread > 0, error / np.where(spread > 0, spread, 1.0), error), linked


def _ranks(values: Floats) -> npt.NDArray[np.int64]:
    """The place of each player, the largest value first."""
    order = np.argsort(-values, axis=1, kind="stable")
    return np.argsort(order, axis=1, kind="stable")


def _area(curve: Floats) -> Floats:
    return np.asarray((curve[:, 1:] + curve[:, :-1]).mean(axis=1) / 2)


def _gap(out: Explanation) -> Floats:
    gap = out.gap
    if gap is None or out.score is None or out.base_value is None:
        return np.full(len(out), np.nan)
    size = np.abs(out.score - out.base_value)
    return np.where(gap <= 1e-12, 0.0, gap / np.where(size > 0, size, 1.0))


def _sensitivity(model: Model, batch: Batch, explainer: Explainer, out: Explanation, said: npt.NDArray[np.int64],
                 keys: Keys, seed: int) -> Floats:
    worst = np.full(len(batch), np.nan)
    try:
        column = FloatColumn.of(batch, explainer.on, by="faithfulness")
    except (DataError, ModalityError):  # whole numbers, texts, records: no small change to make
        return worst
    import torch

    bounds = getattr(model, "bounds", None)
    flat = column.x.flatten(1).double()
    spread = flat.nan_to_num().amax(dim=1) - flat.nan_to_num().amin(dim=1) if len(flat) else flat.sum(dim=1)
    size = RADIUS * (torch.full_like(spread, bounds[1] - bounds[0]) if bounds is not None else spread)
    plain = _flat(out)
    for draw in range(TRIES):
        drawn = torch.from_numpy(2 * keys.child(f"neighbour-{draw}").uniform53(flat.shape[1]) - 1).to(flat)
        moved = (flat + size[:, None] * drawn).reshape(column.x.shape).to(column.x)
        moved = moved if bounds is None else moved.clamp(*bounds)
        moved = moved if column.free is None else torch.where(column.free, moved, column.x)
        other = _flat(explainer.run(model, column.restored(moved), said, Keys(seed)))
        lengths = np.linalg.norm(plain, axis=1)
        change = np.linalg.norm(other - plain, axis=1) / np.where(lengths > 0, lengths, 1.0)
        worst = np.fmax(worst, change)
    return worst


def _flat(out: Explanation) -> Floats:
    return np.array([np.asarray(v.detach().cpu() if hasattr(v, "detach") else v, dtype=np.float64).reshape(-1)
                     for v in out.values])


def _sanity(model: Model, batch: Batch, explainer: Explainer, out: Explanation, said: npt.NDArray[np.int64],
            seed: int) -> Floats:
    other = randomised(model, seed)
    if other is None:
        return np.full(len(batch), np.nan)
    return agreement(_sizes(out), _sizes(explainer.run(other, batch, said, Keys(seed))))[1]


def _sizes(out: Explanation) -> Explanation:
    values = [np.abs(np.asarray(v.detach().cpu() if hasattr(v, "detach") else v, dtype=np.float64)) for v in out.values]
    return Explanation(values, out.target, out.ids, out.units)
