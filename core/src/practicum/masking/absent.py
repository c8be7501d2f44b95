"""What "absent" means: the objects that say what stands where a part of an input has been taken away."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, PrivateAttr, Tag, model_validator

from practicum.errors import ConfigError, DataError

if TYPE_CHECKING:
    import torch

    from practicum.batch import Batch


class Absent(BaseModel):
    """What is there instead of an absent part. The plain form in a recipe is ``{kind: constant, value: 0.5}``, or the
    kind alone, as ``mean``."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    modalities: ClassVar[frozenset[str]]

    def unnamed(self) -> tuple[str, str]:
        """What it holds that plain data can't name, and how to name it; empty texts for nothing."""
        return "", ""

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and isinstance(other, Absent) and self.model_dump() == other.model_dump()

    def __hash__(self) -> int:
        return hash((type(self), self.model_dump_json()))


class Filled(Absent, ABC):
    """An absence of numbers: other numbers stand there."""

    @abstractmethod
    def fill(self, x: torch.Tensor, free: torch.Tensor | None, modality: str) -> torch.Tensor:
        """The values that stand for absent ones.

        Args:
            x: image [N, C, H, W], series [N, T, C], state [N, ...].
            free: bool, of ``x``'s shape: values that were observed; ``None`` when all were.
            modality: which of these it is.

        Returns:
            of ``x``'s shape and dtype.
        """


_CHANNEL = {"image": 1, "series": 2, "graph": 1}


def _cast(values: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    if not x.dtype.is_floating_point:
        values = values.round()
    return values.to(x.dtype).expand_as(x)


class Constant(Filled):
    """One value, or one for each channel (image, series), field (state) or feature (node of a graph).

    Example:
        >>> import torch
        >>> Constant(value=0.5).fill(torch.ones(1, 2), None, "state")
        tensor([[0.5000, 0.5000]])
    """

    modalities: ClassVar[frozenset[str]] = frozenset({"image", "series", "state", "graph"})

    kind: Literal["constant"] = "constant"
    value: float | tuple[float, ...] = Field(default=0.0, description="one value, or one for each channel or field")

    def fill(self, x: torch.Tensor, free: torch.Tensor | None, modality: str) -> torch.Tensor:
        import torch

        values = torch.as_tensor(self.value, dtype=torch.float64, device=x.device)
        if values.ndim:
            axis = _CHANNEL.get(modality, 1)
            if x.shape[axis] != len(values):
                raise DataError(f"absent constant has {len(values)} values, but the {modality} has {x.shape[axis]} "
                                "channels or fields: give one value, or one for each")
            values = values.reshape(*[1] * axis, -1, *[1] * (x.ndim - axis - 1))
        return _cast(values, x)


class Mean(Filled):
    """The mean of the sample itself, for each of its channels (of a graph: of each feature over its nodes)."""

    modalities: ClassVar[frozenset[str]] = frozenset({"image", "series", "graph"})

    kind: Literal["mean"] = "mean"

    def fill(self, x: torch.Tensor, free: torch.Tensor | None, modality: str) -> torch.Tensor:
        import torch

        axes = {"image": (2, 3), "series": (1,), "graph": (0,)}[modality]
        values = x.double()
        if free is None:
            return _cast(values.mean(dim=axes, keepdim=True), x)
        total = torch.where(free, values, 0.0).sum(dim=axes, keepdim=True)
        return _cast(total / free.sum(dim=axes, keepdim=True).clamp(min=1), x)


class Blur(Filled):
    """The image blurred by a Gaussian (mirrored at its edges): its colours stay, its details go.

    Args:
        sigma: standard deviation in pixels.
    """

    modalities: ClassVar[frozenset[str]] = frozenset({"image"})

    kind: Literal["blur"] = "blur"
    sigma: float = Field(default=8.0, gt=0.0, description="standard deviation in pixels")

    def fill(self, x: torch.Tensor, free: torch.Tensor | None, modality: str) -> torch.Tensor:
        import torch

        values = x.double()
        for axis in (2, 3):
            size = x.shape[axis]
            place = torch.arange(size, device=x.device)
            radius = int(np.ceil(4 * self.sigma))
            offsets = torch.arange(-radius, radius + 1, device=x.device)
            weight = torch.exp(-0.5 * (offsets.double() / self.sigma) ** 2)
            seen = (place[:, None] + offsets) % (2 * size)
            seen = torch.minimum(seen, 2 * size - 1 - seen)
            matrix = torch.zeros(size, size, dtype=torch.float64, device=x.device)
            matrix.scatter_add_(1, seen, (weight / weight.sum()).expand(size, -1))
            values = torch.tensordot(values, matrix, dims=([axis], [1])).movedim(-1, axis)
        return _cast(values, x)


class Background(Absent):
    """The values of other samples, a row of a reference set each; scores are averaged over its rows. These are the
    interventional Shapley values of Janzing, Minorics and Blöbaum, arXiv:1910.13413, where players' values are
    replaced together, whatever the model's inputs have to do with each other.

    Args:
        rows: how many rows of the reference set are used, those with the smallest hashes of their ids.
        data: a data source, as ``{use: sklearn/digits}``, read when first needed; or give a batch to :meth:`of`.
        digest: of the batch that was given; filled in.

    Example:
        >>> import numpy as np
        >>> from practicum import Batch
        >>> held = Background.of(Batch.of(np.zeros((3, 2))), rows=2)
        >>> len(held.batch), held.data
        (2, None)
    """

    modalities: ClassVar[frozenset[str]] = frozenset({"image", "series", "state", "record"})

    kind: Literal["background"] = "background"
    rows: int = Field(default=16, ge=1, description="rows of the reference set that scores are averaged over")
    data: Mapping[str, Any] | None = Field(default=None, description="a data source, as {use: sklearn/digits}")
    digest: str = Field(default="", description="of the batch held, filled in")
    _held: Any = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _has_data(self) -> Self:
        if self.data is None and not self.digest:
            raise ConfigError("an absent background needs reference data: Background.of(batch), or "
                              "{kind: background, data: {use: SOURCE}}")
        if self.data is not None and not isinstance(self.data.get("use"), str):
            raise ConfigError(f"an absent background's data is written {{use: SOURCE, option: value}}, got {self.data}")
        return self

    @classmethod
    def of(cls, batch: Batch, rows: int = 16) -> Background:
        """The background of a batch's samples."""
        held = _chosen(batch, rows)
        facts = hashlib.blake2b(digest_size=8)
        for piece in held.to_arrow().to_batches():
            for column in piece.columns:
                for buffer in column.buffers():
                    facts.update(b"" if buffer is None else memoryview(buffer))
        made = cls(rows=rows, digest=facts.hexdigest())
        made._held = held
        return made

    @property
    def batch(self) -> Batch:
        """Its rows.

        Raises:
            DataError: it was read from a plain form, which can't hold the batch it was made of.
        """
        if self._held is None:
            if self.data is None:
                raise DataError(f"the absent background {self.digest} was made of a batch, which its plain form "
                                "doesn't hold: make it anew with Background.of(batch), or name a source with "
                                "data={use: ...}")
            from practicum.data.load import load_data

            options = {k: v for k, v in self.data.items() if k != "use"}
            loaded: Any = load_data(self.data["use"], **options)
            self._held = _chosen(getattr(loaded, "train", loaded), self.rows)
        held: Batch = self._held
        return held

    def unnamed(self) -> tuple[str, str]:
        if self.data is not None:
            return "", ""
        return "background batch", "name its source instead, as Background(data={'use': 'sklearn/digits'})"


def _chosen(batch: Batch, rows: int) -> Batch:
    if not len(batch):
        raise DataError("an absent background needs at least one sample; the batch has none")
    return batch.take(np.sort(np.argsort(batch.ids.hashes, kind="stable")[:rows]))


class Token(Absent):
    """Another text in place of a word, ``[UNK]`` or ``[MASK]``; with ``text=""`` the word is left out.

    Args:
        text: what stands in the word's place.
    """

    modalities: ClassVar[frozenset[str]] = frozenset({"text"})

    kind: Literal["token"] = "token"
    text: str = Field(default="[UNK]", description="what stands in a word's place; empty leaves the word out")


class Hidden(Absent):
    """The model doesn't see the word or token: its position is false in the mask that ``logits_from`` is given, so the
    ids of the others reach the model unchanged. For text and models with embeddings. What a model lists in an attribute
    ``special_units``, as ``[CLS]``, always stays."""

    modalities: ClassVar[frozenset[str]] = frozenset({"text"})

    kind: Literal["hidden"] = "hidden"


class Missing(Absent):
    """Nothing: the field of a record is null."""

    modalities: ClassVar[frozenset[str]] = frozenset({"record"})

    kind: Literal["missing"] = "missing"


def _named(value: Any) -> Any:
    return {"kind": value} if isinstance(value, str) else value


def _kind(value: Any) -> str:
    return str(value.get("kind", "") if isinstance(value, Mapping) else getattr(value, "kind", ""))


AnyAbsent = Annotated[
    Annotated[Constant, Tag("constant")] | Annotated[Mean, Tag("mean")] | Annotated[Blur, Tag("blur")]
    | Annotated[Background, Tag("background")] | Annotated[Token, Tag("token")] | Annotated[Hidden, Tag("hidden")]
    | Annotated[Missing, Tag("missing")], Discriminator(_kind), BeforeValidator(_named)]
"""A field that holds what absent means: the object, its plain form ``{kind: blur, sigma: 4}``, or its kind alone."""


def default_absent(modality: str, *, embeddable: bool = False) -> Absent:
    """What absent means where nobody says: image and series the sample's mean, state and graph zero, record missing;
    text hidden where the model has embeddings, else left out.

    Example:
        >>> default_absent("image").kind, default_absent("text", embeddable=True).kind
        ('mean', 'hidden')
    """
    if modality == "text":
        return Hidden() if embeddable else Token(text="")
    found: dict[str, Absent] = {"image": Mean(), "series": Mean(), "record": Missing()}
    return found.get(modality, Constant())
