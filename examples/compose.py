"""Compose text techniques, apply them by sample id, and see what was changed."""

import practicum as pm

texts = ["The report arrived on Monday.", "Please call me back tomorrow.", "Quarterly numbers look fine."]
batch = pm.Batch.of(texts, ids=["a", "b", "c"], targets={"spans": [[(22, 28, "DATE")], [(20, 28, "DATE")], []]})

typos = pm.OneOf([pm.get("char-swap", rate=0.2), pm.get("keyboard-typo", rate=0.1)])
pipeline = pm.Pipeline([typos, pm.Sometimes(pm.get("word-delete", rate=0.3), p=0.5)])

noisy = pipeline(batch, seed=7, log=True)
for before, after, spans in zip(texts, noisy.to_list(), noisy.targets["spans"].data, strict=True):
    print(f"{before!r} -> {after!r}, dates: {[after[start:stop] for start, stop, _ in spans]}")

assert pipeline(batch.take([2, 0, 1]), seed=7).take([1, 2, 0]).to_list() == noisy.to_list()  # order doesn't matter
assert pm.replay(pm.Batch.of(texts, ids=["a", "b", "c"]), noisy.edits).to_list() == noisy.to_list()
assert pm.build(pipeline.config()) == pipeline  # plain data, for YAML and JSON
print(f"{len(noisy.edits.to_table())} edits logged; by sample: {noisy.edits.strength()}")
