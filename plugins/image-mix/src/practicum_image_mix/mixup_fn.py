"""MixUp and CutMix as training loops call them: ``x, target = mixup_fn(x, target)``."""

from __future__ import annotations

from typing import Any

import numpy as np

from practicum import Batch, Keys
from practicum.errors import ConfigError, DataError
from practicum_image_mix.draws import MinMax, MixDraws, check_minmax, draw_mix
from practicum_image_mix.ops.fuse import fuse
from practicum_image_mix.ops.mix import mix
from practicum_image_mix.partners import Mode


class MixupFn:
    """A function of a batch of tensors with the arguments of timm's ``Mixup``, for timm's training loop, Lightning's
    ``on_after_batch_transfer``, or a loop of one's own.

    Draws as :class:`practicum_image_mix.trainmix.TrainMix` does, from a seed and the samples' ids. Where the loop has
    no ids, a counter of calls takes the epoch's place, so that no two batches draw the same: keep ``step`` in a
    checkpoint (``state_dict``), and give each rank of a distributed run its own ``seed``. Differs from timm in that the
    input stays as it is, the batch may have an odd number of samples, no global generator is touched, and partners are
    drawn instead of running from the end.

    Args:
        mixup_alpha, cutmix_alpha: of the Beta distributions; 0 turns MixUp or CutMix off.
        cutmix_minmax: shares that the sides of CutMix's box lie between, instead of ``cutmix_alpha``.
        prob: that a sample (pair, batch) is mixed.
        switch_prob: that it is cut rather than blended, where both are on.
        mode: ``"batch"``, ``"pair"`` or ``"elem"``.
        correct_lam: whether a clipped box sets lambda to its exact area.
        label_smoothing: share of the labels spread over all classes.
        num_classes: columns of the targets returned.
        seed: of the draws.
        mean, std: when given, images (uint8, or floats in 0..1) are normalised in the same pass.

    Attributes:
        mixup_enabled: set to ``False`` to mix no more; labels are still made dense.
        step: calls without ids so far.

    Raises:
        ConfigError: an argument is out of range.

    Example:
        >>> import torch
        >>> mixup_fn = MixupFn(mixup_alpha=0.8, label_smoothing=0.1, num_classes=5, seed=3)
        >>> x, target = mixup_fn(torch.rand(4, 3, 8, 8), torch.tensor([0, 1, 2, 3]))
        >>> x.shape, target.shape, bool((target.sum(dim=1) - 1).abs().max() < 1e-6)
        (torch.Size([4, 3, 8, 8]), torch.Size([4, 5]), True)
    """

    def __init__(self, mixup_alpha: float = 1.0, cutmix_alpha: float = 0.0,
                 cutmix_minmax: tuple[float, float] | None = None, prob: float = 1.0, switch_prob: float = 0.5,
                 mode: Mode = "batch", correct_lam: bool = True, label_smoothing: float = 0.1, num_classes: int = 1000,
                 *, seed: int = 0, mean: Any = None, std: Any = None) -> None:
        given = {"mixup_alpha": mixup_alpha, "cutmix_alpha": cutmix_alpha}
        shares = {"prob": prob, "switch_prob": switch_prob, "label_smoothing": label_smoothing}
        for name, value in {**given, **shares}.items():
            if not 0 <= value <= (1 if name in shares else 1000):
                raise ConfigError(f"MixupFn: {name} {value} must lie in 0..{1 if name in shares else 1000}")
        if mode not in ("batch", "pair", "elem"):
            raise ConfigError(f"MixupFn: mode {mode!r} is not 'batch', 'pair' or 'elem'")
        if num_classes < 1:
            raise ConfigError(f"MixupFn: num_classes {num_classes} must be at least 1")
        if (mean is None) != (std is None):
            raise ConfigError("MixupFn: give both mean and std, or neither")
        minmax: MinMax | None = None
        if cutmix_minmax is not None:
            if len(cutmix_minmax) != 2:
                raise ConfigError(f"MixupFn: cutmix_minmax {cutmix_minmax} must be two shares, a lower and an upper")
            minmax = (cutmix_minmax[0], cutmix_minmax[1])
        check_minmax(minmax, "MixupFn: cutmix_minmax")
        self.mixup_alpha, self.cutmix_alpha, self.cutmix_minmax = mixup_alpha, cutmix_alpha, minmax
        self.mix_prob, self.switch_prob, self.mode = prob, switch_prob, mode
        self.correct_lam, self.label_smoothing, self.num_classes = correct_lam, label_smoothing, num_classes
        self.seed, self.mean, self.std = seed, mean, std
        self.mixup_enabled = True
        self.step = 0

    def __call__(self, x: Any, target: Any, ids: Any = None, epoch: int = 0) -> tuple[Any, Any]:
        """Mix a batch.

        Args:
            x: images, float or uint8 [N, C, H, W]; not changed.
            target: class indices, int [N], or dense targets, float [N, num_classes].
            ids: the samples' ids; with them ``epoch`` names the draws, without them the number of this call.
            epoch: other draws for the same ids.

        Returns:
            mixed images (float32 where they are normalised here, else of the same dtype) and dense targets, float32
            [N, num_classes].

        Raises:
            DataError: images and targets don't fit each other or ``num_classes``.
        """
        if getattr(x, "ndim", 0) != 4 or not hasattr(target, "ndim"):
            raise DataError(f"MixupFn needs tensors: images [N, C, H, W] and class indices [N] or dense targets [N, "
                            f"{self.num_classes}]; got {_shown(x)} and {_shown(target)}")
        drawn = self._draw(x, ids, epoch)
        lam = drawn.lam if self.mixup_enabled else np.ones(len(x))
        box = drawn.box if self.mixup_enabled else None
        if self.mean is not None:
            mixed = fuse(x, self.mean, self.std, drawn.partner, lam, box)
        else:
            mixed = mix(x, drawn.partner, lam.astype(np.float32), box) if self.mixup_enabled else x
        return mixed, self._targets(target, len(x), drawn)

    def _draw(self, x: Any, ids: Any, epoch: int) -> MixDraws:
        if ids is None:
            place, self.step = ("step", self.step), self.step + 1
        else:
            place = ("epoch", epoch)
        bound = Batch.of(np.zeros((len(x), 1)), ids=ids, modality="state").ids
        keys = Keys(self.seed, place[1], path=("image-mix/mixup-fn", place[0])).bind(bound)
        return draw_mix(keys, *x.shape[2:], mixup_alpha=self.mixup_alpha, cutmix_alpha=self.cutmix_alpha,
                        minmax=self.cutmix_minmax, prob=self.mix_prob, switch_prob=self.switch_prob, mode=self.mode,
                        correct_lam=self.correct_lam)

    def _targets(self, target: Any, count: int, drawn: MixDraws) -> Any:
        import torch

        if len(target) != count or (target.ndim == 2 and target.shape[1] != self.num_classes) or target.ndim > 2:
            raise DataError(f"MixupFn: {count} images came with targets of shape {tuple(target.shape)}; give class "
                            f"indices [N] or dense targets [N, {self.num_classes}]")
        if target.ndim == 1:
            if count and not 0 <= int(target.min()) <= int(target.max()) < self.num_classes:
                raise DataError(f"MixupFn: a class index lies outside of 0..{self.num_classes - 1}: raise num_classes")
            dense = torch.nn.functional.one_hot(target.long(), self.num_classes).float()
        else:
            dense = target.float()
        dense = (1.0 - self.label_smoothing) * dense + self.label_smoothing / self.num_classes
        if not self.mixup_enabled:
            return dense
        own = torch.from_numpy(drawn.weight.astype(np.float32)).to(dense.device)[:, None]
        return own * dense + (1.0 - own) * dense[torch.from_numpy(drawn.partner).to(dense.device)]

    def state_dict(self) -> dict[str, int]:
        """What a checkpoint needs to go on with new draws."""
        return {"seed": self.seed, "step": self.step}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on where :meth:`state_dict` was taken."""
        self.seed, self.step = int(state["seed"]), int(state["step"])


def _shown(value: Any) -> str:
    return f"a {type(value).__name__}" + (f" of shape {tuple(value.shape)}" if hasattr(value, "shape") else "")
