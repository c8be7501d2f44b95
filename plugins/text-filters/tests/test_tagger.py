"""The counts of tags beside TextBlob's tagger itself."""

from __future__ import annotations

import random

import pytest
from practicum_text_filters.tagger import Counter, counter

tag = pytest.importorskip("textblob.en").tag

SAID = ("The the dog barks don't I'm “quoted” ‘x’ it's U.S. Mr. e.g. etc. ... wait... what?! (yes) (no!) [a] a/b 3.5 "
        ":) ;-) : ) :D xD xDn't o_O o . O 8) <3 < 3 =) ' \" ” ’ ) . ! ? , ; : - -- well-known running quickly NATO "
        "naïve 漢字 😀 END-OF-SENTENCE (END-OF-SENTENCE cats, dogs. 'tis 'd n't can't. Walk Walks walks. @me 50% A. a. "
        "D x- ) .. .... I We his/her (!) ( ! ) \x00 /")
WORDS = SAID.split(" ")
SPACES = [*" " * 6, "", "\n", "\n\n", "\r\n\r\n", "\t", "  ", "\u3000", " \n \n", "\x1c"]


@pytest.mark.parametrize("prefix", ["VB", "NN", "NNP", "DT", "IN"])
def test_counts_are_those_of_textblob(prefix: str) -> None:
    rng = random.Random(prefix)
    found = counter(prefix)
    for _ in range(600):
        text = "".join(rng.choice(WORDS) + rng.choice(SPACES) for _ in range(rng.randrange(14)))
        assert found.count(text) == sum(t.startswith(prefix) for _, t in tag(text)), ascii(text)


def test_words_are_forgotten_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("practicum_text_filters.tagger._MOST", 3)
    found = Counter("VB")
    for text in ("He runs and she walks. Run!", "He runs", "He walks and runs. She was there."):
        assert found.count(text) == sum(t.startswith("VB") for _, t in tag(text))
        assert len(found._known) <= 3
