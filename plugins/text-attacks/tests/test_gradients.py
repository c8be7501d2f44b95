"""Gradient-led attacks on models that are linear in their embeddings, where first-order promises are exact."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
import pytest
from practicum_text_attacks.gradients import Gradients
from practicum_text_attacks.hotflip import GradientImportance, HotFlip
from practicum_text_attacks.judge import Judge
from practicum_text_attacks.universal_trigger import UniversalTrigger
from practicum_text_attacks.word_importance import WordImportance

import practicum as pm
from practicum import Batch
from practicum.errors import CapabilityError, ConfigError, DataError, UsageError
from practicum.testing.models import Blind
from practicum.testing.torch_toys import BagOfWords

FREE: dict[str, Any] = {"norm": "words", "eps": 100, "constraints": [{"constraint": "repeat"}]}


class Recording(BagOfWords):
    """Notes the units it gives out and those whose embeddings it is asked about."""

    name: ClassVar[str] = "toy/recording"
    log: ClassVar[list[tuple[str, Any]]] = []

    def units(self, batch: Batch) -> Any:
        made = super().units(batch)
        self.log.append(("units", [ids[m].tolist() for ids, m in zip(made[1], made[2], strict=True)]))
        return made

    def embed(self, units: Any) -> Any:
        self.log.append(("embed", units.tolist()))
        return super().embed(units)


@pytest.fixture
def linear(game: Any) -> tuple[BagOfWords, Batch, Any]:
    """The additive game as a mean of word embeddings: margins are its sums over the number of words."""
    model, batch, entries = game
    words = list(model._weights)
    table = np.array([[model._weights[w]] for w in words] + [[0.0]])
    return BagOfWords.of(words, table, np.array([[0.0], [1.0]])), batch, entries


def test_the_first_order_estimate_is_the_true_change_on_a_linear_model(linear: Any) -> None:
    model, batch, entries = linear
    judge = Judge(HotFlip(), model, batch)
    rows = list(range(len(batch)))
    slopes = Gradients(judge).slopes([(row, judge.texts[row]) for row in rows])
    wanted = []
    for row, slope in zip(rows, slopes, strict=True):
        words = judge.texts[row].split()
        texts = [" ".join([*words[:p], s, *words[p + 1:]]) for p in range(len(words)) for s in entries[words[p]]]
        texts.append(" ".join([entries[words[0]][0], *words[1:-1], entries[words[-1]][0]]))  # both ends at once
        wanted.append((row, slope, texts))
    for (row, slope, texts), found in zip(wanted, Gradients(judge).estimates(wanted), strict=True):
        margins = [m for m, _ in judge.answers(np.full(len(texts), row), texts)]
        assert slope.margin == pytest.approx(judge.answers(np.array([row]), [judge.texts[row]])[0][0])
        np.testing.assert_allclose(found, np.array(margins) - slope.margin, atol=1e-9)


def test_the_gradient_is_that_of_the_margin_and_masked_units_have_none(linear: Any) -> None:
    model, batch, _ = linear
    judge = Judge(HotFlip(), model, batch.take([0]).with_column("text", ["w1 w2 w3"]))
    wide = Judge(HotFlip(), model, Batch.of(["w1 w2 w3", " ".join(["w4"] * 9)], targets={"label": [1, 1]}))
    alone = Gradients(judge).slopes([(0, "w1 w2 w3")])[0]
    beside = Gradients(wide).slopes([(0, "w1 w2 w3"), (1, wide.texts[1])])[0]
    np.testing.assert_allclose(alone.gradient, np.full((3, 1), -1 / 3))  # the margin of class 0 over class 1
    np.testing.assert_array_equal(alone.gradient, beside.gradient)
    assert alone.ids.tolist() == beside.ids.tolist() == [1, 2, 3]


@pytest.mark.parametrize("make", [lambda **f: HotFlip(width=1, **f), HotFlip,
                                  lambda **f: GradientImportance(top=1, **f)],
                         ids=["hotflip", "hotflip with a beam", "gradient importance"])
def test_the_fewest_words_of_a_linear_model(make: Any, linear: Any, game: Any, fewest: Callable[..., float]) -> None:
    model, batch, entries = linear
    exact = np.array([fewest(game[0], text, entries) for text in batch.to_list()])
    result = make(sources=[{"source": "listed", "entries": entries}], **FREE)(model, batch)
    assert (result.success == np.isfinite(exact)).all()
    assert (result.norm[result.success] == exact[result.success]).all()


def test_queries_and_gradients_of_hotflip_and_gradient_importance(linear: Any) -> None:
    model, batch, entries = linear
    sources = [{"source": "listed", "entries": entries}]
    for width in (1, 3):
        result = HotFlip(width=width, sources=sources, **FREE)(model, batch)
        won = result.success
        assert (result.queries[won] == 2 + width * result.norm[won]).all()
        assert (result.gradients == result.queries - 1).all()
    result = GradientImportance(top=2, sources=sources, **FREE)(model, batch)
    won = result.success
    assert (result.queries[won] == 2 + 2 * result.norm[won]).all()
    assert (result.gradients == 1).all()
    for most in (1, 2, 3, 5):
        for attack in (HotFlip, GradientImportance):
            result = attack(queries=most, sources=sources, **FREE)(model, batch)
            assert result.within.all()
            assert result.queries.max() == most


def test_ids_reach_the_model_as_it_gave_them(linear: Any) -> None:
    toy, batch, _ = linear
    words = list(toy.vocabulary)
    model = Recording.of(words, toy._module["embed"].weight.detach(), toy._module["head"].weight.detach())
    text = "w1  w2\tw3 unknown, w1\u00a0w4 \u05e9\u05dc\u05d5\u05dd"
    batch = Batch.of([text], targets={"label": model.predict(Batch.of([text])).labels})
    whole = model.units(batch)[1][0].tolist()
    model.log.clear()
    WordImportance(sources=[{"source": "unknown"}], constraints=[], eps=1)(model, batch)
    asked = [tuple(ids) for kind, rows in model.log if kind == "units" for ids in rows]
    assert {tuple(whole[:p] + whole[p + 1:]) for p in range(len(whole))} <= set(asked)
    assert all(len(ids) in (len(whole), len(whole) - 1) for ids in asked)
    model.log.clear()
    HotFlip(sources=[{"source": "vocabulary", "words": ["w5", "w6"]}], width=1, **FREE)(model, batch)
    given = {u for kind, rows in model.log if kind == "units" for ids in rows for u in ids}
    embedded = {u for kind, rows in model.log if kind == "embed" for ids in rows for u in ids}
    assert embedded <= given | {0}
    assert ("embed", [whole]) in model.log


def test_a_model_without_gradients_is_refused(linear: Any) -> None:
    model, batch, _ = linear
    with pytest.raises(CapabilityError, match="text-attacks/hotflip"):
        HotFlip(sources=[{"source": "delete"}])(Blind.over(model), batch)


@pytest.mark.parametrize("place", ["start", "end"])
def test_a_trigger_on_a_linear_model_is_the_best_token(place: Any, linear: Any, game: Any) -> None:
    model, batch, entries = linear
    weights = game[0]._weights
    words = tuple(entries) + tuple(s for some in entries.values() for s in some)
    lowest, highest = min(words, key=weights.__getitem__), max(words, key=weights.__getitem__)
    attack = UniversalTrigger(vocabulary=words, length=3, place=place, top=3)
    learned = attack.fit(model, batch, pm.Keys(0))
    assert learned.trigger == (lowest,) * 3
    assert attack.fit(model, batch.take(np.arange(len(batch))[::-1]), pm.Keys(0)) == learned
    toward = attack.evolve(criterion={"target": 1}).fit(model, batch.with_targets(label=np.zeros(30, np.int64)),
                                                        pm.Keys(0))
    assert toward.trigger == (highest,) * 3
    result = learned(model, batch)
    assert (result.norm == 3).all()
    assert result.within.all()
    assert (result.queries == 0).all()
    sums = np.array([game[0].score(t) for t in batch.to_list()]) + 3 * weights[lowest]
    assert (result.success == (sums <= 0)).all()
    first = result.adversarial.to_pylist()[0]
    assert first == (f"{' '.join(learned.trigger)} {batch.to_list()[0]}" if place == "start"
                     else f"{batch.to_list()[0]} {' '.join(learned.trigger)}")


def test_a_trigger_is_configuration(linear: Any) -> None:
    model, batch, _ = linear
    learned = UniversalTrigger(length=2, top=2, turns=1, samples=8).fit(model, batch, pm.Keys(0))
    assert len(learned.trigger) == 2
    assert set(learned.trigger) <= {w for t in batch.to_list() for w in t.split()} | {"the"}
    assert pm.get(learned.config()["use"], **{k: v for k, v in learned.config().items() if k != "use"}) == learned
    assert learned.fingerprint() != UniversalTrigger(length=2, top=2, turns=1, samples=8).fingerprint()


def test_the_words_of_a_trigger_may_come_from_samples_it_is_not_aimed_at() -> None:
    model = BagOfWords.of(["good", "dull"], [[1.0], [-2.0], [0.0]], [[-1.0], [1.0]])
    batch = Batch.of(["good film", "dull plot"], targets={"label": [1, 0]})
    learned = UniversalTrigger(length=1, criterion={"target": 0}).fit(model, batch, pm.Keys(0))
    assert learned.trigger == ("dull",)
    assert learned(model, batch).adversarial.to_pylist() == ["dull good film", "dull plot"]


def test_what_a_trigger_refuses(linear: Any) -> None:
    model, batch, _ = linear
    with pytest.raises(CapabilityError, match=r"fit\(model, batch, keys\)"):
        UniversalTrigger()(model, batch)
    with pytest.raises(UsageError, match=r"give trigger="):
        UniversalTrigger().perturb(model, batch, pm.Keys(0))
    with pytest.raises(ConfigError, match="no single word"):
        UniversalTrigger(trigger=["two words"])
    with pytest.raises(DataError, match="nothing to learn from"):
        UniversalTrigger(criterion={"target": 1}).fit(model, batch, pm.Keys(0))
    with pytest.raises(CapabilityError):
        UniversalTrigger().fit(Blind.over(model), batch, pm.Keys(0))


def test_units_of_other_numbers_are_estimated_by_the_mean_gradient() -> None:
    class Pieces(BagOfWords):
        """Cuts words at hyphens; the score is the sum over pieces."""

        name: ClassVar[str] = "toy/pieces"

        def units(self, batch: Batch) -> Any:
            return super().units(Batch.of([t.replace("-", " ") for t in batch.to_list()], modality="text"))

        def logits_from(self, embeddings: Any, mask: Any) -> Any:
            return super().logits_from(embeddings, mask) * mask.sum(dim=1, keepdim=True)

    model = Pieces.of(["a", "b", "c"], [[1.0], [0.5], [-2.0], [0.0]], [[0.0], [1.0]])
    judge = Judge(HotFlip(), model, Batch.of(["a b"], targets={"label": [1]}))
    slope = Gradients(judge).slopes([(0, "a b")])[0]
    texts: Sequence[str] = ["a c-c", "a-a b", "a", "c b"]
    found = Gradients(judge).estimates([(0, slope, texts)])[0]
    np.testing.assert_allclose(found, [4.5, -1.0, 0.5, 3.0])
    truth = [m for m, _ in judge.answers(np.zeros(4, np.int64), texts)]
    np.testing.assert_allclose(np.array(truth) + 1.5, found)
