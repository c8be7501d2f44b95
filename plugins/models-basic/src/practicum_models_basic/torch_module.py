"""Any torch module as a model."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import torch
from pydantic import Field, model_validator

from practicum.batch import Batch
from practicum.errors import CapabilityError, ConfigError, ModelOutputError, TechniqueFailed
from practicum.importing import import_path
from practicum.keys import Keys
from practicum_models_basic.seeding import contained
from practicum_models_basic.tensors import column_tensors, like_parameters, scores_of
from practicum_models_basic.torch_model import TorchModel, read_config, write_config
from practicum_models_basic.weights import digest, load_weights, put_weights, save_weights


class TorchModule(TorchModel):
    """Any ``torch.nn.Module``: it gets the column's tensor as its only argument, and returns scores.

    Images reach the module as float [N, C, H, W] (uint8 is scaled from 0..255 to ``bounds``), states as [N, ...],
    series as [N, T, C]; each cast to the dtype and device of the module's parameters. A module may hold its own
    preprocessing: ``bounds`` are those of the input it is given. Images of differing sizes are predicted one by one.

    Wrap an object with ``practicum.wrap(module, modality="image", bounds=(0, 1))``; in a recipe, name an import path
    and a weights file, which needs ``--allow-import``. ``fit`` goes on from the weights of a wrapped object or a
    weights file; a network named by import path alone starts afresh from the keys, unless ``warm_start``.

    Raises:
        ConfigError: the import path, the arguments or the weights are wrong.
        ModelOutputError: the module's output is no tensor [N, C] (classification).

    Example:
        >>> import practicum as pm
        >>> net = torch.nn.Linear(2, 3, bias=False)
        >>> _ = net.weight.data.copy_(torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]]))
        >>> model = pm.wrap(net, modality="state")
        >>> model.predict(pm.Batch.of(torch.tensor([[1.0, 3.0]]), modality="state")).values.tolist()
        [[1.0, 3.0, 2.0]]
    """

    name: ClassVar[str] = "models-basic/torch-module"
    modalities: ClassVar[frozenset[str]] = frozenset({"image", "state", "series"})
    import_fields: ClassVar[tuple[str, ...]] = ("module",)

    modality: Literal["image", "state", "series"] = Field(default="image", description="modality of the input")
    bounds: tuple[float, float] | None = Field(default=None, description="the box of valid inputs, as [0, 1]; attacks "
                                                                         "stay inside; null for none")
    predicts: Literal["classification", "regression"] = Field(default="classification", description="the task")
    module: str | None = Field(default=None, description="import path of the module's class, or of a function that "
                               "makes it: pkg.mod:Net or file.py:Net; null for a wrapped object")
    weights: str | None = Field(default=None, description="state dict: .safetensors, or .pt read with weights_only")
    warm_start: bool = Field(default=False, description="fit goes on from the present weights of a network named by "
                                                        "import path alone; others always do")
    kwargs: dict[str, Any] = Field(default_factory=dict, description="keyword arguments of the class")

    @model_validator(mode="after")
    def _facts(self) -> Self:
        if self.bounds is not None and not self.bounds[0] < self.bounds[1]:
            raise ConfigError(f"bounds {self.bounds} are empty: give (low, high) with low below high")
        if self.module is None and (self.weights is not None or self.kwargs):
            raise ConfigError("weights and kwargs need module, the import path of the network's class")
        object.__setattr__(self, "modalities", frozenset({self.modality}))
        object.__setattr__(self, "task", self.predicts)
        return self

    @classmethod
    def wrap(cls, obj: torch.nn.Module, **fields: Any) -> Self:
        """A model around a live module, which is not copied: later changes of its weights show.

        Args:
            obj: the module; moved to ``device`` when that is given.
            **fields: of the technique. ``module="file.py:Net"`` (with ``kwargs``) says how the same network can be
                made again, so that the model can be saved and written in a recipe.
        """
        made = cls(**fields)
        made._module = obj if made.device is None else obj.to(made.device)
        return made

    @property
    def network(self) -> torch.nn.Module:
        if self._module is None:
            self._module = self._made(Keys(0))
        return self._module

    def _made(self, keys: Keys) -> torch.nn.Module:
        """The network named by the import path; initial weights that it draws itself come from ``keys``."""
        if self.module is None:
            raise ConfigError(f"{self.name} holds no network: wrap one with practicum.wrap(module, ...), or give "
                              "module, an import path")
        factory = import_path(self.module, role=f"{self.name}: module")
        if isinstance(factory, torch.nn.Module):
            net = deepcopy(factory)  # the file's own object stays as it is when weights are loaded or trained
        else:
            try:
                with contained(keys.child("init"), None):
                    net = factory(**self.kwargs)
            except TypeError as error:
                raise ConfigError(f"{self.name}: {self.module} can't be made with kwargs {self.kwargs}: "
                                  f"{error}") from error
        if not isinstance(net, torch.nn.Module):
            raise ConfigError(f"{self.name}: {self.module} made a {type(net).__name__}, not a torch.nn.Module")
        if self.weights is not None:
            tensors = load_weights(Path(self.weights).expanduser(), technique=self.name)
            put_weights(net, tensors, source=self.weights, technique=self.name)
        return net if self.device is None else net.to(self.device)

    def forward(self, batch: Batch) -> torch.Tensor:
        column = batch.column_name(self.on, frozenset({self.modality}))
        net = self.network
        parts = column_tensors(batch, column, self.bounds, *like_parameters(net))
        outputs = [scores_of(self._called(net, x), len(x), self.name) for x in parts]
        if len({tuple(o.shape[1:]) for o in outputs}) > 1:
            shapes = ", ".join(str(tuple(o.shape)) for o in outputs[:3])
            raise ModelOutputError(f"{self.name}: the module's output shape depends on the image size ({shapes} ...); "
                                   "it must return the same number of scores for each")
        return outputs[0] if len(outputs) == 1 else torch.cat(outputs)

    def _called(self, net: torch.nn.Module, x: torch.Tensor) -> Any:
        try:
            return net(x)
        except (RuntimeError, TypeError, ValueError, IndexError) as error:
            raise TechniqueFailed(f"{self.name}: the module raised {type(error).__name__} on an input of shape "
                                  f"{tuple(x.shape)}: {error}") from error

    def trainee(self, batches: Sequence[Batch], keys: Keys) -> Self:
        fresh = self.module is not None and self.weights is None and not self.warm_start
        return self.with_module(self._made(keys)) if fresh else self.copied()

    def unnamed(self) -> tuple[str, str]:
        mend = "say how to make it, practicum.wrap(net, module='file.py:Net', kwargs={...})"
        return ("", "") if self.module is not None else (type(self._module).__name__, mend)

    def state_digest(self) -> str:
        return digest(self.network) if self._module is not None or self.module is not None else ""

    def save(self, directory: Path) -> None:
        """Write weights.safetensors and technique.json.

        Raises:
            CapabilityError: it wraps a live object without an import path.
        """
        if self.module is None:
            raise CapabilityError(f"{self.name} wraps a live {type(self._module).__name__} and can't be saved without "
                                  "an import path: practicum.wrap(net, module='file.py:Net', kwargs={...})")
        directory = Path(directory)
        save_weights(self.network.state_dict(), directory / "weights.safetensors")
        write_config(directory, self.config())

    @classmethod
    def load(cls, directory: Path) -> Self:
        """Read back :meth:`save`. This imports the module's import path; ``practicum.load`` asks first."""
        directory = Path(directory)
        fields = read_config(directory)
        bare = cls(**{**fields, "weights": None})
        net = bare.network
        tensors = load_weights(directory / "weights.safetensors", technique=cls.name)
        put_weights(net, tensors, source=str(directory), technique=cls.name)
        return cls(**fields).with_module(net)
