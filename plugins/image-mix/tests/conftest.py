"""Shared fixtures."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

import practicum as pm


@pytest.fixture(scope="session")
def timm_part():
    """One module of timm/data by itself: the package around it needs torchvision."""
    found = importlib.util.find_spec("timm")

    def load(name: str) -> ModuleType:
        if found is None:
            pytest.skip("timm is not installed")
        path = Path(found.submodule_search_locations[0], "data", f"{name}.py")
        spec = importlib.util.spec_from_file_location(f"timm_{name}_alone", path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture
def constants():
    """Makes a batch whose image i is i everywhere, so that a mixture shows what it is made of."""
    def make(count, size=(1, 6, 6), dtype=torch.float32, **targets):
        x = torch.arange(count, dtype=dtype).reshape(-1, 1, 1, 1).expand(count, *size).contiguous()
        return pm.Batch.of(x, ids=[f"id-{i}" for i in range(count)], targets=targets)

    return make


@pytest.fixture
def noise_images():
    """Random uint8 images [count, C, H, W]."""
    def make(count=6, size=(3, 20, 14), seed=5):
        return torch.from_numpy(np.random.default_rng(seed).integers(0, 256, (count, *size)).astype(np.uint8))

    return make
