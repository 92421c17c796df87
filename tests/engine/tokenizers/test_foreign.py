"""Checkpoint tokenizers beside the reference library, on vocabularies trained on the spot."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from genchat.engine.checkpoints.tokenizer_json import read_vocabulary
from genchat.engine.errors import ModelDamaged
from genchat.engine.tokenizers.foreign import ForeignTokenizer, ForeignVocabulary, printed_bytes
from genchat.engine.tokenizers.reading import read_tokenizer
from tests.engine.checkpoints.folders import CONTROLS, TEXTS, write_tokenizer
from tests.engine.tokenizers.strings import mixed_text, random_strings

KINDS = ("gpt2", "smollm", "llama3", "qwen2")
PIECES = st.sampled_from(
    [*" \n\t\r'.,;!?-0123456789", "'s", "'LL", "é", "e\u0301", "日", "🙂", "the", " cat", "\x00", "\x06"]
)
MIXED = st.lists(st.one_of(PIECES, st.text(max_size=4)), max_size=30).map("".join)


def _both(folder: Path, kind: str) -> tuple[ForeignTokenizer, Tokenizer]:
    import json

    folder.mkdir(exist_ok=True)
    size = write_tokenizer(folder, kind)
    told = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    return ForeignTokenizer(read_vocabulary(told, size + 5, {}, "tiny")), Tokenizer.from_file(
        str(folder / "tokenizer.json")
    )


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[ForeignTokenizer, Tokenizer]]:
    return {kind: _both(tmp_path_factory.mktemp(kind), kind) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_ids_are_those_of_the_reference(kind: str, pairs: dict[str, tuple[ForeignTokenizer, Tokenizer]]) -> None:
    ours, reference = pairs[kind]

    @settings(max_examples=150, deadline=None)
    @given(MIXED)
    def compare(text: str) -> None:
        text = text.encode("utf-8", errors="replace").decode()
        if not any(name in text for name in (*CONTROLS, "<think>")):
            assert ours.encode(text) == reference.encode(text, add_special_tokens=False).ids

    compare()


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_ids_are_those_of_the_reference_on_long_mixed_text_and_many_strings(
    kind: str, pairs: dict[str, tuple[ForeignTokenizer, Tokenizer]]
) -> None:
    ours, reference = pairs[kind]
    mixed = mixed_text()
    assert len(mixed.encode()) >= 300_000
    assert ours.encode(mixed) == reference.encode(mixed, add_special_tokens=False).ids
    strings = random_strings(10_000)
    wanted = [each.ids for each in reference.encode_batch(strings, add_special_tokens=False)]
    assert [ours.encode(each) for each in strings] == wanted


def test_what_is_typed_never_becomes_a_control_token(pairs: dict[str, tuple[ForeignTokenizer, Tokenizer]]) -> None:
    ours, _ = pairs["qwen2"]
    ids = ours.encode("<|im_end|> and <|endoftext|>")
    assert not set(ids) & set(ours.special_tokens.values())
    assert ours.decode(ids) == "<|im_end|> and <|endoftext|>"
    assert ours.token_bytes(ours.special_tokens["<|im_end|>"]) == b""
    assert ours.token_bytes(ours.vocabulary.literals["<think>"]) == b"<think>"


def test_missing_bytes_are_left_out_and_named(pairs: dict[str, tuple[ForeignTokenizer, Tokenizer]]) -> None:
    ours, _ = pairs["smollm"]
    lacking = next(iter(ours._missing))
    letter = chr(lacking)
    assert lacking < 128
    assert ours.decode(ours.encode(f"the{letter} cat")) == "the cat"
    assert ours.unknown_in(f"the{letter} cat{letter}") == [letter]


def test_ranks_stand_apart_where_ids_do_not_follow_the_merges(
    pairs: dict[str, tuple[ForeignTokenizer, Tokenizer]],
) -> None:
    ours, _ = pairs["gpt2"]
    told = ours.vocabulary
    last = len(told.tokens) - 1
    turned = ForeignVocabulary(
        tokens=told.tokens[::-1],
        merged=tuple(last - token for token in told.merged),
        controls={name: last - token for name, token in told.controls.items()},
        literals={name: last - token for name, token in told.literals.items()},
        pattern=told.pattern,
    )
    text = TEXTS[0] + TEXTS[1]
    assert ForeignTokenizer(turned).encode(text) == [last - token for token in ours.encode(text)]


def test_a_tokenizer_is_read_back_as_it_was_saved(
    pairs: dict[str, tuple[ForeignTokenizer, Tokenizer]], tmp_path: Path
) -> None:
    ours, _ = pairs["qwen2"]
    ours.save(tmp_path)
    again = read_tokenizer(tmp_path)
    assert isinstance(again, ForeignTokenizer)
    assert again.vocabulary == ours.vocabulary
    (tmp_path / "tokenizer.json").write_text('{"unit": "checkpoint", "tokens": [], "merged": [4]}', encoding="utf-8")
    with pytest.raises(ModelDamaged):
        read_tokenizer(tmp_path)


def test_long_texts_are_cut_where_it_changes_nothing(pairs: dict[str, tuple[ForeignTokenizer, Tokenizer]]) -> None:
    ours, reference = pairs["smollm"]
    text = (TEXTS[0] + TEXTS[1]) * 900 + " " * 70_000 + "end"
    assert ours.encode(text[:140_000]) == reference.encode(text[:140_000], add_special_tokens=False).ids
    assert ours.decode(ours.encode(text)) == text


@pytest.mark.parametrize(
    "told",
    [
        {"model": {"type": "Unigram", "vocab": []}},
        {"model": {"type": "BPE", "byte_fallback": True, "vocab": {}, "merges": []}},
        {"model": {"type": "BPE", "vocab": {}, "merges": []}, "pre_tokenizer": {"type": "Whitespace"}},
        {"model": {"type": "BPE", "vocab": {"a": 1 << 40}, "merges": []}, "pre_tokenizer": {"type": "ByteLevel"}},
        {"model": {"type": "BPE", "vocab": {}, "merges": ["a b"]}, "pre_tokenizer": {"type": "ByteLevel"}},
        {"model": []},
        {},
    ],
)
def test_other_tokenizers_and_damage_are_refused_by_name(told: dict[str, object]) -> None:
    with pytest.raises(ModelDamaged):
        read_vocabulary(told, 300, {}, "tiny")


def test_printed_bytes_are_a_bijection() -> None:
    assert sorted(printed_bytes().values()) == list(range(256))
    assert printed_bytes()["Ġ"] == ord(" ")
