"""A request for a second opinion: how a local model scores a reply that another model wrote."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from genchat.engine.contract import Backend, RendersPrompt, StopSignal
from genchat.engine.conversation import Message
from genchat.engine.errors import UsageError
from genchat.engine.registry import language_model
from genchat.engine.second_opinion import second_opinion
from genchat.tui.chat.dialogue import Turn
from genchat.tui.chat.token_records import Recorder, TokenRecord

MOST_TOKENS = 4000  # of a reply that is looked at


@dataclass(frozen=True)
class OpinionRequest:
    """A request names the reply, the messages it answers, and the model that is to score it."""

    turn: Turn
    messages: Sequence[Message]
    backend: Backend
    lock: threading.Lock

    def ask(self, should_stop: StopSignal) -> list[TokenRecord]:
        """Return a record for each token of the reply as that model divides it.

        Raises UsageError if the model cannot spell the text.
        """
        model = language_model(self.backend)
        context = self.backend.prompt(self.messages).tokens if isinstance(self.backend, RendersPrompt) else ()
        recorder = Recorder(model.tokenizer)
        text, records, written = self.turn.text, list[TokenRecord](), ""
        steps = second_opinion(model, text, context, should_stop)
        for _ in range(MOST_TOKENS):
            with self.lock:
                step = next(steps, None)
            if step is None:
                break
            records.append(recorder.record(step))
            written += step.text
        if written != text and not should_stop() and len(records) < MOST_TOKENS:
            raise UsageError("opinion_unspelled", name=self.backend.info.name)
        return records
