"""Data shared by the tests of this plugin."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from practicum import Batch


@pytest.fixture(scope="session")
def digits() -> tuple[Batch, Batch]:
    """scikit-learn's digits as [N, 1, 8, 8] in 0..1: 1437 to train, 360 to test."""
    from sklearn.datasets import load_digits

    found = load_digits()
    data = Batch.of(torch.tensor(found.images[:, None] / 16, dtype=torch.float32), targets={"label": found.target})
    order = np.random.default_rng(0).permutation(len(data))
    return data.take(order[:1437]), data.take(order[1437:])


@pytest.fixture(scope="session")
def topics() -> tuple[Batch, Batch]:
    """Docstrings of standard-library modules with the module as label; every fourth is held out."""
    import inspect
    import socket
    import statistics
    import tarfile

    texts, labels = [], []
    for module in (socket, statistics, tarfile):
        for _, member in sorted(inspect.getmembers(module)):
            doc = inspect.getdoc(member) if inspect.isroutine(member) or inspect.isclass(member) else None
            for line in (doc or "").splitlines():
                if len(line.split()) >= 4:
                    texts.append(line.strip())
                    labels.append(module.__name__)
    data = Batch.of(texts, targets={"label": labels})
    held = np.arange(len(data)) % 4 == 0
    return data.take(~held), data.take(held)


@pytest.fixture(scope="session")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random BERT classifier with its tokenizer, saved as a hub checkpoint would be."""
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

    directory = tmp_path_factory.mktemp("bert")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "good", "bad", "film", "was", "the", "and", "very",
             "not", "plot"]
    (directory / "vocab.txt").write_text("\n".join(words) + "\n", "utf-8")
    config = BertConfig(vocab_size=len(words), hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
                        intermediate_size=32, max_position_embeddings=40, num_labels=3,
                        id2label={0: "bad", 1: "so-so", 2: "good"})
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = BertForSequenceClassification(config)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.mul_(6.0)  # far from zero, so that scores differ between texts
    model.save_pretrained(directory)
    BertTokenizer(str(directory / "vocab.txt")).save_pretrained(directory)
    return directory
