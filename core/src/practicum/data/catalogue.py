"""The data sources of the core, as specs; the functions load on first use."""

from __future__ import annotations

from practicum.spec import SourceSpec

_ROWS = {
    "text": "field that holds the text; short for columns: {text: FIELD}",
    "image": "field that holds an image's path, relative to the file",
    "columns": "column name -> field (a text column) or list of fields (a record or state column)",
    "label": "field that holds the class or value to predict; 'label' when there is such a field",
    "links": "field that holds the ids a sample is linked to: a list, or one id (in CSV a JSON list, or nothing)",
    "reference": "field that holds the right answer, a text or a list of texts; or a list of such fields",
    "id": "field that holds the sample id; 'id' when there is such a field, else the row's index",
    "modality": "text, record or state, for the fields that no other option names",
    "nan": "error (default) or keep: what NaN and missing values in a state column mean",
    "on_error": "error (default) or skip: a bad row stops loading, or is counted, listed and left out",
}
_FILE = {"path": "the file", **_ROWS}
_TEXT_FILE = {**_FILE, "encoding": "of the file; utf-8 when left out"}
_SKLEARN = (
    ("digits", "image", "1,797 handwritten digits, float32 [N, 1, 8, 8] in 0..1, ten classes."),
    ("iris", "state", "150 irises, 4 measures, three classes."),
    ("wine", "state", "178 wines, 13 measures, three classes."),
    ("breast-cancer", "state", "569 biopsies, 30 measures, two classes."),
)

SOURCES: tuple[SourceSpec, ...] = (
    SourceSpec("csv", "practicum.data.textfiles:read_csv", "", "Rows of a CSV file with a header.",
               {**_TEXT_FILE, "delimiter": "between fields; a comma when left out"}),
    SourceSpec("hf", "practicum.data.hub:read_hub", "", "hf/NAME: a data set of the Hugging Face hub, or of a folder.",
               {"name": "of the data set, as stanfordnlp/imdb; usually written hf/NAME", "config": "its configuration",
                "split": "which part, as train[:500] (train)",
                "path": "a folder that datasets.save_to_disk wrote, instead of a name", **_ROWS}),
    SourceSpec("image-folder", "practicum.data.images:read_folder", "image", "Images in one subfolder per class.",
               {"path": "the folder", "size": "side, or [height, width], to resize to; sizes may differ when left out",
                "mode": "RGB (default) or L (grey)", "dtype": "uint8 (default), or float32: scaled to 0..1",
                "on_error": _ROWS["on_error"]}),
    SourceSpec("jsonl", "practicum.data.textfiles:read_jsonl", "", "One JSON object a line.", _TEXT_FILE),
    SourceSpec("npz", "practicum.data.arrays:read_npz", "", "Arrays of a NumPy .npz file; pickles are refused.",
               {"path": "the file", "data": "array of inputs; x when left out", "id": "array of ids; ids if present",
                "label": "array of labels; y if present",
                "modality": "image, state or series, when the shape doesn't tell",
                "dtype": "float32 scales uint8 images to 0..1", "nan": "error (default) or keep"}),
    SourceSpec("parquet", "practicum.data.parquet:read_parquet", "", "Rows of a Parquet file.", _FILE),
    SourceSpec("python/docstrings", "practicum.data.docstrings:read_docstrings", "text",
               "Sentences of the docstrings of installed packages, labelled by topic and split by module.",
               {"packages": "top-level packages to read; the standard library and well-known packages when left out",
                "max_sentences": "at most so many in all (6000)",
                "balance": "at most so many times the sentences of the smallest topic in each (3); 0: no limit",
                "seed": "of the split and of the selection (0)"}),
    *(SourceSpec(f"sklearn/{name}", f"practicum.data.arrays:sklearn_{name.replace('-', '_')}", modality, summary)
      for name, modality, summary in _SKLEARN),
)
