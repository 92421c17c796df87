"""The index: only what changed is read, nothing is half there, what was killed goes on, the history shares the file."""

import os
import sqlite3
import stat
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from genchat.engine.errors import DocumentsError
from genchat.engine.retrieval import indexing
from genchat.engine.retrieval.indexing import Progress
from genchat.engine.retrieval.keywords import search
from genchat.engine.retrieval.library import SHIPPED, Library
from tests.engine.document_fixtures import Add

ROOT = Path(__file__).parents[3]


def outcomes(events: Iterator[Progress]) -> dict[str, str]:
    return {event.name: event.outcome for event in events if event.outcome != "reading"}


def found(library: Library, question: str) -> list[str]:
    """The texts of the chunks that a question finds."""
    with library.reading() as connection:
        hits = search(connection, question).hits
        return [
            str(connection.execute("SELECT text FROM docs_chunk WHERE id = ?", (hit.chunk,)).fetchone()[0])
            for hit in hits
        ]


SHIPPED_DOCUMENTS = {"course": 18, "fitness": 14}


def shipped(library: Library) -> dict[str, int]:
    """How many documents each collection has."""
    return {each.name: each.documents for each in library.collections()}


def rows(library: Library, table: str) -> int:
    with library.reading() as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608


def assert_sound(library: Library) -> None:
    with library.changing() as connection:
        for table in ("docs_search", "docs_trigram"):
            connection.execute(f"INSERT INTO {table}({table}) VALUES ('integrity-check')")  # noqa: S608
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_the_file_is_private_and_in_wal_mode(library: Library, path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    with library.reading() as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


def test_only_what_is_new_or_changed_is_read(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.md").write_text("gatos dormem")
    (folder / "sub" / "b.txt").write_text("cachorros latem")
    assert outcomes(library.add([folder])) == {"a.md": "added", "sub/b.txt": "added"}
    assert outcomes(library.add([folder])) == {"a.md": "unchanged", "sub/b.txt": "unchanged"}
    (folder / "a.md").write_text("passarinhos cantam")
    assert outcomes(library.add([folder])) == {"a.md": "updated", "sub/b.txt": "unchanged"}
    assert found(library, "passarinhos") == ["passarinhos cantam"]
    assert found(library, "gatos") == []
    assert_sound(library)


def test_what_vanished_from_a_folder_is_taken_out(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "a.md").write_text("gatos dormem")
    (folder / "b.md").write_text("gatos comem")
    assert len(outcomes(library.add([folder]))) == 2
    (folder / "a.md").unlink()
    assert outcomes(library.add([folder])) == {"b.md": "unchanged", "a.md": "vanished"}
    assert found(library, "gatos") == ["gatos comem"]
    (folder / "b.md").unlink()
    assert outcomes(library.refresh()) == {"b.md": "vanished"}
    assert rows(library, "docs_chunk") == rows(library, "docs_word") == 0
    assert_sound(library)


def test_adding_one_file_leaves_others_of_the_collection_alone(library: Library, tmp_path: Path) -> None:
    for name in ("a.md", "b.md"):
        (tmp_path / name).write_text(f"texto de {name}")
        list(library.add([tmp_path / name]))
    assert [document.name for document in library.documents()] == ["a.md", "b.md"]


def test_one_bad_document_does_not_keep_the_others_out(library: Library, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{")
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "good.md").write_text("conteúdo bom")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    (tmp_path / ".hidden.md").write_text("escondido")
    events = [event for event in library.add([tmp_path]) if event.outcome != "reading"]
    assert {event.name: event.outcome for event in events} == {
        "bad.json": "failed",
        "empty.txt": "failed",
        "good.md": "added",
    }
    assert [event.done for event in events] == [1, 2, 3]
    assert {event.problem.key for event in events if event.problem} == {"document_not_json", "document_empty"}


def test_a_changed_file_that_can_no_longer_be_read_keeps_its_old_text(library: Library, tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text('{"cor": "azul"}')
    list(library.add([file]))
    file.write_text('{"cor": "ver')
    assert outcomes(library.add([file])) == {"a.json": "failed"}
    assert found(library, "azul") == ['{"cor": "azul"}']


def test_a_path_that_is_not_there_is_told(library: Library, tmp_path: Path) -> None:
    with pytest.raises(DocumentsError) as raised:
        list(library.add([tmp_path / "none"]))
    assert raised.value.key == "document_path_missing"


@pytest.mark.parametrize("name", ["", " a", "a\n", "x" * 65, "a\x1b[2J"])
def test_a_collection_needs_a_decent_name(library: Library, tmp_path: Path, name: str) -> None:
    (tmp_path / "a.md").write_text("x y")
    with pytest.raises(DocumentsError):
        list(library.add([tmp_path / "a.md"], name))


def test_a_file_name_that_is_no_utf8_is_indexed_under_a_readable_one(library: Library, tmp_path: Path) -> None:
    file = tmp_path / os.fsdecode(b"a\xe7\xe3o.md")
    try:
        file.write_text("texto da ação")
    except OSError:
        pytest.skip("this file system wants UTF-8 names")
    assert outcomes(library.add([tmp_path])) == {"a\\xe7\\xe3o.md": "added"}
    assert outcomes(library.add([tmp_path])) == {"a\\xe7\\xe3o.md": "unchanged"}


def test_a_lone_surrogate_from_json_does_not_break_the_index(library: Library, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"texto": "gato \\ud800 azul"}')
    assert outcomes(library.add([tmp_path])) == {"a.json": "added"}
    assert len(found(library, "gato")) == 1


def test_removing_leaves_nothing_behind(fitness: Library, add: Add) -> None:
    words = rows(fitness, "docs_word")
    add({"a.md": "otorrinolaringologista e proteína"}, "saude")
    assert rows(fitness, "docs_word") == words + 1
    fitness.remove_collection("saude")
    assert rows(fitness, "docs_word") == words
    assert [each.name for each in fitness.collections()] == sorted(SHIPPED)
    assert_sound(fitness)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_collection_stays_away_once_removed(fitness: Library, name: str) -> None:
    assert shipped(fitness) == SHIPPED_DOCUMENTS
    fitness.remove_collection(name)
    fitness.ensure_shipped()
    assert shipped(fitness) == {other: count for other, count in SHIPPED_DOCUMENTS.items() if other != name}
    fitness.ensure_shipped(again=True)
    assert shipped(fitness) == SHIPPED_DOCUMENTS


def test_a_home_from_before_the_course_gets_it(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as before:
        before.setattr("genchat.engine.retrieval.library.SHIPPED", {"fitness": ("fitness",)})
        library.ensure_shipped()
    assert shipped(library) == {"fitness": 14}
    library.ensure_shipped()
    assert shipped(library) == SHIPPED_DOCUMENTS
    assert_sound(library)


def test_a_persons_own_collection_of_the_same_name_is_left_alone(add: Add) -> None:
    library = add({"a.md": "minhas notas"}, "course")
    library.ensure_shipped()
    assert [each.name for each in library.documents("course")] == ["a.md"]
    assert shipped(library) == {"course": 1, "fitness": 14}


def test_a_document_is_found_by_number_name_path_or_the_end_of_its_name(add: Add, tmp_path: Path) -> None:
    library = add({"sub/a.md": "um texto", "b.md": "outro texto"})
    document = library.find("sub/a.md")[0]
    for wanted in (str(document.id), "a.md", str(tmp_path / "documents" / "sub" / "a.md")):
        assert library.find(wanted) == [document]
    assert library.find("c.md") == []


def test_chunks_are_shown_as_people_read_them(add: Add) -> None:
    library = add({"t.csv": "nome,nota\nAna,9\n"})
    chunk = next(library.chunks(library.find("t.csv")[0]))
    assert chunk.text == "nome: Ana · nota: 9"
    assert (chunk.line, chunk.start, chunk.end) == (2, 10, 15)


def test_indexing_that_was_cut_off_goes_on_where_it_stopped(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "BATCH", 5)
    file = tmp_path / "long.txt"
    file.write_text("\n\n".join(f"Parágrafo {number} " + "com texto " * 70 for number in range(20)))
    events = library.add([file])
    for event in events:
        if event.outcome == "reading" and event.chunks >= 10:
            break
    events.close()  # type: ignore[attr-defined]
    assert library.documents() == []
    assert found(library, "parágrafo") == []
    starts = [event.chunks for event in library.add([file]) if event.outcome == "reading"]
    assert starts == [10, 15]
    assert library.documents()[0].chunks == rows(library, "docs_chunk") == 20
    assert_sound(library)


def test_work_that_was_cut_off_is_dropped_when_the_file_has_changed(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "BATCH", 2)
    file = tmp_path / "long.txt"
    file.write_text("\n\n".join("gato " * 150 for _ in range(6)))
    events = library.add([file])
    next(event for event in events if event.chunks >= 2)
    events.close()  # type: ignore[attr-defined]
    file.write_text("cachorro")
    assert outcomes(library.add([file])) == {"long.txt": "added"}
    assert found(library, "gato") == []
    assert rows(library, "docs_chunk") == 1
    assert_sound(library)


def test_a_process_killed_while_indexing_leaves_a_sound_index_that_goes_on(tmp_path: Path, path: Path) -> None:
    file = tmp_path / "long.txt"
    file.write_text("\n\n".join(f"Parágrafo {number} " + "com texto " * 70 for number in range(60)))
    program = textwrap.dedent(
        """
        import os, sys
        from pathlib import Path
        from genchat.engine.retrieval import indexing
        from genchat.engine.retrieval.library import Library
        indexing.BATCH = 3
        for event in Library(Path(sys.argv[1])).add([Path(sys.argv[2])]):
            if event.chunks >= 9:
                os.kill(os.getpid(), 9)
        """
    )
    killed = subprocess.run([sys.executable, "-c", program, str(path), str(file)], cwd=ROOT, check=False, timeout=60)
    assert killed.returncode == -9
    with Library(path) as library:
        assert rows(library, "docs_chunk") == 9
        assert outcomes(library.add([file])) == {"long.txt": "added"}
        assert library.documents()[0].chunks == rows(library, "docs_chunk") == 60
        assert_sound(library)


def test_searching_sees_the_old_text_until_the_new_one_is_whole(
    library: Library, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "BATCH", 2)
    file = tmp_path / "a.txt"
    file.write_text("gato velho")
    list(library.add([file]))
    file.write_text("\n\n".join("gato novo " * 80 for _ in range(6)))
    with Library(path) as reader:
        for event in library.add([file]):
            if event.outcome == "reading":
                assert found(reader, "gato") == ["gato velho"]
        assert len(found(reader, "gato")) == 6


def test_documents_first_or_history_first_they_share_one_file(path: Path, tmp_path: Path) -> None:
    from genchat.engine.history.null import open_history

    for number, documents_first in enumerate((True, False)):
        shared = path.with_name(f"shared{number}.db")
        if not documents_first:
            open_history(shared).close()
        with Library(shared) as library:
            library.ensure_shipped()
        history = open_history(shared)
        history.close()
        with Library(shared) as library:
            assert shipped(library) == SHIPPED_DOCUMENTS
        assert [each.name for each in shared.parent.glob(f"{shared.name}*")] == [shared.name]


@pytest.mark.parametrize(
    ("content", "key"), [(b"this is no database" * 100, "documents_damaged"), (None, "documents_foreign")]
)
def test_a_file_of_someone_else_is_left_alone(path: Path, content: bytes | None, key: str) -> None:
    path.parent.mkdir(parents=True)
    if content is None:
        with sqlite3.connect(path) as other:
            other.execute("CREATE TABLE theirs(x)")
        other.close()
    else:
        path.write_bytes(content)
    before = path.read_bytes()
    with pytest.raises(DocumentsError) as raised:
        Library(path)
    assert raised.value.key == key
    assert path.read_bytes() == before


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "history.db", tmp_path):
        with pytest.raises(DocumentsError):
            Library(path)


def test_two_processes_may_open_a_new_file_at_once(path: Path) -> None:
    program = "\n".join(
        (
            "import sys",
            "from pathlib import Path",
            "from genchat.engine.retrieval.library import Library",
            "Library(Path(sys.argv[1])).ensure_shipped()",
        )
    )
    running = [subprocess.Popen([sys.executable, "-c", program, str(path)], cwd=ROOT) for _ in range(3)]
    assert [each.wait(60) for each in running] == [0, 0, 0]
    with Library(path) as library:
        assert shipped(library) == SHIPPED_DOCUMENTS
        assert_sound(library)


def test_a_link_that_leads_out_of_an_added_folder_is_left_out_and_told(library: Library, tmp_path: Path) -> None:
    folder, outside = tmp_path / "pasta", tmp_path / "fora.txt"
    folder.mkdir()
    outside.write_text("segredo")
    (folder / "dentro.txt").write_text("aberto")
    (folder / "link.txt").symlink_to(outside)
    (folder / "outro.txt").symlink_to(folder / "dentro.txt")
    told = {each.name: each for each in library.add([folder]) if each.outcome != "reading"}
    assert told["link.txt"].problem is not None
    assert told["link.txt"].problem.key == "document_outside"
    assert [told[name].outcome for name in ("dentro.txt", "outro.txt")] == ["added", "added"]
    assert [each.name for each in library.documents()] == ["dentro.txt", "outro.txt"]
