"""SentencePiece vocabularies beside the reference library, on one made on the spot."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from genchat.engine.checkpoints.tokenizer_json import read_vocabulary
from genchat.engine.errors import ModelDamaged
from genchat.engine.tokenizers.reading import read_tokenizer
from genchat.engine.tokenizers.sentencepiece import SentencePieceTokenizer, tokenizer_of
from tests.engine.checkpoints.folders import TEXTS, write_sentencepiece

pytest.importorskip("transformers")
PIECES = st.sampled_from([*" \n\t.,;123abehot", "  ", "    ", "the", " cat", "▁", "é", "日", "🙂", "\x00"])
MIXED = st.lists(st.one_of(PIECES, st.text(max_size=4)), max_size=30).map("".join)
METASPACE = {"type": "Metaspace", "replacement": "▁", "split": False}
FORMS: dict[str, dict[str, Any]] = {
    "prepended": {},
    "unspaced": {"normalizer": None, "pre_tokenizer": {**METASPACE, "prepend_scheme": "always"}},
    "first": {"normalizer": None, "pre_tokenizer": {**METASPACE, "prepend_scheme": "first"}},
    "never": {"normalizer": None, "pre_tokenizer": {**METASPACE, "prepend_scheme": "never"}},
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("sentencepiece")
    write_sentencepiece(folder)
    found: dict[str, Any] = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    return found


def both(told: dict[str, Any], form: str = "prepended") -> tuple[SentencePieceTokenizer, Tokenizer]:
    told = {**told, **FORMS[form]}
    size = len(told["model"]["vocab"])
    ours = tokenizer_of(read_vocabulary(told, size + 5, {}, "tiny"))
    ours.check()
    assert isinstance(ours, SentencePieceTokenizer)
    return ours, Tokenizer.from_str(json.dumps(told))


@pytest.mark.parametrize("form", FORMS)
def test_ids_are_those_of_the_reference(form: str, told: dict[str, Any]) -> None:
    ours, reference = both(told, form)

    @settings(max_examples=200, deadline=None)
    @given(MIXED)
    def compare(text: str) -> None:
        text = text.encode("utf-8", errors="replace").decode()
        if not any(name in text for name in ("<unk>", "<s>", "</s>")):
            assert ours.encode(text) == reference.encode(text, add_special_tokens=False).ids

    compare()


def test_after_a_control_token_the_text_is_read_as_the_reference_reads_it(told: dict[str, Any]) -> None:
    for form in FORMS:
        ours, reference = both(told, form)
        for text in ("the cat", " the cat", "\nthe"):
            wanted = reference.encode(f"<s>{text}", add_special_tokens=False).ids
            assert [1, *ours.encode_after_control(text)] == wanted


@given(MIXED)
@settings(deadline=None, max_examples=100)
def test_every_text_comes_back(told: dict[str, Any], text: str) -> None:
    text = text.encode("utf-8", errors="replace").decode().replace("▁", "_")
    for form in ("prepended", "never"):
        ours, _ = both(told, form)
        assert ours.decode(ours.encode(text)) == text


def test_what_is_typed_never_becomes_a_control_token(told: dict[str, Any]) -> None:
    ours, _ = both(told)
    ids = ours.encode("<s> and </s>")
    assert not set(ids) & set(ours.special_tokens.values())
    assert ours.unknown_in("日 <s>") == []


def test_a_long_word_takes_no_longer_than_its_letters_ask(told: dict[str, Any]) -> None:
    ours, reference = both(told)
    text = "the" * 20_000 + "日" * 5_000
    assert ours.encode(text) == reference.encode(text, add_special_tokens=False).ids


def test_it_is_read_back_as_it_was_saved(told: dict[str, Any], tmp_path: Path) -> None:
    ours, _ = both(told)
    ours.save(tmp_path)
    again = read_tokenizer(tmp_path)
    assert isinstance(again, SentencePieceTokenizer)
    assert again.vocabulary == ours.vocabulary
    assert again.encode(TEXTS[0]) == ours.encode(TEXTS[0])


@pytest.mark.parametrize(
    "change",
    [
        {"normalizer": {"type": "NFKC"}},
        {"normalizer": None, "pre_tokenizer": {**METASPACE, "split": True}},
        {"normalizer": None, "pre_tokenizer": {**METASPACE, "replacement": "_"}},
        {"normalizer": None, "pre_tokenizer": {"type": "Whitespace"}},
    ],
)
def test_other_ways_to_write_spaces_are_refused_by_name(change: dict[str, Any], told: dict[str, Any]) -> None:
    with pytest.raises(ModelDamaged, match="tokenizer"):
        read_vocabulary({**told, **change}, 1000, {}, "tiny")


def test_a_vocabulary_that_lacks_bytes_is_refused(told: dict[str, Any]) -> None:
    vocabulary = {name: token for name, token in told["model"]["vocab"].items() if name != "<0x41>"}
    with pytest.raises(ModelDamaged, match="SentencePiece"):
        read_vocabulary({**told, "model": {**told["model"], "vocab": vocabulary}}, 1000, {}, "tiny")
