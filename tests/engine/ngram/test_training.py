"""Training: what it refuses, what it writes, how it is stopped."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from genchat.engine.errors import GenchatError, ModelDamaged, TextUnusable, TrainingFailed, UsageError
from genchat.engine.language import say, use_language
from genchat.engine.model_card import CARD_FILE, ModelCard, read_card, verify_files
from genchat.engine.ngram.loading import load
from genchat.engine.ngram.progress import PHASES
from genchat.engine.ngram.sources import DialogueSource, PlainSource, plain_source, read_source, source_of
from genchat.engine.ngram.training import build_ngram, train_ngram
from tests.engine.ngram.texts import DIALOGUES, POEM


def refusal(work: Callable[[], object]) -> GenchatError:
    """The error of `work`, checked to be one line in both languages."""
    with pytest.raises(GenchatError) as caught:
        work()
    for tag in ("pt-br", "en"):
        use_language(tag)
        assert str(caught.value).strip()
        assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("order", [0, -3, 13, 99])
@pytest.mark.parametrize("unit", ["word", "char"])
def test_an_order_outside_1_to_12_is_refused(tmp_path: Path, order: int, unit: str) -> None:
    error = refusal(lambda: train_ngram([POEM], tmp_path / "m", order=order, unit=unit))  # type: ignore[arg-type]
    assert isinstance(error, UsageError)
    assert (error.key, str(order) in str(error)) == ("order_out_of_range", True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        (b"", "text_empty"),
        (b"  \n\t\n ", "text_empty"),
        (b"\xef\xbb\xbf", "text_empty"),
        (b"caf\xe9 com leite", "text_not_utf8"),
        (b"text\x00more", "text_binary"),
        (b"\x7fELF\x02\x01\x01\x00\x00", "text_binary"),
        (bytes(range(1, 32)) * 20, "text_binary"),
        (b"### title\nP: oi\nP: oi\n", "dialogues_broken"),
        (b"### title\nP: oi\n", "dialogues_broken"),
    ],
)
def test_a_file_that_cannot_be_learned_from_is_named_and_refused(tmp_path: Path, raw: bytes, key: str) -> None:
    path = tmp_path / "texto.txt"
    path.write_bytes(raw)
    error = refusal(lambda: read_source(path))
    assert isinstance(error, TextUnusable)
    assert error.key == key
    assert "texto.txt" in str(error)


def test_where_a_file_stops_being_utf8_is_said() -> None:
    error = refusal(lambda: source_of("x", b"um\ndois\ntr\xeas"))
    assert error.values["line"] == 3


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    assert refusal(lambda: read_source(tmp_path / "none.txt")).key == "text_unreadable"
    assert refusal(lambda: read_source(tmp_path)).key == "text_unreadable"


@pytest.mark.parametrize(("text", "unit"), [("palavra", "word"), ("a", "char"), ("aaaaaa", "char"), ("!!!!", "word")])
def test_one_token_again_and_again_teaches_nothing(tmp_path: Path, text: str, unit: str) -> None:
    source = plain_source("one.txt", text)
    error = refusal(lambda: train_ngram([source], tmp_path / "m", unit=unit))  # type: ignore[arg-type]
    assert error.key == "text_one_token"
    assert list(tmp_path.iterdir()) == []


def test_no_text_at_all_is_refused(tmp_path: Path) -> None:
    assert refusal(lambda: train_ngram([], tmp_path / "m")).key == "text_none"
    empty = DialogueSource("empty.txt", ())
    assert refusal(lambda: train_ngram([empty], tmp_path / "m")).key == "text_empty"
    assert refusal(lambda: train_ngram([POEM], tmp_path / "m", min_count=0)).key == "min_count_out_of_range"


@pytest.mark.parametrize(
    "text",
    ["dois tokens", "a b", "sem fim de linha no arquivo", "x" * 5000 + " y", "a " * 3000 + "b", "\n" * 50 + "fim"],
)
@pytest.mark.parametrize("unit", ["word", "char"])
def test_odd_texts_still_make_a_model_that_works(text: str, unit: str) -> None:
    model = build_ngram([plain_source("odd.txt", text)], "odd", unit=unit)  # type: ignore[arg-type]
    tokens = model.tokenizer.encode(text[:50])
    assert np.isfinite(model.score_tokens(tokens)).all()
    assert np.exp(model.start(tokens).log_probs().astype(np.float64)).sum() == pytest.approx(1, abs=1e-5)
    model.start(tokens).evidence()


def test_line_ends_of_other_systems_are_read_as_newlines() -> None:
    source = source_of("dos.txt", b"um\r\ndois\r\n")
    assert isinstance(source, PlainSource)
    assert source.utf8 == b"um\ndois\n"


def test_a_dialogue_file_becomes_turns_and_a_model_that_chats(tmp_path: Path) -> None:
    path = tmp_path / "talk.txt"
    path.write_text("### um\nP: oi\nR: Oi! Tudo bem?\n\n### dois\nP: tchau\nR: Até logo.\n", encoding="utf-8")
    source = read_source(path)
    assert isinstance(source, DialogueSource)
    card = train_ngram([source], tmp_path / "m", min_count=1)
    assert card.chat
    assert not train_ngram([POEM], tmp_path / "p").chat


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != CARD_FILE}


def test_training_twice_gives_the_same_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        train_ngram([POEM, DIALOGUES], tmp_path / name, order=4)
    assert files_of(tmp_path / "a") == files_of(tmp_path / "b")
    assert read_card(tmp_path / "a").checksum == read_card(tmp_path / "b").checksum


def test_the_card_tells_what_was_made_from_what(tmp_path: Path) -> None:
    card = train_ngram([POEM], tmp_path / "rio", order=4, command="genchat train ngram poem.txt", licence="CC0-1.0")
    assert card == read_card(tmp_path / "rio")
    assert (card.name, card.family, card.command) == ("rio", "ngram", "genchat train ngram poem.txt")
    assert card.settings["order"] == 4
    assert card.sources[0]["name"] == "poem.txt"
    assert card.sources[0]["licence"] == "CC0-1.0"
    assert len(card.sources[0]["sha256"]) == 64
    assert card.results["utf8_bytes"] == len(POEM.utf8)
    verify_files(tmp_path / "rio", card)


def test_progress_goes_through_the_phases_in_order(tmp_path: Path) -> None:
    reports: list[tuple[str, float]] = []
    train_ngram([POEM], tmp_path / "m", progress=lambda phase, fraction: reports.append((phase, fraction)))
    phases = list(dict.fromkeys(phase for phase, _ in reports))
    assert phases == [phase for phase in PHASES if phase in phases]
    assert {"tokens", "suffixes", "counting", "smoothing", "writing"} <= set(phases)
    assert all(0 <= fraction <= 1 for _, fraction in reports)
    for tag in ("en", "pt-br"):
        use_language(tag)
        assert all(say(f"ngram.phase_{phase}") for phase in PHASES)


@pytest.mark.parametrize("after", range(0, 12, 2))
def test_a_stop_anywhere_leaves_nothing_behind(tmp_path: Path, after: int) -> None:
    asked: list[bool] = []

    def stop() -> bool:
        asked.append(True)
        return len(asked) > after

    error = refusal(lambda: train_ngram([POEM], tmp_path / "m", should_stop=stop))
    assert isinstance(error, TrainingFailed)
    assert error.key == "training_stopped"
    assert list(tmp_path.iterdir()) == []


def test_a_stop_keeps_the_model_that_was_there(tmp_path: Path) -> None:
    before = train_ngram([POEM], tmp_path / "m", order=3)
    refusal(lambda: train_ngram([POEM], tmp_path / "m", order=5, should_stop=lambda: True))
    assert read_card(tmp_path / "m") == before


@pytest.mark.parametrize("unit", ["word", "char"])
def test_a_model_from_its_files_is_the_model_that_was_trained(tmp_path: Path, unit: str) -> None:
    card = train_ngram([POEM, DIALOGUES], tmp_path / "m", unit=unit, order=5)  # type: ignore[arg-type]
    opened = load(tmp_path / "m", card)
    built = build_ngram([POEM, DIALOGUES], "m", unit=unit, order=5)  # type: ignore[arg-type]
    assert opened.info.checksum == card.checksum
    assert opened.info.vocabulary_size == built.info.vocabulary_size
    assert type(opened) is type(built)
    text = "Bom dia, rio! Que palavra nova é esta?"
    tokens = built.tokenizer.encode(text)
    assert opened.tokenizer.encode(text) == tokens
    np.testing.assert_array_equal(opened.score_tokens(tokens), built.score_tokens(tokens))
    assert opened.start(tokens[:3]).evidence().longest_match == built.start(tokens[:3]).evidence().longest_match  # type: ignore[union-attr]


def saved(tmp_path: Path) -> tuple[Path, ModelCard]:
    folder = tmp_path / "m"
    return folder, train_ngram([POEM, DIALOGUES], folder, order=3)


@pytest.mark.parametrize(
    "name", ["level2_words.npy", "suffixes.npy", "tokenizer.json", "recall_stems.json", "level1_log_probs.npy"]
)
@pytest.mark.parametrize("harm", ["missing", "truncated", "altered", "empty"])
def test_a_damaged_model_is_refused_by_name(tmp_path: Path, name: str, harm: str) -> None:
    folder, card = saved(tmp_path)
    path = folder / name
    raw = path.read_bytes()
    if harm == "missing":
        path.unlink()
    else:
        changed = {"truncated": raw[: len(raw) // 2], "altered": raw[:-1] + bytes([raw[-1] ^ 1]), "empty": b""}
        path.write_bytes(changed[harm])
    error = refusal(lambda: load(folder, card))
    assert isinstance(error, ModelDamaged)
    assert "m" in str(error)


@pytest.mark.parametrize("name", ["level2_words.npy", "suffixes.npy", "tokenizer.json", "level2_log_probs.npy"])
def test_a_large_model_is_checked_by_shape_when_opened(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("genchat.engine.ngram.storage._VERIFIED_WHOLE", 0)
    folder, card = saved(tmp_path)
    load(folder, card)
    raw = (folder / name).read_bytes()
    (folder / name).write_bytes(raw[: len(raw) - 8])
    assert isinstance(refusal(lambda: load(folder, card)), ModelDamaged)


def test_an_array_of_another_type_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("genchat.engine.ngram.storage._VERIFIED_WHOLE", 0)
    folder, card = saved(tmp_path)
    for wrong in (np.load(folder / "level2_words.npy").astype(np.float64), np.array([["x"]])):
        np.save(folder / "level2_words.npy", wrong)
        assert isinstance(refusal(lambda: load(folder, card)), ModelDamaged)


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    error = refusal(lambda: train_ngram([POEM], tmp_path / "file" / "m"))
    assert error.key == "cannot_write_model"
