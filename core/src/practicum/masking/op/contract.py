"""What the kernel contract checks of masked batches."""

from __future__ import annotations

from typing import Any

from practicum.kernels import KernelOp, Variant

_HERE = "practicum.masking.op"


def inputs(shape: tuple[int, ...], dtype: Any, generator: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Coalitions of seven players of (rows, samples, values); shared bases where the number of values is even, a map of
    players for each sample where there are more than two; some values belong to nobody."""
    import torch

    count, samples, width = shape
    shared = width % 2 == 0 and width < 1000
    x, base = (100 * torch.rand(n, width, generator=generator) for n in (samples, 3 if shared else samples))
    maps = samples if samples > 2 else 1
    players = torch.randint(-1, 7, (maps, width), generator=generator, dtype=torch.int32)
    bits = torch.randint(0, 128, (count, 1), generator=generator, dtype=torch.int32).to(torch.uint8)
    rows = (torch.arange(count) * max(samples, 1)) // max(count, 1)
    return (x.to(dtype), base.to(dtype), players, bits, rows), {"shared": shared}


def fewest_bytes(x: Any, base: Any, players: Any, bits: Any, rows: Any, *, shared: bool = False) -> int:
    """Values that are shown somewhere read once, the players and bits read once, every output written once."""
    import torch

    from practicum.masking.op.reference import mask_rows

    ones, zeros = torch.ones(x.shape, dtype=torch.bool), torch.zeros(1, x.shape[1], dtype=torch.bool)
    shown = mask_rows(ones, zeros, players.cpu(), bits.cpu(), rows.cpu(), shared=True)
    seen = sum(int(shown[rows.cpu() == s].any(dim=0).sum()) for s in range(len(x)))
    if shared:
        seen += len(base) * int((~shown).any(dim=0).sum()) if len(shown) else 0
    else:
        seen += sum(int((~shown[rows.cpu() == s]).any(dim=0).sum()) for s in range(len(x)))
    out = len(rows) * (len(base) if shared else 1) * x.shape[1]
    maps = players.numel() if len(rows) else 0
    return int((seen + out) * x.element_size() + 4 * maps + bits.numel() + 8 * rows.numel())


OP = KernelOp(
    name="core/mask-rows",
    reference=f"{_HERE}.reference:mask_rows",
    launch=f"{_HERE}.kernel:mask_rows",
    cpu=f"{_HERE}.cpu:mask_rows",
    cpu_dtypes=("float32", "float16", "bfloat16", "float64", "uint8"),
    inputs=f"{_HERE}.contract:inputs",
    shapes=((5, 3, 7), (9, 1, 1), (7, 2, 12), (12, 2, 1033), (0, 1, 5), (3, 1, 0)),
    dtypes=("float32", "float16", "bfloat16", "float64", "uint8"),
    variants=tuple(Variant(f"{bits}-bit{name}", f"{_HERE}.kernel:mask_kernel",
                           {"x_ptr": pointer, "base_ptr": pointer, "players_ptr": "*i32", "bits_ptr": "*u8",
                            "rows_ptr": "*i64", "out_ptr": pointer,
                            **dict.fromkeys(("count", "width", "octets", "bases", "chunk"), "i32")},
                           {"SHARED": shared, "OWN": own, "BLOCK": 1024},
                           divisible=("x_ptr", "base_ptr", "players_ptr", "bits_ptr", "rows_ptr", "out_ptr"))
                   for bits, pointer, name, shared, own in (
                       ("32", "*i32", "", False, False), ("16", "*i16", "-own-players", False, True),
                       ("64", "*i64", "-shared-bases", True, True), ("8", "*u8", "", False, False))),
    fewest_bytes=f"{_HERE}.contract:fewest_bytes",
    bytes_shape=(12, 2, 1033),
    byte_limit=1.3,
)
