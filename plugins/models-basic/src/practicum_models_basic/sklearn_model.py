"""Any scikit-learn estimator as a model."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, PrivateAttr, model_validator

from practicum.batch import Batch
from practicum.errors import (
    CapabilityError,
    ConfigError,
    DataError,
    ModelOutputError,
    RunError,
    TargetError,
    UsageError,
)
from practicum.importing import import_path
from practicum.keys import Keys
from practicum.model import Model, Predictions
from practicum_models_basic.columns import array_of, frame_of
from practicum_models_basic.sklearn_store import dump_estimator, estimator_digest, load_estimator
from practicum_models_basic.torch_model import read_config, write_config

if TYPE_CHECKING:
    from practicum.attack import Attack
    from practicum.tracker import Run
    from practicum.transformation import Transformation


class SklearnModel(Model):
    """A scikit-learn classifier or regressor, pipelines included.

    The estimator gets what it was written for: image and state columns as an array [N, F] (images flattened from
    [C, H, W], uint8 scaled to ``bounds``), records as a pandas frame, texts as a list of str. A classifier scores by
    ``predict_proba``, else by ``decision_function`` (a single column d becomes the two scores 0 and d), else by one-hot
    predictions. Column c of the scores is label c: an estimator fitted on integers has a column for each label up to
    the largest, one fitted on names has them in its own order, as ``classes`` of the predictions.

    ``fit`` clones the estimator and fits the clone; a ``random_state`` left at ``None`` is set from the keys, so no
    global generator is drawn from. ``augment`` adds one augmented copy of the data; ``adversary`` adds attacked
    samples after a first fit, and fits again. Saving uses skops, which executes nothing on loading; a pickle or
    joblib file is never read.

    Raises:
        ConfigError: the import path or its arguments are wrong.
        UsageError: asked to predict before the estimator is fitted.
        CapabilityError: saving without skops, or soft labels for an estimator without sample weights.

    Example:
        >>> import practicum as pm
        >>> from sklearn.linear_model import LogisticRegression
        >>> x = np.array([[0.0], [1.0], [2.0], [3.0]])
        >>> model = pm.wrap(LogisticRegression().fit(x, [0, 0, 1, 1]), modality="state")
        >>> model.predict(pm.Batch.of(x)).labels.tolist()
        [0, 0, 1, 1]
    """

    name: ClassVar[str] = "models-basic/sklearn"
    modalities: ClassVar[frozenset[str]] = frozenset({"image", "record", "state", "text"})
    import_fields: ClassVar[tuple[str, ...]] = ("estimator",)

    on: str | None = Field(default=None, description="the column to read, where there is a choice")
    modality: Literal["image", "record", "state", "text"] = Field(default="state", description="modality of the input")
    bounds: tuple[float, float] | None = Field(default=None, description="the box of valid inputs; null for none")
    estimator: str | None = Field(default=None, description="import path of the estimator's class, as "
                                                            "sklearn.svm:SVC; null for a wrapped object")
    kwargs: dict[str, Any] = Field(default_factory=dict, description="keyword arguments of the class")
    adversarial_share: float = Field(default=0.5, gt=0, le=1, description="share of the samples that an adversary "
                                                                          "attacks, when fit is given one")
    _object: Any = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _facts(self) -> Self:
        if self.estimator is None and self.kwargs:
            raise ConfigError("kwargs need estimator, the import path of the estimator's class")
        object.__setattr__(self, "modalities", frozenset({self.modality}))
        return self

    @classmethod
    def wrap(cls, obj: Any, **fields: Any) -> Self:
        """A model around an estimator, fitted or not; it is not copied."""
        made = cls(**fields)
        made._put(obj)
        return made

    def _put(self, obj: Any) -> None:
        from sklearn.base import is_regressor

        if not hasattr(obj, "predict"):
            raise CapabilityError(f"{self.name}: a {type(obj).__name__} has no predict; give a classifier, a "
                                  "regressor, or a pipeline that ends in one")
        self._object = obj
        object.__setattr__(self, "task", "regression" if is_regressor(obj) else "classification")

    @property
    def fitted(self) -> Any:
        """The estimator, made from its import path on first use.

        Raises:
            ConfigError: there is none, or it can't be made.
        """
        if self._object is None:
            if self.estimator is None:
                raise ConfigError(f"{self.name} holds no estimator: wrap one with practicum.wrap(estimator, ...), or "
                                  "give estimator, an import path")
            found = import_path(self.estimator, role=f"{self.name}: estimator")
            try:
                self._put(found(**self.kwargs) if isinstance(found, type) else found)
            except TypeError as error:
                raise ConfigError(f"{self.name}: {self.estimator} can't be made with kwargs {self.kwargs}: "
                                  f"{error}") from error
        return self._object

    def predict(self, batch: Batch) -> Predictions:
        """Scores float64 [N, C], or values [N] or [N, D] of a regressor.

        Raises:
            UsageError: the estimator isn't fitted.
            ModelOutputError: it returned another number of rows.
        """
        from sklearn.exceptions import NotFittedError

        estimator = self.fitted
        if not len(batch):
            return Predictions(self.task, batch.ids, np.zeros((0, max(len(self._labels()), 1))), ())
        inputs = self._inputs(batch)
        try:
            values = np.asarray(estimator.predict(inputs), np.float64) if self.task == "regression" \
                else self._scores(estimator, inputs)
        except NotFittedError as error:
            raise UsageError(f"{self.name}: the {type(estimator).__name__} isn't fitted: call fit(batches, keys), or "
                             "wrap a fitted one") from error
        if len(values) != len(batch):
            raise ModelOutputError(f"{self.name}: {type(estimator).__name__} returned shape {values.shape} for "
                                   f"{len(batch)} samples")
        names = self._labels()
        return Predictions(self.task, batch.ids, values,
                           tuple(names) if self.task == "classification" and not _integers(names) else ())

    def _labels(self) -> list[Any]:
        found = getattr(self.fitted, "classes_", ())
        return list(found.tolist() if hasattr(found, "tolist") else found)

    def _scores(self, estimator: Any, inputs: Any) -> npt.NDArray[np.float64]:
        if hasattr(estimator, "predict_proba"):
            scores, absent = np.asarray(estimator.predict_proba(inputs), np.float64), 0.0
        elif hasattr(estimator, "decision_function"):
            scores, absent = np.asarray(estimator.decision_function(inputs), np.float64), -np.inf
            if scores.ndim == 1:
                scores = np.stack([np.zeros_like(scores), scores], axis=1)
        else:
            said = np.asarray(estimator.predict(inputs))
            scores, absent = (said[:, None] == np.asarray(self._labels())[None, :]).astype(np.float64), 0.0
        labels = self._labels()
        if not _integers(labels) or labels == list(range(len(labels))) or scores.shape[1] != len(labels):
            return scores
        wide = np.full((len(scores), max(labels) + 1), absent)
        wide[:, labels] = scores
        return wide

    def _inputs(self, batch: Batch) -> Any:
        column = batch.column_name(self.on, frozenset({self.modality}))
        if self.modality == "text":
            return batch.to_list(column)
        if self.modality == "record":
            return frame_of(batch, column)
        array = array_of(batch, column, self.bounds)
        return array.reshape(len(array), -1)

    def fit(self, batches: Sequence[Batch], keys: Keys, tracker: Run | None = None, *,
            augment: Transformation | None = None, adversary: Attack | None = None,
            checkpoint: Path | None = None) -> Self:
        """A fitted copy; see :class:`practicum.model.Trainable`. The tracker receives the training score once.

        Raises:
            TargetError: the batches have no target to learn.
            CapabilityError: soft labels or weights for an estimator that takes no sample weights, or a checkpoint
                without skops.
        """
        from sklearn.base import clone

        data = Batch.concat(list(batches)) if batches else None
        if data is None or not len(data):
            raise DataError(f"{self.name} can't be fitted on no samples")
        keys = keys.child(self.name)
        made = self._around(clone(self.fitted))
        if checkpoint is not None and checkpoint.is_file():
            made._put(load_estimator(checkpoint, self.name))
            return made
        made._seed(keys)
        if augment is not None:
            extra = augment.run(data, keys.child("augment"))
            data = _joined(data, extra, "augmented")
        made._learn(data)
        if adversary is not None:
            adversary.check(made, data)
            order = keys.child("shuffle").bind(data.ids).order()
            hit = data.take(order[:round(self.adversarial_share * len(data))])
            attacked = adversary.adversarial(made, hit, keys.child("adversary").bind(hit.ids))
            made = made._around(clone(made.fitted))
            made._learn(_joined(data, attacked, "attacked"))
        if checkpoint is not None:
            dump_estimator(made.fitted, checkpoint, self.name)
        if tracker is not None:
            inputs, target, weight = made._supervised(data)
            tracker.log_metrics({"train/score": float(made.fitted.score(inputs, target, weight)) if weight is not None
                                 else float(made.fitted.score(inputs, target))}, step=0)
        return made

    def _around(self, estimator: Any) -> Self:
        made = self.evolve()
        object.__setattr__(made, "__pydantic_private__", {**(self.__pydantic_private__ or {})})
        made._put(estimator)
        return made

    def _seed(self, keys: Keys) -> None:
        unset = sorted(k for k, v in self._object.get_params(deep=True).items()
                       if k.rpartition("__")[2] == "random_state" and v is None)
        self._object.set_params(**{k: keys.child(k).stream % 2**32 for k in unset})

    def _learn(self, data: Batch) -> None:
        from sklearn.pipeline import Pipeline
        from sklearn.utils.validation import has_fit_parameter

        inputs, target, weight = self._supervised(data)
        estimator, named = self._object, "sample_weight"
        last = estimator
        if isinstance(estimator, Pipeline):
            step, last = estimator.steps[-1]
            named = f"{step}__sample_weight"
        if weight is not None and not has_fit_parameter(last, "sample_weight"):
            raise CapabilityError(f"{self.name}: {type(last).__name__} takes no sample weights, which soft labels and "
                                  "a weight target need: choose another estimator, or a technique that keeps hard "
                                  "labels")
        estimator.fit(inputs, target, **({} if weight is None else {named: weight}))

    def _supervised(self, data: Batch) -> tuple[Any, npt.NDArray[Any], npt.NDArray[np.float64] | None]:
        """Inputs, targets and weights; a soft label is its two classes, each with its share as weight."""
        weights = data.targets.get("weight")
        weight = np.asarray(weights.data, np.float64) if weights is not None and weights.kind == "value" else None
        label = data.targets.get("label")
        if self.task == "regression":
            found = next((t for n, t in data.targets.items() if t.kind == "value" and n != "weight"), None)
            if found is None:
                raise TargetError(f"{self.name}: a regressor learns a target of floats; the data have "
                                  f"{', '.join(data.targets) or 'no targets'}")
            return self._inputs(data), np.asarray(found.data), weight
        if label is None or label.kind not in ("label", "soft-label"):
            raise TargetError(f"{self.name} learns class labels: give targets={{'label': ...}}")
        if label.kind == "label":
            return self._inputs(data), np.asarray(label.data), weight
        base = np.ones(len(data)) if weight is None else weight
        mixed = label.data.mixed()
        if bool((mixed.spread > 0).any()):
            raise TargetError(f"{self.name} learns weighted copies of a sample, one for each of its classes, and a "
                              "smoothed label has all of them: leave label smoothing out for this model")
        shares = (mixed.weights * base[:, None]).T.reshape(-1)
        keep = np.flatnonzero(shares > 0)
        rows = np.tile(np.arange(len(data)), mixed.classes.shape[1])[keep]
        return self._inputs(data.take(rows)), mixed.classes.T.reshape(-1)[keep], shares[keep]

    def unnamed(self) -> tuple[str, str]:
        mend = "give estimator='sklearn.svm:SVC' and kwargs={...}"
        return ("", "") if self.estimator is not None else (type(self._object).__name__, mend)

    def state_digest(self) -> str:
        return "" if self._object is None and self.estimator is None else estimator_digest(self.fitted)

    def save(self, directory: Path) -> None:
        """Write estimator.skops and technique.json.

        Raises:
            CapabilityError: skops isn't installed, or can't hold a part of the estimator.
        """
        directory = Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        dump_estimator(self.fitted, directory / "estimator.skops", self.name)
        write_config(directory, {"use": self.name, **self.model_dump(mode="json")})

    @classmethod
    def load(cls, directory: Path) -> Self:
        """Read back :meth:`save`.

        Raises:
            RunError: the file holds types that neither scikit-learn nor NumPy vouch for, or is missing.
            CapabilityError: skops isn't installed.
        """
        directory = Path(directory)
        if not os.path.isfile(directory / "estimator.skops"):
            raise RunError(f"{directory} holds no estimator.skops; a pickle or joblib file is never read: save the "
                           "model with its save()")
        made = cls(**read_config(directory))
        made._put(load_estimator(directory / "estimator.skops", cls.name))
        return made


def _integers(labels: Sequence[Any]) -> bool:
    return all(isinstance(v, int) and not isinstance(v, bool) and v >= 0 for v in labels)


def _joined(data: Batch, extra: Batch, suffix: str) -> Batch:
    """Both batches as one; the extra rows get ids of their own."""
    from dataclasses import replace

    return Batch.concat([replace(data, edits=None), replace(extra, ids=extra.ids.suffixed(f"#{suffix}"), edits=None)])
