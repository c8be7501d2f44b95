"""Text attacks with the techniques of text-noise as their substitutes, on a classifier of models-basic."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import practicum as pm
from practicum.distance import distance
from practicum.registry import default_registry

NAMES = ("greedy", "char-greedy", "word-importance", "pwws", "textfooler", "deep-word-bug", "pruthi", "hotflip",
         "gradient-importance", "input-reduction")
TYPOS = ("char-greedy", "deep-word-bug", "pruthi", "hotflip")


@pytest.fixture(scope="module")
def topics() -> tuple[Any, pm.Batch]:
    """A small classifier of two kinds of sentences, and sentences that it gets right."""
    places = ("house", "garden", "street", "bridge", "village", "kitchen")
    tools = ("hammer", "engine", "machine", "computer", "cable", "battery")
    texts = [f"The {adjective} {noun} was {verb} by the {who}" for noun in (*places, *tools)
             for adjective in ("big", "old", "beautiful") for verb, who in (("bought", "doctor"), ("seen", "children"))]
    label = np.repeat([0, 1], 36)
    data = pm.Batch.of(texts, targets={"label": label})
    model = pm.get("models-basic/text-classifier", buckets=4096, dimension=8, epochs=12).fit([data], pm.Keys(0))
    right = data.take(model.predict(data).labels == label)
    assert len(right) > 60
    return model, right.take(np.arange(0, len(right), 9))


@pytest.mark.parametrize("name", NAMES)
def test_each_recipe_runs_with_its_own_sources_within_its_budgets(name: str, topics: Any) -> None:
    model, batch = topics
    attack = pm.get(f"text-attacks/{name}", queries=60)
    result = attack(model, batch, seed=1)
    assert result.within.all()
    assert result.queries.max() <= 60
    assert (result.norm > 0).sum() >= len(batch) - 1
    alone = attack(model, batch.take([3]), seed=1)
    assert alone.batch.to_list() == [result.batch.to_list()[3]]
    assert alone.queries.tolist() == [result.queries[3]]
    if name in TYPOS:
        assert attack.evolve(queries=None)(model, batch, seed=1).success_rate >= 0.5
    if name != "input-reduction":
        assert result.loss_after.mean() > result.loss_before.mean()


@pytest.mark.parametrize("name", NAMES)
def test_what_a_recipe_uses_is_declared(name: str) -> None:
    from practicum_text_attacks.sources import Applied

    spec = default_registry().spec(f"text-attacks/{name}")
    used = [s.technique.name for s in pm.get(spec.name).substitutes_from() if isinstance(s, Applied)]
    assert sorted(used) == sorted(spec.requires_techniques)


def test_typos_are_single_edits_of_the_words_alone(topics: Any) -> None:
    model, batch = topics
    result = pm.get("text-attacks/pruthi")(model, batch)
    words = distance("text", batch.column(), result.batch.column(), "words")
    edits = distance("text", batch.column(), result.batch.column(), "edits")
    assert words.max() <= 2
    assert (edits <= 2 * words).all()
    for before, after in zip(batch.to_list(), result.batch.to_list(), strict=True):
        for old, new in zip(before.split(), after.split(), strict=True):
            assert (old[0], old[-1]) == (new[0], new[-1])
            assert old == new or len(old) >= 4


def test_synonyms_keep_form_and_stop_words(topics: Any) -> None:
    model, batch = topics
    result = pm.get("text-attacks/word-importance", eps=100)(model, batch)
    pairs = {(old, new) for before, after in zip(batch.to_list(), result.batch.to_list(), strict=True)
             for old, new in zip(before.split(), after.split(), strict=True) if old != new}
    assert pairs
    assert not {old for old, _ in pairs} & {"The", "was", "by", "the"}
    synonym = pm.get("text-noise/synonym", rate=1.0)
    known = {new for k in range(64) for new in synonym([old for old, _ in pairs], seed=k)}
    assert {new for _, new in pairs} <= known


def test_a_trigger_is_learned_on_the_train_split_and_wins_elsewhere(topics: Any) -> None:
    model, batch = topics
    halves = batch.take(np.arange(0, len(batch), 2)), batch.take(np.arange(1, len(batch), 2))
    attack = pm.get("universal-trigger", criterion={"target": 1}, length=8, top=3, turns=1)
    result = attack.fit(model, halves[0], pm.Keys(0))(model, halves[1])
    aimed = halves[1].label == 0
    assert result.success[aimed].all()
    assert not result.success[~aimed].any()
    assert (result.queries == 0).all()


def test_an_attack_in_a_recipe(topics: Any) -> None:
    model, batch = topics
    report = pm.stress(model, batch, [pm.get("text-attacks/deep-word-bug", eps=4)])
    assert "deep-word-bug" in str(report)
