"""``python/docstrings``: natural text that every machine has, with a topic to predict.

Sentences are read from the source of the standard library and of installed packages, without importing them. The topic
is that of the module (a table, :mod:`practicum.data.docstring_topics`); the split is by module, so that no module's
wording is on two sides. Measured with Python 3.11 and the core's dependencies of November 2026: 6,000 sentences of
seven topics; a linear classifier on TF-IDF of words and word pairs gets 57 % of the test split right, where the largest
class is 16 %.
"""

from __future__ import annotations

import ast
import importlib.util
import re
import sysconfig
import warnings
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from practicum.batch import Batch, Column, Ids
from practicum.data.docstring_topics import CORE_PACKAGES, KNOWN_PACKAGES, STDLIB, TOPICS
from practicum.data.loaded import Loaded
from practicum.data.splits import Splits, split
from practicum.errors import DataError, UsageError
from practicum.keys import Keys
from practicum.targets import Target

SHARES = {"train": 0.6, "valid": 0.2, "test": 0.2}
_LEFT_OUT = {"test", "tests", "testing", "__pycache__", "site-packages", "_vendor", "vendored", "conftest"}
_ROLE = re.compile(r":[\w:+-]+:`[~!]?([^`<]*?)(?:\s*<[^>]*>)?`")
_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_ABBREVIATION = re.compile(r"\b(?:e\.g|i\.e|etc|vs|cf|resp|Fig|Eq|Ref|et al|No|approx)\.$")
_NOT_PROSE = re.compile(r"::|https?:|[=<>{}\\|_@#^~\[\]]|\w\(|\.\w|  ")
_UNDERLINE = re.compile(r"\s*[-=~^*]{3,}\s*$")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, where it stands, and its topic."""

    id: str
    module: str
    topic: str
    text: str


def read_docstrings(packages: Sequence[str] | None = None, max_sentences: int = 6000, balance: float = 3.0,
                    seed: int = 0) -> Loaded:
    """Sentences labelled by topic, split by module.

    The same Python and package versions give the same sentences, ids and split.

    Args:
        packages: names from :data:`practicum.data.docstring_topics.KNOWN_PACKAGES`; those of the core when left out.
            Absent ones are passed over and counted in the facts.
        max_sentences: at most so many in all, taken evenly from the topics.
        balance: at most so many times the sentences of the smallest topic in each; 0 for no limit.
        seed: of the selection and the split.

    Returns:
        train, valid and test (60, 20 and 20 % of each topic, as near as whole modules allow) with the column ``text``
        and the target ``label``, its classes being the topics in alphabetical order. An id reads
        ``module:function:number``.

    Raises:
        UsageError: a package without topics, or numbers out of range.
        DataError: too few sentences for a split.
    """
    wanted = tuple(CORE_PACKAGES if packages is None else packages)
    for name in wanted:
        if name not in KNOWN_PACKAGES:
            raise UsageError(f"package {name!r} has no topics; those that have are {', '.join(KNOWN_PACKAGES)}")
    if max_sentences < 1 or balance < 0:
        raise UsageError(f"max_sentences={max_sentences} must be at least 1 and balance={balance} at least 0")
    absent = sorted(p for p in wanted if p != STDLIB and not _roots(p))
    found = unique(s for topic in TOPICS for s in _of_topic(topic, wanted))
    by_topic: dict[str, list[Sentence]] = defaultdict(list)
    for sentence in found:
        by_topic[sentence.topic].append(sentence)
    kept = _selected(by_topic, max_sentences, balance, Keys(seed, path=("docstrings",)))
    classes = tuple(sorted(kept))
    if len(classes) < 2:
        raise DataError(f"the packages {', '.join(wanted)} hold sentences of {len(classes)} topics; name more packages")
    parts: dict[str, list[Batch]] = defaultdict(list)
    for code, topic in enumerate(classes):
        told = kept[topic]
        batch = Batch.of(ids=[s.id for s in told], columns={"text": Column("text", [s.text for s in told])},
                         targets={"label": Target("label", np.full(len(told), code, np.int64), classes=classes)})
        divided = split(batch, SHARES, seed=seed, groups=[s.module for s in told])
        for name, part in divided.items():
            parts[name].append(part)
    facts = {"sentences": sum(map(len, kept.values())), "per_topic": {t: len(kept[t]) for t in classes},
             "packages_absent": absent}
    return Loaded(Splits(**{name: Batch.concat(batches) for name, batches in parts.items()}), facts=facts)


def unique(sentences: Iterator[Sentence]) -> list[Sentence]:
    """Without sentences that say the same (case, digits and punctuation aside).

    One that several topics say is left out altogether, since it tells nothing of its topic; of one topic's the first
    stays.
    """
    groups: dict[str, list[Sentence]] = defaultdict(list)
    for sentence in sentences:
        groups[normalised(sentence.text)].append(sentence)
    return [same[0] for same in groups.values() if len({s.topic for s in same}) == 1]


def normalised(text: str) -> str:
    """The letters of a text, lower case, words apart; digits as ``0``.

    Example:
        >>> normalised("Return the 3rd item.") == normalised("return the 4rd item!")
        True
    """
    return " ".join(re.findall(r"[^\W\d_]+|0+", re.sub(r"\d+", "0", text.casefold())))


def sentences(docstring: str) -> list[str]:
    """The natural sentences of a docstring: prose of 8 words or more and 40 to 240 characters.

    Doctests, parameter lists, headings and markup are no prose.

    Example:
        >>> sentences('''Send the whole message over the connection that is open.
        ...
        ... :param data: what to send over the open connection to it.
        ... ''')
        ['Send the whole message over the connection that is open.']
    """
    out: list[str] = []
    for paragraph in re.split(r"\n\s*\n", docstring.expandtabs()):
        lines = paragraph.strip("\n").split("\n")
        if any(_UNDERLINE.match(line) for line in lines):
            if not lines[0].startswith("Notes"):
                break  # the sections of numpydoc start here: parameters, returns, examples
            lines = lines[2:]
        if any(line.startswith((" ", ">>>", ":", "*", "-", "..", "@", "|", "$")) or re.match(r"\w+:$|\d+[.)] ", line)
               for line in lines):
            continue
        text = _ROLE.sub(lambda m: m[1].strip().rsplit(".", 1)[-1], " ".join(line.strip() for line in lines))
        out += [s for s in _cut(re.sub(r"[`*]+", "", text)) if natural(s)]
    return out


def natural(sentence: str) -> bool:
    """Whether a text reads as one sentence of prose."""
    if not (40 <= len(sentence) <= 240 and sentence[0].isupper() and sentence[-1] in ".!?"):
        return False
    letters = sum(c.isalpha() or c == " " for c in sentence)
    return letters >= 0.9 * len(sentence) and len(sentence.split()) >= 8 and not _NOT_PROSE.search(sentence)


def _cut(text: str) -> Iterator[str]:
    held = ""
    for piece in _END.split(text):
        held = f"{held} {piece}" if held else piece.strip()
        if not _ABBREVIATION.search(held):
            yield held
            held = ""
    if held:
        yield held


def _of_topic(topic: str, packages: Sequence[str]) -> Iterator[Sentence]:
    for package, modules in sorted(TOPICS[topic].items()):
        if package not in packages:
            continue
        for module in sorted(modules.split()):
            for name, file in _files(package, module):
                yield from _of_file(name, file, topic)


def _roots(package: str) -> list[Path]:
    """The folders a package's modules are looked up from, without importing it."""
    if package == STDLIB:
        return [Path(sysconfig.get_paths()["stdlib"])]
    spec = importlib.util.find_spec(package)
    if spec is None:
        return []
    folders = [Path(f) for f in spec.submodule_search_locations or ()]
    return [f.parent for f in folders] or ([Path(spec.origin).parent] if spec.origin else [])


def _files(package: str, module: str) -> Iterator[tuple[str, Path]]:
    """Dotted name and file of a module and its submodules, in order."""
    for root in _roots(package):
        base = root.joinpath(*module.split("."))
        single = base.with_name(base.name + ".py")
        if single.is_file():
            yield module, single
        for file in sorted(base.rglob("*.py")) if base.is_dir() else ():
            inner = file.relative_to(base).with_suffix("").parts
            if not _LEFT_OUT & set(inner):
                yield ".".join([module, *(p for p in inner if p != "__init__")]), file


def _of_file(module: str, file: Path, topic: str) -> Iterator[Sentence]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of other people's escapes
            tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError, OSError):
        return  # not Python of this version, as some templates in packages
    seen: dict[str, int] = {}
    for owner, docstring in _documented(tree, ""):
        for text in sentences(docstring):
            number = seen[owner] = seen.get(owner, -1) + 1
            yield Sentence(f"{module}:{owner}:{number}", module, topic, text)


def _documented(node: ast.AST, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
        docstring = ast.get_docstring(node)
        if docstring:
            yield name, docstring
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from _documented(child, f"{name}.{child.name}" if name else child.name)
        elif isinstance(child, (ast.If, ast.Try)):
            yield from _documented(child, name)


def _selected(by_topic: dict[str, list[Sentence]], limit: int, balance: float, keys: Keys) -> dict[str, list[Sentence]]:
    """An even share of each topic, drawn by id, in the order read."""
    smallest = min((len(s) for s in by_topic.values()), default=0)
    cap = int(balance * smallest) if balance else limit
    left, kept = limit, {}
    for done, topic in enumerate(sorted(by_topic, key=lambda t: (len(by_topic[t]), t))):
        found = by_topic[topic]
        take = min(len(found), cap, left // (len(by_topic) - done))
        words: Any = keys.bind(Ids.of([s.id for s in found], len(found))).words(1)[:, 0]
        rows = np.sort(np.argsort(words, kind="stable")[:take])
        kept[topic] = [found[int(r)] for r in rows]
        left -= take
    return {t: s for t, s in kept.items() if s}
