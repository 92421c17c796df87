"""Who answers from the documents: Gemini when it may be asked, an imported model, or quotations; and it is said."""

from collections.abc import Iterator, Sequence

import pytest

from engine.assistant import DocumentAssistant, open_assistant
from engine.contract import Backend, Event, Finish, Notice, Passages, ReplySettings, Step, StopSignal
from engine.conversation import Message, Role
from engine.distribution import unknown
from engine.gemini.errors import GeminiError
from engine.local_backend import LocalBackend
from engine.paths import paths
from engine.settings import Settings
from tests.fakes import HashModel

QUESTION = [Message(Role.USER, "Monte um cardápio fitness para segunda-feira")]


class Voice(LocalBackend):
    """Says its name; or fails before or after the first word."""

    def __init__(self, name: str, failure: Exception | None = None, words: int = 1) -> None:
        super().__init__(HashModel(name))
        self.failure, self.words = failure, words

    def reply(
        self, messages: Sequence[Message], settings: ReplySettings, should_stop: StopSignal | None = None
    ) -> Iterator[Event]:
        for position in range(self.words):
            yield Step(position, None, self.info.name, None, unknown("x"), unknown("x"))
        if self.failure is not None:
            raise self.failure
        yield Finish("end")


def assistant(remote: Backend, may_ask: bool = True, local: Backend | None = None) -> DocumentAssistant:
    return DocumentAssistant(remote, lambda: may_ask, lambda: local, Voice("quoting"))


def said(events: Sequence[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, Step))


def notices(events: Sequence[Event]) -> list[str]:
    return [event.key for event in events if isinstance(event, Notice)]


def test_gemini_answers_when_it_may_be_asked() -> None:
    talker = assistant(Voice("gemini"))
    events = list(talker.reply(QUESTION, ReplySettings()))
    assert (said(events), notices(events), talker.info.name) == ("gemini", [], "gemini")


def test_without_a_key_an_imported_model_answers_and_is_announced_once() -> None:
    talker = assistant(Voice("gemini"), may_ask=False, local=Voice("smol"))
    first, second = (list(talker.reply(QUESTION, ReplySettings())) for _ in range(2))
    assert (said(first), notices(first)) == ("smol", ["assistant.local_voice"])
    assert (said(second), notices(second)) == ("smol", [])
    assert talker.info.name == "smol"


def test_with_neither_the_documents_are_quoted() -> None:
    events = list(assistant(Voice("gemini"), may_ask=False).reply(QUESTION, ReplySettings()))
    assert (said(events), notices(events)) == ("quoting", ["assistant.quoting"])


@pytest.mark.parametrize("kind", ["offline", "timeout", "server", "bad_reply"])
def test_an_unreachable_gemini_is_replaced_and_that_is_said(kind: str) -> None:
    failure = GeminiError(kind, reason="gone", seconds=1, code=503, address="x")  # type: ignore[arg-type]
    events = list(assistant(Voice("gemini", failure, words=0)).reply(QUESTION, ReplySettings()))
    assert (said(events), notices(events)) == ("quoting", ["assistant.gemini_unreachable"])


def test_a_reply_that_broke_off_is_not_answered_twice() -> None:
    events: list[Event] = []
    with pytest.raises(GeminiError):
        events.extend(assistant(Voice("gemini", GeminiError("server", code=503))).reply(QUESTION, ReplySettings()))


@pytest.mark.parametrize("kind", ["bad_key", "quota", "no_model"])
def test_what_the_person_can_mend_is_shown_as_an_error(kind: str) -> None:
    failure = GeminiError(kind, model="x", seconds=1, suggestions="")  # type: ignore[arg-type]
    with pytest.raises(GeminiError):
        list(assistant(Voice("gemini", failure, words=0)).reply(QUESTION, ReplySettings()))


def test_the_shipped_documents_give_a_cited_menu_without_key_or_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENCHAT_OFFLINE", "1")
    talker = open_assistant(Settings(), paths(), lambda: None)
    events = list(talker.reply(QUESTION, ReplySettings()))
    found = next(event for event in events if isinstance(event, Passages))
    answer = said(events)
    for meal in ("Café da manhã", "Almoço", "Lanche", "Jantar"):
        assert meal in answer
    for passage in found.items:
        assert f"[{passage.number}]" in answer
    assert talker.info.family == "documents"
