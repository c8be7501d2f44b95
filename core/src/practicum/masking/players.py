"""What the parts of an input are that can be present or absent: the players of a game."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag

from practicum.errors import ModalityError

if TYPE_CHECKING:
    import torch

Owners = npt.NDArray[np.int32]


class Players(BaseModel):
    """What is present or absent as one. The plain form in a recipe is ``{kind: grid, rows: 4, columns: 4}``, or the
    kind alone, as ``words``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    modalities: ClassVar[frozenset[str]]


class Parts(Players, ABC):
    """Players that are sets of numbers."""

    @abstractmethod
    def owners(self, x: torch.Tensor) -> Owners:
        """The player of each value, int32 of ``x``'s shape [N, ...], or [1, ...] where all samples' are alike."""


class Values(Parts):
    """Every value for itself: each feature of a state, each channel of each pixel or step."""

    modalities: ClassVar[frozenset[str]] = frozenset({"image", "series", "state"})

    kind: Literal["values"] = "values"

    def owners(self, x: torch.Tensor) -> Owners:
        return np.arange(int(np.prod(x.shape[1:])), dtype=np.int32).reshape(1, *x.shape[1:])


class Pixels(Parts):
    """Every pixel, with all of its channels."""

    modalities: ClassVar[frozenset[str]] = frozenset({"image"})

    kind: Literal["pixels"] = "pixels"

    def owners(self, x: torch.Tensor) -> Owners:
        channels, height, width = x.shape[1:]
        return _planes(np.arange(height * width, dtype=np.int32).reshape(height, width), channels)


class Grid(Parts):
    """Rectangular patches of an image, with all of its channels, as equal in size as the image allows.

    Args:
        rows, columns: patches down and across; no more than there are pixels.

    Example:
        >>> import torch
        >>> Grid(rows=2, columns=2).owners(torch.zeros(1, 1, 2, 3))[0, 0]
        array([[0, 0, 1],
               [2, 2, 3]], dtype=int32)
    """

    modalities: ClassVar[frozenset[str]] = frozenset({"image"})

    kind: Literal["grid"] = "grid"
    rows: int = Field(default=8, ge=1, description="patches down")
    columns: int = Field(default=8, ge=1, description="patches across")

    def owners(self, x: torch.Tensor) -> Owners:
        channels, height, width = x.shape[1:]
        down, across = (_split(n, min(k, n)) for n, k in ((height, self.rows), (width, self.columns)))
        return _planes(down[:, None] * min(self.columns, width) + across[None], channels)


class Superpixels(Parts):
    """Patches that follow the edges of an image: pixels gathered by colour and place, after Achanta et al., "SLIC
    Superpixels Compared to State-of-the-Art Superpixel Methods", DOI 10.1109/TPAMI.2012.120.

    Differs from the paper: colours are the channels as they are (not CIELAB), scaled to the image's own spread, and a
    patch may be in several pieces. Ten rounds, no random draws.

    Args:
        count: patches, at most (a grid of as many centres as fit).
        compactness: how much place counts against colour; large values give a grid.
    """

    modalities: ClassVar[frozenset[str]] = frozenset({"image"})

    kind: Literal["superpixels"] = "superpixels"
    count: int = Field(default=64, ge=1, description="patches, at most")
    compactness: float = Field(default=0.5, gt=0.0, description="weight of place against colour")

    def owners(self, x: torch.Tensor) -> Owners:
        from practicum.masking.slic import superpixels

        images = x.detach().cpu().double().numpy()
        maps = [superpixels(image, self.count, self.compactness) for image in images]
        shape = (0, *x.shape[2:]) if not maps else (len(maps), *x.shape[2:])
        stacked = np.array(maps, dtype=np.int32).reshape(shape)
        return np.repeat(stacked[:, None], x.shape[1], axis=1)


class Steps(Parts):
    """Stretches of a series: ``length`` time steps with all channels; the last one may be shorter.

    Args:
        length: steps in a stretch.
    """

    modalities: ClassVar[frozenset[str]] = frozenset({"series"})

    kind: Literal["steps"] = "steps"
    length: int = Field(default=1, ge=1, description="time steps in a stretch")

    def owners(self, x: torch.Tensor) -> Owners:
        steps, channels = x.shape[1:]
        stretch = (np.arange(steps) // self.length).astype(np.int32)
        return np.repeat(stretch[None, :, None], channels, axis=2)


class Words(Players):
    """The words of a text.

    Args:
        unit: ``word`` takes what white space separates; ``model`` what the model calls its units, tokens for example
            (of models with embeddings). When left out: ``model`` where absent words are hidden, else ``word``.
    """

    modalities: ClassVar[frozenset[str]] = frozenset({"text"})

    kind: Literal["words"] = "words"
    unit: Literal["word", "model"] | None = Field(default=None, description="white-space words, or the model's units")


class Fields(Players):
    """The fields of a record."""

    modalities: ClassVar[frozenset[str]] = frozenset({"record"})

    kind: Literal["fields"] = "fields"


class Nodes(Players):
    """The nodes of a graph, with all of their features; edges stay."""

    modalities: ClassVar[frozenset[str]] = frozenset({"graph"})

    kind: Literal["nodes"] = "nodes"


def _split(count: int, parts: int) -> Owners:
    """Which of ``parts`` nearly equal stretches each of ``count`` places lies in."""
    return (np.arange(count) * parts // max(count, 1)).astype(np.int32)


def _planes(plane: Owners, channels: int) -> Owners:
    return np.repeat(plane.astype(np.int32)[None, None], channels, axis=1)


def _named(value: Any) -> Any:
    return {"kind": value} if isinstance(value, str) else value


def _kind(value: Any) -> str:
    return str(value.get("kind", "") if isinstance(value, Mapping) else getattr(value, "kind", ""))


AnyPlayers = Annotated[
    Annotated[Values, Tag("values")] | Annotated[Pixels, Tag("pixels")] | Annotated[Grid, Tag("grid")]
    | Annotated[Superpixels, Tag("superpixels")] | Annotated[Steps, Tag("steps")] | Annotated[Words, Tag("words")]
    | Annotated[Fields, Tag("fields")] | Annotated[Nodes, Tag("nodes")], Discriminator(_kind), BeforeValidator(_named)]
"""A field that holds the players: the object, its plain form ``{kind: grid, rows: 4}``, or its kind alone."""


def default_players(modality: str, shape: tuple[int, ...] = (), most: int = 64) -> Players:
    """The players where nobody says: patches of an image, stretches of a series, every value of a state, the words of
    a text, the fields of a record, the nodes of a graph.

    Args:
        modality: of the column.
        shape: of one image or series.
        most: how many patches or stretches there should be at most.

    Raises:
        ModalityError: there are no players for the modality.

    Example:
        >>> default_players("image", (3, 32, 32), most=16)
        Grid(kind='grid', rows=4, columns=4)
        >>> default_players("series", (100, 2), most=16)
        Steps(kind='steps', length=7)
    """
    if modality == "image":
        side = max(1, int(np.sqrt(most)))
        return Grid(rows=side, columns=side)
    if modality == "series":
        return Steps(length=max(1, -(-shape[0] // most)))
    found: dict[str, Players] = {"state": Values(), "text": Words(), "record": Fields(), "graph": Nodes()}
    if modality not in found:
        raise ModalityError(f"a {modality} column has no players: parts can be absent of image, series, "
                            f"{', '.join(found)} columns; choose such a column with on=...")
    return found[modality]
