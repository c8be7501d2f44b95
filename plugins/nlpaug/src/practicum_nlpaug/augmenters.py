"""What we say of each of nlpaug's text augmenters; their fields and defaults are read from the library itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Augmenter:
    """One of the library's classes.

    Args:
        module: under ``nlpaug.augmenter``.
        cls: its name there; ours is the same without ``Aug``.
        summary: one line.
        strength: the fields of which any, set to 0, switch it off.
        cite: what it follows.
        needs: what must be found on the machine: ``wordnet`` and ``tagger`` (NLTK's data), ``files`` (those of the
            field ``model_path``), ``model`` (a transformers checkpoint, by hub id or path).
        extra: the extra of this distribution that installs what it needs.
        requires: modules that it imports.
        languages: BCP 47 codes; any when empty.
        keywords: words to search by.
        fixed: constructor arguments that we set.
        actions: values of ``action``; none when it has but one.
        modes: values of ``mode``.
    """

    module: str
    cls: str
    summary: str
    strength: tuple[str, ...] = ("aug_p",)
    cite: str = ""
    needs: tuple[str, ...] = ()
    extra: str = ""
    requires: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    fixed: dict[str, Any] = field(default_factory=dict)
    actions: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()


_CHARS = ("aug_char_p", "aug_word_p")
_MODEL: dict[str, Any] = {"needs": ("model",), "extra": "models", "requires": ("torch", "transformers"), "strength": ()}

AUGMENTERS = (
    Augmenter("char.keyboard", "KeyboardAug", "Replaces characters by neighbours on a keyboard.", _CHARS,
              keywords=("typo", "qwerty")),
    Augmenter("char.ocr", "OcrAug", "Replaces characters by ones that optical recognition confuses with them.", _CHARS,
              keywords=("typo", "scan")),
    Augmenter("char.random", "RandomCharAug", "Inserts, replaces, swaps or deletes characters at random.", _CHARS,
              "arXiv:1711.02173", keywords=("typo",), actions=("substitute", "insert", "swap", "delete")),
    Augmenter("word.random", "RandomWordAug", "Deletes, swaps, replaces or crops words at random.",
              cite="arXiv:1901.11196", keywords=("eda",), actions=("delete", "swap", "substitute", "crop")),
    Augmenter("word.spelling", "SpellingAug", "Replaces words by common misspellings.", keywords=("typo",),
              languages=("en",)),
    Augmenter("word.split", "SplitAug", "Splits words in two.", keywords=("space",)),
    Augmenter("word.reserved", "ReservedAug", "Replaces words and phrases by others of a list that you give.",
              cite="arXiv:2007.02033", keywords=("dictionary",)),
    Augmenter("word.synonym", "SynonymAug", "Replaces words by synonyms from WordNet or PPDB.",
              cite="10.1145/219717.219748", needs=("tagger", "wordnet"), extra="wordnet", requires=("nltk",),
              languages=("en",), keywords=("synonym", "wordnet", "ppdb")),
    Augmenter("word.antonym", "AntonymAug", "Replaces words by antonyms from WordNet.", cite="10.1145/219717.219748",
              needs=("tagger", "wordnet"), extra="wordnet", requires=("nltk",), languages=("en",),
              keywords=("antonym", "wordnet")),
    Augmenter("word.tfidf", "TfIdfAug", "Replaces or inserts words, uninformative ones first, by TF-IDF.",
              cite="arXiv:1904.12848", needs=("files",), keywords=("uda", "tf-idf"), actions=("substitute", "insert")),
    Augmenter("word.word_embs", "WordEmbsAug", "Replaces or inserts words by nearness of word vectors.",
              cite="arXiv:1301.3781", needs=("files",), extra="embeddings", requires=("gensim",),
              keywords=("word2vec", "glove", "fasttext"), actions=("substitute", "insert")),
    Augmenter("word.context_word_embs", "ContextualWordEmbsAug", "Replaces or inserts words that a masked language "
              "model proposes.", ("aug_p",), "arXiv:1805.06201", ("model",), "models", ("torch", "transformers"),
              keywords=("bert", "masked language model"), actions=("substitute", "insert"),
              fixed={"use_custom_api": False}),
    Augmenter("word.back_translation", "BackTranslationAug", "Translates to another language and back.",
              cite="arXiv:1511.06709", keywords=("paraphrase", "translation"), **_MODEL),
    Augmenter("sentence.random", "RandomSentAug", "Swaps sentences.", cite="arXiv:1910.13461",
              keywords=("order", "sentence"), modes=("neighbor", "left", "right", "random")),
    Augmenter("sentence.context_word_embs_sentence", "ContextualWordEmbsForSentenceAug",
              "Goes on with what a generative language model adds.", cite="", keywords=("gpt2", "generation"),
              fixed={"use_custom_api": True}, **_MODEL),
    Augmenter("sentence.abst_summ", "AbstSummAug", "Summarises by a sequence-to-sequence model.",
              cite="arXiv:1910.10683", keywords=("t5", "summary"), fixed={"use_custom_api": True}, **_MODEL),
)
"""The text augmenters; Lambada is left out: it writes texts for a label, where a transformation changes a text."""
