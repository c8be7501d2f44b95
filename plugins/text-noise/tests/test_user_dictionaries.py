"""Dictionaries of the user's own, given or in files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from practicum_text_noise.shipped import rows

import practicum as pm
from practicum.errors import ConfigError, DataError


def get(name: str, **fields: Any) -> Any:
    return pm.get(f"text-noise/{name}", rate=1.0, **fields)


def test_files_say_what_mappings_say(tmp_path: Path) -> None:
    tsv, js, muse = tmp_path / "d.tsv", tmp_path / "d.json", tmp_path / "en-de.txt"
    tsv.write_text("# comment\nheart attack\tmyocardial infarction\n\nflu\tinfluenza\nflu\tgrippe\n", "utf-8")
    js.write_text(json.dumps({"heart attack": "myocardial infarction", "flu": ["influenza", "grippe"]}), "utf-8")
    muse.write_text("dog hund\ncat katze\ncat kater\n", "utf-8")
    texts = ["Flu, heart attack; FLU"] * 20
    mapping = {"heart attack": "myocardial infarction", "flu": ("influenza", "grippe")}
    expected = get("word-replace", mapping=mapping)(texts, seed=1)
    assert get("word-replace", path=str(tsv))(texts, seed=1) == expected
    assert get("word-replace", path=str(js))(texts, seed=1) == expected
    assert set(get("code-switch", path=str(muse))(["The CAT"] * 40)) == {"The KATZE", "The KATER"}


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "d.tsv"
    path.write_text("a\tb\n", "utf-8")
    technique = get("word-replace", path=str(path))
    first = technique.fingerprint()
    assert technique(["a"]) == ["b"]
    path.write_text("a\tccc\n", "utf-8")
    assert technique(["a"]) == ["ccc"]
    assert technique.fingerprint() != first


def test_case() -> None:
    assert get("word-replace", mapping={"US": "USA"}, ignore_case=False)(["US us Us"]) == ["USA us Us"]
    assert get("word-replace", mapping={"us": "them"})(["US us Us"]) == ["THEM them Them"]
    assert get("word-replace", mapping={"éa": "ßo"})(["ÉA éa Éa"]) == ["SSO ßo SSo"]


@pytest.mark.parametrize(("content", "message"), [
    ("a\n", "line 1"), ("x\ty\na b c\n", "line 2"), ("\ty\n", "line 1")])
def test_broken_lines_are_named(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "d.tsv"
    path.write_text(content, "utf-8")
    with pytest.raises(DataError, match=message):
        get("word-replace", path=str(path))(["a"])


@pytest.mark.parametrize(("content", "message"), [
    ("[1]", "holds a list"), ("{", "no JSON"), ('{"a": 1}', "key 'a'"), ('{"a": ["b", 2]}', "key 'a'")])
def test_broken_json_is_named(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "d.json"
    path.write_text(content, "utf-8")
    with pytest.raises(DataError, match=message):
        get("word-replace", path=str(path))(["a"])


def test_wrong_fields(tmp_path: Path) -> None:
    for fields in ({}, {"mapping": {"a": "b"}, "path": "x"}):
        with pytest.raises(ConfigError, match="mapping"):
            get("word-replace", **fields)
    with pytest.raises(ConfigError, match="not both"):
        get("code-switch", mapping={"a": "b"}, path="x")
    with pytest.raises(ConfigError, match="punctuation"):
        get("word-replace", mapping={"!a": "b"})
    with pytest.raises(DataError, match="can't be read"):
        get("word-replace", path=str(tmp_path / "none.tsv"))(["a"])
    binary = tmp_path / "binary.tsv"
    binary.write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match="can't be read"):
        get("word-replace", path=str(binary))(["a"])


@pytest.mark.parametrize(("language", "expected"), [("de", "Der"), ("fr", "Der"), ("es", "Der")])
def test_shipped_languages(language: str, expected: str) -> None:
    column = 1 + ("de", "fr", "es").index(language)
    for row in rows("languages.tsv"):
        assert len(row) == 4
        out = set(get("code-switch", language=language)([row[0]] * 30))
        assert out <= set(row[column].split("|"))
    assert get("code-switch", language=language)([expected]) == [expected]


def test_days_are_small_where_the_language_writes_them_so() -> None:
    days = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
    assert get("code-switch", language="fr")([days]) == ["lundi mardi mercredi jeudi vendredi samedi dimanche"]
    assert get("code-switch", language="es")([days])[0].islower()
    assert get("code-switch")(["Monday"]) == ["Montag"]
