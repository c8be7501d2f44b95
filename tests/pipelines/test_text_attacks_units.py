"""Gradient-led text attacks on a transformer, whose words are cut into pieces."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import practicum as pm

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "good", "bad", "film", "was", "the", "and", "very", "##er",
          "##ly", "plot", "dull"]
TEXTS = ["a good film", "the plot was very dull and bad", "badly dull film", "gooder film and plot"]


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A tiny random BERT classifier in double precision, wrapped."""
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

    place = Path(tmp_path_factory.mktemp("bert")) / "vocab.txt"
    place.write_text("\n".join(PIECES) + "\n", "utf-8")
    config = BertConfig(vocab_size=len(PIECES), hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
                        intermediate_size=32, max_position_embeddings=40, num_labels=2)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = BertForSequenceClassification(config).double().eval()
        with torch.no_grad():
            for parameter in net.parameters():
                parameter.mul_(5.0)
    return pm.wrap(net, tokenizer=BertTokenizer(str(place)))


@pytest.fixture(scope="module")
def batch(bert: Any) -> pm.Batch:
    made = pm.Batch.of(TEXTS)
    return made.with_targets(label=bert.predict(made).labels)


def test_estimates_are_directional_derivatives_piece_by_piece(bert: Any, batch: pm.Batch) -> None:
    from practicum_text_attacks.gradients import Gradients
    from practicum_text_attacks.hotflip import HotFlip
    from practicum_text_attacks.judge import Judge

    judge = Judge(HotFlip(), bert, batch)
    slope = Gradients(judge).slopes([(2, TEXTS[2])])[0]
    changed = ["gooder dull film", "badly bad film", "badly dull plot", "gooder dull a"]
    found = Gradients(judge).estimates([(2, slope, changed)])[0]
    _, before, mask = bert.units(pm.Batch.of([TEXTS[2]]))
    label = int(batch.label[2])

    def margin(embeddings: torch.Tensor) -> float:
        with torch.no_grad():
            logits = bert.logits_from(embeddings, mask)[0]
        return float(logits[1 - label] - logits[label])

    with torch.no_grad():
        start = bert.embed(before)
        for text, promise in zip(changed, found, strict=True):
            towards = bert.embed(bert.units(pm.Batch.of([text]))[1]) - start
            step = 1e-6
            slope_there = (margin(start + step * towards) - margin(start - step * towards)) / (2 * step)
            assert promise == pytest.approx(slope_there, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("name", ["hotflip", "gradient-importance"])
def test_attacks_on_pieces_are_within_budgets_and_alone_the_same(name: str, bert: Any, batch: pm.Batch) -> None:
    words = {"source": "vocabulary", "words": ["good", "dully", "badder", "plot"]}
    attack = pm.get(f"text-attacks/{name}", norm="words", eps=2, sources=[words], queries=30)
    result = attack(bert, batch)
    assert result.within.all()
    assert (result.loss_after > result.loss_before).any()
    for row in range(len(batch)):
        alone = attack(bert, batch.take([row]))
        assert alone.batch.to_list() == [result.batch.to_list()[row]]
        assert alone.queries.tolist() == [result.queries[row]]


def test_a_trigger_learns_on_pieces(bert: Any, batch: pm.Batch) -> None:
    attack = pm.get("universal-trigger", length=2, vocabulary=["good", "dully", "badder", "plot"], top=4, turns=2)
    learned = attack.fit(bert, batch, pm.Keys(0))
    every = [attack.evolve(trigger=(a, b))(bert, batch).loss_after.mean() for a in attack.vocabulary
             for b in attack.vocabulary]
    reached = learned(bert, batch).loss_after.mean()
    assert np.mean(reached > np.array(every)) >= 0.7  # coordinate ascent, not enumeration


def test_stress_fits_triggers_on_the_train_split(bert: Any) -> None:
    texts = [f"{a} {b} {c}" for a in ("good", "bad") for b in ("film", "plot") for c in ("a", "the", "very", "dull")]
    data = pm.Batch.of(texts)
    data = data.with_targets(label=bert.predict(data).labels)
    splits = pm.load_data(texts, label=data.label.tolist(), split={"train": 0.5, "test": 0.5})
    attack = pm.get("universal-trigger", length=1, top=3, turns=1)
    assert "universal-trigger" in str(pm.stress(bert, splits, [attack]))
