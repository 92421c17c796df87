"""What a model thought of what the person wrote: a record for each token of a message, scored where it stands.

The model that answered it is asked, with the prompt it answered. Its tokens are found in that prompt, so that what is
shown is what the model read.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from genchat.engine.contract import StopSignal
from genchat.engine.conversation import Message
from genchat.engine.errors import UsageError
from genchat.engine.local_backend import LocalBackend
from genchat.engine.second_opinion import second_opinion
from genchat.tui.chat.token_records import Recorder, TokenRecord

MOST_TOKENS = 4000  # of a message that is looked at


@dataclass(frozen=True)
class QuestionTokens:
    """The message `text`, after the others that `messages` holds before it; None for the beginning of a free text."""

    backend: LocalBackend
    lock: threading.Lock
    text: str
    messages: Sequence[Message] | None

    def records(self, should_stop: StopSignal) -> list[TokenRecord]:
        """Return a record for each token. Raises UsageError where the tokens of the message cannot be told apart."""
        model = self.backend.model
        count = len(model.tokenizer.encode(self.text))
        if count > MOST_TOKENS:
            raise UsageError("fork_long_text", tokens=count, limit=MOST_TOKENS)
        context = self.context()
        recorder = Recorder(model.tokenizer)
        steps = second_opinion(model, self.text, context, should_stop, reason="fork.not_drawn")
        found: list[TokenRecord] = []
        written = ""
        while True:
            with self.lock:
                step = next(steps, None)
            if step is None:
                break
            found.append(recorder.record(step))
            written += step.text
        if written != self.text and not should_stop():
            raise UsageError("fork_question", name=model.info.name)
        return found

    def context(self) -> tuple[int, ...]:
        """Return the tokens before the message in the prompt that ends with it."""
        if self.messages is None:
            return ()
        prompt = self.backend.prompt(self.messages).tokens
        own = tuple(self.backend.tokenizer.encode(self.text))
        for start in range(len(prompt) - len(own), -1, -1):
            if prompt[start : start + len(own)] == own:
                return prompt[:start]
        raise UsageError("fork_question", name=self.backend.info.name)
