"""Opening: private, migrated with a copy kept, and whatever is wrong with the file is said and never overwritten."""

import os
import random
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from genchat.engine.errors import HistoryError
from genchat.engine.history import HistoryStore, NullHistory, open_history
from genchat.engine.history.failures import history_error
from genchat.engine.history.opening import back_up, copies_of
from genchat.engine.history.schema import MIGRATIONS
from genchat.engine.language import say
from tests.engine.history.makers import Clock, answer, ask, events, run

if TYPE_CHECKING:
    from sqlite_utils import Database


def fill(path: Path, conversations: int = 20) -> None:
    with HistoryStore.open(path) as store:
        for number in range(conversations):
            question = ask(store, f"pergunta {number}")
            answer(store, question, f"resposta {number} " + "palavra " * 40)
            recorder = store.begin_reply(question, run())
            for event in events(8):
                recorder.add(event)
            recorder.finish()


def test_the_file_and_its_folder_are_private(path: Path) -> None:
    with HistoryStore.open(path) as store:
        ask(store)
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        files = list(path.parent.iterdir())
        assert path.with_name(path.name + "-wal") in files
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_a_file_open_to_others_is_closed_to_them(path: Path) -> None:
    fill(path, 1)
    path.chmod(0o644)
    HistoryStore.open(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_only_the_folders_that_were_missing_are_made_private(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    HistoryStore.open(tmp_path / "a" / "b" / "history.db").close()
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o700


def test_nothing_is_lost_by_closing_and_opening(path: Path) -> None:
    with HistoryStore.open(path) as store:
        question = ask(store)
        message = answer(store, question)
    assert sorted(file.name for file in path.parent.iterdir()) == [path.name]
    with HistoryStore.open(path) as store:
        assert store.shown(question.conversation) == (question, message)
        assert store.notices == ()


def test_a_usual_start_does_not_load_the_migration_library(path: Path) -> None:
    fill(path, 1)
    program = (
        "import sys; from pathlib import Path; from genchat.engine.history import HistoryStore\n"
        "store = HistoryStore.open(Path(sys.argv[1])); store.conversations(); store.close()\n"
        "print('sqlite_utils' in sys.modules, 'torch' in sys.modules, 'textual' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False", "False"]


# Files of others and of other versions


def test_a_file_of_a_newer_genchat_is_never_touched(path: Path) -> None:
    fill(path, 1)
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(HistoryError, match="newer genchat"):
        HistoryStore.open(path)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_database_of_another_program_is_never_touched(path: Path) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE bookmark(url TEXT)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(HistoryError, match="another program"):
        HistoryStore.open(path)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_an_empty_file_becomes_a_history(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    with HistoryStore.open(path) as store:
        assert store.conversations() == ()
        assert store.notices == ()


def second_version(database: "Database") -> None:
    database.execute("ALTER TABLE conversation ADD COLUMN archived INTEGER NOT NULL DEFAULT 0")


def third_version_that_fails(database: "Database") -> None:
    database.execute("ALTER TABLE conversation ADD COLUMN colour TEXT")
    raise sqlite3.OperationalError("out of ideas")


def test_an_older_file_is_copied_and_brought_up_to_date(path: Path, clock: Clock) -> None:
    fill(path, 3)
    newer = (*MIGRATIONS, second_version)
    with HistoryStore.open(path, migrations=newer, now=clock.now) as store:
        assert len(store.conversations()) == 3
        assert store.check().sound
        (copy,) = store.copies()
        ask(store)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with HistoryStore.open(copy) as store:
        assert len(store.conversations()) == 3
    with pytest.raises(HistoryError, match="newer genchat"):
        HistoryStore.open(path)
    HistoryStore.open(path, migrations=newer, now=clock.now).close()
    assert copies_of(path) == (copy,)


def test_a_migration_that_fails_changes_nothing(path: Path) -> None:
    fill(path, 3)
    with pytest.raises(HistoryError, match="out of ideas"):
        HistoryStore.open(path, migrations=(*MIGRATIONS, second_version, third_version_that_fails))
    with HistoryStore.open(path) as store:
        assert len(store.conversations()) == 3
        assert store.check().sound


# Damage


def not_sqlite(data: bytes) -> bytes:
    return b"Dear diary, " * 500


def truncated(data: bytes) -> bytes:
    return data[: len(data) // 2]


def headless(data: bytes) -> bytes:
    return b"\0" * 100 + data[100:]


def schema_gone(data: bytes) -> bytes:
    return data[:100] + b"\xff" * 3996 + data[4096:]


@pytest.mark.parametrize("damage", [not_sqlite, truncated, headless, schema_gone])
def test_a_damaged_file_is_set_aside_untouched_and_genchat_starts(
    path: Path, clock: Clock, damage: Callable[[bytes], bytes]
) -> None:
    fill(path)
    damaged = damage(path.read_bytes())
    path.write_bytes(damaged)
    with HistoryStore.open(path, now=clock.now) as store:
        (notice,) = store.notices
        (moved,) = store.copies()
        assert say(notice.key, **dict(notice.values))
        assert notice.values["path"] == str(moved)
        assert moved.name == f"{path.name}.corrupt-{clock.now():%Y%m%dT%H%M%S}"
        assert moved.read_bytes() == damaged
        assert store.check().sound
        answer(store, ask(store))
    with HistoryStore.open(path) as store:
        assert store.notices == ()
        assert store.conversations()


def test_what_a_truncated_file_still_holds_is_kept(path: Path) -> None:
    fill(path, 80)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 9 // 10])
    with HistoryStore.open(path) as store:
        report = store.check()
        assert report.sound
        assert report.messages > 40
        assert store.notices[0].values["messages"] == report.messages
        for conversation in store.conversations(limit=1000):
            assert store.shown(conversation.id)


def test_a_second_damaged_file_does_not_replace_the_first(path: Path, clock: Clock) -> None:
    for text in (b"first" * 1000, b"second" * 1000):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text)
        HistoryStore.open(path, now=clock.now).close()
    assert {copy.read_bytes() for copy in copies_of(path)} == {b"first" * 1000, b"second" * 1000}


def use_everything(store: HistoryStore) -> None:
    for conversation in store.conversations(limit=100):
        for message in store.tree(conversation.id):
            store.run(message.id)
            try:
                list(store.trace(message.id) or ())
            except HistoryError as error:
                if error.key != "trace_unreadable":  # that one is about this message's tokens only
                    raise
            store.passages(message.id)
        store.shown(conversation.id)
    store.search("resposta palavra")
    answer(store, ask(store, "nova"))


@pytest.mark.parametrize("seed", range(12))
def test_flipped_bytes_are_never_more_than_an_error_and_the_next_start_recovers(path: Path, seed: int) -> None:
    fill(path, 15)
    chance = random.Random(seed)
    damaged = bytearray(path.read_bytes())
    for _ in range(12):
        start = chance.randrange(len(damaged))
        damaged[start : start + 40] = chance.randbytes(len(damaged[start : start + 40]))
    path.write_bytes(damaged)
    for _ in range(3):
        try:
            with HistoryStore.open(path) as store:
                use_everything(store)
                if store.check().sound:
                    break
        except HistoryError:
            continue
    with HistoryStore.open(path) as store:
        use_everything(store)
        assert store.check().sound


def test_damage_met_in_use_is_said_and_recovered_at_the_next_start(path: Path) -> None:
    fill(path, 60)
    with HistoryStore.open(path) as store:
        with store._connections.reader() as connection:
            (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'trace'").fetchone()
        message = store.conversations()[0].head or 0
    data = bytearray(path.read_bytes())
    data[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    path.write_bytes(data)
    with HistoryStore.open(path) as store:
        assert store.notices == ()
        with pytest.raises(HistoryError, match="damaged"):
            store.trace(message)
        assert len(store.conversations()) == 50
    with HistoryStore.open(path) as store:
        assert store.notices
        assert store.notices[0].values["conversations"] == 60
        assert store.check().sound
        assert store.copies()[0].read_bytes() == bytes(data)
    with HistoryStore.open(path) as store:
        assert store.notices == ()


def test_rows_genchat_never_writes_are_damage_not_a_crash(path: Path) -> None:
    fill(path, 2)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute("UPDATE message SET role = 'wizard' WHERE id = 1")
        connection.execute("UPDATE run SET settings = '[1', notices = '{', seed = 'x', finish_reason = 'whim'")
        connection.execute("UPDATE conversation SET created = 'yesterday', head = 999")
        connection.execute("UPDATE message SET parent = 5 WHERE id = 4")
        connection.execute("UPDATE message SET parent = 4 WHERE id = 5")
    connection.close()
    with HistoryStore.open(path) as store:
        with pytest.raises(HistoryError, match="damaged"):
            store.message(1)
        kept = store.run(2)
        assert kept is not None
        assert (kept.seed, kept.finish_reason, kept.notices) == (None, None, ())
        assert kept.reply_settings().max_tokens > 0
        for conversation in store.conversations():
            assert conversation.created.year == 1970
        assert len(store.path_to(5)) == 2
    with HistoryStore.open(path) as store:
        assert store.notices
        for conversation in store.conversations():
            assert store.shown(conversation.id)
        assert store.check().sound


def test_text_that_is_not_utf8_is_recovered_with_marks(path: Path) -> None:
    fill(path, 2)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE message SET text = CAST(x'62ff6d' AS TEXT) WHERE id = 1")
    connection.close()
    with HistoryStore.open(path) as store, pytest.raises(HistoryError, match="damaged"):
        store.message(1)
    with HistoryStore.open(path) as store:
        assert store.message(1).text == "b\ufffdm"


# Places that cannot be used


def test_a_folder_in_the_place_of_the_file_is_said(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(HistoryError, match="cannot be opened"):
        HistoryStore.open(path)
    assert path.is_dir()


def test_a_file_in_the_place_of_the_folder_is_said(path: Path) -> None:
    path.parent.write_text("not a folder")
    with pytest.raises(HistoryError, match="cannot be opened"):
        HistoryStore.open(path)


def test_a_chat_goes_on_when_the_file_cannot_be_used_and_is_told_why(path: Path) -> None:
    path.mkdir(parents=True)
    with open_history(path) as history:
        assert isinstance(history, NullHistory)
        (notice,) = history.notices
        assert "cannot be opened" in say(notice.key, **dict(notice.values))
        answer(history, ask(history))
        assert history.conversations()
        history.backup(path.parent / "saved.db")
    with open_history(path.parent / "saved.db") as saved:
        assert len(saved.conversations()) == 1
        assert saved.notices == ()


_AS_NOBODY = """
import os, sys
from pathlib import Path
from types import SimpleNamespace
sys.path.insert(0, sys.argv[2])
from genchat.engine.history import HistoryStore
from genchat.engine.errors import HistoryError
os.setgid(65534); os.setuid(65534)  # from here on the interpreter's own files may be out of reach
try:
    HistoryStore.open(Path(sys.argv[1]))
except HistoryError as error:
    print(error.key)
"""


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become someone else")
@pytest.mark.parametrize("case", ["folder", "file"])
def test_a_file_or_folder_of_someone_else_is_said_to_be_read_only(tmp_path: Path, case: str) -> None:
    open_to_all = Path("/tmp") / f"genchat-test-{os.getpid()}-{case}"  # noqa: S108
    open_to_all.mkdir(mode=0o755)
    try:
        where = open_to_all / "history.db"
        if case == "file":
            fill(where, 1)
            where.chmod(0o644)
            open_to_all.chmod(0o755)
        before = where.read_bytes() if case == "file" else b""
        done = subprocess.run(
            [sys.executable, "-c", _AS_NOBODY, str(where), str(Path(__file__).parents[3])],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout.strip() == "history_read_only", done.stderr
        assert (where.read_bytes() if case == "file" else b"") == before
    finally:
        shutil.rmtree(open_to_all)


def test_a_read_only_disk_is_named_where_sqlite_only_cannot_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    complaint = sqlite3.OperationalError("unable to open database file")
    complaint.sqlite_errorname = "SQLITE_CANTOPEN"
    assert history_error(complaint, tmp_path / "history.db").key == "history_cannot_open"
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path)
    assert history_error(complaint, tmp_path / "history.db").key == "history_read_only"


def test_a_backup_is_a_history_and_replaces_nothing(store: HistoryStore, tmp_path: Path) -> None:
    question = ask(store)
    answer(store, question)
    target = tmp_path / "copy's.db"
    store.backup(target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    with pytest.raises(HistoryError, match="already exists"):
        store.backup(target)
    with pytest.raises(HistoryError, match="cannot be written"):
        store.backup(tmp_path / "nowhere" / "copy.db")
    with HistoryStore.open(target) as copy:
        assert copy.shown(question.conversation) == store.shown(question.conversation)
        assert copy.check().sound


# A file of the first version


def of_version_1(path: Path) -> None:
    with HistoryStore.open(path, migrations=MIGRATIONS[:1]) as store:
        store.close()
    with sqlite3.connect(path) as connection:
        connection.executescript(
            "INSERT INTO conversation(id, title, kind, created, updated, head)"
            " VALUES ('abc', 'oi', 'chat', '2026-01-01', '2026-01-01', 1);"
            "INSERT INTO message(id, conversation, role, text, status, created)"
            " VALUES (1, 'abc', 'user', 'oi', 'done', '2026-01-01');"
        )
    connection.close()


def test_a_file_of_before_messages_had_data_is_migrated_and_a_copy_kept(path: Path) -> None:
    of_version_1(path)
    with HistoryStore.open(path) as store:
        (message,) = store.shown("abc")
        assert (message.text, message.data) == ("oi", {})
        assert store.check().sound
        (copy,) = store.copies()
    with sqlite3.connect(copy) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        assert connection.execute("SELECT text FROM message").fetchall() == [("oi",)]
    connection.close()


def test_a_file_that_there_is_no_room_to_migrate_is_left_as_it_is(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    of_version_1(path)
    before = path.read_bytes()
    size = path.stat().st_size
    free = 2 * size
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=free))
    with pytest.raises(HistoryError, match="MB are free"):
        HistoryStore.open(path)
    assert path.read_bytes() == before
    assert copies_of(path) == ()
    free = 3 * size + 2**20
    HistoryStore.open(path).close()
    assert len(copies_of(path)) == 1


def test_a_file_that_needs_no_migration_needs_no_room(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(path, 1)
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=0))
    HistoryStore.open(path).close()


def test_a_backup_has_its_name_only_when_it_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with HistoryStore.open(tmp_path / "history.db") as store:
        ask(store, "oi")
        target = tmp_path / "out" / "copy.db"
        target.parent.mkdir()

        def killed(part: Path, path: Path) -> None:
            assert not path.exists()
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr("genchat.engine.history.opening.put_in_new_place", killed)
            with pytest.raises(KeyboardInterrupt):
                store._connections.write(lambda connection: back_up(connection, target), transaction=False)
        assert list(target.parent.iterdir()) == []
        store._connections.write(lambda connection: back_up(connection, target), transaction=False)
        with pytest.raises((FileExistsError, HistoryError)):
            store._connections.write(lambda connection: back_up(connection, target), transaction=False)
    with HistoryStore.open(target) as copy:
        assert len(copy.conversations()) == 1
