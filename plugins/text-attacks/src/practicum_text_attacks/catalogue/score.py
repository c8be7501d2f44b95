"""Attacks that read scores only."""

from __future__ import annotations

_SYNONYM = ("text-noise/synonym",)
_CHARACTERS = ("text-noise/char-swap", "text-noise/char-substitute", "text-noise/char-delete", "text-noise/char-insert")

TECHNIQUES: tuple[tuple[str, str, str, str, tuple[str, ...], str, tuple[str, ...]], ...] = (
    ("greedy", "greedy:Greedy", "Keeps the best of all single replacements, again and again; or a beam of them.",
     "arXiv:2009.06368", ("black box", "beam search", "synonyms"), "score", _SYNONYM),
    ("char-greedy", "greedy:CharGreedy", "Keeps the best of many single edits of characters, again and again.",
     "arXiv:1806.09030", ("black box", "typos"), "score", (*_CHARACTERS, "text-noise/keyboard-typo")),
    ("word-importance", "word_importance:WordImportance",
     "Replaces words in the order of how much they matter to the model.", "arXiv:1612.08220",
     ("black box", "delete", "unk", "ranking"), "score", _SYNONYM),
    ("pwws", "pwws:PWWS", "Replaces words by their best synonyms in the order of gain times saliency.",
     "doi:10.18653/v1/P19-1103", ("black box", "saliency", "synonyms"), "score", _SYNONYM),
    ("textfooler", "textfooler:TextFooler",
     "Replaces words that matter by synonyms of the same part of speech, the most similar of those that win.",
     "arXiv:1907.11932", ("black box", "similarity", "synonyms"), "score", _SYNONYM),
    ("deep-word-bug", "deep_word_bug:DeepWordBug", "Edits a character in each of the words that matter most.",
     "arXiv:1801.04354", ("black box", "typos", "ranking"), "score", _CHARACTERS),
    ("pruthi", "pruthi:Pruthi", "Finds the worst typo inside each of a few words.", "arXiv:1905.11268",
     ("black box", "typos", "misspelling"), "score",
     ("text-noise/char-swap", "text-noise/char-delete", "text-noise/char-insert", "text-noise/keyboard-typo")),
    ("input-reduction", "input_reduction:InputReduction",
     "Deletes words as long as the model still says the same.", "arXiv:1804.07781",
     ("black box", "interpretability", "pathologies"), "score", ()),
)
"""Short name, target, summary, what it follows (arXiv or DOI), keywords, access, techniques it uses by default."""
