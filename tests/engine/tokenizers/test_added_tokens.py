"""Whole words of a vocabulary are found as the reference finds them, whatever their flags are."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from tokenizers import AddedToken, Tokenizer

from genchat.engine.checkpoints.tokenizer_json import read_vocabulary
from genchat.engine.errors import ModelDamaged
from genchat.engine.tokenizers.foreign import ForeignTokenizer
from tests.engine.checkpoints.folders import write_tokenizer

WORDS = {
    "<mask>": "lstrip",
    "<end>": "rstrip",
    "<both>": "both",
    "<th>": "",
    "<think>": "",
    "  ": "",
    "né": "normalized",
}
PARTS = [
    *WORDS,
    "ne\u0301",
    " ",
    "\n",
    "\t",
    "\u00a0",
    "\u3000",
    "\x1c",
    "a",
    " the",
    "12",
    "é",
    "e\u0301",
    "\u0338",
    "<",
    ">",
]


def both(folder: Path, **more: Any) -> tuple[ForeignTokenizer, Any]:
    write_tokenizer(folder, "qwen2")
    reference = Tokenizer.from_file(str(folder / "tokenizer.json"))
    reference.add_tokens(
        [
            AddedToken(
                word,
                lstrip=flag in ("lstrip", "both"),
                rstrip=flag in ("rstrip", "both"),
                normalized=flag == "normalized",
                **more,
            )
            for word, flag in WORDS.items()
        ]
    )
    told = json.loads(reference.to_str())
    return ForeignTokenizer(read_vocabulary(told, reference.get_vocab_size(), {}, "m")), reference


def test_random_strings_give_the_ids_of_the_reference(tmp_path: Path) -> None:
    ours, reference = both(tmp_path)
    dice = random.Random(4)
    for _ in range(4000):
        text = "".join(dice.choices(PARTS, k=dice.randrange(1, 12)))
        assert ours.encode(text) == reference.encode(text, add_special_tokens=False).ids, ascii(text)


def test_words_that_must_stand_alone_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ModelDamaged, match="single_word"):
        both(tmp_path, single_word=True)


def test_flags_are_kept_with_the_model(tmp_path: Path) -> None:
    ours, _ = both(tmp_path)
    (tmp_path / "kept").mkdir()
    ours.save(tmp_path / "kept")
    again = ForeignTokenizer.read(tmp_path / "kept")
    for text in ("a <mask> b", "a <end> b", "  <both>\n c"):
        assert again.encode(text) == ours.encode(text)
