"""Random search in a ball: what any other attack has to beat."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from practicum.keys import Keys
from practicum_gradient_attacks.black_box import Asked, BallAttack, keep_best
from practicum_gradient_attacks.limits import Eps
from practicum_gradient_attacks.values import Floats, Rows


class NoiseAttack(BallAttack):
    """Draws changes at random and keeps the best.

    Args:
        queries: the most predictions that one sample may cost; the clean input takes one, so ``queries - 1`` are drawn.
        at_once: draws of a sample asked about in one call. A sample is done with the call that has its first success,
            so it costs ``1 + min(queries - 1, at_once * ceil(k / at_once))`` when draw k is the first.
    """

    upper_bound: ClassVar[bool] = True

    queries: int = Field(default=100, ge=2, description="the most predictions a sample may cost")
    at_once: int = Field(default=1, ge=1, description="draws of a sample asked about in one call")

    def search(self, asked: Asked, keys: Keys) -> Floats:
        best, first = asked.x.copy(), asked.clean()
        reached, rows = first.margin.copy(), np.flatnonzero(~first.won)
        drawn = 0
        while len(rows := asked.affordable(rows)):
            count = min(self.at_once, self.queries - 1 - drawn)
            tried = np.stack([self.draw(asked, rows, keys.child(f"draw-{drawn + k}").bind(asked.values.ids.take(rows)))
                              for k in range(count)], axis=1)
            drawn += count
            tried = tried.reshape(len(rows) * count, -1)
            rows = keep_best(rows, tried, asked.ask(np.repeat(rows, count), tried), best, reached)
        return best

    @abstractmethod
    def draw(self, asked: Asked, rows: Rows, keys: Keys) -> Floats:
        """One change of each of the samples ``rows``, drawn from ``keys``: inputs [K, D] in ball and box."""


class UniformNoise(NoiseAttack):
    """Draws points uniformly from the ball, clips them to the box, and keeps the one of largest margin.

    A baseline: an attack that doesn't beat it has found nothing but noise, and a model that falls to it needs no
    attack. What it leaves is an upper bound of robust accuracy, and a loose one.

    Args:
        norm: the ball: ``linf``, ``l2`` or ``l1``; see :func:`practicum_gradient_attacks.starts.random_start`.
        eps: its radius, in the input's units.

    Raises:
        DataError: the column isn't float32 or float64 of one size, or a label is no class of the model.

    Example:
        >>> import numpy as np
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = TorchToy.linear([[1.0, -2.0], [0.0, 0.0]])
        >>> result = UniformNoise(eps=0.5)(model, np.array([[0.9, 0.1], [0.9, -0.9]]), [0, 0])
        >>> result.success, result.queries
        (array([ True, False]), array([ 15, 100]))
    """

    name: ClassVar[str] = "gradient-attacks/uniform-noise"
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"eps": (0.01, 0.03, 0.1)}

    def draw(self, asked: Asked, rows: Rows, keys: Keys) -> Floats:
        import torch

        from practicum_gradient_attacks.starts import random_start

        free = asked.values.free
        centre = torch.from_numpy(asked.x[rows])
        may = None if free is None else torch.from_numpy(free[rows])
        made: Floats = random_start(centre, may, self.norm, asked.radius(rows), asked.bounds, keys).numpy()
        return made if free is None else np.where(free[rows], made, asked.x[rows])


class GaussianNoise(NoiseAttack):
    """Draws Gaussian directions and goes ``eps`` along each, aware of the box, and keeps the best.

    The change is ``min(s |g_i|, room_i)`` with the sign of the Gaussian draw g_i, where s makes its L2 length ``eps``
    inside the box, so that clipping takes nothing away from it. A baseline, as :class:`UniformNoise` is.

    Args:
        eps: L2 length of the change, in the input's units.

    Raises:
        DataError: the column isn't float32 or float64 of one size, or a label is no class of the model.

    Example:
        >>> import numpy as np
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = TorchToy.linear([[1.0, -2.0], [0.0, 0.0]])
        >>> result = GaussianNoise(eps=0.5)(model, np.array([[0.9, 0.1], [0.9, -0.9]]), [0, 0])
        >>> result.success, result.norm.round(6), result.queries
        (array([ True, False]), array([0.5, 0.5]), array([  9, 100]))
    """

    name: ClassVar[str] = "gradient-attacks/gaussian-noise"
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"eps": (0.25, 0.5, 1.0)}

    norm: Literal["l2"] = Field(default="l2", description="norm of the change")
    eps: Eps = Field(default=0.5, description="L2 length of the change, in the input's units: a number, or a target "
                                              "with one for each sample")

    def draw(self, asked: Asked, rows: Rows, keys: Keys) -> Floats:
        import torch

        from practicum_gradient_attacks.geometry import steepest

        direction = keys.normal(asked.x.shape[1]).astype(np.float64)
        if asked.values.free is not None:
            direction *= asked.values.free[rows]
        centre = torch.from_numpy(asked.x[rows])
        way, radius = torch.from_numpy(direction), asked.radius(rows)
        made: Floats = steepest(centre, way, centre, "l2", radius, asked.bounds).numpy()
        return made
