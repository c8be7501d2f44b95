"""Running a recipe: fit or load, stress, explain, harden, stress again, report; each piece kept as it is done."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from practicum.api import load
from practicum.batch import Batch
from practicum.errors import CapabilityError, RunError
from practicum.evaluate.examples import explain_worst, judged_again
from practicum.evaluate.faithfulness import summed_up
from practicum.evaluate.hardening import Hardened, choose, harden_with_details
from practicum.evaluate.report import Report
from practicum.evaluate.result import Examples, Faithfulness, Hardening, Meta, Phase, Shift
from practicum.evaluate.shifting import explanation_shift
from practicum.evaluate.store import faithfulness_of, load_examples, read_facts, save_examples, shift_facts, shift_of
from practicum.evaluate.stressing import Progress, log_report, stress
from practicum.evaluate.summary import joined
from practicum.keys import Keys
from practicum.model import Model
from practicum.registry import default_registry
from practicum.run.begin import begin
from practicum.run.prepare import Prepared, prepare
from practicum.run.recipe import Recipe, load_recipe
from practicum.run.result import Event, RunResult, Stage
from practicum.run.rundir import RunDir, locked, new_run_id
from practicum.run.underway import run_path, underway
from practicum.tracker import Run

OnEvent = Callable[[Event], None]


def run_recipe(recipe: str | Path | Mapping[str, Any] | Recipe, out: str | Path | None = None, *,
               overrides: Sequence[str] = (), resume: bool = False, allow_import: bool = False,
               on_event: OnEvent | None = None, command: str = "") -> RunResult:
    """Run a recipe from start to end, or go on where a killed run stopped.

    Args:
        recipe: a YAML or JSON file, plain data, or a checked recipe.
        out: the run directory; a new one under ``runs/`` when left out, or with ``resume`` the recipe's last one.
        overrides: ``"key=value"``, see :func:`load_recipe`.
        resume: go on with an existing run of the same recipe. Finished units are read back, so the figures are those of
            a run that was never interrupted.
        allow_import: let the recipe name Python import paths.
        on_event: called after each piece of work.
        command: the command line, for the reproducibility block.

    Raises:
        RunError: the directory holds another run, is in use, or there is nothing to resume.
        PracticumError: whatever the stages raise.
    """
    checked = load_recipe(recipe, overrides)
    run_id = new_run_id(checked.name)
    path = run_path(checked, out, run_id, resume=resume)
    prepared = prepare(checked, allow_import=allow_import)
    with locked(path):
        run_dir = RunDir(path)
        begin(run_dir, checked, prepared.data, seeds=prepared.seeds, notes=prepared.notes, resume=resume,
              command=command, run_id=run_id)
        return _Running(checked, prepared, run_dir, allow_import, on_event or (lambda event: None)).run()


@dataclass
class _Running:
    """One process's work on a run."""

    recipe: Recipe
    prepared: Prepared
    run_dir: RunDir
    allow_import: bool
    tell: OnEvent

    def run(self) -> RunResult:
        began = time.perf_counter()
        with underway(self.run_dir, self.recipe, self.prepared.tracker) as tracked:
            report = self._stages(tracked)
            html = self._write(report)
            if tracked is not None:
                for path in (self.run_dir.file("results", "report.json"), html):
                    if path is not None:
                        tracked.log_artifact(path)
            return RunResult(report, self.run_dir.path, html, time.perf_counter() - began)

    def _stages(self, tracked: Run | None) -> Report:
        model = self._fit(tracked)
        before = self._stress(model, "before", tracked)
        before = replace(before, examples=self._explain(model, before), shifts=self._shifts(model, before, before),
                         faithfulness=self._faithfulness(model, before))
        if self.recipe.harden is None:
            return self._with_facts(before)
        if not any(choose(before, self.recipe.harden.top)):
            self.tell(Event("harden", 1, 1, "nothing hurts beyond chance on the validation split"))
            return self._with_facts(before)
        hardened = self._harden(model, before, tracked)
        after = self._stress(hardened.model, "after", tracked)
        after = replace(after, shifts=self._shifts(hardened.model, after, before))
        report = joined(before, after, self.prepared.metric, hardened.details)
        examples = judged_again(report.examples, hardened.model, self.prepared.metric)
        return self._with_facts(replace(report, examples=examples))

    def _fit(self, tracked: Run | None) -> Model:
        if not self.prepared.fits:
            return self.prepared.model
        return self._trained("fit", "fitted", lambda checkpoint: (self._fitted(tracked, checkpoint), {}))[0]

    def _fitted(self, tracked: Run | None, checkpoint: Path) -> Model:
        model: Any = self.prepared.model
        keys = Keys(self.prepared.seeds[0], path=("fit",))
        made: Model = model.fit([self.prepared.data.part("train")], keys, tracked, checkpoint=checkpoint)
        return made

    def _harden(self, model: Model, report: Report, tracked: Run | None) -> Hardened:
        asked = self.recipe.harden
        if asked is None:
            raise AssertionError("only called when the recipe hardens")

        def work(checkpoint: Path) -> tuple[Model, dict[str, Any]]:
            start = self.prepared.model if self.prepared.fits else model
            made = harden_with_details(start, self.prepared.data, report, top=asked.top, budget=asked.budget,
                                       defence=asked.defence,
                                       seed=self.prepared.seeds[0], clean_share=asked.clean_share, tracker=tracked,
                                       checkpoint=checkpoint)
            return made.model, asdict(made.details)

        made, facts = self._trained("harden", "hardened", work)
        details = Hardening(**{**facts, "chosen": tuple(facts["chosen"]), "notes": tuple(facts["notes"])})
        return Hardened(made, details)

    def _trained(self, stage: Stage, name: str,
                 work: Callable[[Path], tuple[Model, dict[str, Any]]]) -> tuple[Model, dict[str, Any]]:
        """A training, or what an earlier process saved of it. A model that can't be saved is trained again, which gives
        the same weights for the same keys."""
        home, checkpoint = self.run_dir.file("models", name), self.run_dir.file("checkpoints", f"{name}.ckpt")
        facts = self.run_dir.done(stage)
        if facts is not None and facts["saved"]:
            self.tell(Event(stage, 1, 1, name, resumed=True))
            return load(home, allow_import=self.allow_import), facts["details"]
        began = time.perf_counter()
        self.tell(Event(stage, 0, 1, name))
        checkpoint.parent.mkdir(parents=True, exist_ok=True)
        made, details = work(checkpoint)
        saved = True
        try:
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir(parents=True)
            made.save(home)
        except CapabilityError:
            saved = False
        self.run_dir.finish(stage, saved=saved, details=details, seconds=time.perf_counter() - began)
        with suppress(FileNotFoundError):
            os.unlink(checkpoint)
        self._stage_done(stage, time.perf_counter() - began)
        self.tell(Event(stage, 1, 1, name))
        return made, details

    def _stress(self, model: Model, phase: Phase, tracked: Run | None) -> Report:
        stage: Stage = "stress" if phase == "before" else "stress-after"
        began = time.perf_counter()

        def told(progress: Progress) -> None:
            cell = progress.cell
            self.tell(Event(stage, progress.done, progress.total, f"{cell.split}: {cell.perturbation.label}, seed "
                                                                  f"{cell.seed}", progress.resumed))

        data = replace(self.prepared.data, train=None) if "train" not in self.prepared.splits else self.prepared.data
        report = stress(model, data, self.prepared.planned, seeds=self.prepared.seeds,
                        splits=self.prepared.splits, metric=self.prepared.metric, batch_size=self.recipe.batch_size,
                        level=self.recipe.level, show=0, on_cell=told, store=self.run_dir, phase=phase)
        if tracked is not None and self.run_dir.done(f"logged-{phase}") is None:
            log_report(tracked, report)
            self.run_dir.finish(f"logged-{phase}")
        self._stage_done(stage, time.perf_counter() - began)
        return report

    def _explain(self, model: Model, report: Report) -> tuple[Examples, ...]:
        folder = self.run_dir.file("units", "examples")
        facts = self.run_dir.done("explain")
        if facts is not None:
            self.tell(Event("explain", 1, 1, resumed=True))
            return tuple(load_examples(folder / f"{k:03d}") for k in range(facts["count"]))
        began = time.perf_counter()
        wanted = self.recipe.report
        rows = [r for r in report.worst(wanted.worst) if r.drop.value > 0] if wanted.examples else []
        batch: Batch = self.prepared.data.part(report.main_split)
        found = explain_worst(model, batch, rows, report.cells, self.prepared.planned, self.prepared.metric,
                              self.prepared.explainers, count=wanted.examples, batch_size=self.recipe.batch_size,
                              on_done=lambda e: self.tell(Event("explain", 0, len(rows), e.perturbation.label)))
        for number, examples in enumerate(found):
            save_examples(examples, folder / f"{number:03d}")
        self.run_dir.finish("explain", count=len(found))
        self._stage_done("explain", time.perf_counter() - began)
        self.tell(Event("explain", 1, 1))
        return found

    def _shifts(self, model: Model, report: Report, worst: Report) -> tuple[Shift, ...]:
        """How far explanations move, for the perturbations that were worst before hardening."""
        phase = report.rows[0].phase if report.rows else "before"
        wanted = [r.perturbation.key for r in worst.worst(self.recipe.report.worst) if r.drop.value > 0]
        rows = [r for r in report.select(split=report.main_split, phase=phase) if r.perturbation.key in wanted]
        facts = self.run_dir.done(f"shift-{phase}")
        if facts is not None:
            known = {r.perturbation.key: r.perturbation for r in report.rows}
            return tuple(shift_of(f, known[f["perturbation"]]) for f in facts["shifts"])
        found = explanation_shift(model, self.prepared.data.part(report.main_split), rows, report.cells,
                                  self.prepared.planned, self.prepared.explainers, batch_size=self.recipe.batch_size,
                                  level=self.recipe.level)
        self.run_dir.finish(f"shift-{phase}", shifts=[shift_facts(s) for s in found])
        return found

    def _faithfulness(self, model: Model, report: Report) -> tuple[Faithfulness, ...]:
        facts = self.run_dir.done("faithfulness")
        if facts is not None:
            return tuple(faithfulness_of(f) for f in facts["explainers"])
        found = summed_up(model, self.prepared.data.part(report.main_split), self.prepared.explainers,
                          split=report.main_split, level=self.recipe.level)
        self.run_dir.finish("faithfulness", explainers=[asdict(f) for f in found])
        return found

    def _with_facts(self, report: Report) -> Report:
        """With the reproducibility block; sizes, versions and command are those of the run's first process."""
        facts = self.run_dir.facts
        return replace(report, meta=self._meta(report.meta, facts))

    def _meta(self, meta: Meta, facts: Mapping[str, Any]) -> Meta:
        seconds = dict(meta.seconds)
        for stage in ("fit", "harden"):
            done = self.run_dir.done(stage)
            if done is not None:
                seconds[stage] = done["seconds"]
        data = {k: v for k, v in self.recipe.plain()["data"].items() if v is not None}
        known = {**facts["versions"], **({"git": facts["git"]["commit"]} if facts["git"] else {})}
        trained = self.prepared.fits or self.recipe.harden is not None
        return replace(meta, data=data, trained_on=self.prepared.data.sizes().get("train", 0) if trained else 0,
                       recipe=self.recipe.plain(), versions=known, command=facts["command"], run_id=facts["run_id"],
                       seconds=seconds)

    def _write(self, report: Report) -> Path | None:
        began = time.perf_counter()
        report.save(self.run_dir.file("results"))
        html = None
        if self.recipe.report.html is not None:
            html = self.run_dir.file(self.recipe.report.html)
            report.to_html(html)
        self.tell(Event("report", 1, 1))
        self._stage_done("report", time.perf_counter() - began)
        return html

    def _stage_done(self, stage: Stage, seconds: float) -> None:
        default_registry().notify("stage_finished", run_dir=self.run_dir.path, stage=stage, seconds=seconds)


def load_run(run_dir: str | Path) -> Report:
    """The report of a finished run.

    Raises:
        RunError: the directory holds no finished run.
    """
    path = Path(run_dir)
    if not path.joinpath("run.json").is_file():
        raise RunError(f"{path} is no run directory (run.json is missing)")
    if path.joinpath("results", "gain.json").is_file():
        raise RunError(f"{path} holds a gain table, not a report: see {path / 'results' / 'gain.html'}")
    if not path.joinpath("results", "report.json").is_file():
        status = path.joinpath("status.json")
        state = read_facts(status, "status")["status"].lower() if status.is_file() else "unfinished"
        raise RunError(f"the run in {path} has no results yet ({state}): finish it with practicum run RECIPE --resume "
                       f"--out {path}")
    return Report.load(path / "results")
