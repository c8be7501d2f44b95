"""The text classifier: its formula by hand, its gradients, its training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from practicum_models_basic.ngrams import buckets_of, words_of
from practicum_models_basic.text_classifier import TextClassifier

import practicum as pm
from practicum.batch import Batch
from practicum.errors import ConfigError, DataError, UsageError
from practicum.keys import Keys
from practicum.model import Differentiable, Embeddable, Trainable


@pytest.fixture(scope="module")
def fitted(topics: tuple[Batch, Batch]) -> TextClassifier:
    return TextClassifier(buckets=2**13, dimension=16, epochs=6).fit([topics[0]], Keys(0))


def fnv(text: str, salt: int = 0) -> int:
    value = 2166136261 ^ salt
    for byte in b"".join(ord(c).to_bytes(4, "little") for c in text):
        value = ((value ^ byte) * 16777619) & 0xFFFFFFFF
    return value


def test_buckets_follow_the_definition() -> None:
    words = ["été", "a", "日本", "🙂"]
    bounds, found = buckets_of(words, 2, 3, 997)
    for number, word in enumerate(words):
        marked = f"<{word}>"
        expected = [fnv(marked, 0x9E3779B9) % 997]
        expected += [fnv(marked[i:i + n]) % 997 for n in (2, 3) for i in range(len(marked) - n + 1)]
        assert found[bounds[number]:bounds[number + 1]].tolist() == expected
    bounds, found = buckets_of(["a", "b"], 1, 0, 997)
    assert bounds.tolist() == [0, 1, 2]


def test_fnv_vector() -> None:
    # Published test vector of FNV-1a, 32 bits: "a" hashes to e40c292c; ours adds the code point's three zero bytes.
    value = 0xE40C292C
    for _ in range(3):
        value = value * 16777619 & 0xFFFFFFFF
    assert fnv("a") == value
    assert buckets_of(["a"], 1, 1, 2**31 - 1)[1][2] == value % (2**31 - 1)


def test_words() -> None:
    assert words_of("It's 3 été—日本 🙂!", lower=False) == ["It", "'", "s", "3", "été", "—", "日本", "🙂", "!"]
    assert words_of(" \n\t", lower=True) == []


def test_scores_by_hand(fitted: TextClassifier) -> None:
    text = "Open a socket, now"
    table = fitted.network.get_parameter("table.weight").detach().double()
    weight, bias = (fitted.network.get_parameter(f"head.{n}").detach().double() for n in ("weight", "bias"))
    means = []
    for word in ["open", "a", "socket", ",", "now"]:
        marked = f"<{word}>"
        rows = [fnv(marked, 0x9E3779B9)] + [fnv(marked[i:i + n]) for n in (3, 4, 5) for i in range(len(marked) - n + 1)]
        means.append(table[[r % 2**13 for r in rows]].mean(0))
    expected = weight @ torch.stack(means).mean(0) + bias
    assert np.allclose(fitted.predict(Batch.of([text])).values[0], expected.numpy(), atol=1e-5)
    assert np.allclose(fitted.predict(Batch.of([""])).values[0], bias.numpy(), atol=1e-6)


def test_learns_topics(fitted: TextClassifier, topics: tuple[Batch, Batch]) -> None:
    accuracy = (fitted.predict(topics[1]).labels == topics[1].label).mean()
    majority = np.bincount(topics[1].label).max() / len(topics[1])
    assert accuracy > 0.8 > majority
    assert fitted.predict(topics[1]).classes == ("socket", "statistics", "tarfile")


def test_embedding_path_gives_the_same_scores(fitted: TextClassifier, topics: tuple[Batch, Batch]) -> None:
    assert isinstance(fitted, Embeddable)
    assert not isinstance(fitted, Differentiable)  # a text has no gradient
    assert isinstance(fitted, Trainable)
    some = Batch.of(["", *topics[1].to_list()[:9], "ünknown wörds 🙂"])
    texts, ids, mask = fitted.units(some)
    assert [len(t) for t in texts] == mask.sum(1).tolist()
    assert bool((ids[~mask] == 0).all())
    scores = fitted.logits_from(fitted.embed(ids), mask)
    assert np.allclose(scores.detach().numpy(), fitted.predict(some).values, atol=1e-5)
    same = fitted.units(Batch.of([texts[1][0]]))[1][0, 0]
    assert int(same) == int(ids[1, 0])


def test_a_masked_word_takes_no_part(fitted: TextClassifier) -> None:
    _, ids, mask = fitted.units(Batch.of(["open the socket"]))
    without = mask.clone()
    without[0, 1] = False
    expected = fitted.predict(Batch.of(["open socket"])).values
    assert np.allclose(fitted.logits_from(fitted.embed(ids), without).detach().numpy(), expected, atol=1e-6)


def test_gradient_agrees_with_finite_differences(fitted: TextClassifier) -> None:
    _, ids, mask = fitted.units(Batch.of(["open a file", "mean of data points"]))
    model = fitted.copied()
    model.network.double()
    e = model.embed(ids).detach().requires_grad_()
    assert torch.autograd.gradcheck(lambda v: model.logits_from(v, mask), (e,))


def test_prediction_does_not_depend_on_the_batch(fitted: TextClassifier, topics: tuple[Batch, Batch]) -> None:
    test = topics[1].take(np.arange(30))
    whole = fitted.predict(test).values
    for size in (1, 7):
        assert np.allclose(fitted.evolve(batch_size=size).predict(test).values, whole, atol=1e-5)


def test_save_and_load(fitted: TextClassifier, topics: tuple[Batch, Batch], tmp_path: Path) -> None:
    fitted.save(tmp_path / "m")
    again = pm.load(tmp_path / "m")
    assert again == fitted
    assert np.array_equal(again.predict(topics[1]).values, fitted.predict(topics[1]).values)


def test_fit_is_a_function_of_keys_and_samples(topics: tuple[Batch, Batch]) -> None:
    data = topics[0].take(np.arange(120))
    model = TextClassifier(buckets=512, dimension=4, epochs=2)
    order = np.random.default_rng(0).permutation(120)
    assert model.fit([data.take(order)], Keys(1)).state_digest() == model.fit([data], Keys(1)).state_digest()
    assert model.fit([data], Keys(2)).state_digest() != model.fit([data], Keys(1)).state_digest()


def test_clear_errors(fitted: TextClassifier) -> None:
    with pytest.raises(UsageError, match="call fit"):
        TextClassifier().predict(Batch.of(["a"]))
    with pytest.raises(DataError, match="never given out"):
        fitted.embed(torch.tensor([[10**6]]))
    with pytest.raises(ConfigError, match="shortest, longest"):
        TextClassifier(ngrams=(4, 3))
