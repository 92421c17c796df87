"""Conversations and their trees of messages."""

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from genchat.engine.contract import Finish, MessageData, Notice, Passage, Passages
from genchat.engine.conversation import Message, Role
from genchat.engine.errors import HistoryError
from genchat.engine.history import History, HistoryStore, NullHistory, RunStart, StoredMessage
from genchat.engine.sampling import SamplingSettings
from tests.engine.history.makers import (
    GOOGLE_KEY,
    Clock,
    answer,
    ask,
    backend,
    bytes_on_disk,
    events,
    run,
    settings,
    words,
)


@pytest.fixture(params=["file", "memory"])
def history(request: pytest.FixtureRequest, path: Path, clock: Clock) -> Iterator[HistoryStore]:
    """Both histories keep the same promises."""
    if request.param == "file":
        made: HistoryStore = HistoryStore.open(path, clock=clock, now=clock.now)
    else:
        made = NullHistory(clock=clock, now=clock.now)
    with made:
        yield made


def test_both_histories_fit_the_protocol(history: HistoryStore) -> None:
    kept: History = history
    assert kept.conversations() == ()


def test_a_conversation_leaves_no_trace_before_its_first_message(history: HistoryStore) -> None:
    conversation = history.new_conversation()
    assert history.conversations() == ()
    assert history.shown(conversation.id) == ()
    history.add_message(conversation, Role.USER, "Bom dia", None)
    (listed,) = history.conversations()
    assert (listed.id, listed.title, listed.messages) == (conversation.id, "Bom dia", 1)


def test_a_reply_stands_in_the_file_before_its_first_token(history: HistoryStore) -> None:
    question = ask(history)
    recorder = history.begin_reply(question, run())
    stored = history.message(recorder.message.id)
    assert (stored.text, stored.status, stored.parent) == ("", "streaming", question.id)
    assert [message.id for message in history.shown(question.conversation)] == [question.id, stored.id]


def test_a_finished_reply_has_its_text_run_and_tokens(history: HistoryStore, clock: Clock) -> None:
    question = ask(history)
    recorder = history.begin_reply(question, RunStart.of(backend(), settings()))
    recorded = []
    for event in events():
        clock.seconds += 0.25
        recorded.append(event)
        recorder.add(event)
    clock.seconds += 1
    message = recorder.finish()
    texts = [event.text for event in recorded if hasattr(event, "text")]
    assert message.text == "".join(texts)
    assert message.status == "done"
    kept = history.run(message.id)
    assert kept is not None
    assert (kept.model, kept.seed, kept.completion_tokens) == ("hash", 3, len(texts))
    assert kept.seconds_to_first == 0.25
    assert kept.seconds == pytest.approx(0.25 * len(recorded) + 1)
    assert kept.reply_settings() == settings()
    trace = history.trace(message.id)
    assert trace is not None
    assert "".join(step.text for step in trace) == message.text


@pytest.mark.parametrize(
    ("reason", "status"), [("end", "done"), ("length", "done"), ("stopped", "stopped"), ("blocked", "error")]
)
def test_the_finish_event_decides_the_status(history: HistoryStore, reason: str, status: str) -> None:
    recorder = history.begin_reply(ask(history), run())
    recorder.add(Finish(reason, 12, "why"))  # type: ignore[arg-type]
    assert recorder.finish().status == status
    kept = history.run(recorder.message.id)
    assert kept is not None
    assert (kept.finish_reason, kept.detail, kept.prompt_tokens) == (reason, "why", 12)


def test_a_reply_left_without_a_finish_was_stopped_and_keeps_its_text(history: HistoryStore) -> None:
    recorder = history.begin_reply(ask(history), run())
    for step in words("até aqui"):
        recorder.add(step)
    message = recorder.finish()
    assert (message.text, message.status) == ("até aqui", "stopped")
    assert recorder.finish() == message


def test_an_error_is_kept_with_what_was_written_before_it(history: HistoryStore) -> None:
    recorder = history.begin_reply(ask(history), run())
    for step in words("metade da"):
        recorder.add(step)
    assert recorder.finish("error", "connection lost").status == "error"
    kept = history.run(recorder.message.id)
    assert kept is not None
    assert kept.error == "connection lost"
    assert history.message(recorder.message.id).text == "metade da"


def test_regenerating_and_editing_make_siblings_and_overwrite_nothing(history: HistoryStore) -> None:
    question = ask(history, "Que horas são?")
    first = answer(history, question, "Cedo.")
    second = answer(history, question, "Tarde.")
    assert [sibling.text for sibling in history.siblings(first.id)] == ["Cedo.", "Tarde."]
    assert (second.sibling_number, second.sibling_count) == (2, 2)
    conversation = history.conversation(question.conversation)
    edited = history.add_message(conversation, Role.USER, "Que dia é hoje?", question.parent)
    assert [message.text for message in history.shown(conversation.id)] == ["Que dia é hoje?"]
    assert edited.sibling_count == 2
    assert [message.text for message in history.show(question.id)] == ["Que horas são?", "Tarde."]
    assert [message.text for message in history.show(first.id)] == ["Que horas são?", "Cedo."]
    assert history.conversation(conversation.id).head == first.id
    assert [message.text for message in history.tree(conversation.id)] == [
        "Que horas são?",
        "Cedo.",
        "Tarde.",
        "Que dia é hoje?",
    ]


def test_showing_a_message_goes_down_to_the_newest_leaf(history: HistoryStore) -> None:
    root = ask(history, "1")
    reply = answer(history, root, "2")
    conversation = history.conversation(root.conversation)
    history.add_message(conversation, Role.USER, "3a", reply.id)
    newest = history.add_message(conversation, Role.USER, "3b", reply.id)
    answer(history, newest, "4")
    answer(history, root, "other")
    assert [message.text for message in history.show(reply.id)] == ["1", "2", "3b", "4"]
    assert [message.text for message in history.path_to(reply.id)] == ["1", "2"]


def test_messages_of_other_conversations_are_no_siblings(history: HistoryStore) -> None:
    first, second = ask(history, "um"), ask(history, "dois")
    assert [sibling.id for sibling in history.siblings(first.id)] == [first.id]
    with pytest.raises(HistoryError, match="no message"):
        history.add_message(history.conversation(second.conversation), Role.USER, "x", first.id)


def test_the_list_is_newest_first_in_pages_without_gaps(history: HistoryStore, clock: Clock) -> None:
    names = []
    for number in range(7):
        clock.seconds += number % 3  # some share their time
        names.append(history.conversation(ask(history, str(number)).conversation).id)
    clock.seconds += 1
    history.add_message(history.conversation(names[2]), Role.USER, "again", None)
    listed = []
    page = history.conversations(limit=3)
    while page:
        listed += [conversation.id for conversation in page]
        page = history.conversations(limit=3, after=page[-1])
    assert sorted(listed) == sorted(names)
    assert listed[0] == names[2]
    assert history.conversations(limit=100) == tuple(map(history.conversation, listed))


def test_renaming_changes_the_title_only(history: HistoryStore) -> None:
    question = ask(history)
    before = history.conversation(question.conversation)
    renamed = history.rename(before.id, "  café\nda manhã ")
    assert renamed.title == "café da manhã"
    assert renamed.updated == before.updated


def test_a_conversation_is_found_by_the_beginning_of_its_id(history: HistoryStore) -> None:
    names = {ask(history, str(number)).conversation for number in range(40)}
    name = names.pop()
    assert history.conversation(name).id == name
    lengths = range(1, 12)
    shortest = next(n for n in lengths if not any(other.startswith(name[:n]) for other in names))
    assert history.conversation(name[:shortest]).id == name
    ambiguous = {other[0] for other in names if sum(name[0] == other[0] for name in names) > 1}
    with pytest.raises(HistoryError, match="several"):
        history.conversation(ambiguous.pop())
    for nonsense in ("", "nothing", "%", "'; --"):
        with pytest.raises(HistoryError, match="no conversation"):
            history.conversation(nonsense)


def test_what_is_not_there_is_said(history: HistoryStore) -> None:
    with pytest.raises(HistoryError, match="no message 999"):
        history.message(999)
    with pytest.raises(HistoryError):
        history.show(999)
    assert history.path_to(999) == ()
    assert history.run(999) is None
    assert history.trace(999) is None
    assert history.passages(999) is None


def test_a_reply_to_a_conversation_deleted_meanwhile_says_so(history: HistoryStore) -> None:
    question = ask(history)
    recorder = history.begin_reply(question, run())
    history.delete(question.conversation)
    recorder.add(next(words("late")))
    recorder.checkpoint()
    with pytest.raises(HistoryError, match="deleted"):
        recorder.finish("done")
    assert history.conversations() == ()


def test_passages_and_notices_come_back_as_they_were_given(history: HistoryStore) -> None:
    passages = Passages(
        (
            Passage(1, "guia.md", "Treino › Força", "Agachar fortalece.", 2.5, (0, 7), {"bm25": 2.5}, {"agachar": 1.0}),
            Passage(2, "receitas.md", "linhas 3-9", "Aveia.", 0.5, warning="history.redacted"),
        ),
        "FTS5",
        ("creatina",),
    )
    recorder = history.begin_reply(ask(history), run())
    recorder.add(passages)
    recorder.add(Notice("chat.oldest_turns_dropped", {"count": 2}))
    recorder.add(Notice("no.such.text", {}))
    recorder.checkpoint()
    message = recorder.finish("done")
    assert history.passages(message.id) == passages
    kept = history.run(message.id)
    assert kept is not None
    assert kept.notices == (Notice("chat.oldest_turns_dropped", {"count": 2}),)


def test_a_seed_larger_than_sqlite_numbers_is_kept(history: HistoryStore) -> None:
    seed = 2**200 + 1
    recorder = history.begin_reply(ask(history), RunStart.of(backend(), settings(), seed))
    recorder.finish("done")
    kept = history.run(recorder.message.id)
    assert kept is not None
    assert kept.seed == seed
    assert kept.reply_settings().sampling == SamplingSettings(seed=seed)


@pytest.mark.parametrize(
    "text",
    ["", "\0 nul \0", "a\ud800b", "👩‍👩‍👧 ação", "\x1b]0;x\x07", "x" * 1_000_000, "[/]"],
    ids=["empty", "nul", "surrogate", "emoji", "escape", "long", "markup"],
)
def test_any_text_is_kept_exactly_but_for_lone_surrogates(history: HistoryStore, text: str) -> None:
    question = ask(history, text)
    assert history.message(question.id).text == text.replace("\ud800", "\ufffd")
    assert question.as_message() == Message(Role.USER, question.text)


def test_threads_read_and_write_at_once(history: HistoryStore) -> None:
    failures: list[BaseException] = []

    def talk(number: int) -> None:
        try:
            for turn in range(5):
                question = ask(history, f"{number} {turn}")
                message = answer(history, question, f"reply {number} {turn}")
                assert history.path_to(message.id)[-1].text == f"reply {number} {turn}"
                assert history.search(f'"reply {number} {turn}"')
                history.conversations()
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=talk, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(history.conversations()) == 30
    assert history.check().sound


def test_a_closed_history_says_so_and_closing_twice_is_fine(history: HistoryStore) -> None:
    recorder = history.begin_reply(ask(history), run())
    history.close()
    history.close()
    with pytest.raises(HistoryError, match="closed"):
        history.conversations()
    recorder.add(next(words("x")))
    recorder.checkpoint()
    assert isinstance(recorder.problem, HistoryError)
    with pytest.raises(HistoryError, match="closed"):
        recorder.finish()


def test_closing_marks_an_open_reply_as_interrupted(path: Path) -> None:
    with HistoryStore.open(path) as history:
        recorder = history.begin_reply(ask(history), run())
        recorder.add(next(words("metade")))
        recorder.checkpoint()
    with HistoryStore.open(path) as history:
        message = history.message(recorder.message.id)
        assert (message.text, message.status) == ("metade", "interrupted")


def test_a_deep_conversation_is_read_and_deleted(history: HistoryStore) -> None:
    question = ask(history, "0")
    conversation = history.conversation(question.conversation)

    def grow(connection: sqlite3.Connection) -> None:
        for number in range(1, 1500):  # SQLite's own cascades end at 1000 levels
            history._insert(connection, conversation.id, question.id + number - 1, Role.USER, str(number), "done")

    history._connections.write(grow)
    assert [message.text for message in history.shown(conversation.id)] == [str(number) for number in range(1500)]
    history.delete(conversation.id)
    assert history.check().messages == 0


# Data beside a message


MENU = {"nutrition": {"menu": [{"day": 2, "meals": {"lunch": {"name": "Arroz à grega", "chunk": 7}}}]}}


def kept_with(history: HistoryStore, values: Mapping[str, Any]) -> StoredMessage:
    recorder = history.begin_reply(ask(history), run())
    for step in words("Um cardápio."):
        recorder.add(step)
    recorder.add(MessageData(values))
    return recorder.finish("done")


def test_data_beside_a_reply_comes_back_with_its_message_after_closing(path: Path) -> None:
    with HistoryStore.open(path) as store:
        question = kept_with(store, MENU)
    with HistoryStore.open(path) as store:
        *_, reply = store.shown(question.conversation)
        assert reply.data == reply.as_message().data == MENU
        assert store.siblings(reply.id)[0].data == store.tree(reply.conversation)[-1].data == MENU
        assert store.shown(question.conversation)[0].data == {}
        assert json.loads(store.export(question.conversation, "json"))["messages"][-1]["data"] == MENU


def test_data_is_there_after_a_checkpoint(path: Path) -> None:
    with HistoryStore.open(path) as store:
        recorder = store.begin_reply(ask(store), run())
        recorder.add(MessageData(MENU))
        recorder.checkpoint()
        store.add_message(store.new_conversation(), Role.USER, "written after it", None)
        assert store.message(recorder.message.id).data == MENU


@pytest.mark.parametrize("values", [{"a": object()}, {"a": float("nan")}, {("a",): 1}])
def test_what_is_no_json_is_left_out_and_the_reply_is_kept(history: HistoryStore, values: Mapping[Any, Any]) -> None:
    message = kept_with(history, values)
    assert (message.text, message.data) == ("Um cardápio.", {})


def test_a_key_and_a_lone_surrogate_in_the_data_are_not_kept(path: Path) -> None:
    with HistoryStore.open(path, secrets=lambda: [GOOGLE_KEY]) as store:
        kept = kept_with(store, {"a": f"\ud800{GOOGLE_KEY}"})
        assert GOOGLE_KEY not in str(kept.data)
    assert GOOGLE_KEY.encode() not in bytes_on_disk(path)


@pytest.mark.parametrize("written", ["", "{", "[1]", "null", "7", '{"a": ' + "[" * 100_000])
def test_data_that_someone_else_wrote_into_the_file_is_nothing_but_data(path: Path, written: str) -> None:
    with HistoryStore.open(path) as store:
        message = kept_with(store, MENU)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE message SET data = ? WHERE id = ?", (written, message.id))
    connection.close()
    with HistoryStore.open(path) as store:
        assert store.message(message.id).data == {}
