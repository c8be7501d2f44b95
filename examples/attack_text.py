"""Attack a text classifier with every recipe of text-attacks: success, words changed and queries, as a table."""

import numpy as np

import practicum as pm
from practicum.distance import distance

data = pm.load_data("python/docstrings", max_sentences=4000)
train, test = data.part("train"), data.part("test")
model = pm.get("text-classifier", epochs=5).fit([train], pm.Keys(0))
batch = test.take(np.flatnonzero(model.predict(test).labels == test.label)[:40])

names = ("greedy", "word-importance", "gradient-importance", "pwws", "textfooler", "char-greedy", "deep-word-bug",
         "pruthi", "hotflip", "input-reduction")
attacks = [pm.get(f"text-attacks/{name}") for name in names]
attacks.append(pm.get("universal-trigger", samples=128).fit(model, train, pm.Keys(0)))
after = {}
print(f"{'recipe':21}{'success':>9}{'words changed':>15}{'queries':>9}{'gradients':>11}")
for attack in attacks:
    result = attack(model, batch, seed=0)
    words = distance("text", batch.column(), result.batch.column(), "words")
    words = words[result.success] if result.success.any() else words  # input reduction never wants to win
    print(f"{attack.label:21}{result.success_rate:9.0%}{words.mean():15.1f}{result.queries.mean():9.1f}"
          f"{result.gradients.mean():11.1f}")
    after[attack.label] = result.adversarial
print(f"{batch.to_list()[0]} -> {after['deep-word-bug'][0]}")
