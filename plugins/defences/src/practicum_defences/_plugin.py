"""What this plugin declares."""

from __future__ import annotations

from collections.abc import Iterable

from practicum.hooks import hookimpl
from practicum.spec import TechniqueSpec

_FLOATS = ("image", "state", "series")
_TRAINED = ("adversarial training", "robustness", "linf")


@hookimpl
def register_techniques() -> Iterable[TechniqueSpec]:
    here = "practicum_defences"
    for name, target, summary, cite in (
            ("trades", "trades:Trades", "Trains on clean loss plus the change that adversarial inputs make.",
             "arXiv:1901.08573"),
            ("free-training", "free:FreeTraining", "Each batch is replayed; one gradient serves weights and inputs.",
             "arXiv:1904.12843"),
            ("fast-training", "fast:FastTraining", "Trains on one long step from a random start.", "arXiv:2001.03994")):
        yield TechniqueSpec(f"defences/{name}", "model", f"{here}.{target}", _FLOATS, summary, cite=cite,
                            keywords=_TRAINED, requires=("torch",))
    yield TechniqueSpec("defences/input-smoothing", "model", f"{here}.input_smoothing:InputSmoothing", _FLOATS,
                        "Predicts on inputs that a transformation has smoothed.", cite="arXiv:1704.01155",
                        keywords=("preprocessing", "feature squeezing"), requires=("torch",))
    yield TechniqueSpec("defences/randomised-smoothing", "model", f"{here}.randomised_smoothing:RandomisedSmoothing",
                        _FLOATS, "Predicts by a vote over Gaussian noise, and certifies a radius.",
                        cite="arXiv:1902.02918", keywords=("certificate", "l2", "noise"), requires=("torch",))
