"""Kernels: declaring an operation, choosing its implementation, and proving it without a GPU.

A plugin with a hot loop ships ``ops/<op>/``: ``reference.py`` (eager torch, float32 inside: the specification),
``kernel.py`` (Triton, imported lazily), ``cpu.py`` (numba or fused torch, where it wins), ``contract.py`` (a
:class:`KernelOp`) and ``__init__.py`` (one public function with ``impl="auto"`` that asks :func:`choose`). Its
declaration module yields a :class:`practicum.spec.KernelSpec` from the hook ``register_kernels``, and its tests
subclass :class:`practicum.testing.kernels.KernelContract`.
"""

from practicum.kernels.choice import FORCE, Chosen, Impl, choose, triton_installed
from practicum.kernels.op import TARGETS, TOLERANCE, KernelOp, Variant, load_op, resolve

__all__ = ["FORCE", "TARGETS", "TOLERANCE", "Chosen", "Impl", "KernelOp", "Variant", "choose", "load_op", "resolve",
           "triton_installed"]
