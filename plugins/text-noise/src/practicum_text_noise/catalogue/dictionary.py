"""Words replaced by what a dictionary says."""

from __future__ import annotations

TECHNIQUES: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
    ("contractions", "contractions:Contractions", "Contracts English phrases, or writes contractions in full.",
     "arXiv:2005.04118", ("apostrophe", "style", "english")),
    ("misspelling", "spelling:Misspelling", "Replaces English words by common misspellings, or corrects them.", "",
     ("spelling", "typo", "english")),
    ("british-american", "spelling:BritishAmerican", "Changes British spelling to American, or the other way round.",
     "", ("spelling", "english", "dialect")),
    ("abbreviation", "short_forms:Abbreviation", "Abbreviates English words, or writes abbreviations in full.", "",
     ("style", "english")),
    ("slang", "short_forms:Slang", "Writes English as in chats, or chat language in full.", "",
     ("style", "informal", "english")),
    ("gendered-word-swap", "gendered:GenderedWordSwap", "Swaps gendered words of English.", "arXiv:1804.06876",
     ("fairness", "counterfactual", "english")),
    ("synonym", "related:Synonym", "Replaces English words by synonyms in the same form.", "arXiv:1901.11196",
     ("eda", "wordnet", "lexicon", "english")),
    ("antonym", "related:Antonym", "Replaces English words by their opposites in the same form.", "",
     ("wordnet", "lexicon", "english", "label")),
    ("hypernym", "related:Hypernym", "Replaces English words by more general ones in the same form.", "",
     ("wordnet", "lexicon", "english")),
    ("hyponym", "related:Hyponym", "Replaces English words by more special ones in the same form.", "",
     ("wordnet", "lexicon", "english")),
    ("number-words", "number_words:NumberWords", "Writes numbers in words, or number words in digits.", "",
     ("numbers", "english")),
    ("word-replace", "user_dictionaries:WordReplace", "Replaces words and phrases by a dictionary of yours.", "",
     ("dictionary", "domain")),
    ("code-switch", "user_dictionaries:CodeSwitch", "Replaces words by their translations.", "arXiv:2006.06402",
     ("multilingual", "dictionary")),
    ("random-insertion", "eda:RandomInsertion", "Inserts synonyms of a text's words at random places.",
     "arXiv:1901.11196", ("eda", "wordnet", "insertion", "english")),
    ("eda", "eda:Eda", "Replaces or inserts synonyms, or swaps or deletes words: one of the four for each text.",
     "arXiv:1901.11196", ("augmentation", "wordnet", "synonym", "english")),
    ("tfidf-replace", "tfidf:TfidfReplace", "Replaces words of low TF-IDF by words of the texts it was fitted on.",
     "arXiv:1904.12848", ("uda", "augmentation", "fitted")),
)
"""Short name, target, summary, what it follows (arXiv or DOI; empty for none), keywords."""
