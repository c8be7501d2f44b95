"""Watching Triton's interpreter: launches, bytes actually loaded and stored, and accesses outside of any argument."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from practicum.errors import KernelUnavailable


@dataclass
class Traffic:
    """What the kernels of one call did.

    Args:
        launches: kernels launched.
        loaded, stored: bytes of the lanes that the masks left active; an atomic counts as both.
        outside: one line for each access outside of the arguments (eight at most), which on a GPU reads or destroys
            foreign memory.
    """

    launches: int = 0
    loaded: int = 0
    stored: int = 0
    outside: list[str] = field(default_factory=list)

    @property
    def moved(self) -> int:
        """Bytes loaded and stored."""
        return self.loaded + self.stored


class _Watcher:
    def __init__(self) -> None:
        self.traffic = Traffic()
        self.kernel = ""
        self.starts = np.zeros(0, np.uint64)
        self.stops = np.zeros(0, np.uint64)

    def enter(self, kernel: str, values: list[Any]) -> None:
        """A launch begins; remember the address ranges of its tensor arguments."""
        self.traffic.launches += 1
        self.kernel = kernel
        spans = sorted(_span(v) for v in values if hasattr(v, "data_ptr") and v.numel())
        self.starts = np.array([s for s, _ in spans], np.uint64)
        # Views of one storage overlap: an access may lie in any range that starts before it.
        self.stops = np.maximum.accumulate(np.array([e for _, e in spans], np.uint64)) if spans else self.starts

    def allowed(self, what: str, pointers: npt.NDArray[np.uint64], mask: Any, size: int) -> npt.NDArray[np.bool_]:
        """The active lanes that are inside; the others are written down and left out."""
        active = np.array(np.broadcast_to(mask, pointers.shape), dtype=bool)
        before = np.searchsorted(self.starts, pointers, side="right") - 1
        ends = self.stops[np.maximum(before, 0)] if len(self.stops) else np.zeros(pointers.shape, np.uint64)
        inside = (before >= 0) & (pointers + np.uint64(size) <= ends)
        wrong = int((active & ~inside).sum())
        if wrong and len(self.traffic.outside) < 8:
            self.traffic.outside.append(f"{self.kernel} {what} {wrong} elements outside of its arguments")
        return np.asarray(active & inside, dtype=bool)


def _span(tensor: Any) -> tuple[int, int]:
    reach = sum((n - 1) * s for n, s in zip(tensor.shape, tensor.stride(), strict=True))
    return tensor.data_ptr(), tensor.data_ptr() + (reach + 1) * tensor.element_size()


@contextmanager
def watching() -> Iterator[Traffic]:
    """Count what interpreted kernels do inside the block.

    Raises:
        KernelUnavailable: this Triton's interpreter is built differently.
    """
    try:
        from triton.runtime.interpreter import GridExecutor, InterpreterBuilder, TensorHandle

        names = ("create_masked_load", "create_masked_store", "create_atomic_rmw", "create_atomic_cas")
        kept: dict[str, Any] = {name: getattr(InterpreterBuilder, name) for name in names}
        kept_init = GridExecutor._init_args_hst
    except (ImportError, AttributeError) as error:
        raise KernelUnavailable(f"the interpreter of this Triton can't be watched ({error}); Triton 3.3 to 3.9 can: "
                                "pip install 'triton>=3.3,<3.10'") from error
    watcher = _Watcher()
    traffic = watcher.traffic

    def init(self: Any, args: Any, kwargs: Any) -> Any:
        hosts = kept_init(self, args, kwargs)
        watcher.enter(getattr(self.fn, "__name__", "kernel"), [*hosts[0], *hosts[1].values()])
        return hosts

    def lanes(what: str, pointers: Any, mask: Any) -> tuple[Any, int]:
        size = max(1, pointers.get_element_ty().primitive_bitwidth // 8)
        keep = watcher.allowed(what, pointers.data, True if mask is None else mask.data, size)
        import triton.language as tl

        return TensorHandle(keep, tl.int1), int(keep.sum()) * size

    def load(self: Any, ptrs: Any, mask: Any, *rest: Any) -> Any:
        keep, count = lanes("loads", ptrs, mask)
        traffic.loaded += count
        return kept["create_masked_load"](self, ptrs, keep, *rest)

    def store(self: Any, ptrs: Any, value: Any, mask: Any, *rest: Any) -> Any:
        keep, count = lanes("stores", ptrs, mask)
        traffic.stored += count
        return kept["create_masked_store"](self, ptrs, value, keep, *rest)

    def rmw(self: Any, op: Any, ptr: Any, val: Any, mask: Any, *rest: Any) -> Any:
        keep, count = lanes("updates", ptr, mask)
        traffic.loaded += count
        traffic.stored += count
        return kept["create_atomic_rmw"](self, op, ptr, val, keep, *rest)

    def cas(self: Any, ptr: Any, *rest: Any) -> Any:
        _, count = lanes("compares and swaps", ptr, None)
        traffic.loaded += count
        traffic.stored += count
        return kept["create_atomic_cas"](self, ptr, *rest)

    for name, hook in zip(names, (load, store, rmw, cas), strict=True):
        setattr(InterpreterBuilder, name, hook)
    GridExecutor._init_args_hst = init
    try:
        yield traffic
    finally:
        for name in names:
            setattr(InterpreterBuilder, name, kept[name])
        GridExecutor._init_args_hst = kept_init
