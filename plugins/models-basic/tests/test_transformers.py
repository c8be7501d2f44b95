"""The transformers adapter, on a tiny random BERT and a tiny random GPT-2 in checkpoint form."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from practicum_models_basic.transformers_model import TransformersClassifier

import practicum as pm
from practicum.batch import Batch
from practicum.errors import CapabilityError, ConfigError, RunError
from practicum.keys import Keys
from practicum.model import Differentiable, Embeddable, Trainable
from practicum.registry import default_registry
from practicum.spec import WeightSpec

TEXTS = ["a good film", "the plot was very very bad and not good", "film", "", "unknown wörds"]


def reference(directory: Path, text: str) -> np.ndarray:
    """Scores of one text by the library alone, without padding."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model, tokenizer = AutoModelForSequenceClassification.from_pretrained(directory), AutoTokenizer.from_pretrained(
        directory)
    with torch.no_grad():
        return model.eval()(**tokenizer(text, return_tensors="pt")).logits[0].numpy()


def test_weights_that_a_package_ships_are_found_by_name(bert: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("practicum_models_basic.shipped", lambda: bert, raising=False)
    spec = WeightSpec("tiny-bert", "practicum_models_basic:shipped")
    monkeypatch.setitem(default_registry().catalogue.weights, "tiny-bert", spec)
    named, direct = TransformersClassifier(checkpoint="tiny-bert"), TransformersClassifier(checkpoint=str(bert))
    batch = Batch.of(TEXTS)
    assert np.array_equal(named.predict(batch).values, direct.predict(batch).values)


def test_padding_changes_nothing(bert: Path) -> None:
    model = TransformersClassifier(checkpoint=str(bert))
    said = model.predict(Batch.of(TEXTS))
    assert said.classes == ("bad", "so-so", "good")
    for row, text in enumerate(TEXTS):
        assert np.allclose(said.values[row], reference(bert, text), atol=1e-4)
    for size in (1, 2):
        assert np.allclose(model.evolve(batch_size=size).predict(Batch.of(TEXTS)).values, said.values, atol=1e-4)
    assert model.predict(Batch.of([], modality="text")).values.shape == (0, 3)


def test_embeddings_give_the_same_scores_and_gradients(bert: Path) -> None:
    model = TransformersClassifier(checkpoint=str(bert))
    assert isinstance(model, Embeddable)
    assert not isinstance(model, Differentiable)  # a text has no gradient
    assert isinstance(model, Trainable)
    batch = Batch.of(TEXTS)
    tokens, ids, mask = model.units(batch)
    assert tokens[0] == ["[CLS]", "a", "good", "film", "[SEP]"]
    assert {"[CLS]", "[SEP]"} <= model.special_units
    assert not {"[UNK]", "[MASK]", "good"} & model.special_units
    e = model.embed(ids).detach().requires_grad_()
    scores = model.logits_from(e, mask)
    assert np.allclose(scores.detach().numpy(), model.predict(batch).values, atol=1e-4)
    weights = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    precise = model.copied()
    precise.network.double()
    d = e.detach().double().requires_grad_()
    (gradient,) = torch.autograd.grad((precise.logits_from(d, mask) * weights).sum(), d)
    assert bool((gradient[~mask] == 0).all())
    step = torch.zeros_like(d)
    step[1, 2, 3] = 1e-5
    with torch.no_grad():
        numeric = ((precise.logits_from(d + step, mask) - precise.logits_from(d - step, mask)) * weights).sum() / 2e-5
    assert float(gradient[1, 2, 3]) == pytest.approx(float(numeric), rel=1e-4, abs=1e-7)


def test_save_load_and_fit(bert: Path, tmp_path: Path) -> None:
    model = TransformersClassifier(checkpoint=str(bert), epochs=2, lr=1e-3)
    data = Batch.of(TEXTS[:3] * 4, targets={"label": [2, 0, 1] * 4})
    fitted = model.fit([data], Keys(0))
    assert fitted.state_digest() == model.fit([data], Keys(0)).state_digest() != model.state_digest()
    fitted.save(tmp_path / "m")
    assert (tmp_path / "m" / "model.safetensors").is_file()
    again = pm.load(tmp_path / "m")
    assert np.array_equal(again.predict(data).values, fitted.predict(data).values)
    assert again.state_digest() == fitted.state_digest()


def test_wrapping_live_objects(bert: Path) -> None:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline

    net, tokenizer = AutoModelForSequenceClassification.from_pretrained(bert), AutoTokenizer.from_pretrained(bert)
    expected = TransformersClassifier(checkpoint=str(bert)).predict(Batch.of(TEXTS)).values
    wrapped = pm.wrap(net, tokenizer=tokenizer)
    piped = pm.wrap(pipeline("text-classification", model=net, tokenizer=tokenizer))
    for model in (wrapped, piped):
        assert isinstance(model, TransformersClassifier)
        assert np.array_equal(model.predict(Batch.of(TEXTS)).values, expected)
        assert len(model.fingerprint()) == 16
        with pytest.raises(ConfigError, match="save_pretrained"):
            model.config()
    with pytest.raises(CapabilityError, match="give the tokenizer"):
        pm.wrap(net)
    with pytest.raises(CapabilityError, match="sequence classifiers, not a BertModel"):
        pm.wrap(net.bert, tokenizer=tokenizer)


def test_a_model_that_reads_the_last_token(bert: Path, tmp_path: Path) -> None:
    from transformers import AutoTokenizer, GPT2Config, GPT2ForSequenceClassification

    tokenizer = AutoTokenizer.from_pretrained(bert)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = GPT2ForSequenceClassification(GPT2Config(vocab_size=len(tokenizer), n_embd=16, n_layer=2, n_head=2,
                                                       n_positions=40, num_labels=3, pad_token_id=0))
    model = pm.wrap(net, tokenizer=tokenizer)
    assert isinstance(model, TransformersClassifier)
    whole = model.predict(Batch.of(TEXTS)).values
    for row, text in enumerate(TEXTS):
        assert np.allclose(model.predict(Batch.of([text])).values[0], whole[row], atol=1e-5)
    _, ids, mask = model.units(Batch.of(TEXTS))
    assert np.allclose(model.logits_from(model.embed(ids), mask).detach().numpy(), whole, atol=1e-5)


def test_clear_errors(bert: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import transformers

    def offline(*args: object, **kwargs: object) -> None:
        raise OSError("We couldn't connect to 'https://huggingface.co' to load the files")

    monkeypatch.setattr(transformers.AutoModelForSequenceClassification, "from_pretrained", offline)
    with pytest.raises(ConfigError, match="offline, download it first"):
        TransformersClassifier(checkpoint="someone/some-model").predict(Batch.of(["a"]))
    with pytest.raises(ConfigError, match="holds no model"):
        TransformersClassifier().predict(Batch.of(["a"]))
    with pytest.raises(RunError, match="no transformers checkpoint"):
        TransformersClassifier.load(tmp_path)
