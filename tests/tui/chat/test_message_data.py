"""What a backend keeps beside its reply reaches it again with the next question, live and from the history."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from genchat.engine.contract import Backend, Event, Finish, MessageData, ReplySettings, StopSignal
from genchat.engine.conversation import Message
from genchat.engine.history import HistoryStore
from genchat.tui.chat.backend_desk import BackendDesk
from genchat.tui.chat.history_writer import load_dialogue
from genchat.tui.chat.services import ModelListing, Progress
from genchat.tui.chat.session import Session
from tests.tui.support import GREEDY, script


class Counting:
    """Answers nothing and keeps, beside each reply, how many replies with data came before it."""

    tokenizer = None

    def __init__(self) -> None:
        plain = script("")()
        self.info, self.capabilities = plain.info, plain.capabilities

    def reply(
        self, messages: Sequence[Message], settings: ReplySettings, should_stop: StopSignal | None = None
    ) -> Iterator[Event]:
        yield MessageData({"counting": sum("counting" in message.data for message in messages)})
        yield Finish("end")

    def complete(self, text: str, settings: ReplySettings, should_stop: StopSignal | None = None) -> Iterator[Event]:
        yield Finish("end")

    def explain(self, messages: Sequence[Message] | str, reply_tokens: Sequence[int]) -> None:
        return None


class Source:
    """One model, the counting one."""

    def models(self) -> Sequence[ModelListing]:
        return ()

    def open(self, name: str, progress: Progress | None = None) -> Backend:
        return Counting()


def ask(session: Session) -> object:
    """The number kept beside the next reply."""
    live = session.answer(session.ask("again"))
    live.stream.run(lambda: None, lambda: False)
    turn = session.take(live.stream, live.stream.drain())
    assert turn is not None
    return turn.data["counting"]


def test_a_backend_finds_what_it_kept_beside_its_replies_also_after_reopening(tmp_path: Path) -> None:
    with HistoryStore.open(tmp_path / "history.db") as history:
        session = Session(BackendDesk(Source()), history, GREEDY, "counting")
        assert [ask(session), ask(session)] == [0, 1]
        kept = session.stored_id
    assert kept is not None
    with HistoryStore.open(tmp_path / "history.db") as history:
        session = Session(BackendDesk(Source()), history, GREEDY, "counting")
        session.resume(*load_dialogue(history, kept))
        assert ask(session) == 2
