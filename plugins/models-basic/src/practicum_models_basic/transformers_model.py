"""Any transformers sequence-classification checkpoint as a model."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from pydantic import Field, PrivateAttr

from practicum.batch import Batch
from practicum.errors import CapabilityError, ConfigError, RunError
from practicum.guard import untouched
from practicum.keys import Keys
from practicum.model import Predictions
from practicum.registry import default_registry
from practicum_models_basic.seeding import contained
from practicum_models_basic.tensors import scores_of
from practicum_models_basic.torch_model import TorchModel, read_config, write_config
from practicum_models_basic.weights import digest


class TransformersClassifier(TorchModel):
    """A sequence classifier of the transformers library, by hub id or local path, or around live objects.

    Texts are tokenized by the checkpoint's own tokenizer, cut at ``max_length`` tokens, and padded per chunk under an
    attention mask. Decoder-only models, which read the last token, run without padding. Units are tokens; gradients
    are those of the input embeddings. Code shipped with a checkpoint is never run.

    Wrap live objects with ``practicum.wrap(model, tokenizer=tokenizer)``, or a text-classification pipeline.

    Raises:
        ConfigError: there is no such checkpoint, or it is not in the local cache while offline.
        CapabilityError: the checkpoint is no sequence classifier.

    Example:
        >>> TransformersClassifier(checkpoint="distilbert-base-uncased-finetuned-sst-2-english").max_length
        512
    """

    name: ClassVar[str] = "models-basic/transformers"
    modalities: ClassVar[frozenset[str]] = frozenset({"text"})

    checkpoint: str | None = Field(default=None, description="hub id, local directory, or name of weights that an "
                                   "installed package ships; null for wrapped objects")
    revision: str | None = Field(default=None, description="branch, tag or commit of a hub checkpoint")
    max_length: int = Field(default=512, ge=1, description="tokens kept of a text, special tokens included")
    batch_size: int = Field(default=32, ge=1, description="texts predicted at a time")
    epochs: int = Field(default=3, ge=1, description="passes over the training data")
    lr: float = Field(default=5e-5, gt=0, description="peak learning rate of AdamW")
    batch_size_train: int = Field(default=16, ge=1, description="texts in a training step")
    _tokenizer: Any = PrivateAttr(default=None)
    _safe: bool | None = PrivateAttr(default=None)

    @classmethod
    def wrap(cls, obj: Any, *, tokenizer: Any = None, **fields: Any) -> Self:
        """A model around a ``PreTrainedModel`` and its tokenizer, or around a text-classification pipeline.

        Raises:
            CapabilityError: no tokenizer was given, or the model is no sequence classifier.
        """
        made = cls(**fields)
        model = obj
        if hasattr(obj, "tokenizer") and hasattr(obj, "model"):
            model, tokenizer = obj.model, tokenizer or obj.tokenizer
        if tokenizer is None:
            raise CapabilityError(f"{cls.name}: give the tokenizer too: practicum.wrap(model, tokenizer=tokenizer)")
        _refuse_others(model, cls.name)
        made._module = model if made.device is None else model.to(made.device)
        made._tokenizer = tokenizer
        return made

    @property
    def network(self) -> torch.nn.Module:
        if self._module is None:
            self._open()
        return super().network

    @property
    def tokenizer(self) -> Any:
        """The checkpoint's tokenizer."""
        if self._tokenizer is None:
            self._open()
        return self._tokenizer

    def _open(self) -> None:
        if self.checkpoint is None:
            raise ConfigError(f"{self.name} holds no model: give checkpoint, a hub id or a directory, or wrap one with "
                              "practicum.wrap(model, tokenizer=tokenizer)")
        registry = default_registry()
        shipped = self.checkpoint in registry.catalogue.weights
        source = str(registry.weights(self.checkpoint)) if shipped else self.checkpoint
        self._module, self._tokenizer = self._read(source, self.revision)

    def _read(self, source: str, revision: str | None) -> tuple[torch.nn.Module, Any]:
        from transformers import AutoModelForSequenceClassification, AutoTokenizer

        local = Path(source).expanduser()
        where = str(local) if local.is_dir() else source
        how: dict[str, Any] = {"revision": revision or "main", "trust_remote_code": False}
        names = {"id2label": dict(enumerate(self.classes)), "label2id": {c: i for i, c in enumerate(self.classes)}}
        try:
            # A checkpoint without a classification head gets a fresh one, drawn from torch's global generator.
            with contained(Keys(0, path=(self.name, "head")), None):
                model = AutoModelForSequenceClassification.from_pretrained(
                    where, **how, **(names if self.classes else {}))
            tokenizer = AutoTokenizer.from_pretrained(where, **how)
        except OSError as error:
            raise ConfigError(f"{self.name}: the checkpoint {source!r} is no local directory with a model, and it "
                              f"could not be had from the hub ({' '.join(str(error).split())[:200]}): check the name; "
                              "offline, download it first (hf download) or give the path of a directory that "
                              "save_pretrained wrote") from error
        except ValueError as error:
            raise CapabilityError(f"{self.name}: the checkpoint {source!r} can't be used for sequence classification "
                                  f"({' '.join(str(error).split())[:200]})") from error
        _refuse_others(model, self.name)
        return (model if self.device is None else model.to(self.device)), tokenizer

    def predict(self, batch: Batch) -> Predictions:
        """Scores [N, C]; class names are the checkpoint's unless ``classes`` gives others."""
        said = super().predict(batch)
        config: Any = self.network.config
        found = tuple(str(config.id2label[i]) for i in range(config.num_labels))
        values = said.values if len(batch) else np.zeros((0, config.num_labels), np.float32)
        return Predictions(self.task, said.ids, values, self.classes or found)

    def _encoded(self, batch: Batch) -> list[list[int]]:
        column = batch.column_name(self.on, self.modalities)
        texts = batch.to_list(column)
        if not texts:
            return []
        found: list[list[int]] = self.tokenizer(texts, truncation=True, max_length=self.max_length)["input_ids"]
        return found

    def _padded(self, rows: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
        """Token ids and mask [N, L], padded on the right."""
        pad = self.tokenizer.pad_token_id
        length = max((len(r) for r in rows), default=0)
        ids = torch.full((len(rows), length), pad if pad is not None else 0, dtype=torch.int64)
        mask = torch.zeros((len(rows), length), dtype=torch.bool)
        for number, row in enumerate(rows):
            ids[number, :len(row)] = torch.tensor(row, dtype=torch.int64)
            mask[number, :len(row)] = True
        return ids, mask

    def forward(self, batch: Batch) -> torch.Tensor:
        net, rows = self.network, self._encoded(batch)
        device = next(net.parameters()).device
        together = self.tokenizer.pad_token_id is not None and getattr(net.config, "pad_token_id", None) is not None
        parts = [rows] if together else [[row] for row in rows]
        scores = []
        for part in parts:
            ids, mask = self._padded(part)
            output = net(input_ids=ids.to(device), attention_mask=mask.to(device, torch.int64))
            scores.append(scores_of(output, len(part), self.name))
        return torch.cat(scores)

    def units(self, batch: Batch) -> tuple[list[list[str]], torch.Tensor, torch.Tensor]:
        """Tokens of each text (special ones included), their ids int64 [N, L], and a mask bool [N, L]."""
        rows = self._encoded(batch)
        ids, mask = self._padded(rows)
        return [self.tokenizer.convert_ids_to_tokens(row) for row in rows], ids, mask

    @property
    def special_units(self) -> frozenset[str]:
        """Tokens that stand for no piece of the text, as ``[CLS]``: explanations never take them away."""
        named = {self.tokenizer.unk_token, self.tokenizer.mask_token}
        return frozenset(token for token in self.tokenizer.all_special_tokens if token not in named)

    def embed(self, units: torch.Tensor) -> torch.Tensor:
        """Rows of the input embedding table [N, L, D], before positions are added."""
        net: Any = self.network
        table = net.get_input_embeddings()
        found: torch.Tensor = table(units.to(table.weight.device))
        return found

    def logits_from(self, embeddings: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Scores [N, C] from token embeddings [N, L, D]; tokens with a false mask get no attention and are zeroed.

        Raises:
            CapabilityError: the architecture takes no embeddings as input.
        """
        net = self.network
        mask = mask.to(embeddings.device)
        # Attention alone would leave a masked [CLS], whose own position is read, in play.
        embeddings = embeddings * mask[:, :, None].to(embeddings)
        try:
            with untouched([net]):
                if self._pads:
                    parts = [(embeddings, mask)]
                else:
                    ends = [int(m.nonzero().max()) + 1 if m.any() else 1 for m in mask]
                    parts = [(e[None, :end], m[None, :end]) for e, m, end in zip(embeddings, mask, ends, strict=True)]
                scores = [scores_of(net(inputs_embeds=e, attention_mask=m.to(torch.int64)), len(e), self.name)
                          for e, m in parts]
        except NotImplementedError as error:
            raise CapabilityError(f"{self.name}: {type(net).__name__} takes no embeddings as input, so there are no "
                                  "gradients on them: use a technique that needs scores only") from error
        return torch.cat(scores)

    @property
    def _pads(self) -> bool:
        """Whether padding under the mask leaves the scores as they are: false for models that read the last token."""
        if self._safe is None:
            net: Any = self.network
            size = net.get_input_embeddings().weight.shape[1]
            source = torch.Generator().manual_seed(0)
            probe = torch.randn((1, 3, size), generator=source).to(next(net.parameters()))
            mask = torch.tensor([[1, 1, 0]], device=probe.device)
            with torch.no_grad():
                padded = net(inputs_embeds=probe, attention_mask=mask).logits
                plain = net(inputs_embeds=probe[:, :2], attention_mask=mask[:, :2]).logits
            self._safe = bool(torch.allclose(padded.float(), plain.float(), rtol=1e-3, atol=1e-4))
        return self._safe

    def trainee(self, batches: Sequence[Batch], keys: Keys) -> Self:
        return self.copied()

    def unnamed(self) -> tuple[str, str]:
        mend = "save_pretrained(directory) it with its tokenizer, and give checkpoint=directory"
        return ("", "") if self.checkpoint is not None else (type(self._module).__name__, mend)

    def state_digest(self) -> str:
        if self._module is None and self.checkpoint is None:
            return ""
        vocabulary = repr(sorted(self.tokenizer.get_vocab().items())).encode()
        return digest(self.network, hashlib.blake2b(vocabulary, digest_size=8).hexdigest())

    def save(self, directory: Path) -> None:
        """Write the checkpoint (safetensors), the tokenizer and technique.json."""
        directory = Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        net: Any = self.network
        net.save_pretrained(directory)
        self.tokenizer.save_pretrained(directory)
        write_config(directory, {"use": self.name, **self.model_dump(mode="json")})

    @classmethod
    def load(cls, directory: Path) -> Self:
        """Read back :meth:`save`; nothing is downloaded.

        Raises:
            RunError: the directory holds no checkpoint.
        """
        directory = Path(directory)
        if not (directory / "config.json").is_file():
            raise RunError(f"{directory} holds no transformers checkpoint (config.json is missing)")
        made = cls(**read_config(directory))
        made._module, made._tokenizer = made._read(str(directory), None)
        return made


def _refuse_others(model: Any, name: str) -> None:
    if not hasattr(model, "get_input_embeddings") or "SequenceClassification" not in type(model).__name__:
        raise CapabilityError(f"{name} takes sequence classifiers, not a {type(model).__name__}: load it with "
                              "AutoModelForSequenceClassification")
    if model.config.num_labels < 2:
        raise CapabilityError(f"{name} takes classifiers; this {type(model).__name__} has one output (regression)")
