"""The form of a training run: what to train, on which text, for how long. The engine itself checks every line."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.events import DescendantFocus
from textual.message import Message
from textual.suggester import Suggester
from textual.widget import Widget
from textual.widgets import Button, Input, Label, Static

from genchat.engine.errors import GenchatError
from genchat.engine.language import say
from genchat.engine.paths import Paths
from genchat.engine.text import safe
from genchat.tui.keys import bind
from genchat.tui.screens.dialog import Dialog
from genchat.tui.training.order import (
    FAMILIES,
    LENGTHS,
    OPTIMIZERS,
    OWN_FILE,
    UNITS,
    KnownText,
    TrainingOrder,
    free_name,
    read_order,
)
from genchat.tui.widgets.choice import Choice
from genchat.tui.widgets.line_input import LineInput

_NEURAL = ("length", "until_loss", "optimizer", "batch", "layers", "width")
_COUNTED = ("order", "unit", "min_count")
DEFAULTS: Mapping[str, str] = {
    "family": "gpt",
    "text": "genchat/dialogues",
    "file": "",
    "name": "",
    "length": "5",
    "length_unit": "minutes",
    "until_loss": "",
    "optimizer": "auto",
    "batch": "",
    "layers": "",
    "width": "",
    "order": "",
    "unit": "word",
    "min_count": "",
}


class TrainingForm(Dialog[TrainingOrder]):
    """This dialog answers with an order that the engine would accept. `form` is what was typed the last time."""

    CSS_PATH = "training.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("down", "app.focus_next", "field_next"),
        bind("up", "app.focus_previous", "field_previous"),
        bind("enter", "train", "train_start"),
    ]

    class Checked(Message):
        """The form was read; the message holds an order, or what is wrong with it."""

        def __init__(self, order: TrainingOrder | None, problem: str = "") -> None:
            super().__init__()
            self.order = order
            self.problem = problem

    def __init__(self, texts: list[KnownText], home: Paths, form: Mapping[str, str] | None = None) -> None:
        super().__init__(say("training_screen.form_title"), say("training_screen.form_keys"))
        self._texts = texts
        self._home = home
        self._initial = {**DEFAULTS, **(form or {})}
        self._suggested = "" if self._initial["name"] else free_name(self._initial["family"], home)
        self._checking = False

    def parts(self) -> Iterable[Widget]:
        values = self._initial
        texts = [(text.name, text.title) for text in self._texts]
        yield _Row("family", self._choice("family", FAMILIES))
        yield _Row("text", Choice([*texts, (OWN_FILE, say("training_screen.own_file"))], values["text"], id="text"))
        yield _Row("file", LineInput(values["file"], id="file", suggester=PathSuggester(), select_on_focus=False))
        yield _Row("name", LineInput(values["name"] or self._suggested, id="name"))
        yield _Row("length", LineInput(values["length"], id="length"), self._choice("length_unit", LENGTHS))
        for name in ("until_loss", "optimizer", "batch", "layers", "width", "order", "unit", "min_count"):
            choices = {"optimizer": OPTIMIZERS, "unit": UNITS}.get(name)
            placeholder = say(f"training_screen.empty.{'off' if name == 'until_loss' else 'auto'}")
            part = self._choice(name, choices) if choices else LineInput(values[name], id=name, placeholder=placeholder)
            yield _Row(name, part)
        yield Static("", classes="hint", markup=False)
        yield Button(say("training_screen.train"), id="train", compact=True)

    def _choice(self, name: str, values: Iterable[str]) -> Choice:
        shown = [(value, say(f"training_screen.{name}.{value}")) for value in values]
        return Choice(shown, self._initial[name], id=name)

    def on_mount(self) -> None:
        self._arrange()
        self.query_one("#family").focus()

    @on(Choice.Changed)
    def _changed(self, message: Choice.Changed) -> None:
        self._arrange()
        if message.choice.has_focus:
            self._hint(message.choice.id)
        name = self.query_one("#name", Input)
        if message.choice.id == "family" and name.value == self._suggested:
            self._suggested = name.value = free_name(message.value, self._home)

    def _arrange(self) -> None:
        """Show the fields that the family has."""
        learns = self.query_one("#family", Choice).value != "ngram"
        for names, visible in ((_NEURAL, learns), (_COUNTED, not learns)):
            for name in names:
                self.query_one(f"#row-{name}").display = visible
        self.query_one("#row-file").display = self.query_one("#text", Choice).value == OWN_FILE

    @on(DescendantFocus)
    def _focused(self, event: DescendantFocus) -> None:
        self._hint(event.widget.id)

    def _hint(self, name: str | None) -> None:
        key = {"length_unit": "length", "family": f"family_{self.query_one('#family', Choice).value}"}.get(
            name or "", name
        )
        if key in _HINTS:
            self.query_one(".hint", Static).update(Content(say(f"training_screen.hint.{key}")))

    @on(Input.Submitted)
    @on(Button.Pressed)
    def _submitted(self, event: Input.Submitted | Button.Pressed) -> None:
        event.stop()
        self.action_train()

    def action_train(self) -> None:
        """Check everything, the text too, and begin the training."""
        if self._checking:
            return
        self._checking = True
        self.show_error("")
        self.query_one(".hint", Static).update(Content(say("training_screen.checking")))
        form = {name: self._read(name) for name in DEFAULTS}

        def check() -> None:
            try:
                self.post_message(self.Checked(read_order(form, self._texts, self._home)))
            except GenchatError as error:
                self.post_message(self.Checked(None, safe(str(error))))

        self.run_worker(check, thread=True, exit_on_error=True)

    def _read(self, name: str) -> str:
        part = self.query_one(f"#{name}")
        return part.value if isinstance(part, Input | Choice) else ""

    @on(Checked)
    def _checked(self, message: Checked) -> None:
        self._checking = False
        if message.order is None:
            self._hint(self.focused.id if self.focused is not None else None)
            self.show_error(message.problem)
        else:
            self.dismiss(message.order)


_HINTS = frozenset(
    {"text", "file", "name", *_NEURAL, *_COUNTED, *(f"family_{family}" for family in FAMILIES)}
)  # fmt: skip


class _Row(Horizontal):
    def __init__(self, name: str, *parts: Widget) -> None:
        super().__init__(id=f"row-{name}", classes="field")
        self._label = say(f"training_screen.field.{name}")
        self._parts = parts

    def compose(self) -> ComposeResult:
        yield Label(Content(self._label))
        yield from self._parts


class PathSuggester(Suggester):
    """This suggests the first file or folder that begins with what was typed; → accepts it."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        folder, slash, beginning = value.rpartition("/")
        if not value:
            return None
        try:
            directory = Path((folder + slash) or ".").expanduser()
            names = sorted(entry.name for entry in directory.iterdir() if entry.name.startswith(beginning))
            hidden = beginning.startswith(".")
            suggestion = next((name for name in names if hidden or not name.startswith(".")), None)
            if suggestion is None or safe(suggestion) != suggestion:
                return None
            return folder + slash + suggestion + ("/" if (directory / suggestion).is_dir() else "")
        except (OSError, RuntimeError, ValueError):
            return None
