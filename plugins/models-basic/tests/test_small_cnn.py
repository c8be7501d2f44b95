"""The small CNN learns digits, and what it learned is a function of keys and samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from practicum_models_basic.small_cnn import SmallCNN

import practicum as pm
from practicum.batch import Batch
from practicum.errors import ConfigError, DataError, TargetError, UsageError
from practicum.keys import Keys
from practicum.model import Differentiable, Trainable


@pytest.fixture(scope="module")
def fitted(digits: tuple[Batch, Batch]) -> SmallCNN:
    return SmallCNN().fit([digits[0]], Keys(0))


def test_digits_accuracy(fitted: SmallCNN, digits: tuple[Batch, Batch]) -> None:
    assert (fitted.predict(digits[1]).labels == digits[1].label).mean() >= 0.97


def test_is_trainable_and_differentiable(fitted: SmallCNN) -> None:
    assert isinstance(fitted, Trainable)
    assert isinstance(fitted, Differentiable)


def test_save_and_load_give_the_same_model(fitted: SmallCNN, digits: tuple[Batch, Batch], tmp_path: Path) -> None:
    fitted.save(tmp_path / "model")
    again = pm.load(tmp_path / "model")
    assert again == fitted
    assert again.fingerprint() == fitted.fingerprint()
    assert np.array_equal(again.predict(digits[1]).values, fitted.predict(digits[1]).values)


def test_prediction_does_not_depend_on_the_batch(fitted: SmallCNN, digits: tuple[Batch, Batch]) -> None:
    test = digits[1].take(np.arange(40))
    whole = fitted.predict(test).values
    for size in (1, 7, 40):
        parts = fitted.evolve(batch_size=size).predict(test).values
        assert np.allclose(parts, whole, rtol=0, atol=1e-5 * np.abs(whole).max())
    order = np.random.default_rng(1).permutation(40)
    assert np.allclose(fitted.predict(test.take(order)).values, whole[order], rtol=0, atol=1e-5 * np.abs(whole).max())


def test_training_does_not_depend_on_row_order_or_batches(digits: tuple[Batch, Batch]) -> None:
    data = digits[0].take(np.arange(200))
    model = SmallCNN(channels=(4,), epochs=2)
    first = model.fit([data], Keys(3))
    order = np.random.default_rng(0).permutation(200)
    shuffled = [data.take(order[:50]), data.take(order[50:])]
    assert model.fit(shuffled, Keys(3)).state_digest() == first.state_digest()
    assert model.fit([data], Keys(4)).state_digest() != first.state_digest()


def test_fit_leaves_global_generators_and_flags(digits: tuple[Batch, Batch]) -> None:
    before, strict = torch.get_rng_state(), torch.are_deterministic_algorithms_enabled()
    np_before = np.random.get_state()[1].copy()  # noqa: NPY002  # watching the legacy generator
    SmallCNN(channels=(4,), epochs=1).fit([digits[0].take(np.arange(64))], Keys(0))
    assert torch.equal(torch.get_rng_state(), before)
    assert (np.random.get_state()[1] == np_before).all()  # noqa: NPY002  # watching the legacy generator
    assert torch.are_deterministic_algorithms_enabled() == strict


def test_gradient_agrees_with_finite_differences(digits: tuple[Batch, Batch]) -> None:
    model = SmallCNN(channels=(4, 6), epochs=1).fit([digits[0].take(np.arange(100))], Keys(0))
    model = model.with_module(model.network.double())
    model._shape = (1, 10)
    x = digits[1].take(np.arange(3)).data.double()
    # Texture: equal neighbours tie in the max pool, where the score has a kink and no single gradient.
    x = (x + 0.01 * torch.rand(x.shape, generator=torch.Generator().manual_seed(0), dtype=x.dtype)).requires_grad_()
    weights = torch.linspace(-1, 1, 10, dtype=torch.float64)

    def value(images: torch.Tensor) -> torch.Tensor:
        return (model.logits(Batch.of(images)) * weights).sum()

    (gradient,) = torch.autograd.grad(value(x), x)
    rng, step = np.random.default_rng(0), 1e-6
    for _ in range(12):
        at = tuple(int(rng.integers(n)) for n in x.shape)
        delta = torch.zeros_like(x)
        delta[at] = step
        with torch.no_grad():
            numeric = (value(x + delta) - value(x - delta)) / (2 * step)
        assert float(gradient[at]) == pytest.approx(float(numeric), rel=1e-4, abs=1e-6)


def test_odd_sizes_uint8_and_ragged_images(fitted: SmallCNN) -> None:
    pixel = Batch.of(torch.zeros(2, 1, 1, 1))
    assert fitted.predict(pixel).values.shape == (2, 10)
    tall = torch.rand(2, 1, 5, 9, generator=torch.Generator().manual_seed(0))
    exact = fitted.predict(Batch.of((tall * 255).round() / 255)).values
    as_bytes = fitted.predict(Batch.of((tall * 255).round().to(torch.uint8))).values
    assert np.allclose(exact, as_bytes, atol=1e-4)
    ragged = [np.zeros((4, 6, 1), np.float32), np.ones((7, 5, 1), np.float32)]
    said = fitted.predict(Batch.of(ragged, modality="image")).values
    alone = fitted.predict(Batch.of(torch.ones(1, 1, 7, 5))).values
    assert np.allclose(said[1], alone[0], atol=1e-5)


def test_clear_errors(fitted: SmallCNN, digits: tuple[Batch, Batch]) -> None:
    with pytest.raises(UsageError, match="call fit"):
        SmallCNN().predict(digits[1])
    with pytest.raises(ConfigError, match="1 channels; these have 3"):
        fitted.predict(Batch.of(torch.zeros(1, 3, 8, 8)))
    with pytest.raises(TargetError, match="class labels"):
        SmallCNN().fit([Batch.of(torch.zeros(2, 1, 4, 4))], Keys(0))
    with pytest.raises(DataError, match="no samples"):
        SmallCNN().fit([], Keys(0))
    with pytest.raises(DataError, match="2 classes are named"):
        SmallCNN(classes=("a", "b")).fit([digits[0]], Keys(0))
    with pytest.raises(ConfigError, match="at least one filter"):
        SmallCNN(channels=(4, 0))


def test_class_names_come_from_the_target_and_warm_start_goes_on() -> None:
    data = Batch.of(torch.cat([torch.zeros(4, 1, 4, 4), torch.ones(4, 1, 4, 4)]),
                    targets={"label": ["dark"] * 4 + ["light"] * 4})
    cold = SmallCNN(channels=(2,), epochs=1).fit([data], Keys(0))
    assert cold.predict(data).classes == ("dark", "light")
    assert cold.fit([data], Keys(0)).state_digest() == cold.state_digest()
    warm = cold.evolve(warm_start=True).fit([data], Keys(0))
    assert warm.state_digest() != cold.state_digest()
