"""Looking at a model leaves no trace, and what was asked of it is counted; environments are gymnasium's."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from pydantic import Field

from practicum.attack import Attack, Budget
from practicum.batch import Batch
from practicum.environment import Environment, register_with_gymnasium
from practicum.errors import CapabilityError
from practicum.guard import untouched
from practicum.keys import Keys
from practicum.ledger import CountingModel
from practicum.model import Model, Predictions, capabilities
from practicum.testing import check
from practicum.testing.torch_toys import BagOfWords


def network() -> torch.nn.Sequential:
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Dropout(0.5),
                              torch.nn.Linear(4, 2))
    net[0].requires_grad_(False)
    net[2].eval()
    net(torch.rand(5, 3)).sum().backward()
    return net


def everything(net: torch.nn.Module) -> list[Any]:
    """All that could have been changed."""
    return [[m.training for m in net.modules()], [(p.requires_grad, p.grad) for p in net.parameters()],
            [t.clone() for t in net.state_dict().values()], [len(m._forward_hooks) for m in net.modules()],
            torch.get_rng_state(), torch.is_grad_enabled()]


def assert_same(a: list[Any], b: list[Any]) -> None:
    assert a[0] == b[0]
    assert all(x[0] == y[0] and x[1] is y[1] for x, y in zip(a[1], b[1], strict=True))
    assert all(torch.equal(x, y) for x, y in zip(a[2], b[2], strict=True))
    assert a[3] == b[3]
    assert torch.equal(a[4], b[4])
    assert a[5] == b[5]


@pytest.mark.parametrize("surroundings", [torch.enable_grad, torch.no_grad, torch.inference_mode])
@pytest.mark.parametrize("fail", [False, True])
def test_nothing_is_left_behind(surroundings: Any, fail: bool) -> None:
    net = network()
    grads = [None if p.grad is None else p.grad.clone() for p in net.parameters()]
    before = everything(net)
    x = torch.rand(6, 3)
    before[4] = torch.get_rng_state()
    with surroundings():
        before[5] = torch.is_grad_enabled()
        try:
            with untouched([net]):
                assert not any(m.training for m in net.modules())
                inside = x.clone().requires_grad_()
                net(inside).sum().backward()
                assert inside.grad is not None
                assert inside.grad.abs().sum() > 0
                net[1].train()
                net(torch.rand(6, 3))
                net[1].running_mean.add_(5)
                torch.manual_seed(99)
                if fail:
                    raise ValueError("inside")
        except ValueError:
            assert fail
        assert_same(everything(net), before)
    for parameter, grad in zip(net.parameters(), grads, strict=True):
        assert (parameter.grad is None) == (grad is None)
        assert grad is None or torch.equal(parameter.grad, grad)


class Linear(Model):
    """A differentiable model with a fixed weight."""

    name: ClassVar[str] = "toy/linear"
    modalities: ClassVar[frozenset[str]] = frozenset({"state"})
    bounds: Any = None

    def predict(self, batch: Batch) -> Predictions:
        return Predictions("classification", batch.ids, self.logits(batch).detach().numpy())

    def logits(self, batch: Batch) -> torch.Tensor:
        x = torch.as_tensor(batch.data)
        return torch.stack([x.sum(1), -x.sum(1)], dim=1)

    def modules(self) -> list[torch.nn.Module]:
        return []


def test_every_pass_counts_for_the_samples_in_it() -> None:
    batch = Batch.of(torch.rand(4, 3), ids=list("abcd"))
    model = Linear()
    counted = CountingModel(model, batch.ids)
    proxy: Any = counted.proxy
    assert proxy == model or isinstance(proxy, Linear)
    assert capabilities(proxy) == capabilities(model)
    assert proxy.config() == model.config()
    np.testing.assert_array_equal(proxy.predict(batch).values, model.predict(batch).values)
    proxy.predict(batch.take([3, 0]))
    proxy.predict(Batch.of(torch.rand(1, 3), ids=["stranger"]))
    assert counted.queries.tolist() == [2, 1, 1, 2]
    x = torch.rand(2, 3, requires_grad=True)
    proxy.logits(Batch.of(x, ids=["b", "d"])).sum().backward()
    assert counted.queries.tolist() == [2, 2, 1, 3]
    assert counted.gradients.tolist() == [0, 1, 0, 1]
    model.predict(batch)
    assert counted.queries.tolist() == [2, 2, 1, 3], "asking the model itself is nobody's query"


def words() -> tuple[Any, Batch]:
    model = BagOfWords.of(["good", "bad"], [[1.0], [-1.0], [0.0]], [[0.0], [1.0]])
    return model, Batch.of(["good film", "bad", "good bad", "dull"], ids=list("abcd"), targets={"label": [1, 0, 1, 0]})


def test_passes_on_embeddings_count_for_the_samples_whose_units_they_are() -> None:
    model, batch = words()
    counted = CountingModel(model, batch.ids)
    proxy: Any = counted.proxy
    assert capabilities(proxy) == capabilities(model)
    _, ids, mask = proxy.units(batch)
    embeddings = proxy.embed(ids).detach().requires_grad_()
    scores = proxy.logits_from(embeddings, mask)
    assert torch.equal(scores, model.logits_from(embeddings, mask))
    assert counted.queries.tolist() == [1, 1, 1, 1]
    assert counted.gradients.tolist() == [0, 0, 0, 0]
    scores.sum().backward()
    assert counted.gradients.tolist() == [1, 1, 1, 1]
    _, ids, mask = proxy.units(batch.take([2, 0]))
    with torch.no_grad():
        proxy.logits_from(proxy.embed(ids), mask)
        proxy.logits_from(proxy.embed(ids).repeat(3, 1, 1), mask.repeat(3, 1))  # three candidates for each
    assert counted.queries.tolist() == [5, 1, 5, 1]
    assert counted.gradients.tolist() == [1, 1, 1, 1]
    _, ids, mask = proxy.units(Batch.of(["good"], ids=["stranger"]))
    proxy.logits_from(proxy.embed(ids), mask)
    proxy.predict(batch.take([1]))
    assert counted.queries.tolist() == [5, 2, 5, 1]
    model.logits_from(embeddings, torch.ones(4, 2, dtype=torch.bool))
    assert counted.queries.sum() == 13, "asking the model itself is nobody's query"


def test_embeddings_that_belong_to_nobody_are_refused() -> None:
    model, batch = words()
    proxy: Any = CountingModel(model, batch.ids).proxy
    _, ids, mask = model.units(batch)
    with pytest.raises(CapabilityError, match=r"4 rows after no call of units.*batch\.take\(rows\)"):
        proxy.logits_from(model.embed(ids), mask)
    proxy.units(batch)
    with pytest.raises(CapabilityError, match="3 rows after units of 4 samples"):
        proxy.logits_from(model.embed(ids)[:3], mask[:3])
    assert len(proxy.logits_from(model.embed(ids)[:0], mask[:0])) == 0


class Flip(Attack):
    """Puts the worst known word in the place where the gradient says it helps most (HotFlip's first step,
    arXiv:1712.06751)."""

    name: ClassVar[str] = "test/flip"
    modalities: ClassVar[frozenset[str]] = frozenset({"text"})
    upper_bound: ClassVar[bool] = True

    def budget(self, model: Any, batch: Any) -> Budget:
        return Budget("edits", 100)

    def scores(self, model: Any, embeddings: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return model.logits_from(embeddings, mask)

    def perturb(self, model: Any, batch: Batch, keys: Keys) -> Batch:
        texts, ids, mask = model.units(batch)
        out = []
        with untouched(model.modules()):
            embeddings = model.embed(ids).detach().requires_grad_()
            right = torch.as_tensor(batch.label)
            loss = torch.nn.functional.cross_entropy(self.scores(model, embeddings, mask), right, reduction="sum")
            gradient = torch.autograd.grad(loss, embeddings)[0]
            table = model.embed(torch.arange(len(model.vocabulary)))
        for row, text in enumerate(texts):
            if text:
                gains = (gradient[row, :len(text)] @ table.T).detach().numpy()
                at, word = np.unravel_index(int(gains.argmax()), gains.shape)
                text = [*text[:at], model.vocabulary[word], *text[at + 1:]]
            out.append(" ".join(text))
        return batch.with_column("text", out)


class FlipUncounted(Flip):
    """Asks the module behind the counter's back."""

    name: ClassVar[str] = "test/flip-uncounted"

    def scores(self, model: Any, embeddings: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        mean = (embeddings * mask[:, :, None]).sum(dim=1) / mask.sum(dim=1, keepdim=True).clamp_min(1)
        return model.modules()[0]["head"](mean)


def test_a_text_attack_reports_its_queries() -> None:
    model, batch = words()
    result = Flip().run(model, batch, Keys(0))
    assert result.queries.tolist() == [1, 1, 1, 1]
    assert result.gradients.tolist() == [1, 1, 1, 1]
    assert result.batch.to_list() == ["bad film", "good", "bad bad", "good"]
    counted = "queries counted in full"
    for attack, status in ((Flip, "passed"), (FlipUncounted, "failed")):
        assert {r.status for r in check(attack) if r.name == counted} == {status}


class Walk(Environment):
    """A walk to the right end of a corridor."""

    name: ClassVar[str] = "toy/long-walk"
    length: int = Field(default=4, ge=2)

    def make(self, render_mode: str | None = None) -> Any:
        import gymnasium

        length = self.length

        class Corridor(gymnasium.Env[int, int]):
            observation_space: Any = gymnasium.spaces.Discrete(length)
            action_space: Any = gymnasium.spaces.Discrete(2)

            def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
                super().reset(seed=seed)
                self.at = int(self.np_random.integers(length - 1))
                return self.at, {}

            def step(self, action: int) -> Any:
                self.at = min(max(self.at + 2 * int(action) - 1, 0), length - 1)
                return self.at, float(self.at == length - 1), self.at == length - 1, False, {}

        return Corridor()


def test_environments_are_gymnasiums() -> None:
    gymnasium = pytest.importorskip("gymnasium")
    from gymnasium.utils.env_checker import check_env

    check_env(Walk(length=6).make(), skip_render_check=True)
    assert Walk.gymnasium_id() == "practicum/LongWalk-v0"
    assert register_with_gymnasium(Walk) == "practicum/LongWalk-v0"
    try:
        env = gymnasium.make("practicum/LongWalk-v0", length=3)
        assert env.observation_space.n == 3
        starts = [env.reset(seed=5)[0] for _ in range(2)]
        assert starts[0] == starts[1]
    finally:
        gymnasium.registry.pop("practicum/LongWalk-v0")
    vector = Walk().make_vec(3)
    seen, _ = vector.reset(seed=1)
    assert seen.shape == (3,)
    assert vector.step(np.ones(3, np.int64))[1].shape == (3,)
    vector.close()
