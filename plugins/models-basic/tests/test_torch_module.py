"""Any torch module: shapes checked, no trace left, files read without pickle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from practicum_models_basic.torch_module import TorchModule
from safetensors.torch import save_file

import practicum as pm
from practicum.batch import Batch
from practicum.errors import CapabilityError, ConfigError, ModelOutputError, NotAllowed
from practicum.keys import Keys
from practicum.model import Differentiable, Trainable

NET = '''
import torch

class Net(torch.nn.Module):
    def __init__(self, classes=3):
        super().__init__()
        self.norm = torch.nn.BatchNorm2d(1)
        self.drop = torch.nn.Dropout(0.5)
        self.head = torch.nn.Linear(16, classes)

    def forward(self, x):
        return self.head(self.drop(self.norm(x)).flatten(1))

def function():
    return 3
'''


@pytest.fixture
def net_file(tmp_path: Path) -> Path:
    (tmp_path / "my_net.py").write_text(NET, "utf-8")
    return tmp_path / "my_net.py"


def images(count: int = 5) -> torch.Tensor:
    return torch.rand(count, 1, 4, 4, generator=torch.Generator().manual_seed(0))


def made(net_file: Path, **fields: Any) -> TorchModule:
    return TorchModule(module=f"{net_file}:Net", **fields)


def test_wrapped_module_predicts_what_the_module_says() -> None:
    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(16, 3))
    model = pm.wrap(net, modality="image", bounds=(0, 1))
    assert isinstance(model, Differentiable)
    assert isinstance(model, Trainable)
    with torch.no_grad():
        expected = net(images()).numpy()
    assert np.array_equal(model.predict(Batch.of(images())).values, expected)
    chunked = pm.wrap(net, modality="image", batch_size=2)
    assert np.allclose(chunked.predict(Batch.of(images())).values, expected, atol=1e-6)


def test_looking_leaves_no_trace(net_file: Path) -> None:
    net = made(net_file).network.train()
    net.head.weight.requires_grad_(False)  # type: ignore[union-attr]  # a layer of the file's own class
    gradient = torch.ones_like(net.head.bias)  # type: ignore[arg-type,union-attr]  # as above
    net.head.bias.grad = gradient  # type: ignore[union-attr]  # as above
    state = {k: v.clone() for k, v in net.state_dict().items()}
    model, rng = pm.wrap(net, modality="image"), torch.get_rng_state()
    x = images().requires_grad_()
    with torch.no_grad():
        scores = model.logits(Batch.of(x))  # type: ignore[attr-defined]  # Differentiable
    scores.sum().backward()
    model.predict(Batch.of(images()))
    assert net.training
    assert net.drop.training
    assert all(torch.equal(v, state[k]) for k, v in net.state_dict().items())
    assert not net.head.weight.requires_grad  # type: ignore[union-attr]  # as above
    assert net.head.bias.requires_grad  # type: ignore[union-attr]  # as above
    assert net.head.bias.grad is gradient  # type: ignore[union-attr]  # as above
    assert bool((gradient == 1).all())
    assert torch.equal(torch.get_rng_state(), rng)
    assert x.grad is not None


def test_looking_leaves_no_trace_after_an_exception() -> None:
    class Broken(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            raise ZeroDivisionError

    net = Broken().train()
    with pytest.raises(ZeroDivisionError):
        pm.wrap(net, modality="image").predict(Batch.of(images()))
    assert net.training


@pytest.mark.parametrize(("output", "message"), [
    (lambda x: x.flatten(1).sum(1), r"shape \(5,\); classification needs \[5, classes\]"),
    (lambda x: x.flatten(1)[:3], r"shape \(3, 16\) for 5 samples"),
    (lambda x: x, r"shape \(5, 1, 4, 4\); classification needs"),
    (lambda x: (x, x), "returned a tuple"),
    (lambda x: x.sum(), r"shape \(\) for 5 samples"),
    (lambda x: x.flatten(1)[:, :3], "3 scores a sample but 2 classes are named"),
])
def test_wrong_output_shapes_are_named(output: Any, message: str) -> None:
    class Wrong(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> Any:
            return output(x)

    model = pm.wrap(Wrong(), modality="image", classes=("a", "b"))
    with pytest.raises(ModelOutputError, match=message):
        model.predict(Batch.of(images()))


def test_gradient_and_uint8_scaling() -> None:
    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(16, 2, bias=False))
    weight = net[1].weight
    model = TorchModule.wrap(net, modality="image", bounds=(-1, 1))
    x = images().requires_grad_()
    model.logits(Batch.of(x))[:, 1].sum().backward()
    assert torch.equal(x.grad.flatten(1)[0], weight[1].detach())  # type: ignore[union-attr]  # it has a gradient
    raw = torch.tensor([0, 51, 255] + [0] * 13, dtype=torch.uint8).reshape(1, 1, 4, 4)
    scaled = torch.tensor([-1.0, -0.6, 1.0] + [-1.0] * 13).reshape(1, 1, 4, 4)
    assert np.allclose(model.predict(Batch.of(raw)).values, model.predict(Batch.of(scaled)).values, atol=1e-6)


def test_double_and_half_modules_get_their_dtype() -> None:
    net = torch.nn.Linear(2, 2).double()
    assert pm.wrap(net, modality="state").predict(Batch.of(np.zeros((1, 2), np.float32))).values.dtype == np.float64
    half = torch.nn.Linear(2, 2).to(torch.bfloat16)
    assert pm.wrap(half, modality="state").predict(Batch.of(np.zeros((1, 2)))).values.dtype == np.float32


def test_import_path_and_weights(net_file: Path, tmp_path: Path) -> None:
    source = made(net_file).network
    with torch.no_grad():
        source.head.bias.copy_(torch.tensor([1.0, 2.0, 3.0]))  # type: ignore[union-attr,operator]  # a layer of the file
    save_file(source.state_dict(), tmp_path / "w.safetensors")
    torch.save(source.state_dict(), tmp_path / "w.pt")
    for name in ("w.safetensors", "w.pt"):
        model = made(net_file, weights=str(tmp_path / name))
        values = model.predict(Batch.of(images())).values
        assert np.array_equal(values, pm.wrap(source, modality="image").predict(Batch.of(images())).values)
        rebuilt = pm.get("torch-module", **{k: v for k, v in model.config().items() if k != "use"})
        assert rebuilt == model
        assert rebuilt.fingerprint() == model.fingerprint()


def test_bad_paths_and_weights_are_explained(net_file: Path, tmp_path: Path) -> None:
    cases = {
        "no_such_package.sub:Net": "could not be imported", f"{net_file}:Nope": "has no 'Nope'",
        "justaname": "is no import path", f"{tmp_path}/absent.py:Net": "is no file",
        f"{net_file}:function": "made a int, not a torch.nn.Module",
    }
    for path, message in cases.items():
        with pytest.raises(ConfigError, match=message):
            _ = TorchModule(module=path).network
    with pytest.raises(ConfigError, match="can't be made with kwargs"):
        _ = made(net_file, kwargs={"nope": 1}).network
    with pytest.raises(ConfigError, match="no weights file"):
        _ = made(net_file, weights="absent.safetensors").network
    save_file({"x": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(ConfigError, match="don't fit the module"):
        _ = made(net_file, weights=str(tmp_path / "other.safetensors")).network
    with pytest.raises(ConfigError, match=r"are empty: give \(low, high\)"):
        TorchModule(bounds=(1, 0))
    with pytest.raises(ConfigError, match="need module"):
        TorchModule(weights="w.pt")


class Evil:
    def __reduce__(self) -> Any:
        return (Path.touch, (Path("evil-was-here"),))


def test_a_pickle_is_never_executed(net_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"head.weight": Evil()}, tmp_path / "evil.pt")
    with pytest.raises(ConfigError, match="could not be read as weights"):
        _ = made(net_file, weights=str(tmp_path / "evil.pt")).network
    assert not (tmp_path / "evil-was-here").exists()


def test_save_needs_an_import_path_and_load_asks(net_file: Path, tmp_path: Path) -> None:
    live = pm.wrap(torch.nn.Linear(2, 2), modality="state")
    for call in (live.config, lambda: live.save(tmp_path / "x")):
        with pytest.raises((ConfigError, CapabilityError), match=r"import path|can.t name"):
            call()
    assert len(live.fingerprint()) == 16
    model = pm.wrap(made(net_file).network, module=f"{net_file}:Net", modality="image")
    model.save(tmp_path / "model")
    with pytest.raises(NotAllowed, match="allow_import"):
        pm.load(tmp_path / "model")
    again = pm.load(tmp_path / "model", allow_import=True)
    assert np.array_equal(again.predict(Batch.of(images())).values, model.predict(Batch.of(images())).values)


def test_fingerprint_follows_the_weights() -> None:
    net = torch.nn.Linear(2, 2)
    model = pm.wrap(net, modality="state")
    before = model.fingerprint()
    assert model.fingerprint() == before
    assert pm.wrap(net, modality="state", batch_size=3).fingerprint() != before
    with torch.no_grad():
        net.weight[0, 0] += 1
    assert model.fingerprint() != before


def test_fit_copies_and_initial_weights_do_not_touch_global_generators(net_file: Path) -> None:
    data = Batch.of(images(12), targets={"label": [0, 1, 2] * 4})
    live = pm.wrap(made(net_file).network, modality="image", epochs=2)
    before = live.state_digest()
    fitted = live.fit([data], Keys(0))  # type: ignore[attr-defined]  # Trainable
    assert live.state_digest() == before != fitted.state_digest()
    torch.manual_seed(1)
    first = made(net_file).state_digest()
    torch.manual_seed(2)
    state = torch.get_rng_state()
    assert made(net_file).state_digest() == first
    assert torch.equal(torch.get_rng_state(), state)
    named = made(net_file, epochs=1)
    assert named.fit([data], Keys(0)).state_digest() == named.fit([data], Keys(0)).state_digest()
    assert named.fit([data], Keys(0)).state_digest() != named.fit([data], Keys(1)).state_digest()


def test_series_reach_the_module_as_steps_and_channels() -> None:
    class Last(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x[:, -1]

    model = pm.wrap(Last(), modality="series")
    data = Batch.of(np.arange(12.0).reshape(2, 3, 2), modality="series")
    assert model.predict(data).values.tolist() == [[4.0, 5.0], [10.0, 11.0]]
