"""Weights of a torch module: their digest, and files that hold them without pickle."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from practicum.atomic import write_atomic
from practicum.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping


def digest(module: torch.nn.Module, *facts: object) -> str:
    """16 hex digits over the module's class, structure, parameters and buffers, and further facts."""
    made = hashlib.blake2b(digest_size=8)
    made.update(repr((f"{type(module).__module__}.{type(module).__qualname__}", str(module), *facts)).encode())
    for name, tensor in sorted(module.state_dict().items()):
        if isinstance(tensor, torch.Tensor):
            flat = tensor.detach().cpu().contiguous()
            made.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
            made.update(flat.reshape(-1).view(torch.uint8).numpy().data if flat.numel() else b"")
    return made.hexdigest()


def save_weights(tensors: Mapping[str, torch.Tensor], path: Path) -> None:
    """Write tensors as safetensors, whole or not at all."""
    from safetensors.torch import save

    plain = {name: t.detach().cpu().contiguous().clone() for name, t in tensors.items()}
    write_atomic(path, save(plain))


def load_weights(path: Path, *, technique: str) -> dict[str, torch.Tensor]:
    """Read ``.safetensors``, or a ``.pt``/``.pth`` that holds tensors only (nothing in it is executed).

    Raises:
        ConfigError: no such file, another format, or a file that holds more than tensors.
    """
    if not path.is_file():
        raise ConfigError(f"{technique}: there is no weights file {path}")
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return dict(load_file(path))
        if path.suffix in (".pt", ".pth", ".bin"):
            found = torch.load(path, map_location="cpu", weights_only=True)
            found = found.get("state_dict", found) if isinstance(found, dict) else found
            if isinstance(found, dict) and all(isinstance(v, torch.Tensor) for v in found.values()):
                return found
            raise ConfigError(f"{technique}: {path} holds a {type(found).__name__}, not a state_dict of tensors: save "
                              "module.state_dict()")
    except ConfigError:
        raise
    except Exception as error:
        raise ConfigError(f"{technique}: {path} could not be read as weights ({type(error).__name__}: {error}); save "
                          "module.state_dict() with safetensors.torch.save_file") from error
    raise ConfigError(f"{technique}: {path} is neither .safetensors nor .pt: save module.state_dict() with "
                      "safetensors.torch.save_file")


def put_weights(module: torch.nn.Module, tensors: Mapping[str, torch.Tensor], *, source: str, technique: str) -> None:
    """Load a state dict into a module, strictly.

    Raises:
        ConfigError: names or shapes don't match.
    """
    try:
        module.load_state_dict(dict(tensors), strict=True)
    except RuntimeError as error:
        first = " ".join(str(error).split())
        raise ConfigError(f"{technique}: the weights in {source} don't fit the module ({first[:300]}); give the "
                          "weights and keyword arguments of one and the same network") from error
