"""Delete means delete: the bytes are gone from the file, its log and its index."""

import threading
from pathlib import Path

import pytest

from genchat.engine.conversation import Role
from genchat.engine.errors import HistoryError
from genchat.engine.history import HistoryStore
from tests.engine.history.makers import answer, ask, bytes_on_disk, run, words

WORD = "zarabatana"


def fill(store: HistoryStore, conversations: int) -> str:
    """Many conversations, one of which holds the word everywhere a word can be; its id."""
    chosen = ""
    for number in range(conversations):
        question = ask(store, f"pergunta {number} sobre treino e comida")
        if number == conversations // 2:
            chosen = question.conversation
            conversation = store.conversation(chosen)
            store.rename(chosen, f"sobre a {WORD}")
            parent = question.id
            for turn in range(20):
                said = store.add_message(conversation, Role.USER, f"{WORD} {turn} " + "e mais " * turn, parent)
                parent = answer(store, said, f"a {WORD} número {turn}").id
            recorder = store.begin_reply(store.message(parent), run())
            for step in words(f"{WORD} outra vez"):
                recorder.add(step)
                recorder.checkpoint()
            recorder.finish("error", f"{WORD} failed")
        answer(store, question, f"resposta {number}")
    return chosen


def test_nothing_of_a_deleted_conversation_is_left_in_the_file(path: Path) -> None:
    with HistoryStore.open(path) as store:
        chosen = fill(store, 30)
        assert WORD.encode() in bytes_on_disk(path)
        store.delete(chosen)
        assert WORD.encode() not in bytes_on_disk(path)
        assert WORD[:7].encode() not in bytes_on_disk(path)
        assert store.search(WORD) == ()
        assert store.check().sound
        assert len(store.conversations()) == 29
        assert len(store.search("resposta", limit=100)) == 29
    assert WORD.encode() not in bytes_on_disk(path)


def test_nothing_is_left_when_a_reply_is_recorded_meanwhile(path: Path) -> None:
    with HistoryStore.open(path) as store:
        chosen = fill(store, 10)
        going = threading.Event()
        enough = threading.Event()

        def talk() -> None:
            while not enough.is_set():
                answer(store, ask(store, "outra conversa"), "que continua")
                going.set()

        thread = threading.Thread(target=talk)
        thread.start()
        going.wait()
        store.delete(chosen)
        enough.set()
        thread.join()
        assert WORD.encode() not in bytes_on_disk(path)
        assert store.check().sound


def test_a_title_given_up_is_gone_after_purging(path: Path) -> None:
    with HistoryStore.open(path) as store:
        question = ask(store, "pergunta")
        store.rename(question.conversation, WORD)
        store.rename(question.conversation, "outro")
        store.purge()
        assert WORD.encode() not in bytes_on_disk(path)


def test_purging_gives_space_back_and_loses_nothing(path: Path) -> None:
    with HistoryStore.open(path) as store:
        kept = ask(store, "fica")
        gone = ask(store, "x" * 500_000)
        store.delete(gone.conversation)
        assert store.purge() > 400_000
        assert path.stat().st_size < 300_000
        assert store.message(kept.id) == kept
        assert store.search("fica")
        assert store.check().sound


def test_a_deleted_conversation_is_gone_for_another_genchat_too(path: Path) -> None:
    with HistoryStore.open(path) as one, HistoryStore.open(path) as other:
        question = ask(one, WORD)
        assert other.message(question.id).text == WORD
        one.delete(question.conversation)
        assert WORD.encode() not in bytes_on_disk(path)
        with pytest.raises(HistoryError):
            other.message(question.id)
        with pytest.raises(HistoryError):
            other.delete(question.conversation)


def test_a_conversation_can_be_written_again_under_its_id_after_deletion(store: HistoryStore) -> None:
    """The person deletes the conversation on the screen and goes on typing: it begins anew."""
    conversation = store.new_conversation()
    first = store.add_message(conversation, Role.USER, "um", None)
    store.delete(conversation.id)
    again = store.add_message(conversation, Role.USER, "dois", None)
    assert again.id != first.id
    assert [message.text for message in store.shown(conversation.id)] == ["dois"]
