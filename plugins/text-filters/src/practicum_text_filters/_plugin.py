"""What this plugin offers; imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator

from practicum.hooks import hookimpl
from practicum.spec import TechniqueSpec

_ALL = (
    ("length", "counts:Length", "Keeps texts whose number of characters, words or sentences is in a range.", "",
     ("size",)),
    ("capitals", "counts:Capitals", "Keeps texts whose share of capital letters is in a range.", "",
     ("case", "shouting")),
    ("script", "counts:Script", "Keeps texts written mostly in one script, such as Latin or Cyrillic.", "",
     ("language", "code mixing", "encoding")),
    ("numeric", "presence:Numeric", "Keeps texts that hold a number, or those that hold none.", "", ("digits",)),
    ("question", "presence:Question", "Keeps questions, or everything else.", "", ("interrogative",)),
    ("keyword", "presence:Keyword", "Keeps texts that hold any, all or none of some words.", "", ("word list",)),
    ("stop-words", "words:StopWords", "Keeps texts whose share of English function words is in a range.", "",
     ("function words", "information")),
    ("repetition", "words:Repetition", "Drops texts that repeat their own word n-grams.", "arXiv:1904.09751",
     ("degeneration", "hallucination", "oscillation")),
    ("duplicate", "duplicates:Duplicate", "Keeps one of each group of equal texts in a batch.", "arXiv:2107.06499",
     ("deduplication",)),
    ("edit-rate", "edits:EditRate", "Keeps texts that were changed by no more, or no less, than a share.",
     "arXiv:2005.05909", ("constraint", "levenshtein")),
)


@hookimpl
def register_techniques() -> Iterator[TechniqueSpec]:
    """Filters on texts."""
    for short, target, summary, cite, keywords in _ALL:
        languages = ("en",) if short in ("question", "stop-words") else ()
        yield TechniqueSpec(name=f"text-filters/{short}", kind="transformation", modalities=("text",), cite=cite,
                            target=f"practicum_text_filters.{target}", summary=summary, languages=languages,
                            keywords=("filter", *keywords))
    yield TechniqueSpec(name="text-filters/part-of-speech", kind="transformation", modalities=("text",),
                        target="practicum_text_filters.tags:PartOfSpeech", languages=("en",), extra="pos",
                        requires=("textblob",), keywords=("filter", "tagger", "grammar"),
                        summary="Keeps texts with so many words of a part of speech.")
