"""A reply whose probabilities come after its text: the same words in other tokens, on the screen and in the file."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from genchat.engine.contract import Event, Finish, LateSteps, ReplySettings, Step, StopSignal
from genchat.engine.conversation import Message
from genchat.engine.distribution import top_k, unknown
from tests.fakes import HashModel
from tests.tui.support import FewKnown, Source, chat, make_app, say, store

_NOTHING = unknown("tui.panel.none")


class Late(FewKnown):
    """Streams "BA" in one piece, then tells its two tokens."""

    tokenizer = HashModel.tokenizer

    def reply(
        self, messages: Sequence[Message], settings: ReplySettings, should_stop: StopSignal | None = None
    ) -> Iterator[Event]:
        known = top_k([(65, -0.7), (66, -1.6), (67, -2.3)])
        yield Step(0, None, "BA", None, _NOTHING, _NOTHING)
        yield LateSteps((Step(0, 66, "B", -1.6, known, _NOTHING), Step(1, 65, "A", -0.7, known, _NOTHING)))
        yield Finish("end")


async def test_the_tokens_take_the_place_of_the_pieces_and_are_kept(tmp_path: Path) -> None:
    with store(tmp_path) as history:
        app = make_app(Source({"late": Late}), history=history, model="late")
        async with app.run_test(size=(120, 36)) as pilot:
            await say(pilot, "oi")
            reply = chat(app).session.dialogue.last_reply
            assert reply is not None
            assert reply.text == "BA"
            assert [(record.token, record.text) for record in reply.records] == [(66, "B"), (65, "A")]
            assert reply.stored is not None
            trace = history.trace(reply.stored)
        assert trace is not None
        assert [(step.token, step.text) for step in trace] == [(66, "B"), (65, "A")]
        assert history.message(reply.stored).text == "BA"
