"""Searches against exact oracles: scores that are sums over words, where the fewest words and the queries are known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from practicum_text_attacks.greedy import Greedy
from practicum_text_attacks.input_reduction import InputReduction
from practicum_text_attacks.pwws import PWWS
from practicum_text_attacks.word_importance import WordImportance

from practicum import Batch, Keys

FREE: dict[str, Any] = {"eps": 100, "constraints": [{"constraint": "repeat"}]}


def listed(entries: Any) -> list[dict[str, Any]]:
    return [{"source": "listed", "entries": entries}]


@pytest.mark.parametrize("attack", [Greedy, lambda **f: Greedy(width=3, **f), lambda **f: PWWS(salient=False, **f)],
                         ids=["greedy", "beam", "pwws by gain"])
def test_the_fewest_words_of_an_additive_model(attack: Any, game: Any, fewest: Callable[..., float]) -> None:
    model, batch, entries = game
    exact = np.array([fewest(model, text, entries) for text in batch.to_list()])
    assert np.isfinite(exact).sum() > 20
    assert len(set(exact.tolist())) > 2
    result = attack(sources=listed(entries), **FREE)(model, batch)
    assert (result.success == np.isfinite(exact)).all()
    assert (result.norm[result.success] == exact[result.success]).all()


def test_ranking_by_deletion_needs_more_words_than_the_fewest(game: Any, fewest: Callable[..., float]) -> None:
    model, batch, entries = game
    exact = np.array([fewest(model, text, entries) for text in batch.to_list()])
    by_deletion = WordImportance(sources=listed(entries), **FREE)(model, batch)
    done = by_deletion.success
    assert (by_deletion.norm[done] >= exact[done]).all()
    assert (by_deletion.norm[done] > exact[done]).sum() >= 3


def importance_one_by_one(model: Any, text: str, entries: Any, token: str) -> tuple[str, int]:
    """Greedy replacement in order of importance, plainly: the text, and the queries by the closed form."""
    words, queries = text.split(), 1 + len(text.split())
    left = [model.score(" ".join([*words[:p], *([token] if token else []), *words[p + 1:]])) for p in range(len(words))]
    for p in sorted(range(len(words)), key=lambda p: (left[p], p)):
        tried = [(model.score(" ".join([*words[:p], s, *words[p + 1:]])), s) for s in entries[words[p]]]
        queries += len(tried)
        score, substitute = min(tried, key=lambda pair: pair[0])
        if score < model.score(" ".join(words)):
            words[p] = substitute
        if score <= 0:
            break
    return " ".join(words), queries


@pytest.mark.parametrize(("ranking", "token"), [("delete", ""), ("unk", "[UNK]")])
def test_queries_of_word_importance_are_the_closed_form(ranking: str, token: str, game: Any) -> None:
    model, batch, entries = game
    result = WordImportance(ranking=ranking, sources=listed(entries), **FREE)(model, batch)
    expected = [importance_one_by_one(model, text, entries, token) for text in batch.to_list()]
    assert result.adversarial.to_pylist() == [text for text, _ in expected]
    assert result.queries.tolist() == [queries for _, queries in expected]
    assert len(set(result.queries.tolist())) > 3


def test_random_ranking_asks_about_no_importance(game: Any) -> None:
    model, batch, entries = game
    result = WordImportance(ranking="random", sources=listed(entries), **FREE)(model, batch, seed=1)
    moved = result.norm
    assert ((result.queries - 1) % 3 == 0).all()
    assert (result.queries[result.success] <= 1 + 3 * 8).all()
    assert (result.queries[result.success] >= 1 + 3 * moved[result.success]).all()
    again = WordImportance(ranking="random", sources=listed(entries), **FREE)(model, batch, seed=2)
    assert again.adversarial != result.adversarial


@pytest.mark.parametrize("salient", [True, False])
def test_queries_of_pwws_are_the_closed_form(salient: bool, game: Any) -> None:
    model, batch, entries = game
    result = PWWS(salient=salient, sources=listed(entries), **FREE)(model, batch)
    won = result.success
    whole = 1 + 8 * salient + 8 * 3
    assert (result.queries[won] == whole + result.norm[won] - 1).all()
    assert result.norm[won].max() > 1


def test_pwws_orders_by_gain_times_softmax_of_saliency(additive: Any) -> None:
    # Gains of a, b: 1.0 and 0.9; saliencies 0 and 1 in units of the clean margin 2: the softmax turns the order round.
    model = additive({"a": 0.0, "b": 2.0, "a1": -1.0, "b1": 1.1, "[UNK]": 0.0})
    batch = Batch.of(["a b"], targets={"label": [1]})
    entries = listed({"a": ["a1"], "b": ["b1"]})
    assert PWWS(sources=entries, eps=1, constraints=[])(model, batch).adversarial.to_pylist() == ["a b1"]
    assert PWWS(sources=entries, eps=1, constraints=[], salient=False)(model, batch).adversarial.to_pylist() == ["a1 b"]


def test_greedy_asks_about_every_replacement_of_every_round(game: Any) -> None:
    model, batch, entries = game
    result = Greedy(sources=listed(entries), **FREE)(model, batch)
    won = result.success
    rounds = result.norm[won]
    assert (result.queries[won] == 1 + 3 * (8 * rounds - rounds * (rounds - 1) / 2)).all()


def test_input_reduction_ends_with_the_fewest_words_and_the_known_queries(game: Any) -> None:
    model, batch, _ = game
    result = InputReduction(eps=100)(model, batch)
    assert not result.success.any()
    for before, after, queries in zip(batch.to_list(), result.adversarial.to_pylist(), result.queries.tolist(),
                                      strict=True):
        weights = sorted((model._weights[w] for w in before.split()), reverse=True)
        fewest = next(k for k in range(1, 9) if sum(weights[:k]) > 0)
        assert sorted((model._weights[w] for w in after.split()), reverse=True) == weights[:fewest]
        assert queries == 1 + sum(range(max(fewest, 2), 9))
    biased = model.of(model._weights, bias=-1.5)
    rich = batch.take([biased.score(t) > 0 for t in batch.to_list()])
    left = InputReduction(eps=100)(biased, rich)
    for before, after in zip(rich.to_list(), left.adversarial.to_pylist(), strict=True):
        weights = sorted((model._weights[w] for w in before.split()), reverse=True)
        assert len(after.split()) == next(k for k in range(1, 9) if sum(weights[:k]) > 1.5)
    assert max(len(t.split()) for t in left.adversarial.to_pylist()) > 1


def test_a_text_asked_about_before_is_no_query(additive: Any) -> None:
    model = additive({"good": 1.0, "bad": -1.0})
    batch = Batch.of(["good good film"], targets={"label": [1]})
    result = WordImportance(sources=listed({"good": ["fine"], "film": ["plot"]}), **FREE)(model, batch)
    # Without either "good" the text is the same, so ranking three words costs two queries.
    texts = [text for call in model.asked for text in call]
    assert texts[:3] == ["good good film", "good film", "good good"]
    assert result.queries.tolist() == [1 + 2 + 2]


def test_all_samples_are_asked_together_and_each_search_is_its_own(game: Any) -> None:
    model, batch, entries = game
    attack = WordImportance(sources=listed(entries), **FREE)
    model.asked.clear()
    whole = attack(model, batch)
    calls = len(model.asked) - 2  # the core asks twice to measure
    model.asked.clear()
    alone = [attack(model, batch.take([row])) for row in range(len(batch))]
    each = [len(call) for call in model.asked]
    assert [a.adversarial.to_pylist()[0] for a in alone] == whole.adversarial.to_pylist()
    assert [int(a.queries[0]) for a in alone] == whole.queries.tolist()
    visits = (whole.queries - 9) // 3
    assert calls == 2 + visits.max()
    assert sum(each) > calls


@pytest.mark.parametrize("most", [1, 2, 5, 9, 10, 11, 14, 30])
def test_the_budget_of_queries_is_never_exceeded_by_one(most: int, game: Any) -> None:
    model, batch, entries = game
    for attack in (Greedy, WordImportance, PWWS, InputReduction, lambda **f: Greedy(width=2, **f),
                   lambda **f: WordImportance(ranking="weighted", **f)):
        fields: dict[str, Any] = {} if attack is InputReduction else {"sources": listed(entries)}
        result = attack(queries=most, **fields)(model, batch)
        assert (result.queries <= most).all()
        assert result.within.all()
        assert (result.queries == most).any() or most > 14


def test_the_budget_of_words_is_a_share_or_a_number(game: Any) -> None:
    model, batch, entries = game
    for eps, most in ((0.05, 1), (0.25, 2), (0.5, 4), (1, 1), (3, 3)):
        attack = Greedy(sources=listed(entries), eps=eps, constraints=[])
        result = attack(model, batch)
        assert np.broadcast_to(attack.budget(model, batch).eps, 30).tolist() == [most] * 30
        assert result.norm.max() == most
        assert result.within.all()


def test_the_budget_of_edits_counts_characters(game: Any) -> None:
    model, batch, entries = game
    for eps in (2, 4, 5):
        result = Greedy(sources=listed(entries), norm="edits", eps=eps, constraints=[])(model, batch)
        assert result.norm.max() == 2 * (eps // 2)  # each substitute adds two characters
        assert result.within.all()


def test_samples_that_are_wrong_already_or_empty_are_left_alone(additive: Any) -> None:
    model = additive({"good": 1.0})
    batch = Batch.of(["good film", "film", "", " "], targets={"label": [0, 1, 0, 0]})
    result = Greedy(sources=[{"source": "delete"}])(model, batch)
    assert result.adversarial.to_pylist() == batch.to_list()
    assert result.queries.tolist() == [1, 1, 0, 0]


def test_targeted_goals_are_climbed(additive: Any) -> None:
    model = additive({"good": 2.0, "dull": -1.0})
    batch = Batch.of(["good film", "dull film"], targets={"label": [1, 0]})
    attack = Greedy(criterion={"target": 0}, sources=[{"source": "delete"}, {"source": "unknown"}])
    result = attack(model, batch)
    assert result.success.tolist() == [True, False]
    assert result.adversarial.to_pylist() == ["film", "dull film"]
    assert result.queries.tolist() == [5, 0]


def test_another_column_is_left_alone_and_reaches_the_model(additive: Any) -> None:
    from practicum.batch import Column
    from practicum.model import Model, Predictions

    class Two(Model):
        """Class 1 where the answer holds a word of the question."""

        name = "toy/two"
        modalities = frozenset({"text"})

        def predict(self, batch: Batch) -> Predictions:
            both = zip(batch.to_list("question"), batch.to_list("answer"), strict=True)
            shared = np.array([float(bool(set(q.split()) & set(a.split()))) for q, a in both])
            return Predictions(self.task, batch.ids, np.stack([1 - shared, shared], axis=1))

    batch = Batch.of(columns={"question": Column("text", ["big red box", "old film"]),
                              "answer": Column("text", ["red it is", "film noir"])}, targets={"label": [1, 1]})
    attack = Greedy(on="answer", sources=[{"source": "unknown"}], constraints=[])
    result = attack.run(Two(), batch, keys=Keys(0))
    assert result.batch.to_list("answer") == ["[UNK] it is", "[UNK] noir"]
    assert result.batch.to_list("question") == batch.to_list("question")
    assert result.queries.tolist() == [4, 3]
