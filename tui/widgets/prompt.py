"""Where the person writes: Enter sends, Ctrl+J (Shift+Enter, Alt+Enter) breaks the line, ↑ ↓ recall what was sent."""

from dataclasses import replace
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.binding import BindingsMap, BindingType
from textual.content import Content
from textual.document._document import EditResult
from textual.document._edit import Edit
from textual.message import Message
from textual.widgets import TextArea

from genchat.engine.text import set_aside, shown_aside, taken_back
from genchat.tui.keymap import keymap_in_force
from genchat.tui.keys import bind
from genchat.tui.widgets.line_input import cluster_after, cluster_before

_MOST_LINES = 8
_MOST_REMEMBERED = 200


class Prompt(TextArea):
    """The prompt grows with its text up to eight lines."""

    HELP_TITLE = "tui.help.prompt"
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("enter", "send", "send", show=True),
        bind("ctrl+j,shift+enter,alt+enter", "newline", "newline"),
        bind("up", "cursor_up", "recall_previous"),
        bind("down", "cursor_down", "recall_next"),
        bind("pageup", "screen.scroll_transcript(-1)", "prompt_page_up"),
        bind("pagedown", "screen.scroll_transcript(1)", "prompt_page_down"),
    ]

    class Sent(Message):
        """The person pressed Enter."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(
            id=id, soft_wrap=True, show_line_numbers=False, tab_behavior="focus", highlight_cursor_line=False
        )
        self._sent: list[str] = []
        self._recalled = 0  # in `_sent`; its length stands for the draft
        self._draft = ""

    def suggest(self, text: str) -> None:
        """Set the text that is shown while nothing is written."""
        self.placeholder = Content(text)

    def write(self, text: str) -> None:
        """Replace what is written; the cursor goes to its end."""
        self.load_text(text)
        self.move_cursor(self.document.end)

    @property
    def text(self) -> str:
        """Return what is written, as it was typed, pasted or loaded."""
        return taken_back(super().text)

    @text.setter
    def text(self, value: str) -> None:
        self.load_text(value)

    def load_text(self, text: str) -> None:
        """Replace what is written. What could reach the terminal as a command is set aside, and sent unchanged."""
        super().load_text(set_aside(text))

    def edit(self, edit: Edit) -> EditResult:
        """Take in what is typed or pasted, likewise."""
        return super().edit(replace(edit, text=set_aside(edit.text)))

    def get_line(self, line_index: int) -> Text:
        """Return a line as it is shown: control, bidi and invisible characters in their visible form."""
        line = super().get_line(line_index)
        line.plain = shown_aside(line.plain)
        return line

    async def _on_key(self, event: events.Key) -> None:
        # Textual runs a binding after the key has bubbled up, so letters typed quickly before or after it would be
        # taken in another order. Everything bound here is done at once instead,
        # and what has nothing to do, such as copying without a selection, is left to the widgets that contain it.
        for binding in self._bindings_in_force().key_to_bindings.get(event.key, ()):
            if await self.app.run_action(binding.action, self):
                event.stop()
                event.prevent_default()
                return
        await super()._on_key(event)

    def _bindings_in_force(self) -> BindingsMap:
        """Return the bindings with the keys that the person chose."""
        keymap = keymap_in_force(self.app)
        if not keymap:
            return self._bindings
        bindings = self._bindings.copy()
        bindings.apply_keymap(keymap)
        return bindings

    def action_send(self) -> None:
        """Send what is written; the screen empties the prompt when it has taken it."""
        self.post_message(self.Sent(self.text))

    def accept(self, text: str) -> None:
        """Remember what was sent, and begin with an empty prompt."""
        if text.strip() and (not self._sent or self._sent[-1] != text):
            self._sent = [*self._sent, text][-_MOST_REMEMBERED:]
        self._recalled, self._draft = len(self._sent), ""
        self.load_text("")

    def action_newline(self) -> None:
        """Insert a new line at the cursor."""
        self.insert("\n")

    def action_delete_left(self) -> None:
        start, end = self.selection
        if start == end and end[1]:
            row, column = end
            self.delete((row, cluster_before(self.document.get_line(row), column)), end)
        else:
            super().action_delete_left()

    def action_delete_right(self) -> None:
        start, end = self.selection
        line = self.document.get_line(end[0])
        if start == end and end[1] < len(line):
            self.delete(end, (end[0], cluster_after(line, end[1])))
        else:
            super().action_delete_right()

    def action_cursor_up(self, select: bool = False) -> None:
        if not select and self.cursor_at_first_line and self._recalled > 0:
            self._walk(-1)
        else:
            super().action_cursor_up(select)

    def action_cursor_down(self, select: bool = False) -> None:
        if not select and self.cursor_at_last_line and self._recalled < len(self._sent):
            self._walk(1)
        else:
            super().action_cursor_down(select)

    def _walk(self, by: int) -> None:
        if self._recalled == len(self._sent):
            self._draft = self.text
        self._recalled += by
        self.write(self._draft if self._recalled == len(self._sent) else self._sent[self._recalled])

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        self._fit()

    def on_resize(self, event: events.Resize) -> None:
        self._fit()

    def _fit(self) -> None:
        lines = min(max(self.wrapped_document.height, 1), _MOST_LINES)
        if self.styles.height is None or self.styles.height.value != lines:
            self.styles.height = lines
