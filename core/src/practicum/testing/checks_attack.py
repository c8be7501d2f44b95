"""What an attack promises: its budget, honest figures, and results that depend on the sample alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from practicum.attack import respected
from practicum.batch import Batch
from practicum.distance import distance, inside, near
from practicum.errors import CapabilityError
from practicum.keys import Keys
from practicum.ledger import CountingModel
from practicum.testing.checks_untouched import call
from practicum.testing.compare import require_same, shown
from practicum.testing.models import FLOATS, as_float64, own_labels
from practicum.testing.result import NotApplicable, contract_check
from practicum.testing.subject import Subject, broken, global_rng_stirred


def given(subject: Subject, model: Any = None) -> Batch:
    """The samples attacked: floats in float64, labelled with what the model says."""
    batch = subject.batch if subject.contract.samples is not None else as_float64(subject.batch)
    return own_labels(subject.model if model is None else model, batch)


@contract_check("same key same output", "attack")
def same_key(subject: Subject) -> None:
    """Deterministic for a seed, whatever the global generators do."""
    batch = given(subject)
    first = call(subject, batch=batch, seed=3).batch
    for turn in (1, 2):
        with global_rng_stirred(turn):
            require_same(first, call(subject, batch=batch, seed=3).batch, "the same seed gave another result")


@contract_check("budget respected", "attack")
def budget_respected(subject: Subject) -> None:
    """Distance, box, mask and queries as recomputed here, and everything finite."""
    batch, model = given(subject), subject.model
    budget = subject.technique.budget(model, batch)
    for fact in ("norm", "eps"):
        said = getattr(subject.technique, fact, None)
        if isinstance(said, (str, float)) and isinstance(getattr(budget, fact), (str, float)) \
                and said != getattr(budget, fact):
            raise broken(f"its budget says {fact} {getattr(budget, fact)}, its field says {said}")
    for seed in range(3):
        result = call(subject, batch=batch, seed=seed)
        name = batch.column_name(subject.technique.on)
        old, new = batch.columns[name], result.batch.columns[name]
        close = near(old.modality, old.data, new.data, budget.norm, budget.eps)
        if not bool(close.all()):
            row = int(np.argmin(close))
            far = distance(old.modality, old.data, new.data, budget.norm)
            raise broken(f"sample {batch.ids[row]!r} was moved by {far[row]:.6g} in {budget.norm}, the budget is "
                         f"{budget.largest:.6g}")
        fits = inside(old.modality, new.data, budget.bounds, old.data)
        if not bool(fits.all()):
            raise broken(f"sample {batch.ids[int(np.argmin(fits))]!r} left the box {budget.bounds} or is not finite")
        kept = respected(budget, old, new, result.queries)
        if not bool(kept.all()):
            row = int(np.argmin(kept))
            raise broken(f"sample {batch.ids[row]!r}: a value outside the mask moved, or it cost "
                         f"{int(result.queries[row])} queries where {budget.queries} are allowed")


@contract_check("figures as recomputed", "attack")
def figures_recomputed(subject: Subject) -> None:
    """Success, distance and correctness of the result are what the model and the inputs say."""
    batch, model = given(subject), subject.model
    result = call(subject, batch=batch)
    after, before = model.predict(result.batch), model.predict(batch)
    budget, aim = subject.technique.budget(model, batch), subject.technique.aim()
    facts = aim.facts(batch)
    won = ((before.labels == batch.label) & aim.concerns(facts) & aim.reached(after.values, facts)
           & ~aim.reached(before.values, facts))
    name = batch.column_name(subject.technique.on)
    far = distance(batch.columns[name].modality, batch.columns[name].data, result.batch.columns[name].data, budget.norm)
    for fact, claimed, true in (("clean_correct", result.clean_correct, before.labels == batch.label),
                                ("success", result.success, won),
                                ("norm", result.norm, far)):
        if not np.allclose(np.asarray(claimed, dtype=float), np.asarray(true, dtype=float), rtol=1e-9):
            raise broken(f"the result claims {fact} {shown(claimed)}, recomputed it is {shown(true)}: leave run() to "
                         "the core")


@contract_check("batch equals singles", "attack")
def batch_equals_singles(subject: Subject) -> None:
    """In any order and any batch a sample gets the same result, to 1e-6 in float64."""
    batch = given(subject)
    limit = max(1e-6, subject.tolerance)
    whole = call(subject, batch=batch, seed=5).batch
    order = np.arange(len(batch))[::-1]
    require_same(whole, call(subject, batch=batch.take(order), seed=5).batch, "with shuffled rows a sample came out "
                                                                               "differently", limit)
    for row in range(min(4, len(batch))):
        single = call(subject, batch=batch.take([row]), seed=5).batch
        require_same(whole, single, "alone a sample came out differently than in a batch", limit, every=False)


@contract_check("labels and ids kept", "attack")
def labels_kept(subject: Subject) -> None:
    """Targets are read, never changed."""
    batch = given(subject)
    out = call(subject, batch=batch).batch
    if out.ids != batch.ids:
        raise broken("the ids came out changed")
    require_same(Batch(batch.ids, {}, batch.targets), Batch(out.ids, {}, out.targets), "a target came out changed")


@contract_check("queries counted in full", "attack")
def queries_counted(subject: Subject) -> None:
    """Every forward pass goes through the model it was given, where the core counts."""
    model = subject.model
    counted_here = subject.modality in FLOATS or hasattr(model, "logits_from")
    if not counted_here or not hasattr(model, "modules") or not list(model.modules()):
        raise NotApplicable("forward passes are counted on float inputs and embeddings of torch models")
    batch = given(subject)
    real = [0]
    last = list(model.modules()[-1].modules())[-1]
    handle = last.register_forward_hook(lambda module, inputs, output: real.__setitem__(0, real[0] + len(output)))
    ledger = CountingModel(model, batch.ids, subject.technique.access)
    try:
        subject.technique.perturb(ledger.proxy, batch, Keys(0).child(subject.technique.name).bind(batch.ids))
    finally:
        handle.remove()
    counted = int(ledger.queries.sum())
    if counted != real[0]:
        raise broken(f"the model did {real[0]} forward passes of a sample, {counted} were counted: call model.predict "
                     "or model.logits with batches that keep the samples' ids, or model.logits_from after model.units, "
                     "never the module itself")


@contract_check("acts at its default strength", "attack")
def acts(subject: Subject) -> None:
    """Some sample gets worse for the model than it was clean."""
    batch = given(subject)
    for seed in range(3):
        result = call(subject, batch=batch, seed=seed)
        if result.success.any() or bool((result.loss_after > result.loss_before + 1e-9).any()):
            return
    raise broken(f"with 3 seeds no loss rose and no sample was flipped: it does nothing at this configuration "
                 f"({subject.technique})")


@contract_check("fit returns a fitted copy", "attack")
def fit_returns_copy(subject: Subject) -> None:
    """Fitting leaves the original as it was, the state counts for fingerprint and equality, and without it the attack
    refuses to run."""
    raw = subject.make()
    if not raw.learns:
        raise NotApplicable("the attack learns no state")
    batch, before = given(subject), raw.fingerprint()
    keys = Keys(0).child(raw.name).bind(batch.ids)
    first, second = raw.fit(subject.model, batch, keys), raw.fit(subject.model, batch, keys)
    if raw.fingerprint() != before or first is raw:
        raise broken("fit changed the attack itself: return a new one and leave self as it was")
    if first.fingerprint() == before:
        raise broken("what was learned is not in the fingerprint: override state_digest()")
    if first != second:
        raise broken("fitting twice on the same samples with the same keys gave different states")
    try:
        raw.run(subject.model, batch, Keys(0))
    except CapabilityError:
        return
    raise broken("it ran without having been fitted")


@contract_check("empty batch", "attack")
def empty_batch(subject: Subject) -> None:
    """No samples in, no samples out."""
    result = call(subject, batch=given(subject).take(np.zeros(0, dtype=np.int64)))
    if len(result.success) or len(result.batch):
        raise broken("an empty batch came out with samples")
