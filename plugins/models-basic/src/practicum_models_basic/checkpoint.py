"""The file from which an interrupted fit continues."""

from __future__ import annotations

from pathlib import Path

import torch

from practicum.atomic import write_atomic
from practicum.errors import RunError


def write(path: Path, *, training: str, epoch: int, module: torch.nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """Write weights, optimizer state and the number of finished epochs, whole or not at all.

    Args:
        path: the file.
        training: digest of what is being trained on what, checked by :func:`resume`.
        epoch: finished epochs.
        module, optimizer: as they are now.
    """
    state = {"training": training, "epoch": epoch, "module": module.state_dict(), "optimizer": optimizer.state_dict()}
    write_atomic(path, lambda file: torch.save(state, file))


def resume(path: Path, *, training: str, module: torch.nn.Module, optimizer: torch.optim.Optimizer) -> int:
    """Load a checkpoint into module and optimizer; the number of finished epochs, 0 when there is no file.

    Raises:
        RunError: the file is damaged, or belongs to another training (configuration, data or seed differ).
    """
    if not path.is_file():
        return 0
    try:
        saved = torch.load(path, map_location="cpu", weights_only=True)
        epoch, other = int(saved["epoch"]), saved["training"]
    except Exception as error:
        raise RunError(f"the checkpoint {path} can't be read ({type(error).__name__}: {error}); delete it to train "
                       "from the start") from error
    if other != training:
        raise RunError(f"the checkpoint {path} belongs to a training with another configuration, data or seed; delete "
                       "it, or give another checkpoint path")
    module.load_state_dict(saved["module"])
    optimizer.load_state_dict(saved["optimizer"])
    return epoch
