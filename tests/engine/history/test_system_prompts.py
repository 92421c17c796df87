"""The system prompt of a conversation: kept, changed, given back with each reply, exported and imported."""

import json
import sqlite3
from dataclasses import replace
from pathlib import Path

from genchat.engine.conversation import Role
from genchat.engine.history import HistoryStore
from genchat.engine.history.import_reading import read_export
from genchat.engine.history.schema import MIGRATIONS
from tests.engine.history.makers import GOOGLE_KEY, answer, ask, bytes_on_disk, run


def test_it_is_written_with_the_first_message_and_changed_later(store: HistoryStore) -> None:
    conversation = store.set_system(store.new_conversation(), "Be kind.")
    assert conversation.system == "Be kind."
    assert store.conversations() == ()
    store.add_message(conversation, Role.USER, "oi", None)
    assert store.conversation(conversation.id).system == "Be kind."
    store.set_system(conversation, "")
    assert store.conversation(conversation.id).system == ""


def test_a_reply_keeps_the_one_it_was_given(store: HistoryStore) -> None:
    question = ask(store)
    recorder = store.begin_reply(question, replace(run(), system="Be kind."))
    reply = recorder.finish("done")
    store.set_system(store.conversation(question.conversation), "Be loud.")
    kept = store.run(reply.id)
    assert kept is not None
    assert kept.system == "Be kind."


def test_no_key_stands_in_it_and_deleting_leaves_no_byte(path: Path) -> None:
    with HistoryStore.open(path, secrets=lambda: [GOOGLE_KEY]) as store:
        question = ask(store)
        kept = store.set_system(store.conversation(question.conversation), f"zarabatana {GOOGLE_KEY}")
        assert GOOGLE_KEY not in kept.system
        store.delete(question.conversation)
        assert b"zarabatana" not in bytes_on_disk(path)


def test_an_export_holds_it_and_brings_it_back(store: HistoryStore) -> None:
    question = ask(store)
    store.begin_reply(question, replace(run(), system="Be kind.")).finish("done")
    store.set_system(store.conversation(question.conversation), "Be loud.")
    document = store.export(question.conversation, "json")
    assert json.loads(document)["conversation"]["system"] == "Be loud."
    copy = store.import_conversation(read_export(document), as_copy=True).conversation
    assert copy.system == "Be loud."
    found = store.run(store.shown(copy.id)[-1].id)
    assert found is not None
    assert found.system == "Be kind."
    assert "Be loud." in store.export(question.conversation, "markdown")


def test_a_file_of_before_is_migrated_and_keeps_its_conversations(path: Path) -> None:
    HistoryStore.open(path, migrations=MIGRATIONS[:2]).close()
    with sqlite3.connect(path) as connection:
        connection.executescript(
            "INSERT INTO conversation(id, title, kind, created, updated, head)"
            " VALUES ('abc', 'oi', 'chat', '2026-01-01', '2026-01-01', 1);"
            "INSERT INTO message(id, conversation, role, text, status, created)"
            " VALUES (1, 'abc', 'user', 'oi', 'done', '2026-01-01');"
        )
    connection.close()
    with HistoryStore.open(path) as store:
        assert store.conversation("abc").system == ""
        assert answer(store, store.message(1)).text
        assert store.check().sound
