"""The documents screen: what is there, adding, asking why, opening, removing; and nothing a document holds gets out."""

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from genchat.engine.answering import opening as answering
from genchat.engine.answering.opening import open_library
from genchat.engine.language import use_language
from genchat.engine.paths import paths
from genchat.engine.retrieval.vectors import embed_missing
from genchat.tui.app import GenchatApp
from genchat.tui.screens.ask import ConfirmScreen, LineScreen
from genchat.tui.screens.documents import DocumentsScreen
from tests.engine.document_fakes import BagEmbedder
from tests.tui.support import chat, make_app, text_of, until

SIZE = (120, 36)


async def opened(pilot: Pilot[int]) -> DocumentsScreen:
    """Open the screen and wait for its list."""
    await pilot.press("ctrl+o")
    await until(pilot, lambda: isinstance(pilot.app.screen, DocumentsScreen))
    screen = pilot.app.screen
    assert isinstance(screen, DocumentsScreen)
    await until(pilot, lambda: screen.query_one(OptionList).option_count > 0)
    return screen


async def shows(pilot: Pilot[int], text: str) -> None:
    """Wait until `text` stands on the screen."""
    app = pilot.app
    assert isinstance(app, GenchatApp)
    await until(pilot, lambda: text in text_of(app))


async def add(pilot: Pilot[int], path: Path) -> None:
    await pilot.press("ctrl+a")
    await until(pilot, lambda: isinstance(pilot.app.screen, LineScreen))
    pilot.app.screen.query_one(Input).value = str(path)
    await pilot.press("enter")


async def test_the_shipped_documents_are_there_and_escape_leads_back() -> None:
    app = make_app()
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot)
        await shows(pilot, "32 documents, ")
        await shows(pilot, "embeddings_and_rag.md")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is chat(app))


async def test_typing_shows_what_a_question_finds_and_why() -> None:
    app = make_app()
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(pilot)
        screen.query_one("#question", Input).value = "Quanta protena por dia?"
        await shows(pilot, "not in the documents; read as")
        await shows(pilot, "enough to answer")
        await shows(pilot, "[1] guia_proteina.md")
        screen.query_one("#question", Input).value = "capital da Mongólia"
        await shows(pilot, "not enough to answer")
        screen.query_one("#question", Input).value = ""
        await shows(pilot, "Type a question above")


async def test_a_folder_is_added_opened_and_removed(tmp_path: Path) -> None:
    (tmp_path / "notas.md").write_text("# Gato\n\nO gato [b]dorme[/b] [@click=app.quit]aqui[/].\x1b]0;owned\x07")
    app = make_app()
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(pilot)
        await add(pilot, tmp_path / "notas.md")
        await shows(pilot, "33 documents, ")
        await shows(pilot, "1 document: 1 added")
        names = [str(document.name) for document in screen._documents]
        screen.query_one(OptionList).highlighted = names.index("notas.md")
        screen.query_one(OptionList).focus()
        await pilot.press("enter")
        await shows(pilot, "O gato [b]dorme[/b] [@click=app.quit]aqui[/].␛]0;owned␇")
        await pilot.press("delete")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await shows(pilot, "32 documents, ")
        assert (tmp_path / "notas.md").exists()


async def test_what_cannot_be_read_is_told_and_the_rest_is_added(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("texto bom")
    (tmp_path / "b.json").write_text("{")
    app = make_app()
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot)
        await add(pilot, tmp_path)
        await shows(pilot, "1 added")
        await shows(pilot, "b.json is not valid JSON")


async def test_everything_that_could_not_be_read_is_listed(tmp_path: Path) -> None:
    for name in ("a.json", "b.json", "c.json"):
        (tmp_path / name).write_text("{")
    app = make_app()
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot)
        await add(pilot, tmp_path)
        for name in ("a.json", "b.json", "c.json"):
            await shows(pilot, f"{name} is not valid JSON")


@pytest.mark.parametrize("remote", [False, True])
async def test_the_embedder_of_the_settings_looks_too_and_a_remote_one_only_when_asked(
    monkeypatch: pytest.MonkeyPatch, remote: bool
) -> None:
    embedder = BagEmbedder()
    embedder.remote = remote
    with open_library(paths()) as library:
        for _ in embed_missing(library, embedder):
            pass
    monkeypatch.setattr(answering, "open_embedder", lambda settings, home: embedder)
    app = make_app()
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(pilot)
        screen.query_one("#question", Input).value = "Quanta água por dia?"
        await shows(pilot, "looked up by keywords (BM25)" + ("" if remote else " + embeddings (bag)"))
        assert bool(embedder.asked) is not remote
        await pilot.press("enter")
        await shows(pilot, "looked up by keywords (BM25) + embeddings (bag)")


async def test_a_path_that_is_not_there_is_refused_where_it_was_typed(tmp_path: Path) -> None:
    app = make_app()
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot)
        await add(pilot, tmp_path / "none")
        await shows(pilot, "does not exist")
        assert isinstance(app.screen, LineScreen)


async def test_files_that_changed_are_read_again(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    file.write_text("texto velho")
    app = make_app()
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(pilot)
        await add(pilot, file)
        await shows(pilot, "1 added")
        file.write_text("abacaxizeiro novo")
        await pilot.press("ctrl+r")
        await shows(pilot, "1 updated")
        screen.query_one("#question", Input).value = "abacaxizeiro"
        await shows(pilot, "[1] a.md")


async def test_a_damaged_index_is_told_and_the_screen_stays() -> None:
    paths().history.parent.mkdir(parents=True)
    paths().history.write_bytes(b"no database" * 1000)
    app = make_app()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("ctrl+o")
        await shows(pilot, "is damaged")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is chat(app))


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (30, 8)])
async def test_it_fits_small_terminals(size: tuple[int, int]) -> None:
    app = make_app()
    async with app.run_test(size=size) as pilot:
        screen = await opened(pilot)
        screen.query_one("#question", Input).value = "água"
        await pilot.pause()
        assert text_of(app).strip()


async def test_it_speaks_portuguese() -> None:
    use_language("pt-br")
    app = make_app()
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot)
        await shows(pilot, "32 documentos, ")
