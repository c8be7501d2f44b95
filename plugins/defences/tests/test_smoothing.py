"""Smoothing against closed forms: certificates of linear models, and gradients that pass straight through."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from practicum_defences.input_smoothing import InputSmoothing
from practicum_defences.randomised_smoothing import ABSTAINS, RandomisedSmoothing
from scipy.stats import norm

from practicum import Batch, Keys
from practicum.errors import ConfigError
from practicum.model import capabilities
from practicum.testing.torch_toys import TorchToy
from practicum.testing.toys import AddNoise, Reverse
from practicum.testing.toys_models import SoftmaxRegression, blobs

W = np.array([[3.0, 4.0], [-3.0, -4.0]])  # |w| = 10 between the classes, so the distance is the margin / 10
LINEAR = TorchToy.linear(W)


@pytest.mark.parametrize("sigma", [0.1, 0.3, 1.0])
def test_certificates_of_a_linear_model_are_its_distance_whatever_the_noise(sigma: float) -> None:
    # Cohen et al., proposition 4: sigma * Phi^-1(p) is the distance itself
    x = np.outer(np.linspace(0.05, 1.2 * sigma, 8), [0.6, 0.8])
    exact = x @ np.array([0.6, 0.8])
    found = RandomisedSmoothing(base=LINEAR, sigma=sigma).certify(Batch.of(x), n=4000)
    assert (found.labels[found.labels != ABSTAINS] == 0).all()
    assert (found.radius <= exact).all()
    bound = norm.cdf(exact / sigma)
    slack = 4 * np.sqrt(bound * (1 - bound) / 4000) + 0.002  # what 4000 draws can tell, four standard errors
    assert (found.radius >= sigma * norm.ppf(np.clip(bound - 2 * slack, 0.5, 1))).all()


def test_a_sample_on_the_boundary_gets_no_certificate() -> None:
    found = RandomisedSmoothing(base=LINEAR, sigma=0.5).certify(Batch.of(np.zeros((3, 2))), n=500)
    assert found.labels.tolist() == [ABSTAINS] * 3
    assert found.radius.tolist() == [0.0] * 3
    assert found.certified_accuracy([0, 0, 0], [0.0]).tolist() == [0.0]


def test_certified_accuracy_counts_right_and_certified() -> None:
    model = RandomisedSmoothing(base=LINEAR, sigma=0.5)
    found = model.certify(Batch.of(np.array([[0.6, 0.8], [0.06, 0.08], [-0.6, -0.8]])), n=2000)
    near, far = found.certified_accuracy([0, 0, 0], [0.0, 0.5])
    assert near == pytest.approx(2 / 3)
    assert far == pytest.approx(1 / 3)


def test_smoothed_probabilities_are_the_gaussian_mean() -> None:
    # E softmax over noise, by quadrature on the one direction that matters
    x = Batch.of(np.array([[0.1, 0.05], [-0.2, 0.1]]))
    model = RandomisedSmoothing(base=LINEAR, sigma=0.3, draws=20_000)
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    lead = 2 * (np.asarray(x.data) @ W[0])
    expected = (1 / (1 + np.exp(-(lead[:, None] + 0.3 * 10 * nodes))) * weights).sum(axis=1) / np.sqrt(2 * np.pi)
    found = np.exp(np.asarray(model.predict(x).values))[:, 0]
    np.testing.assert_allclose(found, expected, atol=4 * 0.5 / np.sqrt(20_000))


def test_the_same_sample_gets_the_same_noise_in_any_batch() -> None:
    model, batch = RandomisedSmoothing(base=LINEAR, sigma=0.5, draws=4), blobs(6)
    whole = np.asarray(model.predict(batch).values)
    single = np.asarray(model.predict(batch.take(np.array([4]))).values)
    np.testing.assert_allclose(whole[4:5], single, atol=1e-12)


def test_capabilities_are_those_of_the_base() -> None:
    blind = SoftmaxRegression(epochs=2)
    for over in (RandomisedSmoothing(base=blind), InputSmoothing(base=blind, smooth=AddNoise())):
        assert capabilities(over) == ["training"]
    for over in (RandomisedSmoothing(base=LINEAR), InputSmoothing(base=LINEAR, smooth=AddNoise())):
        assert "gradient" in capabilities(over)


def test_votes_of_a_base_without_logits() -> None:
    base = SoftmaxRegression(epochs=30).fit([blobs(100)], Keys(0))
    model = RandomisedSmoothing(base=base, sigma=0.1, draws=8)
    values = np.asarray(model.predict(blobs(20)).values)
    np.testing.assert_allclose(values.sum(axis=1), 1.0)
    assert set(np.unique(values * 8).tolist()) <= set(range(9))


def test_the_gradient_passes_straight_through_the_smoothing() -> None:
    class Rounds(AddNoise):
        def apply(self, batch: Batch, keys: Keys) -> Batch:
            return batch.with_column("state", np.rint(np.asarray(batch.data)))

    model = InputSmoothing(base=LINEAR, smooth=Rounds())
    x = torch.tensor([[0.4, 0.7]], dtype=torch.float64, requires_grad=True)
    logits = model.logits(Batch.of(x.detach()).with_column("state", x))
    np.testing.assert_allclose(logits.detach(), [[4.0, -4.0]])  # the forward pass sees rounded inputs
    (slope,) = torch.autograd.grad(logits[0, 0], x)
    np.testing.assert_allclose(slope, [[3.0, 4.0]])
    np.testing.assert_allclose(model.predict(Batch.of(np.array([[0.4, 0.7]]))).values, [[4.0, -4.0]])


def test_the_straight_through_gradient_breaks_rounded_inputs_as_far_as_they_can_be_broken() -> None:
    # Rounding has no gradient anywhere and would look robust. It is monotone, so the worst corner of the ball is the
    # one against the weights' signs: found by trying all corners.
    class Rounds(AddNoise):
        def apply(self, batch: Batch, keys: Keys) -> Batch:
            return batch.with_column("state", np.rint(2 * np.asarray(batch.data)) / 2)

    model, rng, eps = InputSmoothing(base=LINEAR, smooth=Rounds()), np.random.default_rng(3), 0.3
    for point in rng.normal(size=(20, 2)):
        x = torch.tensor(point[None], requires_grad=True)
        batch = Batch.of(point[None])
        logits = model.logits(batch.with_column("state", x))
        (slope,) = torch.autograd.grad(logits[0, 0] - logits[0, 1], x)
        found = np.asarray(model.predict(Batch.of(point[None] - eps * np.sign(slope.numpy()))).values)
        corners = point + eps * np.array([[a, b] for a in (-1, 1) for b in (-1, 1)])
        every = np.asarray(model.predict(Batch.of(corners)).values)
        assert found[0, 0] - found[0, 1] == (every[:, 0] - every[:, 1]).min()


def test_draws_differ_repeat_and_are_averaged() -> None:
    x = Batch.of(np.zeros((3, 2)))
    smooth = AddNoise(std=1.0)
    one, two, other = (np.asarray(InputSmoothing(base=LINEAR, smooth=smooth, draws=d, seed=s).predict(x).values)
                       for d, s in ((1, 0), (2, 0), (1, 1)))
    second = 2 * two - one
    assert not np.allclose(one, second)  # the second draw isn't the first again
    assert not np.allclose(one, other)
    model = InputSmoothing(base=LINEAR, smooth=smooth, draws=2)
    np.testing.assert_allclose(model.logits(x).detach(), two, rtol=1e-6)
    many = np.asarray(InputSmoothing(base=LINEAR, smooth=smooth, draws=400).predict(x).values)
    assert np.abs(many).max() < 4 * 5.0 / np.sqrt(400)  # the mean of centred noise of deviation |w| = 5


def test_the_seed_draws_other_noise() -> None:
    x = Batch.of(np.full((2, 2), 0.05))
    first, again, other = (np.asarray(RandomisedSmoothing(base=LINEAR, sigma=0.5, draws=3, seed=s).predict(x).values)
                           for s in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, other)


def test_the_bound_is_the_one_sided_clopper_pearson_bound() -> None:
    # All n draws won: the bound is alpha^(1/n) exactly, and no radius can be larger.
    found = RandomisedSmoothing(base=LINEAR, sigma=0.1).certify(Batch.of(np.array([[30.0, 40.0]])), n=100, alpha=0.001)
    assert found.p[0] == pytest.approx(0.001 ** (1 / 100), rel=1e-12)
    assert found.radius[0] == pytest.approx(0.1 * norm.ppf(0.001 ** (1 / 100)), rel=1e-12)
    assert found.certified_accuracy([0], [found.radius[0], found.radius[0] * 1.001]).tolist() == [1.0, 0.0]


def test_votes_for_choosing_and_for_bounding_are_separate_draws() -> None:
    x = Batch.of(np.zeros((50, 2)))
    model = RandomisedSmoothing(base=LINEAR, sigma=0.5)
    assert not np.array_equal(model._votes(x, "choose", 20), model._votes(x, "bound", 20))
    # At a tie the chosen class wins half of the fresh draws; of those that chose it, it would win 0.59 of 20.
    assert model.certify(x, n0=20, n=20, alpha=0.5).p.mean() == pytest.approx(0.48, abs=0.05)


def test_a_transformation_that_cannot_smooth_is_refused() -> None:
    class Changes(Reverse):
        label_effect = "changes"  # type: ignore[assignment]  # what the test is about

    with pytest.raises(ConfigError, match="must preserve labels"):
        InputSmoothing(base=LINEAR, smooth=Changes())


def test_a_fit_with_noise_learns_from_noisy_inputs() -> None:
    seen: list[Any] = []

    class Watches(SoftmaxRegression):
        def fit(self, batches: Any, keys: Keys, tracker: Any = None, *, augment: Any = None, adversary: Any = None,
                checkpoint: Any = None) -> Any:
            seen.append(np.asarray(augment.run(batches[0], keys).data) - np.asarray(batches[0].data))
            return super().fit(batches, keys, tracker, augment=augment, adversary=adversary, checkpoint=checkpoint)

    RandomisedSmoothing(base=Watches(epochs=2), sigma=0.4).fit([blobs(2000)], Keys(0))
    assert seen[0].std() == pytest.approx(0.4, rel=0.05)
