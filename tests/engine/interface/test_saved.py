"""The history from Python: listed, searched, read with the distributions that were kept, never changed."""

from collections.abc import Iterator

import pytest

import genchat
from genchat.engine.contract import ReplySettings
from genchat.engine.conversation import Role
from genchat.engine.errors import ConversationNotFound, HistoryError, UsageError
from genchat.engine.history import HistoryStore
from genchat.engine.history.records import RunStart
from genchat.engine.paths import paths
from genchat.engine.sampling.settings import SamplingSettings
from tests.engine.interface.hostile import HostileModel
from tests.engine.interface.test_shown import parsed
from tests.fakes import ScriptModel

SETTINGS = ReplySettings(SamplingSettings(temperature=0))


def converse(history: HistoryStore, backend: genchat.Backend, text: str) -> None:
    said = history.add_message(history.new_conversation(), Role.USER, text, None)
    recorder = history.begin_reply(said, RunStart.of(backend, SETTINGS))
    for event in backend.reply([said.as_message()], SETTINGS):
        recorder.add(event)
    recorder.finish()


@pytest.fixture
def kept() -> Iterator[genchat.SavedHistory]:
    with HistoryStore.open(paths().history) as history:
        converse(history, genchat.open(ScriptModel("Good evening")).backend, "Good <b>morning</b>")
        converse(history, genchat.open(HostileModel()).backend, "Olá, amigo")
    with genchat.history() as opened:
        yield opened


def test_conversations_are_listed_and_found(kept: genchat.SavedHistory) -> None:
    assert [conversation.title for conversation in kept.list()] == ["Olá, amigo", "Good <b>morning</b>"]
    assert [conversation.title for conversation in kept] == ["Olá, amigo", "Good <b>morning</b>"]
    assert [hit.title for hit in kept.search("ola")] == ["Olá, amigo", "Olá, amigo"][: len(kept.search("ola"))]
    assert len(kept.list(limit=1)) == 1
    assert "Olá, amigo" in repr(kept)
    assert "Olá" in repr(kept.search("ola"))


def test_a_conversation_is_read_with_the_distributions_of_its_reply(kept: genchat.SavedHistory) -> None:
    conversation = kept.read(kept.search("evening")[0])
    assert [message.role for message in conversation] == ["user", "assistant"]
    reply = conversation[-1]
    assert reply.text == "Good evening"
    assert reply.run is not None
    assert reply.run.model == "script"
    assert reply.steps is not None
    assert [step.token for step in reply.steps[:4]] == list(b"Good")
    assert reply.steps[0].raw.top(1)[0].probability == pytest.approx(0.9, abs=0.01)
    assert repr(reply).splitlines()[1].split() == ["G", "90.0", "0.15"]
    assert reply.candidates(0, top=1)[0].text == "G"
    assert reply.candidates(-1).entropy is not None
    assert conversation[0].steps is None
    with pytest.raises(HistoryError, match="no tokens"):
        conversation[0].candidates(0)
    assert kept.read(conversation.info.id[:9]).info == kept.read(conversation.info, every_branch=True).info


def test_what_was_kept_is_escaped_in_a_notebook(kept: genchat.SavedHistory) -> None:
    for listed in kept:
        conversation = kept.read(listed)
        shown = parsed(conversation._repr_html_())
        assert "\x1b" not in shown.text + "".join(shown.titles) + repr(conversation)
    parsed(kept._repr_html_())
    parsed(kept.search("good")._repr_html_())


def test_reading_changes_nothing(kept: genchat.SavedHistory) -> None:
    before = [(conversation.id, conversation.updated, conversation.head) for conversation in kept]
    for conversation in kept:
        kept.read(conversation, every_branch=True)
    assert [(conversation.id, conversation.updated, conversation.head) for conversation in kept] == before


def test_what_is_not_there_is_named(kept: genchat.SavedHistory) -> None:
    with pytest.raises(ConversationNotFound):
        kept.read("zzzz")
    with pytest.raises(UsageError, match="int"):
        kept.read(3)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="bytes"):
        kept.search(b"x")  # type: ignore[arg-type]


def test_no_history_yet_is_an_error_and_makes_none() -> None:
    with pytest.raises(HistoryError, match="no conversations yet"):
        genchat.history()
    assert not paths().history.exists()
