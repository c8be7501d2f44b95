"""The fields of the augmenters: what each takes, and what it means."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

_SHARE: dict[str, Any] = {"ge": 0.0, "le": 1.0}
_COUNT: dict[str, Any] = {"ge": 0}
_WORDS = tuple[str, ...] | None

FIELDS: dict[str, tuple[Any, dict[str, Any], str]] = {
    "aug_p": (float, _SHARE, "share of the words that are changed, rounded up; 0 changes nothing"),
    "aug_min": (int, _COUNT, "fewest changes in a text"),
    "aug_max": (int | None, {"ge": 1}, "most changes in a text; no limit when null"),
    "aug_char_p": (float, _SHARE, "share of a word's characters that are changed, rounded up; 0 changes nothing"),
    "aug_char_min": (int, _COUNT, "fewest characters changed in a word"),
    "aug_char_max": (int | None, {"ge": 1}, "most characters changed in a word; no limit when null"),
    "aug_word_p": (float, _SHARE, "share of the words that are changed, rounded up; 0 changes nothing"),
    "aug_word_min": (int, _COUNT, "fewest words changed in a text"),
    "aug_word_max": (int | None, {"ge": 1}, "most words changed in a text; no limit when null"),
    "min_char": (int, {"ge": 1}, "words of fewer characters are left alone"),
    "stopwords": (_WORDS, {}, "words that are left alone"),
    "stopwords_regex": (str | None, {}, "words that match this pattern are left alone"),
    "include_special_char": (bool, {}, "whether punctuation may be typed"),
    "include_numeric": (bool, {}, "whether digits may be typed"),
    "include_upper_case": (bool, {}, "whether capitals may be typed"),
    "include_lower_case": (bool, {}, "whether small letters may be typed"),
    "lang": (str, {"min_length": 2, "max_length": 8}, "language, by the library's own code"),
    "model_path": (str | None, {}, "file, folder or hub id of what the augmenter reads"),
    "dict_path": (str | None, {}, "file of misspellings; the library's own when null"),
    "dict_of_path": (str | None, {}, "JSON file of confusions; the library's own when null"),
    "swap_mode": (Literal["adjacent", "middle", "random"], {}, "which characters of a word are swapped"),
    "spec_char": (str, {}, "punctuation that may come in"),
    "candidates": (_WORDS, {}, "characters that may come in; chosen by the other fields when null"),
    "target_words": (_WORDS, {}, "words that may come in when action is substitute; '_' when null"),
    "include_reverse": (bool, {}, "whether misspelled words are also corrected"),
    "reserved_tokens": (tuple[tuple[str, ...], ...], {"min_length": 1}, "lists of words or phrases that may stand for "
                                                                        "each other"),
    "case_sensitive": (bool, {}, "whether capitals matter"),
    "aug_src": (Literal["wordnet", "ppdb"], {}, "where synonyms come from"),
    "top_k": (int, {"ge": 1}, "how many of the likeliest proposals are drawn from"),
    "top_p": (float, {"gt": 0.0, "le": 1.0}, "probability mass of the proposals that are drawn from"),
    "temperature": (float, {"gt": 0.0}, "above 1 flattens the model's probabilities, below 1 sharpens them"),
    "model_type": (str, {}, "family of the model; found by name when empty, where the augmenter can"),
    "n_gram_separator": (str, {}, "what joins the words of an n-gram in the vectors' vocabulary"),
    "device": (str, {}, "torch device the model runs on"),
    "max_length": (int, {"ge": 1}, "most tokens of the model's output"),
    "min_length": (int, {"ge": 0}, "fewest tokens of the model's output"),
    "from_model_name": (str, {"min_length": 1}, "hub id or path of the model that translates away"),
    "to_model_name": (str, {"min_length": 1}, "hub id or path of the model that translates back"),
    "tokenizer_path": (str, {"min_length": 1}, "hub id or path of the tokenizer"),
    "action": (str, {}, "what is done"),
    "mode": (str, {}, "which sentence a sentence changes places with"),
}
"""Constructor argument -> type, constraints, meaning."""

LEFT_OUT = frozenset({"name", "verbose", "tokenizer", "reverse_tokenizer", "force_reload", "silence", "use_custom_api",
                      "skip_check", "model", "generate_all_combinations", "batch_size"})
"""Arguments that aren't configuration: functions, live objects, or what has no effect on one text at a time."""


def field_of(name: str, entry: dict[str, Any]) -> tuple[Any, Any]:
    """Type and pydantic field of one argument, with the default that the library has."""
    kind, rules, meaning = FIELDS[name]
    choices = entry.get("choices")
    kind = Literal[tuple(choices)] if choices else kind
    if not entry["required"]:
        return kind, Field(default=_frozen(entry["default"]), description=meaning, **rules)
    return kind, Field(description=meaning, **rules)


def _frozen(value: Any) -> Any:
    return tuple(_frozen(v) for v in value) if isinstance(value, list) else value
