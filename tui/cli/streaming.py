"""Streams a reply to stdout: as text while it is made, as one JSON document, or as one JSON line for every token."""

import os
import secrets
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import FrameType
from typing import Any, Literal, cast

from genchat.engine.contract import (
    ENDING_OF,
    Backend,
    Ending,
    Event,
    Finish,
    FinishReason,
    LateSteps,
    Notice,
    Passage,
    Passages,
    ReplySettings,
    Step,
    StopSignal,
)
from genchat.engine.errors import ExitCode, UsageError
from genchat.engine.language import say, words_of
from genchat.engine.text import safe_line
from genchat.engine.token_labels import Labels
from genchat.engine.token_values import step_values
from genchat.tui.cli.output import Output

LAST_SECONDS = 5.0
Form = Literal["text", "json", "jsonl"]
_FORMS: dict[tuple[bool, bool], Form] = {(False, False): "text", (True, False): "json", (False, True): "jsonl"}
_EXIT_OF: Mapping[Ending, int] = {"done": ExitCode.OK, "stopped": ExitCode.INTERRUPTED, "error": ExitCode.FAILED}


def form_of(as_json: bool, as_jsonl: bool) -> Form:
    """Return the form that the two flags ask for. Raises UsageError for both."""
    if as_json and as_jsonl:
        raise UsageError("json_or_jsonl")
    return _FORMS[as_json, as_jsonl]


def seeded(settings: ReplySettings) -> ReplySettings:
    """Return `settings` with a seed, so that the reply can be reproduced."""
    if settings.sampling.seed is not None:
        return settings
    return replace(settings, sampling=replace(settings.sampling, seed=secrets.randbits(32)))


@dataclass
class Outcome:
    """The outcome holds what is known of a reply when it has ended."""

    text: str = ""
    reason: FinishReason = "cut"
    detail: str = ""
    prompt_tokens: int | None = None
    tokens: int = 0
    steps: list[dict[str, Any]] = field(default_factory=list)
    passages: list[dict[str, Any]] = field(default_factory=list)
    unsupported: list[tuple[int, int]] = field(default_factory=list)  # of `text`: what no passage bears out

    @property
    def exit_code(self) -> int:
        """Return the exit code: 0 for a reply that ended by itself or by its length."""
        return _EXIT_OF[ENDING_OF[self.reason]]


class Interruption:
    """While it is entered, the first Ctrl-C asks the reply to stop and keeps what was written; a second one ends the
    program, at the latest after `LAST_SECONDS`, whatever it waits for.
    """

    def __init__(self) -> None:
        self.requested = False
        self._before: Any = None

    def __enter__(self) -> StopSignal:
        self._before = signal.signal(signal.SIGINT, self._ask)
        return lambda: self.requested

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._before)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        if self.requested:
            threading.Thread(target=_end_late, name="genchat-deadline", daemon=True).start()
            raise KeyboardInterrupt
        self.requested = True


def _end_late() -> None:
    time.sleep(LAST_SECONDS)
    os._exit(ExitCode.INTERRUPTED)


def write_reply(
    backend: Backend,
    events: Callable[[StopSignal], Iterator[Event]],
    output: Output,
    *,
    form: Form,
    prompt: str,
    settings: ReplySettings,
    top: int = 10,
    on_event: Callable[[Event], None] = lambda event: None,
    more: Mapping[str, Any] | None = None,
) -> Outcome:
    """Write a reply as it comes.

    JSON holds `more` and what is needed to reproduce it. `on_event` is called first for every event.
    """
    labels = Labels(backend.tokenizer)
    outcome = Outcome()
    with Interruption() as should_stop:
        for event in events(should_stop):
            on_event(event)
            _take(event, outcome, labels, output, form, top)
            if should_stop() and backend.capabilities.remote:
                outcome.reason = "stopped"
                break
    if form == "text":
        output.end_line()
        _tell_sources(outcome, output)
    final = {
        "model": backend.info.name,
        "checksum": backend.info.checksum,
        "prompt": prompt,
        "seed": settings.sampling.seed,
        "finish": outcome.reason,
        "text": outcome.text,
        **(more or {}),
    }
    if form == "json":
        output.json({**final, "passages": outcome.passages, "tokens": outcome.steps})
    elif form == "jsonl":
        output.json_line(final)
    if outcome.reason != "end":
        output.note(say(f"cli.finish.{outcome.reason}", tokens=outcome.tokens, detail=outcome.detail), "dim")
    return outcome


def _take(event: Event, outcome: Outcome, labels: Labels, output: Output, form: Form, top: int) -> None:
    if isinstance(event, Step):
        outcome.tokens += 1
        if not event.special:
            outcome.text += event.text
        if form == "text":
            output.text("" if event.special else event.text)
        elif form == "json":
            outcome.steps.append(step_values(event, labels, top))
        else:
            output.json_line(step_values(event, labels, top))
    elif isinstance(event, LateSteps):
        outcome.tokens = len(event.steps)
        if form == "json":
            outcome.steps = [step_values(step, labels, top) for step in event.steps]
        elif form == "jsonl":
            for step in event.steps:
                output.json_line({**step_values(step, labels, top), "late": True})
    elif isinstance(event, Notice):
        if event.key == "retrieval.unsupported":
            spans = cast("Iterable[tuple[int, int]]", event.values.get("spans", ()))
            outcome.unsupported = [(int(start), int(end)) for start, end in spans]
        output.note(words_of(event.key, event.values), "dim")
    elif isinstance(event, Passages):
        outcome.passages = [passage_values(passage) for passage in event.items]
        if form == "jsonl":
            output.json_line({"retriever": event.retriever, "passages": outcome.passages})
    elif isinstance(event, Finish):
        outcome.reason, outcome.detail, outcome.prompt_tokens = event.reason, event.detail, event.prompt_tokens


def passage_values(passage: Passage) -> dict[str, Any]:
    """Return a passage as values for JSON."""
    return {
        "number": passage.number,
        "source": passage.source,
        "locator": passage.locator,
        "score": passage.score,
        "text": passage.text,
        "warning": passage.warning,
    }


def _tell_sources(outcome: Outcome, output: Output) -> None:
    for passage in outcome.passages:
        output.note(safe_line(f"[{passage['number']}] {passage['source']} · {passage['locator']}"), "dim")
        if passage["warning"]:
            output.note("    ⚠ " + say(passage["warning"]), "dim")
    for start, end in outcome.unsupported:
        output.note("⚠ " + say("cli.unsupported", sentence=safe_line(outcome.text[start:end], 300)), "dim")
