"""Small files in the real formats: checkpoints, WordNet, NLTK's tagger, TF-IDF scores, word vectors, PPDB."""

from __future__ import annotations

import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from practicum.testing import sample_batch

ADJECTIVES = {"quick": "fast", "hard": "difficult", "green": "verdant", "simple": "easy", "old": "ancient"}
OPPOSITES = {"good": "bad", "small": "large", "late": "early", "long": "short"}
VERBS = {"jumps": "leaps", "boils": "simmers", "send": "mail", "fly": "soar"}


@cache
def folder() -> Path:
    """One temporary folder for all files, removed when Python ends."""
    made = tempfile.TemporaryDirectory(prefix="practicum-nlpaug-")
    _KEPT.append(made)
    return Path(made.name)


_KEPT: list[tempfile.TemporaryDirectory[str]] = []


def texts() -> list[str]:
    """The texts that the contract kit uses."""
    return sample_batch("text").to_list()


@cache
def nltk_data() -> str:
    """A folder with NLTK's WordNet and tagger, put on NLTK's path: a few adjectives, with synonyms and antonyms."""
    import nltk

    root = folder() / "nltk"
    (root / "corpora" / "wordnet").mkdir(parents=True)
    _write_wordnet(root / "corpora" / "wordnet")
    tagger = root / "taggers" / "averaged_perceptron_tagger_eng"
    tagger.mkdir(parents=True)
    words = {w.strip(".,!?;()\"'") for t in texts() for w in t.split()}
    known = dict.fromkeys(words, "NN") | dict.fromkeys([*ADJECTIVES, *OPPOSITES], "JJ") | dict.fromkeys(VERBS, "VBZ")
    for name, value in (("weights", {}), ("tagdict", known), ("classes", ["JJ", "NN", "VBZ"])):
        (tagger / f"averaged_perceptron_tagger_eng.{name}.json").write_text(json.dumps(value), "utf-8")
    nltk.data.path.insert(0, str(root))
    return str(root)


def _write_wordnet(place: Path) -> None:
    """Synsets of adjectives, in the format of wndb(5WN): their number in the file is their offset in bytes."""
    synsets = [([a, b], "") for a, b in ADJECTIVES.items()] + [([w], o) for pair in OPPOSITES.items()
                                                              for w, o in (pair, pair[::-1])]
    head = "  1 a small file in WordNet's format\n"
    size = len("00000000 00 a 02 " + " 000 ! 00000000 a 0101 | x  \n") + 60
    offsets = {words[0]: len(head) + i * size for i, (words, _) in enumerate(synsets)}
    data, index = head, head
    senses: dict[str, list[int]] = {}
    for words, opposite in synsets:
        pointer = f"001 ! {offsets[opposite]:08d} a 0101" if opposite else "000"
        listed = " ".join(f"{w} 0" for w in words)
        line = f"{offsets[words[0]]:08d} 00 a {len(words):02x} {listed} {pointer} | x"
        data += line.ljust(size - 1) + "\n"
        for word in words:
            senses.setdefault(word, []).append(offsets[words[0]])
    for word, at in sorted(senses.items()):
        index += f"{word} a {len(at)} 1 ! {len(at)} 0 {' '.join(f'{o:08d}' for o in at)}  \n"
    for pos in ("adj", "adv", "noun", "verb"):
        (place / f"data.{pos}").write_text(data if pos == "adj" else head, "utf-8")
        (place / f"index.{pos}").write_text(index if pos == "adj" else head, "utf-8")
        (place / f"{pos}.exc").write_text("", "utf-8")
    (place / "lexnames").write_text("00\tadj.all\t3\n", "utf-8")
    (place / "index.sense").write_text("", "utf-8")
    (place / "cntlist.rev").write_text("", "utf-8")


@cache
def ppdb() -> str:
    """Paraphrases of a few verbs."""
    nltk_data()
    path = folder() / "ppdb.txt"
    path.write_text("".join(f"[VBZ] ||| {a} ||| {b} ||| AGigaSim=0.9 ||| 0-0 ||| Equivalence\n"
                            for a, b in VERBS.items()), "utf-8")
    return str(path)


@cache
def tfidf() -> str:
    """Scores that nlpaug's own TfIdf learned from the kit's texts."""
    from nlpaug.model.word_stats import TfIdf
    from nlpaug.util.text.tokenizer import Tokenizer

    place = folder() / "tfidf"
    place.mkdir()
    model = TfIdf()
    model.train([Tokenizer.tokenizer(t) for t in texts()])
    model.save(str(place))
    return str(place)


@cache
def vectors() -> str:
    """Word vectors in GloVe's text format."""
    path = folder() / "glove.txt"
    words = sorted({w.strip(".,!?;()").lower() for t in texts() for w in t.split()} - {""})
    path.write_text("".join(f"{w} {i % 7} {i % 5} {i % 3 + 1}\n" for i, w in enumerate(words)), "utf-8")
    return str(path)


@cache
def bert() -> str:
    """A masked language model of a few kilobytes."""
    import torch
    from transformers import BertConfig, BertForMaskedLM, BertTokenizerFast

    place = folder() / "bert"
    place.mkdir()
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    words = sorted({w.strip(".,!?;()").lower() for t in texts() for w in t.split()} - {""})
    vocabulary = list(dict.fromkeys(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words, *letters, *".,!?'();",
                                     *("##" + c for c in letters)]))
    (place / "vocab.txt").write_text("\n".join(vocabulary), "utf-8")
    BertTokenizerFast.from_pretrained(place).save_pretrained(place)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        BertForMaskedLM(BertConfig(vocab_size=len(vocabulary), hidden_size=16, num_hidden_layers=1,
                                   num_attention_heads=2, intermediate_size=16)).save_pretrained(place)
    return str(place)


def _tokens(tokenizer: Any) -> Any:
    from tokenizers import decoders, pre_tokenizers, trainers

    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(texts(), trainers.BpeTrainer(
        vocab_size=400, special_tokens=["<|endoftext|>", "<pad>"], show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    return tokenizer


@cache
def gpt2() -> str:
    """A generative language model of a few kilobytes."""
    import torch
    from tokenizers import Tokenizer, models
    from transformers import GPT2Config, GPT2LMHeadModel, GPT2TokenizerFast

    place = folder() / "gpt2"
    tokenizer = GPT2TokenizerFast(tokenizer_object=_tokens(Tokenizer(models.BPE())))
    tokenizer.save_pretrained(place)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        GPT2LMHeadModel(GPT2Config(vocab_size=len(tokenizer), n_positions=512, n_embd=16, n_layer=1,
                                   n_head=2)).save_pretrained(place)
    return str(place)


@cache
def t5() -> str:
    """A sequence-to-sequence model of a few kilobytes, told to write at least four tokens."""
    import torch
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast, T5Config, T5ForConditionalGeneration

    place = folder() / "t5"
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=_tokens(Tokenizer(models.BPE())), eos_token="<|endoftext|>",
                                        pad_token="<pad>", model_input_names=["input_ids", "attention_mask"])
    tokenizer.save_pretrained(place)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = T5ForConditionalGeneration(T5Config(
            vocab_size=len(tokenizer), d_model=16, d_ff=16, num_layers=1, num_heads=2, d_kv=8,
            decoder_start_token_id=tokenizer.pad_token_id, pad_token_id=tokenizer.pad_token_id,
            eos_token_id=tokenizer.eos_token_id))
    model.generation_config.min_new_tokens = 4
    model.save_pretrained(place)
    return str(place)


@cache
def summariser() -> str:
    """A T5 that knows five words and writes full stops among them (nlpaug keeps whole sentences only)."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast, T5Config, T5ForConditionalGeneration

    place = folder() / "small-t5"
    words = ["<eos>", "<pad>", "<unk>", ".", "fox", "jumps"]
    tokenizer = Tokenizer(models.WordLevel({w: i for i, w in enumerate(words)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<eos>", pad_token="<pad>", unk_token="<unk>",
                            model_input_names=["input_ids", "attention_mask"]).save_pretrained(place)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        T5ForConditionalGeneration(T5Config(vocab_size=len(words), d_model=16, d_ff=16, num_layers=1, num_heads=2,
                                            d_kv=8, decoder_start_token_id=1, pad_token_id=1,
                                            eos_token_id=0)).save_pretrained(place)
    return str(place)
