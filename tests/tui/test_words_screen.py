"""The words screen: forms, neighbours, distances, analogies and a map."""

from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from genchat.engine.paths import paths
from genchat.engine.text_store import TextStore
from genchat.engine.words import store
from genchat.engine.words.vectors import WordVectors, train_vectors
from genchat.tui.app import GenchatApp
from genchat.tui.screens.words import WordsScreen
from tests.engine.words.test_words import company
from tests.tui.support import chat, make_app, text_of, until

SIZE = (120, 36)


@pytest.fixture(scope="module")
def vectors() -> WordVectors:
    return train_vectors([company()], "words", dimension=20)


@pytest.fixture(autouse=True)
def _trained_before(monkeypatch: pytest.MonkeyPatch, vectors: WordVectors) -> None:
    def open_vectors(texts: object, name: str, cache: object, progress: object = None) -> WordVectors:
        return replace(vectors, name=name)

    monkeypatch.setattr(store, "open_vectors", open_vectors)


async def opened(pilot: Pilot[int]) -> WordsScreen:
    """Open the screen and wait for its vectors."""
    await pilot.press("ctrl+l")
    await until(pilot, lambda: isinstance(pilot.app.screen, WordsScreen))
    screen = pilot.app.screen
    assert isinstance(screen, WordsScreen)
    await until(pilot, lambda: screen._vectors is not None, tries=3000)
    return screen


async def send(pilot: Pilot[int], line: str, expected: str) -> str:
    app = pilot.app
    assert isinstance(app, GenchatApp)
    app.screen.query_one(Input).value = line
    await pilot.press("enter")
    await until(pilot, lambda: expected in text_of(app), tries=3000)
    return text_of(app)


async def test_one_word_brings_its_neighbours_and_their_map() -> None:
    app = make_app()
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot)
        shown = await send(pilot, "banana", "cosine")
        assert "manga" in shown
        assert shown.count("•") > 10


async def test_a_sentence_brings_forms_distances_and_what_is_unknown() -> None:
    app = make_app()
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot)
        shown = await send(pilot, "banana manga martelo xilofone", "contain them too rarely")
        assert "xilofon" in shown
        assert shown.index("manga") < shown.index("martelo")


async def test_an_analogy_is_looked_for() -> None:
    app = make_app()
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot)
        await send(pilot, "maçã : banana = martelo", "maçã : banana = martelo : …")
        shown = await send(pilot, "maçã : nadinha = martelo", "is not a known word")
        assert "martelo : …" not in shown  # it answered another line


async def test_markup_in_what_is_typed_stays_text() -> None:
    app = make_app()
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot)
        await send(pilot, "[b]banana[/b] [@click=app.quit]manga[/]", "quit")


async def test_the_tokens_of_the_model_in_use_stand_beside_the_forms() -> None:
    app = make_app()
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: chat(app).session.backend is not None)
        await opened(pilot)
        shown = await send(pilot, "pão manga", "tokens")
        assert "·|m|a|n|g|a" in shown
        assert "·|p|⟨c3⟩|⟨a3⟩|o" in shown


async def test_common_words_are_shown_but_not_compared() -> None:
    app = make_app()
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(pilot)
        await send(pilot, "the banana and the manga", "cosine")
        assert screen._findings.heading == "banana"
        assert [each.word for each in screen._findings.neighbours] == ["manga"]


async def test_texts_that_were_added_bring_their_own_vectors(tmp_path: Path) -> None:
    book = tmp_path / "livro.txt"
    book.write_text(company(), encoding="utf-8")
    TextStore(paths().data / "texts").add(book, "livro")
    app = make_app()
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(pilot)
        for _ in range(2):
            await pilot.press("f2")
        await until(pilot, lambda: screen._vectors is not None and screen._vectors.name == "livro", tries=3000)
        await until(pilot, lambda: "livro" in text_of(app))


async def test_the_other_language_and_back_to_the_chat() -> None:
    app = make_app()
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(pilot)
        await pilot.press("f2")
        await until(pilot, lambda: screen._vectors is not None, tries=3000)
        await until(pilot, lambda: "genchat's Portuguese texts" in text_of(app))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is chat(app))


async def test_a_terminal_that_is_too_small_is_told_so() -> None:
    app = make_app()
    async with app.run_test(size=(30, 8)) as pilot:
        await opened(pilot)
        await until(pilot, lambda: app.screen.has_class("-tiny"))
        assert text_of(app).strip()


@pytest.mark.parametrize("size", [(80, 24), (60, 20)])
async def test_it_fits_small_terminals(size: tuple[int, int]) -> None:
    app = make_app()
    async with app.run_test(size=size) as pilot:
        screen = await opened(pilot)
        screen.query_one(Input).value = "banana"
        await pilot.press("enter")
        await until(pilot, lambda: screen._findings.words, tries=3000)
        assert text_of(app).strip()
