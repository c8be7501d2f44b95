"""The small real operation that a generated plugin starts from, for each kind and modality."""

from __future__ import annotations

from dataclasses import dataclass

FLOATS = ("image", "state", "series")

_SAMPLE = "Scope *sample*: the output of a sample depends on nothing but the sample, its id and the seed. "
_KEEPS = "The label is preserved. "
_PYDANTIC, _NUMPY, _ARROW, _TORCH = "pydantic>=2.9", "numpy>=2.0", "pyarrow>=17", "torch>=2.9"


@dataclass(frozen=True, slots=True)
class Operation:
    """What the templates need to know of one operation.

    Args:
        template: of the technique's module.
        summary: one line, ends with a full stop.
        more: a second sentence for the card.
        example: Python code for the card; may use ``{cls}`` and ``{package}.{module}`` in its text.
        output: what the example prints.
        fields: name, default and meaning of each field.
        facts: scope, label effect and limits, for the card.
        dependencies: of the distribution, besides the core.
        requires: modules that must be importable.
        access: of the technique, for attacks and explainers.
        doc_input, doc_train: inputs of the docstring, in the modality's own form.
    """

    template: str
    summary: str
    more: str
    example: str
    output: str
    fields: tuple[tuple[str, str, str], ...] = ()
    facts: str = ""
    dependencies: tuple[str, ...] = (_PYDANTIC,)
    requires: tuple[str, ...] = ()
    access: str = ""
    doc_input: str = ""
    doc_train: str = ""


def _transformations() -> dict[tuple[str, str], Operation]:
    return {
        ("transformation", "text"): Operation(
            "transformation-text", "Doubles letters, each with the same probability.",
            "Edits are logged, so spans, tags and answers move along.",
            'from {package}.{module} import {cls}\n\nprint({cls}(rate=1.0)(["to be"]))', "['ttoo bbee']",
            (("rate", "0.2", "probability that a letter is doubled, 0..1"),),
            _SAMPLE + _KEEPS + "Limits: combining marks are no letters and stay single."),
        ("transformation", "image"): Operation(
            "transformation-image", "Dims each image by a factor drawn for it.",
            "Works on uint8 and float images of any size.",
            "import torch\nfrom {package}.{module} import {cls}\n\n"
            "image = torch.full((1, 1, 2, 2), 0.8)\nprint(bool(({cls}(most=0.5)(image, seed=1) >= 0.4).all()))", "True",
            (("most", "0.5", "largest share of the light taken away, 0..1"),),
            _SAMPLE + _KEEPS + "Boxes, masks and keypoints stay as they are, since no pixel moves. "
            "Limits: images whose darkest value is not 0 need another operation.",
            (_NUMPY, _PYDANTIC, _TORCH), ("torch",)),
        ("transformation", "record"): Operation(
            "transformation-record", "Empties fields of a record, each with the same probability.",
            "An empty field is null, as if it had never been filled in.",
            'from {package}.{module} import {cls}\n\nprint({cls}(rate=1.0)([{{"name": "Ada", "age": 36}}]))',
            "[{'name': None, 'age': None}]",
            (("rate", "0.2", "probability that a field loses its value, 0..1"),),
            _SAMPLE + _KEEPS + "Limits: every field may be emptied, keys included.",
            (_PYDANTIC,)),
        ("transformation", "table"): Operation(
            "transformation-table", "Puts the rows of a table in an order drawn for it.",
            "Rows stay whole; tables with fewer than two rows stay as they are.",
            "import pyarrow as pa\nfrom {package}.{module} import {cls}\n\n"
            'out = {cls}()([pa.table({{"n": [1, 2, 3]}})], seed=1)\nprint(sorted(out[0]["n"].to_pylist()))',
            "[1, 2, 3]", (), _SAMPLE + _KEEPS + "Limits: wrong for tables whose order carries meaning.",
            (_ARROW, _PYDANTIC)),
        ("transformation", "series"): Operation(
            "transformation-series", "Adds Gaussian noise to the observed values of a series.",
            "Missing values and the mask stay as they are.",
            "import numpy as np\nfrom practicum import Batch\nfrom {package}.{module} import {cls}\n\n"
            'series = Batch.of(np.zeros((1, 4, 1)), modality="series")\n'
            "print({cls}(std=0.1)(series, seed=1).data.values.shape)", "(1, 4, 1)",
            (("std", "0.1", "standard deviation of the noise, in the series' units"),),
            _SAMPLE + _KEEPS + "Limits: one deviation for all channels.",
            (_NUMPY, _PYDANTIC, _TORCH), ("torch",)),
        ("transformation", "state"): Operation(
            "transformation-state", "Gives each number of a state a relative error drawn for it.",
            "Zero stays zero and signs stay.",
            "import numpy as np\nfrom {package}.{module} import {cls}\n\n"
            "out = {cls}(width=0.5)(np.ones((1, 3)), seed=1)\nprint(bool((abs(out - 1.0) <= 0.5).all()))", "True",
            (("width", "0.05", "largest relative error, 0..1"),),
            _SAMPLE + _KEEPS + "Limits: float32 and float64 only.",
            (_NUMPY, _PYDANTIC, _TORCH), ("torch",)),
        ("transformation", "graph"): Operation(
            "transformation-graph", "Removes edges of a graph, each with the same probability.",
            "Both directions of an undirected edge go together.",
            "import torch\nfrom torch_geometric.data import Data\nfrom {package}.{module} import {cls}\n\n"
            "graph = Data(edge_index=torch.tensor([[0, 1], [1, 0]]), num_nodes=2)\n"
            "print({cls}(rate=1.0)([graph])[0].edge_index.shape)", "torch.Size([2, 0])",
            (("rate", "0.3", "probability that an edge is removed, 0..1"),),
            _SAMPLE + _KEEPS + "Limits: may leave nodes without edges.",
            (_PYDANTIC, _TORCH, "torch-geometric>=2.5"), ("torch", "torch_geometric")),
    }


_INPUTS = {"image": "torch.tensor([[[[0.5, 0.25]]]])", "state": "torch.tensor([[0.5, 0.25]])",
           "series": "torch.tensor([[[0.5], [0.25]]])"}
"""One sample of two values, in each modality's own shape."""


def _on_models() -> dict[tuple[str, str], Operation]:
    found: dict[tuple[str, str], Operation] = {}
    toy = "from practicum.testing.torch_toys import TorchToy"
    for modality in FLOATS:
        one = _INPUTS[modality]
        head = (f"import torch\nfrom practicum import Batch\n{toy}\n"
                "from {package}.{module} import {cls}\n\n")
        found["attack", modality] = Operation(
            "attack-floats", "Moves each value by eps along the sign of the loss's gradient.",
            "The result stays in the model's box.",
            head + "model = TorchToy.linear([[1.0, -1.0], [0.0, 0.0]])\n"
            f'batch = Batch.of({one}, modality="{modality}", targets={{{{"label": [0]}}}})\n'
            "print({cls}(eps=0.25)(model, batch).success)", "[ True]",
            (("eps", "0.05", "largest change of a value, in the input's units"),),
            "Access: gradient. One step is an upper bound of the robust accuracy, no more. "
            "Limits: float32 and float64 inputs of one size.",
            (_PYDANTIC, _TORCH), ("torch",), "gradient", one)
        found["explainer", modality] = Operation(
            "explainer-floats", "Multiplies each value by the score's gradient there.",
            "On a linear model it is exact.",
            head + "model = TorchToy.linear([[2.0, -1.0], [0.0, 0.0]])\n"
            f'batch = Batch.of({one}, modality="{modality}")\n'
            "print({cls}()(model, batch, target=0).values.ravel().tolist())", "[1.0, -0.25]",
            (), "Access: gradient. Limits: saturated models have gradients near zero, whatever the input means.",
            (_NUMPY, _PYDANTIC, _TORCH), ("torch",), "gradient", one)
    text = ("from practicum import Batch\nfrom practicum.testing.torch_toys import BagOfWords\n"
            "from {package}.{module} import {cls}\n\n"
            'model = BagOfWords.of(["good"], [[1.0], [0.0]], [[0.0], [1.0]])\n')
    found["attack", "text"] = Operation(
        "attack-text", "Deletes the one character, of some tried, that hurts the model most.",
        "Needs scores only.",
        text + 'print({cls}()(model, Batch.of(["good"], targets={{"label": [1]}})).success)', "[ True]",
        (("tries", "8", "deletions tried for each text; one query each"),),
        "Access: score. Budget: one edit. Limits: deletes anywhere, also in names and numbers.",
        (_NUMPY, _PYDANTIC), (), "score")
    found["explainer", "text"] = Operation(
        "explainer-text", "Gives each word what the score loses without it.", "Needs scores only.",
        text + 'out = {cls}()(model, Batch.of(["good film"]), target=1)\nprint(out.units[0], out.values[0].tolist())',
        "['good', 'film'] [0.5, -0.5]",
        (), "Access: score. Costs one query for each word. Limits: words that matter only together get too little.",
        (_NUMPY, _PYDANTIC), (), "score")
    return found


def _others() -> dict[tuple[str, str], Operation]:
    found: dict[tuple[str, str], Operation] = {}
    train = {
        "text": 'Batch.of(["aaaa", "bbbb"], targets={"label": [0, 1]})',
        "image": 'Batch.of(np.stack([np.zeros((1, 4, 4)), np.ones((1, 4, 4))]), targets={"label": [0, 1]})',
        "state": 'Batch.of(np.array([[0.0], [1.0]]), targets={"label": [0, 1]})',
        "record": 'Batch.of([{"team": "red"}, {"team": "blue"}], targets={"label": [0, 1]})',
    }
    field = {"text": (("buckets", "256", "length of the feature vector"),),
             "record": (("buckets", "256", "length of the feature vector"),),
             "image": (("size", "8", "images are sampled down to size x size"),), "state": ()}
    for modality, made in train.items():
        head = "import numpy as np\n" if "np." in made else ""
        found["model", modality] = Operation(
            "model", "Classifies by the nearest class mean.", "Training is one pass and takes no steps.",
            f"{head}from practicum import Batch, Keys\nfrom {{package}}.{{module}} import {{cls}}\n\n"
            f"train = {made.replace('{', '{{').replace('}', '}}')}\n"
            "print({cls}().fit([train], Keys(0)).predict(train).labels)", "[0 1]",
            field[modality], "Task: classification, deterministic. Limits: classes that lie on two sides of another "
            "one are not told apart.",
            (_NUMPY, _PYDANTIC), (), "", "", made)
    found["environment", ""] = Operation(
        "environment", "A walk along a line to its right end, with steps that slip.",
        "A gymnasium environment with one observation and two actions.",
        "from {package}.{module} import {cls}\n\nenv = {cls}(length=2, slip=0.0).make()\n"
        "print(env.reset(seed=0)[0].tolist(), env.step(1)[0].tolist())", "[0.0] [0.5]",
        (("length", "8", "places to the goal"), ("slip", "0.1", "probability that a step goes the other way, 0..1"),
         ("steps", "64", "an episode is cut after this many steps")),
        "Reward: 1 on arrival. Limits: renders nothing.", (_NUMPY, _PYDANTIC, "gymnasium>=1.0"), ("gymnasium",))
    found["tracker", ""] = Operation(
        "tracker", "Appends every event of a run to one JSON-lines file.",
        "What was logged before a kill is there after it.",
        "import tempfile\nfrom {package}.{module} import {cls}\n\n"
        'run = {cls}(folder=tempfile.mkdtemp()).start("demo")\nrun.log_metrics({{"loss": 0.5}}, step=1)\nrun.finish()\n'
        'print([line["event"] for line in run.lines()])', "['start', 'metrics', 'finish']",
        (("folder", "runs", "where runs go"),),
        "Limits: one process writes a run at a time.",
        (_PYDANTIC,))
    return found


def operations() -> dict[tuple[str, str], Operation]:
    """All operations by kind and modality; the modality is empty for kinds without data."""
    return _transformations() | _on_models() | _others()
