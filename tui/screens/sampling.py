"""How tokens are drawn: one field a setting of the table of stages, checked by the engine itself, in effect from the
next turn on.

First come the settings that most people change, then the seed and what else a reply keeps to, then all other stages;
where there is no room for all of them, the fields scroll and the hint stays.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.events import DescendantFocus
from textual.widget import Widget
from textual.widgets import Input, Label, Static

from genchat.engine.contract import ReplySettings
from genchat.engine.errors import GenchatError, UsageError
from genchat.engine.language import say
from genchat.engine.language.numbers import setting as shown_number
from genchat.engine.number_input import read_number, read_whole_number
from genchat.engine.sampling.definition import StageSetting
from genchat.engine.sampling.settings import SamplingSettings
from genchat.engine.sampling.table import check, common_settings, file_value, stage_settings
from genchat.tui.keys import bind
from genchat.tui.screens.dialog import Dialog
from genchat.tui.widgets.line_input import LineInput


@dataclass(frozen=True)
class _Field:
    """A field is one line of the form. Its texts are AREA.name.NAME and AREA.hint.NAME."""

    name: str
    kind: type
    label: str  # key of a text
    hint: str
    setting: StageSetting | None = None


def _fields() -> list[_Field]:
    stages = [
        _Field(setting.name, setting.kind, f"sampling.name.{setting.name}", f"sampling.hint.{setting.name}", setting)
        for setting in stage_settings()
    ]
    reply_fields = [
        _Field(name, kind, f"tui.sampling.{name}", f"tui.sampling.hint.{name}")
        for name, kind in (("seed", int), ("max_tokens", int), ("pace", float))
    ]
    common = {setting.name for setting in common_settings()}
    return [
        *(field for field in stages if field.name in common),
        *reply_fields,
        *(field for field in stages if field.name not in common),
    ]


@dataclass(frozen=True)
class Choices:
    """The dialog edits these: the engine's settings, and the most tokens a second to show (0 is no limit)."""

    settings: ReplySettings
    pace: float = 0.0


class SamplingScreen(Dialog[Choices]):
    """This dialog answers with choices that the engine accepts."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("down", "app.focus_next", "field_next"),
        bind("up", "app.focus_previous", "field_previous"),
        bind("ctrl+r", "reset", "reset", priority=True),
    ]

    def __init__(self, choices: Choices) -> None:
        super().__init__(say("tui.sampling.title"), say("tui.sampling.keys"))
        self._choices = choices
        self._fields = {field.name: field for field in _fields()}

    def parts(self) -> Iterable[Widget]:
        rows = (_Row(field, _shown(self._choices, field)) for field in self._fields.values())
        yield _Fields(*rows, classes="fields")
        yield Static("", classes="hint", markup=False)

    @on(DescendantFocus)
    def _focused(self, event: DescendantFocus) -> None:
        if event.widget.id in self._fields:
            self.query_one(".hint", Static).update(Content(say(self._fields[event.widget.id].hint)))

    def action_reset(self) -> None:
        """Fill in the default values."""
        for field in self._fields.values():
            self.query_one(f"#{field.name}", Input).value = _shown(Choices(ReplySettings()), field)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        texts = {name: self.query_one(f"#{name}", Input).value for name in self._fields}
        try:
            self.dismiss(read_choices(texts, self._choices.settings))
        except GenchatError as error:
            self.show_error(str(error))


class _Fields(VerticalScroll, can_focus=False, inherit_bindings=False):
    """This box scrolls to the focused field; it inherits no keys, because it would take the arrows that move between
    fields.
    """


class _Row(Horizontal):
    def __init__(self, field: _Field, value: str) -> None:
        super().__init__(classes="field")
        self._field = field
        self._value = value

    def compose(self) -> ComposeResult:
        yield Label(Content(say(self._field.label)))
        placeholder = say("tui.sampling.random") if self._field.name == "seed" else ""
        yield LineInput(self._value, id=self._field.name, select_on_focus=True, placeholder=placeholder)


def _shown(choices: Choices, field: _Field) -> str:
    owners = {"max_tokens": choices.settings, "pace": choices}
    value = getattr(owners.get(field.name, choices.settings.sampling), field.name)
    return "" if value is None else shown_number(value)


def read_choices(texts: dict[str, str], base: ReplySettings) -> Choices:
    """Read the choices from what was typed; a decimal comma counts as a point.

    Raises UsageError for an impossible value.
    """
    values: dict[str, Any] = {}
    for field in _fields():
        text = texts[field.name].strip()
        if field.kind is str:
            values[field.name] = file_value(field.setting, text) if field.setting and field.setting.file else text
            continue
        if not text and field.name == "seed":
            values["seed"] = None
            continue
        name = say(field.label)
        values[field.name] = read_whole_number(name, text) if field.kind is int else read_number(name, text)
    longest = values.pop("max_tokens")
    if longest < 1:
        raise UsageError("max_tokens_out_of_range", value=longest)
    pace = values.pop("pace")
    if not 0 <= pace < float("inf"):
        raise UsageError("pace_negative", value=pace)
    sampling = SamplingSettings(**values)
    check(sampling)
    return Choices(replace(base, sampling=sampling, max_tokens=longest), pace)
