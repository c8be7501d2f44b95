"""``practicum apply`` on a Parquet file that ``Batch.to_arrow`` made: images, series, states and everything else."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from practicum.atomic import writing
from practicum.errors import UsageError

if TYPE_CHECKING:
    from practicum.transformation import Transformation


def is_batch(path: Path) -> bool:
    """Whether a file is a Parquet file with a batch's facts in its schema."""
    if path.suffix.lower() != ".parquet":
        return False
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return b"practicum" in (pq.read_schema(path).metadata or {})
    except pa.ArrowInvalid:
        return False


def apply_batch(technique: Transformation, source: Path, target: Path, *, seed: int, epoch: int, size: int,
                outputs: int) -> int:
    """Transform a stored batch and store the result whole or not at all.

    Args:
        technique: of scope *sample*, cut into chunks of ``size``; otherwise the file is one batch.
        source, target: Parquet files.
        seed, epoch: of the draws.
        size: samples held at once.
        outputs: outputs per sample; their ids end in ``#0``, ``#1`` ...

    Returns:
        number of samples read.

    Raises:
        UsageError: the target is no Parquet file.
    """
    import numpy as np
    import pyarrow.parquet as pq

    from practicum.batch import Batch
    from practicum.keys import Keys

    if target.suffix.lower() != ".parquet":
        raise UsageError(f"the input is a stored batch, so the output {str(target)!r} must end in .parquet")
    batch = Batch.from_arrow(pq.read_table(source))
    step = size if technique.scope == "sample" else sys.maxsize
    done = []
    for output in range(outputs):
        for start in range(0, len(batch), min(step, max(1, len(batch)))):
            part = batch.take(np.arange(start, min(start + step, len(batch))))
            out = technique.run(part, Keys(seed, epoch, output))
            done.append(out if outputs == 1 else Batch(out.ids.suffixed(f"#{output}"), out.columns, out.targets))
    table = Batch.concat(done).to_arrow()
    with writing(target) as file:
        pq.write_table(table, file)
    return len(batch)
