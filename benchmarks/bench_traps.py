"""Which traps each library's attacks and explanations fall into today: a table, measured by running them.

Run (peers that aren't installed are left out and named):
    pip install --no-deps --target peers -r benchmarks/traps/requirements.txt
    PYTHONPATH=peers python benchmarks/bench_traps.py
"""

from __future__ import annotations

import platform
import warnings
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
import torch
from traps import attack_traps, explanation_traps, peers

DISTRIBUTIONS = {"ART": "adversarial-robustness-toolbox"}


def cell(run: Callable[[Any], Any], given: Any) -> str:
    """One cell: passed or not, and the figure."""
    torch.manual_seed(0)
    np.random.seed(0)  # noqa: NPY002  # peers draw from the global generator
    try:
        found = run(given)
    except Exception as error:  # noqa: BLE001  # a peer that breaks on the case is a finding, named in the table
        return f"✗ raises {type(error).__name__}"
    if found is None:
        return "–"
    passed, figure = found
    return f"{'✓' if passed else '✗'} {figure}"


def table(traps: Mapping[str, Callable[[Any], Any]], columns: Mapping[str, Any]) -> None:
    print(f"| trap | what is measured | {' | '.join(columns)} |")
    print("|" + "---|" * (len(columns) + 2))
    for name, run in traps.items():
        cells = [cell(run, given) for given in columns.values()]
        print(f"| {name} | {(run.__doc__ or '').strip().splitlines()[0]} | {' | '.join(cells)} |", flush=True)


def _version(name: str) -> str:
    try:
        return version(DISTRIBUTIONS.get(name, name))
    except PackageNotFoundError:
        return "from source"


def main() -> None:
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    libraries, explaining = peers.peers(), explanation_traps.libraries()
    print(f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, torch {torch.__version__}, "
          + ", ".join(f"{n} {_version(n)}" for n in dict.fromkeys([*libraries, *explaining])) + "\n")
    print("## Attacks\n")
    table(attack_traps.TRAPS, libraries)
    print("\n## Explanations\n")
    table(explanation_traps.TRAPS, explaining)


if __name__ == "__main__":
    main()
