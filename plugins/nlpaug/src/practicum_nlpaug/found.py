"""Whether what an augmenter reads is on this machine, asked before nlpaug would try to download it."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from practicum.errors import DataError, MissingRequirement

_NLTK = {"wordnet": ("corpora/wordnet", "wordnet"),
         "tagger": ("taggers/averaged_perceptron_tagger_eng", "averaged_perceptron_tagger_eng")}


def require(name: str, needs: Sequence[str], requires: Sequence[str], extra: str, fields: dict[str, Any]) -> None:
    """Raise where something is missing.

    Args:
        name: of the technique.
        needs: as in :class:`practicum_nlpaug.augmenters.Augmenter`.
        requires: modules.
        extra: the extra that installs them.
        fields: the technique's configuration.

    Raises:
        MissingRequirement: a package or NLTK's data is missing; says what to install.
        DataError: a file named by a field isn't there.
    """
    for module in requires:
        if find_spec(module) is None:
            raise MissingRequirement(f"{name} needs the package {module}: pip install 'practicum-nlpaug[{extra}]'")
    if "files" in needs or fields.get("aug_src") == "ppdb":
        path = fields.get("model_path")
        if path is None or not Path(path).exists():
            raise DataError(f"{name}: field 'model_path': there is no file or folder {path!r}; it must name what "
                            "nlpaug reads: a folder with tfidfaug_w2idf.txt and tfidfaug_w2tfidf.txt, a file of word "
                            "vectors, or a PPDB file")
    for need in needs:
        if need in _NLTK and not (need == "wordnet" and fields.get("aug_src") == "ppdb"):
            _require_nltk(name, *_NLTK[need])


def _require_nltk(name: str, resource: str, package: str) -> None:
    import nltk  # type: ignore[import-untyped]  # NLTK ships no types

    for form in (resource, f"{resource}.zip"):
        try:
            nltk.data.find(form)
        except LookupError:
            continue
        return
    raise MissingRequirement(f"{name} reads NLTK's {package!r}, which isn't on this machine and is never downloaded "
                             f"unasked: python -m nltk.downloader {package}, or set NLTK_DATA to the folder that holds "
                             "it")
