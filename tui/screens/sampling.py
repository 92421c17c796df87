"""How tokens are drawn: one field a stage, checked by the engine itself, in effect from the next turn on."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.events import DescendantFocus
from textual.widget import Widget
from textual.widgets import Input, Label, Static

from genchat.engine.contract import ReplySettings
from genchat.engine.errors import GenchatError, UsageError
from genchat.engine.language import say
from genchat.engine.language.numbers import plain
from genchat.engine.number_input import read_number, read_whole_number
from genchat.engine.sampling_settings import SamplingSettings
from genchat.tui.keys import bind
from genchat.tui.screens.dialog import Dialog


@dataclass(frozen=True)
class _Field:
    name: str
    whole: bool


_FIELDS = (
    _Field("temperature", False),
    _Field("top_k", True),
    _Field("top_p", False),
    _Field("min_p", False),
    _Field("repetition_penalty", False),
    _Field("seed", True),
    _Field("max_tokens", True),
    _Field("pace", False),
)


@dataclass(frozen=True)
class Choices:
    """What the dialog edits: the engine's settings, and how fast a person wants to watch (tokens a second, 0 free)."""

    settings: ReplySettings
    pace: float = 0.0


class SamplingScreen(Dialog[Choices]):
    """Answers with choices that the engine accepts."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("down", "app.focus_next", "field_next"),
        bind("up", "app.focus_previous", "field_previous"),
        bind("ctrl+r", "reset", "reset", priority=True),
    ]

    def __init__(self, choices: Choices) -> None:
        super().__init__(say("tui.sampling.title"), say("tui.sampling.keys"))
        self._choices = choices

    def parts(self) -> Iterable[Widget]:
        for field in _FIELDS:
            yield _Row(field, _shown(self._choices, field))
        yield Static("", classes="hint", markup=False)

    @on(DescendantFocus)
    def _focused(self, event: DescendantFocus) -> None:
        if event.widget.id is not None:
            self.query_one(".hint", Static).update(Content(say(f"tui.sampling.hint.{event.widget.id}")))

    def action_reset(self) -> None:
        """The values genchat begins with."""
        for field in _FIELDS:
            self.query_one(f"#{field.name}", Input).value = _shown(Choices(ReplySettings()), field)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        texts = {field.name: self.query_one(f"#{field.name}", Input).value for field in _FIELDS}
        try:
            self.dismiss(read_choices(texts, self._choices.settings))
        except GenchatError as error:
            self.show_error(str(error))


class _Row(Horizontal):
    def __init__(self, field: _Field, value: str) -> None:
        super().__init__(classes="field")
        self._field = field
        self._value = value

    def compose(self) -> ComposeResult:
        yield Label(Content(say(f"tui.sampling.{self._field.name}")))
        placeholder = say("tui.sampling.random") if self._field.name == "seed" else ""
        yield Input(self._value, id=self._field.name, select_on_focus=True, placeholder=placeholder)


def _shown(choices: Choices, field: _Field) -> str:
    places = {"max_tokens": choices.settings, "pace": choices}
    value = getattr(places.get(field.name, choices.settings.sampling), field.name)
    if value is None:
        return ""
    return str(value) if field.whole else plain(value)


def read_choices(texts: dict[str, str], base: ReplySettings) -> Choices:
    """From what was typed; a decimal comma counts as a point. Raises UsageError for what cannot be."""
    values: dict[str, float | int | None] = {}
    for field in _FIELDS:
        text = texts[field.name].strip()
        if not text and field.name == "seed":
            values["seed"] = None
            continue
        name = say(f"tui.sampling.{field.name}")
        values[field.name] = read_whole_number(name, text) if field.whole else read_number(name, text)
    longest = values.pop("max_tokens")
    if not isinstance(longest, int) or longest < 1:
        raise UsageError("max_tokens_out_of_range", value=longest)
    seed = values["seed"]
    if seed is not None and seed < 0:
        raise UsageError("seed_negative", value=seed)
    pace = values.pop("pace") or 0.0
    if not 0 <= pace < float("inf"):
        raise UsageError("pace_negative", value=pace)
    window = base.sampling.repetition_window
    sampling = SamplingSettings(repetition_window=window, **values)  # type: ignore[arg-type]
    return Choices(replace(base, sampling=sampling, max_tokens=longest), pace)
