"""A collate function that turns samples into a mixed training batch."""

from __future__ import annotations

from collections.abc import Mapping
from operator import index
from typing import Any

import numpy as np

from practicum import Batch, MixedLabel, SoftLabel, Transformation, build
from practicum.errors import ConfigError, DataError


def collate(technique: Transformation | Mapping[str, Any] | str | None = None, *, num_classes: int | None = None,
            seed: int = 0, epoch: Any = 0, **fields: Any) -> MixCollate:
    """A ``collate_fn`` for a DataLoader over ``practicum.indexed(dataset)``: stacks, mixes, and makes dense labels.

    Args:
        technique: what is applied: a technique, its configuration or its name;
            :class:`practicum_image_mix.trainmix.TrainMix` with ``fields`` when left out.
        num_classes: columns of the labels; without it labels come as a tuple of tensors.
        seed, epoch: of the draws; ``epoch`` may be a ``multiprocessing.Value``-like object with a ``value``, which
            worker processes then follow.
        fields: configuration of :class:`~practicum_image_mix.trainmix.TrainMix`.

    Example:
        >>> import torch, practicum as pm
        >>> data = pm.indexed([(torch.full((3, 8, 8), 50 * i, dtype=torch.uint8), i) for i in range(4)])
        >>> loader = torch.utils.data.DataLoader(data, batch_size=4, collate_fn=collate(num_classes=4, re_prob=0.0))
        >>> x, target = next(iter(loader))
        >>> x.dtype, x.shape, target.shape
        (torch.float32, torch.Size([4, 3, 8, 8]), torch.Size([4, 4]))
    """
    if technique is None:
        from practicum_image_mix.trainmix import TrainMix

        made: Any = TrainMix(**fields)
    elif fields:
        raise ConfigError(f"collate: give a technique or the fields of train-mix ({', '.join(fields)}), not both")
    else:
        made = build(technique)
    return MixCollate(made, num_classes, seed, epoch)


class MixCollate:
    """See :func:`collate`; picklable, so that worker processes can hold it.

    Args:
        technique: applied to the batch.
        num_classes: columns of the labels, or ``None``.
        seed, epoch: of the draws.
    """

    def __init__(self, technique: Transformation, num_classes: int | None = None, seed: int = 0,
                 epoch: Any = 0) -> None:
        self.technique, self.num_classes, self.seed, self.epoch = technique, num_classes, seed, epoch

    def __call__(self, samples: list[Any]) -> tuple[Any, Any]:
        """Collate.

        Args:
            samples: ``(id, (image, class))`` from :func:`practicum.indexed`; images are tensors [C, H, W], or arrays
                [H, W, C] of one size.

        Returns:
            images [N, C, H, W], and labels: float32 [N, num_classes]; or, without ``num_classes``, the class indices
            and weights of the mixture, ``(a, b, lam)`` or, where a label has more parts or is smoothed,
            ``(classes [N, K], weights [N, K])``.

        Raises:
            DataError: samples come without ids or classes, or differ in size.
        """
        import torch

        if not samples or not all(isinstance(s, tuple) and len(s) == 2 and isinstance(s[1], (tuple, list))
                                  and len(s[1]) >= 2 for s in samples):
            raise DataError("collate needs (id, (image, class)) samples: wrap a dataset of (image, class) pairs with "
                            "practicum.indexed(dataset)")
        images = [image if isinstance(image, torch.Tensor) else _channels_first(image) for _, (image, *_) in samples]
        if len({tuple(image.shape) for image in images}) > 1:
            shapes = sorted({tuple(image.shape) for image in images})
            raise DataError(f"collate got images of {len(shapes)} shapes, {shapes[0]} and {shapes[-1]} among them: "
                            "crop or resize them to one")
        batch = Batch.of(torch.stack(images), ids=[i for i, _ in samples], modality="image",
                         targets={"label": np.array([_class(item[1], i) for i, item in samples], dtype=np.int64)})
        out = self.technique(batch, self.seed, epoch=int(getattr(self.epoch, "value", self.epoch)))
        return out.data, self._labels(out.targets["label"].softened().data)

    def _labels(self, soft: SoftLabel | MixedLabel) -> Any:
        import torch

        if self.num_classes is not None:
            return torch.from_numpy(soft.dense(self.num_classes))
        parts = ((soft.a, soft.b, soft.lam) if isinstance(soft, SoftLabel) else (soft.classes, soft.weights))
        return tuple(torch.from_numpy(np.ascontiguousarray(part)) for part in parts)


def _class(value: Any, sample: Any) -> int:
    try:
        return index(value)
    except TypeError:
        raise DataError(f"collate: the label {value!r} of sample {sample!r} is no class index: give whole "
                        "numbers from 0") from None


def _channels_first(image: Any) -> Any:
    import torch

    array = np.asarray(image)
    return torch.from_numpy(np.ascontiguousarray(array.transpose(2, 0, 1) if array.ndim == 3 else array[None]))
