"""Generated texts against reference texts: exact match, token F1 and chrF, each 0 to 1 for one prediction.

All take the best over several references. Exact match and token F1 follow P. Rajpurkar et al., SQuAD (arXiv:1606.05250)
and normalise as its evaluation script does; as in version 2.0 of the script (arXiv:1806.03822) two empty texts agree.
Tokens are separated by white space, so for languages written without spaces chrF is the one to use.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Callable, Sequence

ORDER, BETA = 6, 2.0
"""Longest character n-gram of chrF, and how many times recall counts as much as precision."""

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(a|an|the)\b")


def normalised(text: str) -> str:
    """Lower case, without ASCII punctuation and English articles, single spaces: SQuAD's normal form.

    Example:
        >>> normalised("The  Île-de-France, a region!")
        'îledefrance region'
    """
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def exact_match(said: str, references: Sequence[str]) -> float:
    """1 where the normal form is that of a reference, else 0.

    Example:
        >>> exact_match("the Eiffel Tower.", ["Eiffel tower", "La tour Eiffel"])
        1.0
    """
    return float(any(normalised(said) == normalised(r) for r in references))


def token_f1(said: str, references: Sequence[str]) -> float:
    """Harmonic mean of precision and recall of tokens (as a multiset), best over the references.

    Example:
        >>> token_f1("in the city of Paris", ["Paris"])  # precision 1/4, recall 1
        0.4
    """
    return best(_token_f1, normalised(said), [normalised(r) for r in references])


def _token_f1(said: str, reference: str) -> float:
    a, b = Counter(said.split()), Counter(reference.split())
    if not a or not b:
        return float(a == b)
    return 2.0 * (a & b).total() / (a.total() + b.total())


def chrf(said: str, references: Sequence[str]) -> float:
    """Character n-gram F-score of one sentence, best over the references.

    M. Popović, chrF (2015, doi:10.18653/v1/W15-3049): the F-score with beta 2 of precision and recall averaged over
    orders 1 to 6, over characters other than white space, case kept. Orders that one of the texts is too short for are
    left out, as sacrebleu does; its figures are these times 100. What differs: two texts without characters score 1.

    Example:
        >>> round(chrf("the cat sat", ["the cat sits"]), 4), chrf("", ["x"]), chrf("", [""])
        (0.6103, 0.0, 1.0)
    """
    return best(_chrf, "".join(said.split()), ["".join(r.split()) for r in references])


def _chrf(said: str, reference: str) -> float:
    orders = min(ORDER, len(said), len(reference))
    if not orders:
        return float(said == reference)
    precision = recall = 0.0
    for n in range(1, orders + 1):
        a, b = _grams(said, n), _grams(reference, n)
        shared = (a & b).total()
        precision += shared / a.total() / orders
        recall += shared / b.total() / orders
    if precision + recall == 0.0:
        return 0.0
    return (1.0 + BETA**2) * precision * recall / (BETA**2 * precision + recall)


def _grams(text: str, n: int) -> Counter[str]:
    return Counter(text[k:k + n] for k in range(len(text) - n + 1))


def best(score: Callable[[str, str], float], said: str, references: Sequence[str]) -> float:
    """The highest score over the references."""
    return max(score(said, r) for r in references)
