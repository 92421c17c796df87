"""`genchat words` from the command line."""

import json
from pathlib import Path

import pytest

from genchat.engine.words import store
from tests.tui.cli.conftest import Run


@pytest.fixture
def text(tmp_path: Path) -> Path:
    file = tmp_path / "book.txt"
    lines = []
    for number in range(400):
        other = f"palavra{number % 60}"
        lines += [f"eu como banana doce {other}", f"eu como manga doce {other}", f"ele usa martelo duro {other}"]
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def test_forms_stand_side_by_side(genchat: Run) -> None:
    done = genchat("words", "forms", "As meninas comeram", "-l", "pt")
    header, *rows = done.stdout.splitlines()
    assert header.split() == ["word", "tokens", "folded", "stem", "lemma", "remark"]
    assert rows[1].split() == ["meninas", "·|m|e|n|i|n|a|s", "meninas", "menin", "menino"]
    assert "the tokens are those of script" in done.stderr
    values = json.loads(genchat("words", "forms", "As meninas comeram", "-l", "pt", "--json").stdout)
    assert values["words"][2]["lemma"] == "comer"
    assert values["distinct"]["text"] == 3


def test_with_a_model_its_tokens_are_shown(genchat: Run) -> None:
    done = genchat("words", "forms", "pão", "-l", "pt", "-m", "script")
    assert "·|p|⟨c3⟩|⟨a3⟩|o" in done.stdout


def test_neighbours_distances_analogies_and_maps_of_a_text_of_ones_own(genchat: Run, text: Path) -> None:
    near = json.loads(genchat("words", "near", "banana", "--text", str(text), "--top", "3", "--json").stdout)
    assert near[0]["word"] == "manga"
    assert near[0]["count"] == 400
    assert "1" in genchat("words", "distance", "banana", "manga", "-t", str(text)).stdout
    assert genchat("words", "analogy", "banana", "doce", "martelo", "-t", str(text), "--top", "1").returncode == 0
    drawn = genchat("words", "map", "banana", "manga", "martelo", "-t", str(text))
    assert drawn.stdout.count("•") == 3
    places = json.loads(genchat("words", "map", "banana", "manga", "martelo", "-t", str(text), "--json").stdout)
    assert {place["word"] for place in places} == {"banana", "manga", "martelo"}


def test_words_that_only_the_other_language_knows_are_looked_up_there(
    genchat: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shipped_texts(language: str) -> list[str]:
        words = ("ovo", "pão", "come", "quente") if language == "pt" else ("egg", "bread", "eats", "warm")
        return [f"{words[0]} {words[1]} {words[2]} {words[3]} {language}{number % 60}" for number in range(400)]

    monkeypatch.setattr(store, "shipped_texts", shipped_texts)
    assert "pão" in genchat("words", "near", "ovo").stdout
    assert "bread" in genchat("words", "near", "egg").stdout
    assert genchat("words", "near", "ovo", "-l", "en").returncode == 1
    assert "English" in genchat("words", "near", "xyzw").stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("near", "xyzw"), "is not a known word"),
        (("near", "banana", "--corpus", "x"), "choose one"),
    ],
)
def test_what_cannot_be_done_is_told(genchat: Run, text: Path, arguments: tuple[str, ...], message: str) -> None:
    done = genchat("words", *arguments, "--text", str(text))
    assert done.returncode in (1, 2)
    assert message in done.stderr
    assert done.stdout == ""


def test_a_text_that_is_too_small_is_told(genchat: Run, tmp_path: Path) -> None:
    small = tmp_path / "small.txt"
    small.write_text("um dois três")
    assert "too few different words" in genchat("words", "near", "um", "-t", str(small)).stderr
