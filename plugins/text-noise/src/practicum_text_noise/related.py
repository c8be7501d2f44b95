"""Words replaced by synonyms, antonyms, hypernyms and hyponyms, in the same form."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import ClassVar, Literal

from pydantic import Field, field_validator

from practicum.errors import MissingRequirement
from practicum.transformation import LabelEffect
from practicum_text_noise import surfaces, wordnet
from practicum_text_noise.dictionary import Dictionary
from practicum_text_noise.replacement import Replacement

PartOfSpeech = Literal["noun", "verb", "adjective", "adverb"]


_EVERY: tuple[PartOfSpeech, ...] = ("noun", "verb", "adjective", "adverb")


class FromLexicon(Replacement):
    """What all techniques over a lexicon of English have in common.

    Args:
        lexicon: ``builtin``: about 1,500 words that ship with the plugin; ``wordnet``: Princeton WordNet where packages
            put it (WNSEARCHDIR, WNHOME, NLTK_DATA, /usr/share/wordnet ...); or its directory.
        pos: parts of speech of words to replace.
        senses: how many of a word's meanings count, the most frequent first.
        phrases: whether alternatives of several words are used.
        on: the text column, where there is a choice.

    Raises:
        MissingRequirement: no WordNet was found; the message says what to install.
    """

    mends_articles: ClassVar[bool] = True
    relation: ClassVar[str] = ""

    lexicon: str = Field(default="builtin", min_length=1,
                         description="builtin, wordnet (found on this machine), or a WordNet directory")
    pos: tuple[PartOfSpeech, ...] = Field(default=_EVERY, min_length=1,
                                          description="parts of speech of words to replace")
    senses: int = Field(default=1, ge=1, description="how many of a word's meanings count, the most frequent first")
    phrases: bool = Field(default=False, description="whether alternatives of several words are used")

    @field_validator("pos")
    @classmethod
    def _in_order(cls, value: tuple[PartOfSpeech, ...]) -> tuple[PartOfSpeech, ...]:
        return tuple(sorted(set(value), key=_EVERY.index))

    def _dictionary(self) -> Dictionary:
        return surfaces.dictionary(self.lexicon, self.relation, self.pos, self.senses, self.phrases)

    def state_digest(self) -> str:
        """A digest of the WordNet found, ``""`` for the built-in lexicon or where none is found."""
        if self.lexicon == "builtin":
            return ""
        try:
            return _digest(str(wordnet.locate(self.lexicon)), self.lexicon)
        except MissingRequirement:
            return ""


@lru_cache(maxsize=8)
def _digest(_place: str, lexicon: str) -> str:
    place, digest = wordnet.locate(lexicon), hashlib.blake2b(digest_size=8)
    for ending in wordnet.FILES.values():
        digest.update((place / f"index.{ending}").read_text(encoding="utf-8").encode())
    return digest.hexdigest()


class Synonym(FromLexicon):
    """Replaces English words by synonyms in the same form ("bought": "purchased").

    Every form of a word (plural, third person, past, participle, gerund, comparison) is looked up and its synonym is
    inflected alike; a form that is two of them ("cut") is replaced only where the synonym's are one as well. Of several
    parts of speech the most frequent one counts, where it is at least twice as frequent as the others, else the word is
    left alone. Stop words and numerals stay; so do words within a phrase that the lexicon knows ("ice" in "ice cream").
    "a" and "an" are made to fit.

    Synonym replacement as in Wei and Zou, EDA (arXiv:1901.11196), and Zhang et al. (arXiv:1509.01626), who don't
    inflect and take any meaning; here at a rate, with ``senses=1`` the first meaning only.

    Args:
        rate: probability in 0..1 that a word with synonyms is replaced.
        lexicon, pos, senses, phrases, on: as in :class:`practicum_text_noise.related.FromLexicon`.

    Example:
        >>> Synonym(rate=1.0)(["He purchased a big house for the children."], seed=2)
        ['He bought a huge home for the youngsters.']
    """

    name: ClassVar[str] = "text-noise/synonym"
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"rate": (0.1, 0.3, 0.5)}
    relation: ClassVar[str] = "synonym"

    rate: float = Field(default=0.3, ge=0.0, le=1.0, description="probability that a word with synonyms is replaced")


class Antonym(FromLexicon):
    """Replaces English words by their opposites in the same form ("bigger": "smaller"), which changes what is said.

    Words are found and inflected as :class:`Synonym` does it.

    Args:
        rate: probability in 0..1 that a word with opposites is replaced.
        lexicon, pos, senses, phrases, on: as in :class:`practicum_text_noise.related.FromLexicon`.

    Example:
        >>> Antonym(rate=1.0)(["He bought an expensive car and quickly left."])
        ['He sold a cheap car and slowly stayed.']
    """

    name: ClassVar[str] = "text-noise/antonym"
    label_effect: ClassVar[LabelEffect] = "changes"
    relation: ClassVar[str] = "antonym"


class Hypernym(FromLexicon):
    """Replaces English nouns and verbs by more general words in the same form ("dogs": "animals").

    Words are found and inflected as :class:`Synonym` does it; adjectives and
    adverbs have no hypernyms.

    Args:
        rate: probability in 0..1 that a word with more general ones is replaced.
        lexicon, pos, senses, phrases, on: as in :class:`practicum_text_noise.related.FromLexicon`.

    Example:
        >>> Hypernym(rate=1.0)(["The dogs ate an apple."])
        ['The animals ingested a fruit.']
    """

    name: ClassVar[str] = "text-noise/hypernym"
    relation: ClassVar[str] = "hypernym"


class Hyponym(FromLexicon):
    """Replaces English nouns and verbs by more special words in the same form ("vehicles": "trucks").

    Words are found and inflected as :class:`Synonym` does it; adjectives and
    adverbs have no hyponyms.

    Args:
        rate: probability in 0..1 that a word with more special ones is replaced.
        lexicon, pos, senses, phrases, on: as in :class:`practicum_text_noise.related.FromLexicon`.

    Example:
        >>> Hyponym(rate=1.0)(["An animal in a vehicle."], seed=4)
        ['A snake in a car.']
    """

    name: ClassVar[str] = "text-noise/hyponym"
    relation: ClassVar[str] = "hyponym"
