"""What a transformation promises beyond its configuration."""

from __future__ import annotations

from typing import Any

import numpy as np

from practicum.batch import Batch, Column, guess_modality
from practicum.columns import column_kind
from practicum.edits import EditLog, replay
from practicum.errors import ConfigError, DataError, ModalityError, TargetError
from practicum.keys import Keys
from practicum.targets import BY_EDITS, MixedLabel, SoftLabel, Target
from practicum.testing.compare import (
    column_lengths_agree,
    columns_changed,
    difference,
    independent_copy,
    require_same,
    rows_by_id,
    same_value,
    shown,
)
from practicum.testing.result import NotApplicable, contract_check
from practicum.testing.samples import positional_targets
from practicum.testing.subject import Subject, broken, global_rng_kept, global_rng_stirred, watching_draws
from practicum.transformation import Transformation

SEEDS = range(8)


@contract_check("same key same output", "transformation")
def same_key_same_output(subject: Subject) -> None:
    """Output is a function of technique, seed and samples: not of earlier calls, nor of global generators."""
    first = subject.run(subject.batch, 3)
    for turn in (1, 2):
        with global_rng_stirred(turn):
            again = subject.run(subject.batch, 3)
        require_same(first, again, "the same seed gave another output in the next call (all randomness must come from "
                                   "keys)")
    require_same(first, subject.other().run(subject.batch, 3), "another instance of the same configuration gave "
                                                               "another output")


@contract_check("other seed other output", "transformation")
def other_seed_other_output(subject: Subject) -> None:
    """A technique that draws gives other outputs for other seeds and other epochs."""
    batch, _ = subject.batch, subject.technique  # made outside: making them may draw
    with watching_draws() as drawn:
        first = subject.run(batch, 0)
    if not (drawn() if subject.contract.random is None else subject.contract.random):
        raise NotApplicable("the technique draws nothing")
    if not any(difference(first, subject.run(subject.batch, seed)) for seed in SEEDS[1:]):
        raise broken("8 different seeds gave one and the same output although the technique draws from its keys")
    if not any(difference(first, subject.run(subject.batch, 0, epoch)) for epoch in SEEDS[1:]):
        raise broken("8 different epochs gave one and the same output: draw from the keys you are given")


@contract_check("scope kept", "transformation")
def scope_kept(subject: Subject) -> None:
    """What the declared scope says the output of a sample may depend on."""
    batch, scope = subject.batch, subject.technique.scope
    whole = subject.run(batch, 5)
    count = len(batch)
    order = (np.arange(count) * 4 + 2) % count if count % 2 else np.arange(count)[::-1]
    require_same(whole, subject.run(batch.take(order), 5), f"scope {scope!r}: with shuffled rows a sample came out "
                                                           "differently", subject.tolerance)
    if scope == "batch" or (scope == "dataset" and type(subject.technique).fit is Transformation.fit):
        return
    for size in (1, min(7, count)):
        parts = [subject.run(batch.take(np.arange(at, min(at + size, count))), 5) for at in range(0, count, size)]
        for part in parts:
            require_same(whole, part, f"scope {scope!r}: in a batch of {size} a sample came out differently than in a "
                                      f"batch of {count}", subject.tolerance, every=False)
        kept = {sample for part in parts for sample in rows_by_id(part)}
        if kept != set(rows_by_id(whole)):
            raise broken(f"scope {scope!r}: in batches of {size} other samples are kept than in a batch of {count}")


@contract_check("acts at its default strength", "transformation")
def acts(subject: Subject) -> None:
    """A technique that changes nothing is none."""
    if not any(columns_changed(subject.batch, subject.run(subject.batch, seed)) for seed in SEEDS):
        raise broken(f"with 8 seeds no sample of {len(subject.batch)} was changed: it does nothing at this "
                     f"configuration ({subject.technique})")


@contract_check("nothing at strength zero", "transformation")
def nothing_at_zero(subject: Subject) -> None:
    """Where the strength that ``sweep`` names may be 0, the samples come out as they went in."""
    technique = subject.technique
    if not technique.sweep:
        raise NotApplicable("it names no strength")
    try:
        off = technique.evolve(**dict.fromkeys(technique.sweep, 0))
    except ConfigError as error:
        raise NotApplicable(f"its strength can't be 0: {error}") from error
    for seed in SEEDS[:3]:
        changed = columns_changed(subject.batch, off.run(subject.batch, Keys(seed)))
        if changed:
            raise broken(f"with {', '.join(f'{f}=0' for f in technique.sweep)} and seed {seed} it changed {changed} of "
                         f"{len(subject.batch)} samples: strength 0 must change nothing")


@contract_check("input not mutated", "transformation")
def input_not_mutated(subject: Subject) -> None:
    """The caller's data are as they were."""
    mine = independent_copy(subject.batch)
    before = independent_copy(mine)
    subject.technique.run(mine, Keys(1))
    require_same(before, mine, "the input was changed in place")


@contract_check("global RNG state kept", "transformation")
def global_rng(subject: Subject) -> None:
    """No global generator moves, so a caller's own random numbers stay as they were."""
    subject.run(subject.batch, 1)
    with global_rng_kept() as moved:
        subject.run(subject.batch, 2)
        names = moved()
    if names:
        raise broken(f"the call moved the global generator of {names}: draw from keys, and give libraries "
                     "a generator of their own")


@contract_check("label policy kept", "transformation")
def label_policy_kept(subject: Subject) -> None:
    """``preserves`` leaves the label, ``mixes`` gives a valid soft label, ``changes`` keeps it well-formed."""
    effect, batch = subject.technique.label_effect, subject.batch
    if "label" not in batch.targets:
        raise NotApplicable("the samples have no labels")
    for seed in SEEDS[:3]:
        out = subject.run(batch, seed)
        target = out.targets.get("label")
        if target is None:
            if effect == "changes":
                continue
            raise broken(f"label_effect {effect!r}, but the label is gone")
        if effect == "preserves":
            rows = [rows_by_id(batch)[sample] for sample in out.ids]
            expected = batch.targets["label"].take(np.array(rows, dtype=np.int64))
            if target.kind != expected.kind or not np.array_equal(np.asarray(target.data), np.asarray(expected.data)):
                raise broken("label_effect 'preserves', but labels came out changed: declare 'changes' or 'mixes'")
        if effect == "mixes":
            _valid_mix(batch, target)


def _valid_mix(batch: Batch, target: Target) -> None:
    known = set(np.unique(batch.label).tolist())
    if not isinstance(target.data, (SoftLabel, MixedLabel)):
        raise broken(f"label_effect 'mixes', but the label came out as {target.kind}, not as a SoftLabel")
    mixed = target.data.mixed()
    if len(mixed) and float(mixed.weights.sum(axis=1).max()) > 1.0 + 1e-9:
        raise broken(f"the weights of a label add up to more than 1: {shown(mixed.weights)}")
    lam = np.asarray(target.data.lam if isinstance(target.data, SoftLabel) else mixed.weights)
    if not bool(np.isfinite(lam).all()) or (len(lam) and (lam.min() < 0 or lam.max() > 1)):
        raise broken(f"a mixing weight is outside 0..1: {shown(lam)}")
    if not set(np.unique(mixed.classes).tolist()) <= known:
        raise broken("a mixed label names a class that no sample has")


@contract_check("output fits the column", "transformation")
def output_fits(subject: Subject) -> None:
    """Same ids, same columns and targets, same modality; other columns untouched."""
    batch, name = subject.batch, subject.column
    other = "untouched"
    marks = column_kind("text").coerce([f"row {i}" for i in range(len(batch))], name=other)
    two = Batch(batch.ids, {**batch.columns, other: Column("text", marks)}, batch.targets)
    technique = subject.technique
    if "text" in technique.modalities and technique.on is None:
        technique = technique.evolve(on=name)
    out = technique.run(two, Keys(1))
    if not technique.filters and out.ids != two.ids:
        raise broken("the ids came out changed, or in another order")
    if out.columns.keys() != two.columns.keys():
        raise broken(f"the columns {sorted(two.columns)} became {sorted(out.columns)}")
    if out.columns[name].modality != two.columns[name].modality:
        raise broken(f"column {name!r} went in as {two.columns[name].modality} and came out as "
                     f"{out.columns[name].modality}")
    if not column_lengths_agree(out):
        raise broken("a column or target of the output has another number of rows than there are ids")
    lost = set(two.targets) - set(out.targets)
    if lost and technique.label_effect != "changes":
        raise broken(f"target {sorted(lost)[0]!r} is gone")
    at, old, new = rows_by_id(two), two.to_list(other), out.to_list(other)
    if any(not same_value(old[at[s]], new[row]) for s, row in rows_by_id(out).items()):
        raise broken(f"column {other!r}, which the technique was not asked to work on, came out changed")


@contract_check("positional targets carried or refused", "transformation", modalities=("text", "image"))
def positional_targets_kept(subject: Subject) -> None:
    """A target that refers to places of the input moves along or is refused, never passed on stale."""
    batch, name, technique = subject.batch, subject.column, subject.technique
    if "text" in technique.modalities and subject.modality != "text":
        technique = technique.evolve(on=name)
    for kind, target in positional_targets(batch, name).items():
        given = Batch(batch.ids, batch.columns, {**batch.targets, kind: target})
        declared = kind in technique.carries or (technique.writes_edits and kind in BY_EDITS)
        for seed in SEEDS[:4]:
            try:
                out = technique.run(given, Keys(seed))
            except TargetError as error:
                if declared:
                    raise broken(f"it declares to carry {kind} but refuses them: {error}") from error
                break
            if not declared and not technique.filters and columns_changed(batch, out):
                raise broken(f"it doesn't declare to carry {kind}, yet accepts them: they would no longer fit the "
                             "input; leave _check_targets alone, or declare carries")
            if kind not in out.targets:
                raise broken(f"target {kind!r} is gone after the call: carry it or refuse it")
            _inside(out, name, kind, out.targets[kind])


def _inside(batch: Batch, column: str, kind: str, target: Target) -> None:
    for sample, value, places in zip(batch.ids, batch.to_list(column), target.data, strict=True):
        size = len(value) if isinstance(value, str) else np.shape(value)[:2]
        if not _fits(kind, places, size, value):
            raise broken(f"sample {sample!r}: {kind} {shown(places)} lie outside the output {shown(value, 60)}")


def _fits(kind: str, places: Any, size: Any, value: Any) -> bool:
    if kind == "spans":
        return all(0 <= s[0] < s[1] <= size for s in places)
    if kind == "answer":
        return places is None or 0 <= places[0] < places[1] <= size
    if kind == "tags":
        from practicum.remap import tokens

        return len(places) == len(tokens(value))
    array = np.asarray(places)
    if kind == "masks":
        return bool(array.shape == tuple(size))
    if kind == "keypoints":
        return bool(array.ndim == 2 and array.shape[1] == 2 and np.isfinite(array).all())
    height, width = size
    return bool(array.ndim == 2 and array.shape[1] == 4 and (array[:, 0] <= array[:, 2]).all()
                and (array[:, 1] <= array[:, 3]).all() and (array >= -1e-6).all()
                and (array[:, [0, 2]] <= width + 1e-6).all() and (array[:, [1, 3]] <= height + 1e-6).all())


@contract_check("edit log replays", "transformation", modalities=("text",))
def edit_log_replays(subject: Subject) -> None:
    """The edits reported lead from the input to the output, also after a trip through the log's table."""
    if not subject.technique.writes_edits:
        raise NotApplicable("the technique declares writes_edits = False")
    for seed in SEEDS[:3]:
        out = subject.run(subject.batch.recording(), seed)
        log = out.edits
        if log is None or (not log.steps and columns_changed(subject.batch, out)):
            raise broken("writes_edits is declared, but no edits were logged: pass edits= to batch.with_column when "
                         "batch.wants_edits(column)")
        for form in (log, EditLog.from_table(log.to_table())):
            try:
                again = replay(subject.batch, form)
            except DataError as error:
                raise broken(f"the edit log can't be replayed: {error}") from error
            require_same(Batch(out.ids, out.columns, {}), Batch(again.ids, again.columns, {}),
                         "replaying the edit log gives another output than the technique")
        plain = subject.run(subject.batch, seed)
        require_same(plain, out, "with an edit log asked for, the output differs")


@contract_check("batch equals single", "transformation")
def batch_equals_single(subject: Subject) -> None:
    """Where both forms are written, apply and apply_one agree."""
    technique = subject.technique
    cls: type[Transformation] = type(technique)
    if cls.apply is Transformation.apply or cls.apply_one is Transformation.apply_one:
        raise NotApplicable("only one of apply and apply_one is written")
    keys = Keys(2).child(technique.name).bind(subject.batch.ids)
    require_same(technique.apply(subject.batch, keys), Transformation.apply(technique, subject.batch, keys),
                 "apply and apply_one disagree", subject.tolerance)


@contract_check("empty batch", "transformation")
def empty_batch(subject: Subject) -> None:
    """No samples in, no samples out."""
    out = subject.run(subject.batch.take(np.zeros(0, dtype=np.int64)))
    if len(out):
        raise broken(f"an empty batch came out with {len(out)} samples")


@contract_check("one sample", "transformation")
def one_sample(subject: Subject) -> None:
    """Each sample alone works."""
    for row in range(len(subject.batch)):
        alone = subject.batch.take([row])
        out = subject.run(alone)
        if not subject.technique.filters and (len(out) != 1 or out.ids != alone.ids):
            raise broken(f"sample {alone.ids[0]!r} alone came out as {len(out)} samples")


@contract_check("list in, list out", "transformation")
def list_in_list_out(subject: Subject) -> None:
    """Called with a plain list it returns a list, with the values that a batch gives."""
    values = subject.batch.to_list(subject.column)
    if len(subject.batch.columns) > 1:
        raise NotApplicable("the samples have several columns")
    if len(subject.technique.modalities) > 1 and not _tells_modality(values, subject.modality):
        raise NotApplicable("the modality of a plain list of these can't be told")
    try:
        out = subject.technique(values, 4)
    except TargetError as error:
        raise NotApplicable(f"it needs targets, which a plain list has not ({error})") from error
    if not isinstance(out, list):
        raise broken(f"a list of {len(values)} came out as a {type(out).__name__}")
    batch = Batch.of(values, modality=subject.modality)
    expected = subject.run(batch, 4).to_list()
    if not same_value(expected, out, subject.tolerance):
        raise broken(f"called with a list it gives other values than with a batch: {shown(out)} against "
                     f"{shown(expected)}")


def _tells_modality(values: list[Any], modality: str) -> bool:
    try:
        return guess_modality(values) == modality
    except ModalityError:
        return False


@contract_check("output survives Arrow", "transformation")
def output_survives_arrow(subject: Subject) -> None:
    """Workers and files carry the output: columns and targets go through Arrow and back unchanged."""
    out = subject.run(subject.batch, 1)
    try:
        back = Batch.from_arrow(out.to_arrow())
    except Exception as error:
        raise broken(f"the output can't be written to Arrow ({type(error).__name__}: {error}): use plain numbers and "
                     "texts in targets and attributes") from error
    require_same(out, back, "the output came back from Arrow changed")


@contract_check("fit returns a fitted copy", "transformation")
def fit_returns_copy(subject: Subject) -> None:
    """Fitting leaves the original as it was, and the state counts for equality and fingerprint."""
    cls: type[Transformation] = type(subject.technique)
    if cls.fit is Transformation.fit:
        raise NotApplicable("the technique learns no state")
    raw = subject.make()
    before = raw.fingerprint()
    keys = Keys(0).child(raw.name).bind(subject.batch.ids)
    first, second = raw.fit(subject.batch, keys), raw.fit(subject.batch, keys)
    if raw.fingerprint() != before or first is raw:
        raise broken("fit changed the technique itself: return a new one and leave self as it was")
    if first.fingerprint() == before:
        raise broken("the fitted state is not in the fingerprint: override state_digest()")
    if first != second:
        raise broken("fitting twice on the same samples with the same keys gave different states")

