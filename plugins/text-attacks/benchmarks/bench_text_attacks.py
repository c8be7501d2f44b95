"""Queries a second: all samples of a batch at once, one sample at a time, and TextAttack.

    python plugins/text-attacks/benchmarks/bench_text_attacks.py [--texts 64] [--repeats 3] [--peer path/to/python]

Two models: a sum over words in plain Python, which costs next to nothing, so that the attack's own work shows; and a
transformer encoder of two layers of 64 in torch, which gains from being asked about many texts at once. The attack is
greedy word importance by deletion; each word has three substitutes. --peer is an interpreter that has TextAttack (it
doesn't fit beside current transformers and datasets); it runs this file as a child on the same texts, and its attacked
texts and queries are checked to be the same before times are printed. Times are of the processor, which other work on
the machine disturbs less than the clock, the best of the repeats, after one attack to warm up; one thread.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

WORDS = 200
LENGTH = 16
SUBSTITUTES = 3
CHUNK = 128  # texts of one forward pass
_SEED = 7


def entries() -> dict[str, list[str]]:
    """Three substitutes of each word."""
    return {f"w{k}": [f"w{k}{c}" for c in "abc"] for k in range(WORDS)}


def weights() -> dict[str, float]:
    """A weight of each word and substitute."""
    draws = np.random.default_rng(_SEED)
    known = {f"w{k}": float(v) for k, v in enumerate(np.round(draws.normal(0.3, 0.5, WORDS), 3))}
    for word, some in entries().items():
        known |= {s: known[word] - float(d) for s, d in zip(some, np.round(draws.normal(0.2, 0.4, SUBSTITUTES), 3),
                                                             strict=True)}
    return known


def texts(count: int) -> list[str]:
    """Texts of 16 different words that the sum gives class 1."""
    draws, known, out = np.random.default_rng(_SEED + 1), weights(), []
    while len(out) < count:
        words = [f"w{k}" for k in draws.choice(WORDS, LENGTH, replace=False)]
        if sum(known[w] for w in words) > 1.0:
            out.append(" ".join(words))
    return out


Scores = Callable[[list[str]], Any]


def additive() -> Scores:
    """Logits (0, sum of weights)."""
    known = weights()

    def score(asked: list[str]) -> Any:
        return np.array([[0.0, sum(known.get(w, 0.0) for w in text.split())] for text in asked])
    return score


def encoder() -> Scores:
    """A transformer encoder over words, whose last layer reads the sum of the weights above plus what it attends to."""
    import torch

    torch.manual_seed(_SEED)
    known = weights()
    at = {w: k + 1 for k, w in enumerate(known)}
    table = torch.nn.Embedding(len(at) + 1, 64, padding_idx=0)
    layer = torch.nn.TransformerEncoderLayer(64, 4, 128, batch_first=True, dropout=0.0)
    net = torch.nn.TransformerEncoder(layer, 2, enable_nested_tensor=False).eval()
    sums = torch.tensor([0.0, *known.values()])

    def score(asked: list[str]) -> Any:
        return np.concatenate([part(asked[k:k + CHUNK]) for k in range(0, len(asked), CHUNK)])

    def part(asked: list[str]) -> Any:
        rows = [[at.get(w, 0) for w in text.split()] or [0] for text in asked]
        ids = torch.zeros((len(rows), max(map(len, rows))), dtype=torch.int64)
        for k, row in enumerate(rows):
            ids[k, :len(row)] = torch.tensor(row)
        blank = ids == 0
        blank[:, 0] = False
        with torch.no_grad():
            states = net(table(ids), src_key_padding_mask=blank)
            value = sums[ids].sum(dim=1) + 0.05 * (states * ~blank[:, :, None]).sum(dim=(1, 2)) / 64
        return torch.stack([torch.zeros_like(value), value], dim=1).double().numpy()
    return score


MODELS: dict[str, Callable[[], Scores]] = {"sum over words": additive, "transformer": encoder}


def ours(count: int, repeats: int) -> dict[str, Any]:
    """Seconds, queries and texts of our attack, at once and one by one."""
    import practicum as pm
    from practicum.model import Model, Predictions

    attack = pm.get("text-attacks/word-importance", eps=LENGTH, sources=[{"source": "listed", "entries": entries()}],
                    constraints=[{"constraint": "repeat"}])
    out: dict[str, Any] = {}
    for name, make in MODELS.items():
        score = make()

        class Scored(Model):
            """The scores of this benchmark."""

            name = "bench/scored"
            modalities = frozenset({"text"})

            def predict(self, batch: pm.Batch, score: Scores = score) -> Predictions:
                return Predictions(self.task, batch.ids, score(batch.to_list()))

        batch = pm.Batch.of(texts(count), targets={"label": [1] * count})
        model = Scored()
        batch = batch.take(model.predict(batch).labels == 1)
        keys = pm.Keys(0)
        for way in ("at once", "one by one"):
            parts = [batch] if way == "at once" else [batch.take([row]) for row in range(len(batch))]
            attack.perturb(model, batch.take([0]), keys.bind(batch.take([0]).ids))
            best = float("inf")
            for _ in range(repeats):
                start = time.process_time()
                made = [attack.perturb(model, part, keys.bind(part.ids)).to_list() for part in parts]
                best = min(best, time.process_time() - start)
            result = attack(model, batch)
            out[f"{name}, {way}"] = {"seconds": best, "queries": result.queries.tolist(),
                                     "texts": [t for some in made for t in some]}
    return out


def theirs(count: int, repeats: int) -> dict[str, Any]:
    """The same of TextAttack, one attack on each text, as it does it."""
    import textattack
    from textattack.attack_results import SuccessfulAttackResult

    class Listed(textattack.transformations.WordSwap):  # type: ignore[misc]  # TextAttack ships no types
        """Our substitutes."""

        def _get_replacement_words(self, word: str) -> list[str]:
            return known.get(word, [])

    known, out = entries(), {}
    for name, make in MODELS.items():
        score = make()

        class Wrapped(textattack.models.wrappers.ModelWrapper):  # type: ignore[misc]  # TextAttack ships no types
            """The scores of this benchmark, with softmax: TextAttack takes probabilities."""

            model = None

            def __call__(self, asked: list[str], score: Scores = score) -> Any:
                z = score(list(asked))
                shares = np.exp(z - z.max(axis=1, keepdims=True))
                return shares / shares.sum(axis=1, keepdims=True)

        goal = textattack.goal_functions.UntargetedClassification(Wrapped(), model_batch_size=512)
        attack = textattack.Attack(goal, [textattack.constraints.pre_transformation.RepeatModification()], Listed(),
                                   textattack.search_methods.GreedyWordSwapWIR(wir_method="delete"))
        asked = [t for t in texts(count) if score([t])[0].argmax() == 1]
        attack.attack(asked[0], 1)
        best = float("inf")
        for _ in range(repeats):
            attack.clear_cache()
            start = time.process_time()
            results = [attack.attack(text, 1) for text in asked]
            best = min(best, time.process_time() - start)
        out[name] = {"seconds": best, "queries": [r.num_queries for r in results],
                     "texts": [r.perturbed_text() if isinstance(r, SuccessfulAttackResult) else "" for r in results]}
    return out


def peer(python: str, count: int, repeats: int) -> dict[str, Any]:
    """Run :func:`theirs` in another interpreter, with the list of stop words that TextAttack reads when imported."""
    with tempfile.TemporaryDirectory() as home:
        place = Path(home) / "corpora" / "stopwords"
        place.mkdir(parents=True)
        (place / "english").write_text("the\na\n", "utf-8")
        command = [python, __file__, "--child", "--texts", str(count), "--repeats", str(repeats)]
        done = subprocess.run(command, capture_output=True, text=True,
                              check=False, env={**os.environ, "NLTK_DATA": home})
    if done.returncode:
        raise SystemExit(f"TextAttack doesn't run under {python}: {done.stderr.strip().splitlines()[-1:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--peer", help="an interpreter that has TextAttack")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    import torch

    torch.set_num_threads(1)
    if asked.child:
        print(json.dumps(theirs(asked.texts, asked.repeats)))
        return
    print(f"{platform.machine()}, Python {platform.python_version()}, torch {torch.__version__}, one thread; "
          f"{asked.texts} texts of {LENGTH} words")
    rows = ours(asked.texts, asked.repeats)
    if asked.peer:
        for name, row in peer(asked.peer, asked.texts, asked.repeats).items():
            mine = rows[f"{name}, at once"]
            won = [k for k, text in enumerate(row["texts"]) if text]
            same = sum(row["texts"][k] == mine["texts"][k] and row["queries"][k] == mine["queries"][k] for k in won)
            print(f"{name}: TextAttack wins {len(won)} of {len(row['texts'])}, {same} of them with our text and count")
            rows[f"{name}, TextAttack"] = row
    print(f"{'':32}{'seconds':>9}{'queries':>9}{'queries/s':>11}{'ratio':>7}")
    for name, make in MODELS.items():
        rate = {}
        score, many = make(), texts(asked.texts) * 16
        start = time.process_time()
        score(many)
        bound = len(many) / (time.process_time() - start)
        for way in ("at once", "one by one", "TextAttack"):
            row = rows.get(f"{name}, {way}")
            if row is not None:
                rate[way] = sum(row["queries"]) / row["seconds"]
                print(f"{name + ', ' + way:32}{row['seconds']:9.3f}{sum(row['queries']):9d}{rate[way]:11.0f}"
                      f"{rate['at once'] / rate[way]:7.1f}")
        print(f"{name + ', the model alone':32}{'':18}{bound:11.0f}{rate['at once'] / bound:7.2f}")


if __name__ == "__main__":
    sys.exit(main())
