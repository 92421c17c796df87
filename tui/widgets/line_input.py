"""Fields whose Backspace and Delete take what a person sees as one character: a flag, a letter with its accents.

A grapheme cluster is that of Unicode's Annex 29, as the `regex` package finds it.
"""

from textual.widgets import Input

from genchat.engine.text import safe


def cluster_before(text: str, end: int) -> int:
    """Return where the character begins that ends at `end`."""
    import regex

    start = 0
    for match in regex.finditer(r"\X", text[:end]):
        start = match.start()
    return start


def cluster_after(text: str, start: int) -> int:
    """Return where the character ends that begins at `start`."""
    import regex

    match = regex.match(r"\X", text, pos=start)
    return len(text) if match is None else int(match.end())


class LineInput(Input):
    """The field of one line that all dialogs use. What could reach the terminal as a command is shown, never sent."""

    def validate_value(self, value: str) -> str:
        """Keep control, bidi and invisible characters in their visible form."""
        return safe(value)

    def action_delete_left(self) -> None:
        if self.selection.is_empty and self.cursor_position:
            self.delete(cluster_before(self.value, self.cursor_position), self.cursor_position)
        else:
            super().action_delete_left()

    def action_delete_right(self) -> None:
        if self.selection.is_empty and self.cursor_position < len(self.value):
            self.delete(self.cursor_position, cluster_after(self.value, self.cursor_position))
        else:
            super().action_delete_right()
