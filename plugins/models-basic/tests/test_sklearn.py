"""Scikit-learn estimators: scores in label order, seeds from keys, files without pickle."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from practicum_models_basic.sklearn_model import SklearnModel
from practicum_models_basic.sklearn_store import estimator_digest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC, LinearSVC

import practicum as pm
from practicum.batch import Batch
from practicum.errors import CapabilityError, ConfigError, RunError, TargetError, UsageError
from practicum.keys import Keys
from practicum.model import Trainable
from practicum.targets import SoftLabel
from practicum.testing.toys import AddNoise


def states(n: int = 60, classes: int = 3) -> Batch:
    rng = np.random.default_rng(0)
    y = rng.integers(classes, size=n)
    return Batch.of(rng.normal(size=(n, 4)) + 2 * y[:, None], targets={"label": y})


def test_each_modality(digits: tuple[Batch, Batch], topics: tuple[Batch, Batch]) -> None:
    train, test = digits
    flat = train.data.numpy().reshape(len(train), -1)
    estimator = LogisticRegression(max_iter=200).fit(flat[:300], train.label[:300])
    image = pm.wrap(estimator, modality="image", bounds=(0, 1))
    assert np.array_equal(image.predict(test).values, estimator.predict_proba(test.data.numpy().reshape(len(test), -1)))
    as_bytes = Batch.of((test.data * 255).round().byte())
    assert np.allclose(image.predict(as_bytes).values, image.predict(test).values, atol=0.05)

    text = SklearnModel.wrap(make_pipeline(TfidfVectorizer(), LogisticRegression()), modality="text")
    fitted = text.fit([topics[0]], Keys(0))
    assert (fitted.predict(topics[1]).labels == topics[1].label).mean() > 0.8

    frame = [{"city": c, "age": a} for c, a in [("Rome", 3.0), ("Oslo", 40.0), ("Rome", 5.0), ("Oslo", 50.0)]]
    pipe = make_pipeline(ColumnTransformer([("c", OneHotEncoder(), ["city"]), ("a", StandardScaler(), ["age"])]),
                         LogisticRegression())
    data = Batch.of(frame, targets={"label": [0, 1, 0, 1]})
    record = SklearnModel.wrap(pipe, modality="record").fit([data], Keys(0))
    assert record.predict(data).labels.tolist() == [0, 1, 0, 1]


def test_scores_follow_the_estimator() -> None:
    data = states()
    for estimator in (SVC(), LinearSVC(), RidgeClassifier(), KNeighborsClassifier(), RandomForestClassifier(5)):
        fitted = SklearnModel.wrap(estimator).fit([data], Keys(0))
        assert np.array_equal(fitted.predict(data).labels, fitted.fitted.predict(data.data))
    binary = states(classes=2)
    svc = SklearnModel.wrap(LinearSVC()).fit([binary], Keys(0))
    values = svc.predict(binary).values
    assert np.allclose(values[:, 1] - values[:, 0], svc.fitted.decision_function(binary.data))


def test_gaps_and_names_in_labels() -> None:
    x = np.array([[0.0], [1.0], [2.0], [3.0]])
    gaps = pm.wrap(LogisticRegression().fit(x, [1, 1, 4, 4])).predict(Batch.of(x, modality="state"))
    assert gaps.labels.tolist() == [1, 1, 4, 4]
    assert gaps.values.shape == (4, 5)
    named = pm.wrap(LogisticRegression().fit(x, ["no", "no", "yes", "yes"])).predict(Batch.of(x, modality="state"))
    assert named.classes == ("no", "yes")


def test_regression() -> None:
    x = np.random.default_rng(0).normal(size=(20, 2))
    data = Batch.of(x, targets={"y": x @ [2.0, -1.0] + 3})
    model = SklearnModel.wrap(LinearRegression())
    assert model.task == "regression"
    assert np.allclose(model.fit([data], Keys(0)).predict(data).values, x @ [2.0, -1.0] + 3)
    with pytest.raises(TargetError, match="target of floats"):
        model.fit([states()], Keys(0))


def test_fit_clones_and_takes_its_seed_from_the_keys() -> None:
    data, forest = states(), RandomForestClassifier(5)
    model = SklearnModel.wrap(forest)
    assert isinstance(model, Trainable)
    before = np.random.get_state()[1].copy()  # noqa: NPY002  # watching the legacy generator
    first = model.fit([data], Keys(0))
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002  # watching the legacy generator
    assert not hasattr(forest, "estimators_")
    assert first.state_digest() == model.fit([data], Keys(0)).state_digest()
    assert first.state_digest() != model.fit([data], Keys(1)).state_digest()


def test_the_digest_reads_values_and_no_padding() -> None:
    record = np.dtype({"names": ["a", "b"], "formats": ["<i8", "u1"], "itemsize": 16})
    raw = np.zeros(16 * 3, np.uint8)
    first = raw.copy().view(record)
    raw.reshape(3, 16)[:, 9:] = 7
    other = raw.view(record)
    assert (first == other).all()
    assert estimator_digest({"nodes": first}) == estimator_digest({"nodes": other})
    other["b"][1] = 1
    assert estimator_digest({"nodes": first}) != estimator_digest({"nodes": other})
    forests = [RandomForestClassifier(20, random_state=0).fit(np.eye(30), np.arange(30) % 3) for _ in range(8)]
    assert len({estimator_digest(f) for f in forests}) == 1


def test_soft_labels_are_weighted_pairs() -> None:
    x = np.array([[0.0], [1.0], [2.0], [3.0]])
    soft = SoftLabel(np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0]), np.array([1.0, 0.8, 0.7, 1.0]))
    fitted = SklearnModel.wrap(LogisticRegression()).fit([Batch.of(x, targets={"label": soft})], Keys(0))
    rows, labels = np.array([[0.0], [1.0], [1.0], [2.0], [2.0], [3.0]]), [0, 0, 1, 1, 0, 1]
    expected = LogisticRegression().fit(rows, labels, sample_weight=[1.0, 0.8, 0.2, 0.7, 0.3, 1.0])
    assert np.allclose(fitted.fitted.coef_, expected.coef_, atol=1e-4)
    with pytest.raises(CapabilityError, match="no sample weights"):
        SklearnModel.wrap(KNeighborsClassifier()).fit([Batch.of(x, targets={"label": soft})], Keys(0))


def test_augmentation_adds_a_copy() -> None:
    data = states(10)
    fitted = SklearnModel.wrap(KNeighborsClassifier(1)).fit([data], Keys(0), augment=AddNoise(std=0.1))
    assert fitted.fitted.n_samples_fit_ == 20


def test_save_load_and_checkpoint(tmp_path: Path) -> None:
    data = states()
    model = SklearnModel(estimator="sklearn.linear_model:LogisticRegression", kwargs={"C": 3.0})
    fitted = model.fit([data], Keys(0), checkpoint=tmp_path / "c.skops")
    fitted.save(tmp_path / "m")
    again = pm.load(tmp_path / "m", allow_import=True)
    assert np.array_equal(again.predict(data).values, fitted.predict(data).values)
    assert again.fingerprint() == fitted.fingerprint()
    resumed = model.fit([states(6)], Keys(9), checkpoint=tmp_path / "c.skops")
    assert resumed.state_digest() == fitted.state_digest()


def test_foreign_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "technique.json").write_text(json.dumps({"use": "models-basic/sklearn"}), "utf-8")
    with pytest.raises(RunError, match="never read"):
        pm.load(tmp_path)
    (tmp_path / "estimator.skops").write_bytes(b"\x80\x04N.")
    with pytest.raises(RunError, match="can't be read as a skops archive"):
        pm.load(tmp_path)

    class Own(LogisticRegression):  # type: ignore[misc]  # scikit-learn ships no types
        pass

    import skops.io

    (tmp_path / "estimator.skops").write_bytes(skops.io.dumps(Own().fit([[0.0], [1.0]], [0, 1])))
    with pytest.raises(RunError, match="aren't trusted"):
        pm.load(tmp_path)


def test_clear_errors() -> None:
    with pytest.raises(UsageError, match="isn't fitted"):
        pm.wrap(LogisticRegression()).predict(states())
    with pytest.raises(CapabilityError, match="has no predict"):
        pm.wrap(StandardScaler())
    with pytest.raises(ConfigError, match="can't name"):
        pm.wrap(LogisticRegression()).config()
    with pytest.raises(ConfigError, match="can't be made"):
        SklearnModel(estimator="sklearn.svm:SVC", kwargs={"nope": 1}).fit([states()], Keys(0))
