"""Texts are fetched in parts, put together by their recipe, checked and converted; or refused whole."""

import hashlib
import io
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from genchat.corpora.catalogue import CatalogueEntry, read_catalogue
from genchat.corpora.conversions import CONVERSIONS
from genchat.corpora.recipes import RECIPES
from genchat.engine.errors import GenchatError, RemoteError, TextUnusable, UsageError
from genchat.engine.text_store import TextStore


def archive() -> bytes:
    """A self-dialogue archive of two tables and a blocked worker."""
    header = '"WorkerId","Reject","Answer.sentence1","Answer.sentence10","Answer.sentence2","Answer.sentence3"'
    rows = [
        '"w1","","hi","bye now","hello   there","{}"',
        '"w2","","one","four","two","three"',
        '"bad","","a","d","b","c"',
    ]
    files = {
        "top/blocked_workers.txt": "bad\n",
        "top/corpus/music/a.csv": "\n".join([header, *rows]) + "\n",
        "top/corpus/transition_music_movies/b.csv": "\n".join([header, rows[1]]) + "\n",
    }
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


FILES = {"/a.txt": b"Title\n\nA wrapped\nparagraph.\n\n\n", "/ol%C3%A1.txt": b"Other\n\nMore.\n", "/archive": archive()}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = FILES.get(self.path)
        self.send_response(200 if body is not None else 404)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def entry(base: str, text: str, files: tuple[str, ...], recipe: str, conversion: str = "none") -> CatalogueEntry:
    digest = hashlib.sha256(text.encode()).hexdigest()
    return CatalogueEntry("sample", "A sample", "en", "CC0", "us", len(text), digest, base, files, recipe, conversion)


def test_parts_are_joined_checked_and_kept_with_their_card(base: str, tmp_path: Path) -> None:
    store = TextStore(tmp_path)
    wanted = "Title\n\nA wrapped\nparagraph.\n\nOther\n\nMore.\n"
    card = store.pull_entry(entry(base, wanted, ("a.txt", "olá.txt"), "join"))
    assert store.path("sample").read_text() == wanted
    assert store.cards() == [card]
    assert (card.licence, card.attribution, card.bytes) == ("CC0", "us", len(wanted))
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == ["sample.json", "sample.txt"]


def test_an_archive_of_tables_becomes_dialogues(base: str, tmp_path: Path) -> None:
    store = TextStore(tmp_path)
    assembled = "### music\none\ntwo\nthree\nfour\n"
    store.pull_entry(entry(base, assembled, ("archive",), "self-dialogue-archive", "self-dialogue"))
    assert store.path("sample").read_text() == "### music\nP: one\nR: two\nP: three\nR: four\n"


def test_a_text_that_is_not_the_catalogues_is_refused(base: str, tmp_path: Path) -> None:
    store = TextStore(tmp_path)
    with pytest.raises(RemoteError, match="sha256"):
        store.pull_entry(entry(base, "something else", ("a.txt",), "as-is"))
    assert store.cards() == []
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_missing_part_is_said_and_the_rest_is_kept_for_the_next_try(base: str, tmp_path: Path) -> None:
    store = TextStore(tmp_path)
    with pytest.raises(RemoteError, match="404"):
        store.pull_entry(entry(base, "x", ("a.txt", "gone.txt"), "join"))
    assert (tmp_path / ".parts" / "sample" / "0").exists()


def test_the_next_try_fetches_only_the_parts_that_are_missing(
    base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = TextStore(tmp_path)
    wanted = entry(base, "Title\n\nA wrapped\nparagraph.\n\nLate.\n", ("a.txt", "late.txt"), "join")
    with pytest.raises(RemoteError, match="404"):
        store.pull_entry(wanted)
    monkeypatch.delitem(FILES, "/a.txt")
    monkeypatch.setitem(FILES, "/late.txt", b"Late.\n")
    store.pull_entry(wanted)
    assert store.path("sample").read_text() == "Title\n\nA wrapped\nparagraph.\n\nLate.\n"


@pytest.mark.parametrize("recipe", ["self-dialogue-archive", "chatterbot-tables"])
def test_parts_that_the_recipe_cannot_read_are_refused_and_removed(base: str, tmp_path: Path, recipe: str) -> None:
    with pytest.raises(RemoteError, match="sample"):
        TextStore(tmp_path).pull_entry(entry(base, "x", ("a.txt",), recipe))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_chatterbot_tables_become_dialogues_to_train_on(
    base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FILES, "/food.yml", b"categories: [food]\nconversations:\n- - hungry?\n  - Always.\n")
    row = '{"lang": "en", "topic": "food", "conv": 0, "turn": 0, "q": "hungry?", "a": "Always.", "n": 1}\n'
    store = TextStore(tmp_path)
    store.pull_entry(entry(base, row, ("food.yml",), "chatterbot-tables", "chatterbot-en"))
    assert store.path("sample").read_text() == "### food\nP: hungry?\nR: Always.\n"


def test_every_catalogue_entry_is_complete_and_safe() -> None:
    for name, entry in read_catalogue().items():
        TextStore(Path()).path(name)
        assert entry.recipe in RECIPES
        assert entry.conversion in {"none", *CONVERSIONS}
        assert {*entry.cuts, *entry.untitled, *entry.choices} <= {*entry.files}
        assert all(0 < first <= last for first, last in entry.cuts.values())
        assert all(address.startswith("https://") and address.isascii() for address in entry.addresses)
        assert len(entry.sha256) == 64
        assert entry.licence
        assert entry.attribution
        assert entry.bytes > 0
        assert replace(entry, name="x") != entry


def test_the_chat_models_that_ship_learn_from_texts_of_the_catalogue() -> None:
    assert {"chatterbot-en", "chatterbot-pt", "self-dialogue", "machado-stories"} <= read_catalogue().keys()


def test_verse_keeps_its_lines() -> None:
    catalogue = read_catalogue()
    assert {catalogue[name].conversion for name in ("machado-poetry", "machado-theatre")} == {"none"}


def test_own_files_are_added_found_and_removed(tmp_path: Path) -> None:
    source = tmp_path / "mine.txt"
    source.write_bytes("\ufeffolá\r\nmundo\r\n".encode())
    store = TextStore(tmp_path / "texts")
    card = store.add(source, licence="own", language="pt-BR")
    assert store.path("mine").read_text() == "olá\nmundo\n"
    assert store.find("mine") == card
    store.remove("mine")
    with pytest.raises(TextUnusable, match="mine"):
        store.find("mine")


@pytest.mark.parametrize(
    ("content", "said"), [(b"", "empty"), (b"a\0b", "binary"), (b"\xff\xfeabc", "UTF-8"), (None, "cannot be read")]
)
def test_unusable_files_are_refused(tmp_path: Path, content: bytes | None, said: str) -> None:
    source = tmp_path / "file.txt"
    if content is not None:
        source.write_bytes(content)
    with pytest.raises(TextUnusable, match=said):
        TextStore(tmp_path / "texts").add(source)


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden", "a b"])
def test_names_cannot_leave_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError):
        TextStore(tmp_path).path(name)


def test_unknown_names_list_the_catalogue(tmp_path: Path) -> None:
    with pytest.raises(GenchatError, match="tinyshakespeare"):
        TextStore(tmp_path).pull("shakespeare")
