"""What a backend keeps beside its reply reaches it again with the next question, live and from the history."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from textual.pilot import Pilot

from genchat.engine.contract import Event, Finish, MessageData, ReplySettings, StopSignal
from genchat.engine.conversation import Message
from genchat.tui.app import GenchatApp
from tests.tui.support import Source, chat, make_app, say, script, store, until


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


async def ask(pilot: Pilot[int], app: GenchatApp) -> object:
    """The number kept beside the next reply."""
    await say(pilot, "again")
    reply = chat(app).session.dialogue.last_reply
    assert reply is not None
    return reply.data["counting"]


async def test_a_backend_finds_what_it_kept_beside_its_replies_also_after_reopening(tmp_path: Path) -> None:
    source = Source({"script": Counting})
    with store(tmp_path) as history:
        app = make_app(source, history=history)
        async with app.run_test() as pilot:
            assert [await ask(pilot, app), await ask(pilot, app)] == [0, 1]
            kept = chat(app).session.stored_id
    with store(tmp_path) as history:
        app = make_app(source, history=history, conversation=kept)
        async with app.run_test() as pilot:
            await until(pilot, lambda: chat(app).session.stored_id == kept)
            assert await ask(pilot, app) == 2
