"""A reply being made: an iterator of steps that keeps what it has produced, and shows itself when it is done."""

import math
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from genchat.engine.contract import (
    Event,
    Finish,
    LateSteps,
    MessageData,
    Notice,
    Passage,
    Passages,
    ReplySettings,
    Step,
    Tokenizer,
)
from genchat.engine.conversation import Message, Role
from genchat.engine.distribution import LN2
from genchat.engine.interface.arguments import count_of
from genchat.engine.interface.next_tokens import Candidates
from genchat.engine.interface.tables import Table, notes
from genchat.engine.interface.tinted import Piece, hover_of, tinted
from genchat.engine.language import say
from genchat.engine.language.numbers import decimal, percent
from genchat.engine.text import safe_line
from genchat.engine.token_labels import Labels

_SOURCE = 80  # characters of a source's name


class Reply(Iterator[Step]):
    """A reply is what a model writes, one step per token. Nothing is computed before it is asked for.

    `for step in reply` goes from token to token and may be left at any time; a second loop goes on where the first one
    stopped. `text`, `steps`, `passages` and `notices` first write the reply to its end, unless `stop` was called;
    `so_far`, `produced`, `finish` and `repr` never compute anything.
    """

    def __init__(
        self,
        events: Iterator[Event],
        tokenizer: Tokenizer | None,
        settings: ReplySettings,
        messages: Sequence[Message] = (),
    ) -> None:
        self.settings = settings
        self._tokenizer = tokenizer
        self._events = events
        self._labels = Labels(tokenizer)
        self._steps: list[Step] = []
        self._notices: list[Notice] = []
        self._passages: tuple[Passage, ...] = ()
        self._finish: Finish | None = None
        self._messages = tuple(messages)

    def __iter__(self) -> "Reply":
        return self

    def __next__(self) -> Step:
        """The next step. Whatever goes wrong on the way is raised; what was produced before it is kept."""
        if self._finish is not None:
            raise StopIteration
        try:
            for event in self._events:
                if isinstance(event, Step):
                    self._steps.append(event)
                    return event
                if isinstance(event, LateSteps):
                    self._steps = list(event.steps)
                    continue
                self._note(event)
        except BaseException:
            self._finish = Finish("cut")
            raise
        self._finish = self._finish or Finish("cut")
        raise StopIteration

    def _note(self, event: Notice | Passages | MessageData | Finish) -> None:
        if isinstance(event, Notice):
            self._notices.append(event)
        elif isinstance(event, Passages):
            self._passages = event.items
        elif isinstance(event, Finish):
            # Whatever follows the Finish is not part of the reply, and the source may need to tidy up.
            self._finish = event
            self._close()

    def _close(self) -> None:
        close: Any = getattr(self._events, "close", None)
        if close is not None:
            with suppress(ValueError):  # it is running: this was called from inside it
                close()

    def stop(self) -> None:
        """End the reply here; what was produced is kept, and `text` is that much."""
        if self._finish is None:
            self._finish = Finish("stopped")
            self._close()

    def _to_the_end(self) -> None:
        for _ in self:
            pass

    @property
    def so_far(self) -> str:
        """This is the text that has been written; it computes nothing."""
        return "".join(step.text for step in self._steps if not step.special)

    @property
    def produced(self) -> tuple[Step, ...]:
        """These are the steps that have been made; it computes nothing."""
        return tuple(self._steps)

    @property
    def text(self) -> str:
        """This is the whole reply, written to its end."""
        self._to_the_end()
        return self.so_far

    @property
    def steps(self) -> tuple[Step, ...]:
        """These are all steps, the reply written to its end. Each holds its distributions over the whole vocabulary."""
        self._to_the_end()
        return self.produced

    def candidates(self, position: int, top: int = 10) -> Candidates:
        """These tokens could have come instead of the one at `position`, by the model's own distribution.

        Positions count from 0, from the end where they are negative; the reply is written as far as is needed.
        Raises IndexError where there is no such token.
        """
        count = count_of("top", top)
        while position < 0 or position >= len(self._steps):
            if next(self, None) is None:
                break
        step, tokenizer = self._steps[position], self._tokenizer
        return Candidates(step.raw, _no_bytes if tokenizer is None else tokenizer.token_bytes, self._labels, count)

    @property
    def finish(self) -> Finish | None:
        """The Finish says why the reply ended; None while it has not."""
        return self._finish

    @property
    def passages(self) -> tuple[Passage, ...]:
        """The reply rests on these, where a model answers from documents; it is first written to its end."""
        self._to_the_end()
        return self._passages

    @property
    def notices(self) -> tuple[str, ...]:
        """These words say what a reader of this reply should know; it is first written to its end."""
        self._to_the_end()
        return self._notice_texts()

    def _notice_texts(self) -> tuple[str, ...]:
        return tuple(say(notice.key, **dict(notice.values)) for notice in self._notices)

    @property
    def seed(self) -> int | None:
        """With the same seed, settings and model the same reply comes again."""
        return self.settings.sampling.seed

    @property
    def messages(self) -> tuple[Message, ...]:
        """The conversation with this reply at its end, to go on from: `chat([*reply.messages, ("user", "Why?")])`."""
        return (*self._messages, Message(Role.ASSISTANT, self.text))

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        if self._finish is None:
            return f"<genchat.Reply so_far={safe_line(self.so_far, 60)!r}, produced={len(self._steps)}, finish=None>"
        return self._table().text()

    def _row(self, step: Step) -> tuple[str, str, str]:
        label = self._labels.of(step)
        if step.log_prob is None:
            return label, "", ""
        return label, percent(math.exp(step.log_prob)), _bits(step.log_prob)

    def _table(self) -> Table:
        columns = tuple(say(f"cli.column.{name}") for name in ("token", "percent", "bits"))
        return Table(
            columns,
            [self._row(step) for step in self._steps],
            right=frozenset({1, 2}),
            notes=self._below(),
            labels=frozenset({0}),
        )

    def _below(self) -> tuple[str, ...]:
        sources = tuple(
            f"[{passage.number}] {safe_line(passage.source, _SOURCE)}, {safe_line(passage.locator, _SOURCE)}"
            for passage in self._passages
        )
        ended = self._finish
        if ended is None or ended.reason == "end":
            return (*self._notice_texts(), *sources)
        why = say(f"cli.finish.{ended.reason}", tokens=len(self._steps), detail=ended.detail)
        return (*self._notice_texts(), *sources, why)

    def _repr_html_(self) -> str:
        self._to_the_end()
        return tinted(map(self._piece, self._steps)) + notes(self._below())

    def _piece(self, step: Step) -> Piece:
        label = self._labels.of(step)
        rank = None if step.token is None else step.raw.rank(step.token)
        hover = hover_of(label, step.log_prob, rank, step.raw, self._labels)
        bits = None if step.log_prob is None else -step.log_prob / LN2
        return Piece(label if step.special else step.text, bits, hover, step.special)


def _no_bytes(_token: int) -> bytes:
    return b""


def _bits(log_prob: float) -> str:
    return decimal(-log_prob / LN2) if math.isfinite(log_prob) else "∞"
