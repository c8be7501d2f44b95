"""What a plugin declares about one kernel operation: its implementations, its inputs, and what it may cost."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from practicum.errors import PluginLoadError, UnknownTechnique

Shape = tuple[int, ...]
Inputs = tuple[tuple[Any, ...], dict[str, Any]]

TARGETS: tuple[str, ...] = ("sm_80", "sm_90", "sm_100", "gfx942")
"""Architectures every kernel is compiled for."""

TOLERANCE: Mapping[str, float] = {"float64": 1e-12, "float32": 2e-6, "float16": 2.0**-10, "bfloat16": 2.0**-7}
"""Largest ``|kernel - reference| / max(1, |reference|)`` by dtype: rounding of the stored type, no more. bfloat16 is
allowed a whole unit in the last place since Triton's interpreter truncates where a GPU rounds. Integers are equal."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One specialisation of a jitted kernel that is compiled ahead of time.

    Args:
        name: as ``"float32"``.
        kernel: the ``@triton.jit`` function, ``"package.module:function"``.
        signature: argument -> Triton type (``"*fp32"``, ``"*i64"``, ``"i32"``, ``"fp32"``), constexprs left out.
        constexprs: constexpr argument -> value.
        divisible: arguments that are multiples of 16 (pointers of torch tensors are), which lets loads be vectorised.
        num_warps: warps per program.
        tensor_cores: whether the compiled code must use tensor cores (matrix cores on AMD).
    """

    name: str
    kernel: str
    signature: Mapping[str, str]
    constexprs: Mapping[str, Any] = field(default_factory=dict)
    divisible: tuple[str, ...] = ()
    num_warps: int = 4
    tensor_cores: bool = False


@dataclass(frozen=True, slots=True)
class KernelOp:
    """One operation with its reference, its Triton launch, and the facts the kernel contract checks.

    Everything is named by a string ``"package.module:function"``, so declaring an operation imports neither torch nor
    Triton.

    Args:
        name: ``"plugin/operation"``, as ``"image-mix/mix"``.
        reference: the specification, eager torch, float32 inside. Takes the same arguments as ``launch``.
        launch: allocates the outputs, launches the Triton kernel and returns a tensor or a tuple of tensors. Kernels
            upcast on load, compute in float32 and cast on store.
        inputs: ``inputs(shape, dtype, generator) -> (args, kwargs)``: random arguments for one case, made on the CPU.
            ``shape`` is one of ``shapes``, ``dtype`` a torch dtype, ``generator`` a seeded ``torch.Generator``.
        shapes: small, since the interpreter is slow; at least one odd in every dimension and one with no elements.
        dtypes: names of torch dtypes.
        variants: what is compiled ahead of time.
        fewest_bytes: ``fewest_bytes(*args, **kwargs) -> int``: bytes that any implementation has to move, every input
            element it needs read once and every output element written once.
        byte_limit: bytes moved over the fewest possible, at most, on contiguous inputs of ``bytes_shape``.
        bytes_shape: the shape for the byte count (default: the largest of ``shapes``).
        launches: kernel launches of one forward call on inputs that aren't empty, at most.
        gradients: positions of the arguments that the launch differentiates; its gradients are compared with those of
            the reference.
        cpu: a fused CPU implementation with the same arguments, or ``""``.
        cpu_dtypes: dtypes that the CPU implementation takes.
        tolerance: by dtype name; see :data:`TOLERANCE`.
        install: the command that installs Triton for this plugin, as ``"pip install 'practicum-image-mix[triton]'"``.

    Example:
        >>> op = KernelOp(name="toy/double", reference="toy:double_ref", launch="toy:double", inputs="toy:inputs",
        ...               shapes=((3, 5), (0, 5)), variants=(), fewest_bytes="toy:fewest_bytes")
        >>> op.tolerance_for("float16")
        0.0009765625
    """

    name: str
    reference: str
    launch: str
    inputs: str
    shapes: tuple[Shape, ...]
    variants: tuple[Variant, ...]
    fewest_bytes: str
    dtypes: tuple[str, ...] = ("float32", "float16", "bfloat16")
    byte_limit: float = 1.0
    bytes_shape: Shape = ()
    launches: int = 1
    gradients: tuple[int, ...] = ()
    cpu: str = ""
    cpu_dtypes: tuple[str, ...] = ("float32",)
    tolerance: Mapping[str, float] = field(default_factory=dict)
    install: str = "pip install 'practicum[kernels]'"

    def tolerance_for(self, dtype: str) -> float:
        """The largest error relative to max(1, |reference|); 0 for integers."""
        return self.tolerance.get(dtype, TOLERANCE.get(dtype, 0.0))

    def shape_for_bytes(self) -> Shape:
        """The shape of the case whose bytes are counted."""
        return self.bytes_shape or max(self.shapes, key=_elements)


def _elements(shape: Shape) -> int:
    total = 1
    for size in shape:
        total *= size
    return total


def resolve(path: str, *, owner: str) -> Any:
    """The object at ``"package.module:name"``.

    Raises:
        PluginLoadError: it can't be imported; names the kernel.
    """
    try:
        return pkgutil.resolve_name(path)
    except (ImportError, AttributeError, ValueError) as error:
        raise PluginLoadError(f"kernel {owner}: {path} could not be imported ({type(error).__name__}: {error}); "
                              "reinstall the plugin or correct the path in its KernelOp") from error


def load_op(name: str) -> KernelOp:
    """An operation by its registered name, or by the ``"package.module:OBJECT"`` of its declaration.

    Raises:
        UnknownTechnique: no installed plugin declares it.
        PluginLoadError: its declaration can't be imported, or is no :class:`KernelOp`.
    """
    target = name
    if ":" not in name:
        from practicum.registry import default_registry

        known = default_registry().catalogue.kernels
        if name not in known:
            raise UnknownTechnique(f"no kernel {name!r} is installed; declared: {', '.join(sorted(known)) or 'none'}")
        target = known[name].target
    found = resolve(target, owner=name)
    if not isinstance(found, KernelOp):
        raise PluginLoadError(f"kernel {name}: {target} is a {type(found).__name__}, not a practicum.kernels.KernelOp")
    return found
