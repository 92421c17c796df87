"""The dialog that takes a token or a text for a place in a reply, and shows how likely the model finds it there."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from genchat.engine.distribution import LN2
from genchat.engine.errors import GenchatError
from genchat.engine.language import say
from genchat.engine.language.numbers import decimal, percentage
from genchat.engine.text import safe
from genchat.tui.screens.dialog import Dialog
from genchat.tui.widgets.line_input import LineInput

if TYPE_CHECKING:
    from genchat.tui.chat.typed_text import Priced, TypedText

_LABELS = 12  # shown of a longer text
_RARE, _TINY = 1e-3, 1e-9  # below these, a percentage says nothing, and a count of times neither


@dataclass
class TextPriced(Message):
    """The model has read what is typed; `priced` is None where it cannot, and `error` says why."""

    text: str
    priced: "Priced | None"
    error: str = ""


class TypeScreen(Dialog[str]):
    """This dialog asks for the text that is to stand in place of the token `label`."""

    def __init__(self, label: str, typed: "TypedText") -> None:
        super().__init__(say("fork.type.title"), say("fork.type.keys"))
        self._label = label
        self._typed = typed

    def parts(self) -> Iterable[Widget]:
        yield Static(Content(safe(say("fork.type.hint", label=self._label))), classes="hint")
        yield LineInput(select_on_focus=False)
        yield Static("", classes="priced", markup=False)

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        self.show_error("")
        if event.value:
            self.run_worker(
                partial(self._price, event.value), thread=True, exclusive=True, exit_on_error=False, group="price"
            )
        else:
            self.query_one(".priced", Static).update("")

    def _price(self, text: str) -> None:
        try:
            found = TextPriced(text, self._typed.price(text))
        except GenchatError as problem:
            found = TextPriced(text, None, str(problem))
        except Exception as problem:  # a model of another author may raise anything
            found = TextPriced(text, None, say("tui.reply_failed", reason=safe(f"{type(problem).__name__}: {problem}")))
        self.post_message(found)

    @on(TextPriced)
    def _priced(self, message: TextPriced) -> None:
        if message.text != self.query_one(Input).value:  # more was typed meanwhile
            return
        self.show_error(message.error)
        line = "" if message.priced is None else priced_line(message.priced)
        self.query_one(".priced", Static).update(Content(safe(line)))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        try:
            self._typed.tokens(event.value)
        except GenchatError as problem:
            self.show_error(str(problem))
            return
        self.dismiss(event.value)


def priced_line(priced: "Priced") -> str:
    """Return the tokens that a text becomes, and their probability, however small."""
    labels = " ".join(priced.labels[:_LABELS]) + (" …" if len(priced.labels) > _LABELS else "")
    if priced.log_prob is None:
        return say("fork.type.tokens", count=len(priced.labels), labels=labels)
    bits = -priced.log_prob / LN2
    shown = decimal(bits) if math.isfinite(bits) else "∞"
    probability = math.exp(priced.log_prob)
    return say(
        "fork.type.priced", count=len(priced.labels), labels=labels, probability=_likely(probability), bits=shown
    )


def _likely(probability: float) -> str:
    if probability >= _RARE or probability == 0:
        return percentage(probability)
    if probability >= _TINY:
        return say("fork.type.one_in", count=round(1 / probability))
    return f"10^{round(math.log10(probability))}"
