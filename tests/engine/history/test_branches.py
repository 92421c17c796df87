"""Branches in the history: naming, deleting for good, and what is told of many messages at once."""

from pathlib import Path

import pytest

from genchat.engine.contract import MessageData
from genchat.engine.conversation import Role
from genchat.engine.errors import HistoryError
from genchat.engine.history import HistoryStore
from genchat.engine.history.branches import name_of
from tests.engine.history.makers import GOOGLE_KEY, answer, ask, bytes_on_disk, events, run

WORD = "zarabatana"


def test_a_name_is_kept_and_taken_away_and_leaves_other_data(store: HistoryStore) -> None:
    question = ask(store)
    recorder = store.begin_reply(question, run())
    recorder.add(MessageData({"own": [1]}))
    reply = recorder.finish("done")
    assert dict(store.name_branch(reply.id, "  the\nshort one ").data) == {"own": [1], "branch": "the short one"}
    assert name_of(store.message(reply.id).data) == "the short one"
    assert dict(store.name_branch(reply.id, "").data) == {"own": [1]}
    assert store.message(question.id).data == {}


def test_a_name_holds_no_key_and_is_short(path: Path) -> None:
    with HistoryStore.open(path, secrets=lambda: [GOOGLE_KEY]) as store:
        question = ask(store)
        assert GOOGLE_KEY not in name_of(store.name_branch(question.id, GOOGLE_KEY).data)
        assert len(name_of(store.name_branch(question.id, "x" * 500).data)) == 40


@pytest.mark.parametrize("data", [{}, {"branch": 3}, {"branch": ["x"]}])
def test_data_that_is_no_name_is_none(data: dict[str, object]) -> None:
    assert name_of(data) == ""


def test_a_deleted_branch_takes_what_grew_from_it_and_not_a_byte_is_left(path: Path) -> None:
    with HistoryStore.open(path) as store:
        question = ask(store, "pergunta")
        kept = answer(store, question, "fica")
        gone = answer(store, question, f"a {WORD} sai")
        conversation = store.conversation(question.conversation)
        below = store.add_message(conversation, Role.USER, f"e a {WORD}?", gone.id)
        answer(store, below, f"{WORD} também")
        assert store.delete_branch(gone.id).id == kept.id
        assert [message.id for message in store.tree(conversation.id)] == [question.id, kept.id]
        assert [message.id for message in store.shown(conversation.id)] == [question.id, kept.id]
        assert WORD.encode() not in bytes_on_disk(path)
        assert store.search(WORD) == ()
        assert store.check().sound


def test_deleting_what_is_not_shown_leaves_what_is(store: HistoryStore) -> None:
    question = ask(store)
    first, second = answer(store, question, "um"), answer(store, question, "dois")
    assert store.delete_branch(first.id).id == second.id
    assert store.message(second.id).sibling_count == 1


def test_where_no_version_is_left_the_branch_ends_before(store: HistoryStore) -> None:
    question = ask(store)
    reply = answer(store, question)
    assert store.delete_branch(reply.id).id == question.id
    assert store.shown(question.conversation)[-1].id == question.id


def test_the_only_first_message_is_the_conversation_and_stays(store: HistoryStore) -> None:
    question = ask(store)
    reply = answer(store, question)
    with pytest.raises(HistoryError):
        store.delete_branch(question.id)
    assert [message.id for message in store.tree(question.conversation)] == [question.id, reply.id]


def test_one_of_two_first_messages_can_go(store: HistoryStore) -> None:
    question = ask(store, "um")
    other = store.add_message(store.conversation(question.conversation), Role.USER, "dois", None)
    assert store.delete_branch(other.id).id == question.id


def test_a_branch_that_another_genchat_deleted_is_said_to_be_gone(path: Path) -> None:
    with HistoryStore.open(path) as one, HistoryStore.open(path) as other:
        question = ask(one)
        answer(one, question, "um")
        reply = answer(one, question, "dois")
        other.delete_branch(reply.id)
        with pytest.raises(HistoryError):
            one.delete_branch(reply.id)
        with pytest.raises(HistoryError):
            one.name_branch(reply.id, "x")


def test_many_messages_are_told_of_at_once(store: HistoryStore) -> None:
    question = ask(store)
    recorder = store.begin_reply(question, run())
    for event in events():
        recorder.add(event)
    reply = recorder.finish()
    spoken = answer(store, question, "sem fichas")
    found = store.stored_replies([question.id, reply.id, spoken.id, 10**9])
    assert set(found) == {question.id, reply.id, spoken.id}
    assert (found[question.id].model, found[question.id].trace) == ("", None)
    assert found[reply.id].model == run().model
    assert found[reply.id].created == reply.created
    trace, full = found[reply.id].trace, store.trace(reply.id)
    assert trace is not None
    assert full is not None
    assert trace.tokens == full.tokens


def test_a_trace_that_cannot_be_read_is_left_out(store: HistoryStore) -> None:
    question = ask(store)
    reply = answer(store, question)
    spoil = "UPDATE trace SET data = x'00' WHERE message = ?"
    store._connections.write(lambda connection: connection.execute(spoil, (reply.id,)) and None)
    assert store.stored_replies([reply.id])[reply.id].trace is None
