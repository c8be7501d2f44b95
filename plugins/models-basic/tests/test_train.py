"""The training loop: resume, soft labels, weights, augmentation, adversary, tracking."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from practicum_models_basic.small_cnn import SmallCNN
from practicum_models_basic.torch_module import TorchModule
from practicum_models_basic.train import loss_of

from practicum.attack import Attack, Budget
from practicum.batch import Batch
from practicum.errors import DataError, RunError, TargetError, TechniqueFailed
from practicum.keys import Keys
from practicum.model import Model
from practicum.targets import SoftLabel
from practicum.testing.toys import AddNoise
from practicum.tracker import Run


class Journal(Run):
    """Keeps what is logged; raises after some epochs to play a killed process."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.values: list[tuple[int | None, float]] = []
        self.stop_after = stop_after

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        self.values.append((step, metrics["train/loss"]))
        if self.stop_after is not None and len(self.values) >= self.stop_after:
            raise KeyboardInterrupt


def dropout_net() -> torch.nn.Module:
    torch.manual_seed(1)
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 16), torch.nn.BatchNorm1d(16), torch.nn.ReLU(),
                               torch.nn.Dropout(0.3), torch.nn.Linear(16, 10))


@pytest.mark.parametrize("after", [1, 3])
def test_an_interrupted_fit_ends_at_the_same_bits(digits: tuple[Batch, Batch], tmp_path: Path, after: int) -> None:
    data = digits[0].take(np.arange(300))
    with torch.random.fork_rng():
        model = TorchModule.wrap(dropout_net(), epochs=4)
    whole_log, rest_log = Journal(), Journal()
    whole = model.fit([data], Keys(5), whole_log, augment=AddNoise(std=0.1))
    with pytest.raises(KeyboardInterrupt):
        model.fit([data], Keys(5), Journal(after), augment=AddNoise(std=0.1), checkpoint=tmp_path / "fit.pt")
    torch.manual_seed(99)  # a new process has another global state
    resumed = model.fit([data], Keys(5), rest_log, augment=AddNoise(std=0.1), checkpoint=tmp_path / "fit.pt")
    assert resumed.state_digest() == whole.state_digest()
    assert rest_log.values == whole_log.values[after:]
    finished = model.fit([data], Keys(5), augment=AddNoise(std=0.1), checkpoint=tmp_path / "fit.pt")
    assert finished.state_digest() == whole.state_digest()


KILLED = """
import os, signal, sys
from pathlib import Path
import numpy as np, torch
from practicum import Batch, Keys
from practicum.tracker import Run
from practicum_models_basic.small_cnn import SmallCNN

class Kill(Run):
    def log_metrics(self, metrics, step=None):
        if step == 1:
            os.kill(os.getpid(), signal.SIGKILL)

x = torch.from_numpy(np.random.default_rng(0).random((64, 1, 8, 8), dtype=np.float32))
data = Batch.of(x, targets={"label": (x.mean((1, 2, 3)) > 0.5).long()})
model = SmallCNN(channels=(4,), epochs=4)
path = Path(sys.argv[1])
fitted = model.fit([data], Keys(0), Kill() if sys.argv[2] == "kill" else None, checkpoint=path)
print(fitted.state_digest())
"""


def test_a_killed_process_ends_at_the_same_bits(tmp_path: Path) -> None:
    def run(path: Path, how: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-c", KILLED, str(path), how], capture_output=True, text=True,
                              check=False, timeout=120)

    killed = run(tmp_path / "a.pt", "kill")
    assert killed.returncode == -9
    assert killed.stdout == ""
    resumed, whole = run(tmp_path / "a.pt", "go"), run(tmp_path / "b.pt", "go")
    assert resumed.returncode == whole.returncode == 0, resumed.stderr + whole.stderr
    assert resumed.stdout == whole.stdout != ""


def test_a_checkpoint_of_another_training_is_refused(digits: tuple[Batch, Batch], tmp_path: Path) -> None:
    data = digits[0].take(np.arange(64))
    model = SmallCNN(channels=(2,), epochs=1)
    model.fit([data], Keys(0), checkpoint=tmp_path / "fit.pt")
    with pytest.raises(RunError, match="another configuration, data or seed"):
        model.fit([data], Keys(1), checkpoint=tmp_path / "fit.pt")
    (tmp_path / "fit.pt").write_bytes(b"no archive")
    with pytest.raises(RunError, match="can't be read"):
        model.fit([data], Keys(0), checkpoint=tmp_path / "fit.pt")


def test_loss_follows_its_formula() -> None:
    scores = torch.tensor([[2.0, 0.0, -1.0], [0.5, 0.5, 0.5]], dtype=torch.float64)
    logp = np.log(np.exp(scores.numpy()) / np.exp(scores.numpy()).sum(1, keepdims=True))
    images = torch.zeros(2, 1, 2, 2)
    hard = Batch.of(images, targets={"label": [0, 2]})
    assert float(loss_of(scores, hard, "m")) == pytest.approx(-(logp[0, 0] + logp[1, 2]) / 2)
    soft = Batch.of(images, targets={"label": SoftLabel(np.array([0, 1]), np.array([2, 1]), np.array([0.75, 0.3]))})
    expected = -(0.75 * logp[0, 0] + 0.25 * logp[0, 2] + logp[1, 1]) / 2
    assert float(loss_of(scores, soft, "m")) == pytest.approx(expected, rel=1e-6)
    weighed = hard.with_targets(weight=[3.0, 1.0])
    assert float(loss_of(scores, weighed, "m")) == pytest.approx(-(3 * logp[0, 0] + logp[1, 2]) / 4)
    value = Batch.of(images, targets={"y": [1.0, 3.0]})
    assert float(loss_of(torch.tensor([[2.0], [3.5]]), value, "m")) == pytest.approx((1.0 + 0.25) / 2)
    with pytest.raises(DataError, match="sample 1 has label 2, but the network has 2 classes"):
        loss_of(scores[:, :2], hard, "m")
    with pytest.raises(TargetError, match="nothing to learn"):
        loss_of(scores, Batch.of(images), "m")


def test_a_linear_regression_is_found() -> None:
    x = np.random.default_rng(0).normal(size=(400, 3))
    y = x @ np.array([1.0, -2.0, 0.5]) + 0.25
    net = torch.nn.Linear(3, 1).double()
    model = TorchModule.wrap(net, modality="state", predicts="regression", epochs=60, lr=0.05, weight_decay=0.0)
    data = Batch.of(x, modality="state", targets={"y": y})
    fitted = model.fit([data], Keys(0))
    found = fitted.network
    assert isinstance(found, torch.nn.Linear)
    assert np.allclose(found.weight.detach().numpy(), [[1.0, -2.0, 0.5]], atol=1e-3)
    assert fitted.predict(data).task == "regression"


class Push(Attack):
    """Moves every pixel by ``eps`` away from the label's score, by one gradient step."""

    name: ClassVar[str] = "test/push"
    modalities: ClassVar[frozenset[str]] = frozenset({"state"})
    eps: float = 0.3

    def perturb(self, model: Model, batch: Batch, keys: Keys) -> Batch:
        x = batch.data.clone().requires_grad_()
        differentiable: Any = model
        loss = torch.nn.functional.cross_entropy(differentiable.logits(batch.with_column("state", x)),
                                                 torch.from_numpy(batch.label))
        return batch.with_column("state", (x + self.eps * torch.autograd.grad(loss, x)[0].sign()).detach())

    def budget(self, model: Model, batch: Batch) -> Budget:
        return Budget("linf", self.eps)


def test_adversarial_training_buys_robustness() -> None:
    # Feature 0 is weak and wide (+-1), features 1..20 are strong only together and fall to eps = 0.3 (+-0.2 each):
    # a plain fit leans on the many, a robust one must lean on the first.
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=600)
    sign = 2.0 * y[:, None] - 1.0
    x = np.concatenate([sign + 0.6 * rng.normal(size=(600, 1)), 0.2 * sign + 0.2 * rng.normal(size=(600, 20))], axis=1)
    data = Batch.of(torch.from_numpy(x).float(), modality="state", targets={"label": y})
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = TorchModule.wrap(torch.nn.Linear(21, 2), modality="state", epochs=20, lr=0.02, adversarial_share=1.0)
    plain, robust = model.fit([data], Keys(0)), model.fit([data], Keys(0), adversary=Push())
    assert Push().run(plain, data, Keys(1)).robust_accuracy < 0.6
    assert Push().run(robust, data, Keys(1)).robust_accuracy > 0.8


def test_a_diverging_fit_says_so() -> None:
    data = Batch.of(np.full((8, 2), np.nan), modality="state", targets={"label": [0, 1] * 4})
    model = TorchModule.wrap(torch.nn.Linear(2, 2), modality="state", epochs=1)
    with pytest.raises(TechniqueFailed, match="loss is nan"):
        model.fit([data], Keys(0))


def test_the_tracker_sees_each_epoch(digits: tuple[Batch, Batch]) -> None:
    log = Journal()
    SmallCNN(channels=(4,), epochs=3).fit([digits[0].take(np.arange(200))], Keys(0), log)
    assert [step for step, _ in log.values] == [0, 1, 2]
    assert log.values[-1][1] < log.values[0][1]
