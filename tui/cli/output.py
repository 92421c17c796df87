"""Writes the two streams of a command: data on stdout, narration on stderr.

On a terminal, text that came from a model, a file or the history is made safe first; into a pipe it goes as it is,
unless `--safe` asks otherwise. Narration is always made safe. Colour follows --color, NO_COLOR, FORCE_COLOR and TERM.
"""

import json
import math
import os
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from genchat.engine.errors import GenchatError
from genchat.engine.language.numbers import rounded_percentage
from genchat.engine.redaction import redact
from genchat.engine.text import safe, safe_json

_STYLES = {"dim": "2", "bold": "1", "accent": "36", "warn": "33", "error": "31"}


class Output:
    """A command writes data and narration to an output."""

    def __init__(
        self, data: TextIO, notes: TextIO, *, color: str = "auto", quiet: bool = False, always_safe: bool = False
    ) -> None:
        self._data = data
        self._notes = notes
        self._quiet = quiet
        self.on_terminal = data.isatty()
        self._clean = self.on_terminal or always_safe
        self._color = _wants_color(color, data)
        self._notes_color = _wants_color(color, notes)
        self._progress_width = 0
        self._last = "\n"

    def text(self, text: str) -> None:
        """Write untrusted data at once, without a newline."""
        if text:
            self._write(safe(text) if self._clean else text)

    def line(self, text: str = "") -> None:
        """Write untrusted data and a newline."""
        self._write((safe(text) if self._clean else text) + "\n")

    def heading(self, text: str) -> None:
        """Write a line of genchat's own words in bold."""
        self._write(self.styled(safe(text), "bold") + "\n")

    def end_line(self) -> None:
        """Write a newline, unless the data so far end with one."""
        if self._last != "\n":
            self._write("\n")

    def _write(self, text: str) -> None:
        try:
            self._data.write(text)
            self._data.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise GenchatError("output_not_written", reason=error.strerror or error) from None
        self._last = text[-1:] or self._last

    def json(self, value: Any) -> None:
        """Write one JSON document."""
        self._write(safe_json(json.dumps(value, ensure_ascii=False, indent=2)) + "\n")

    def json_line(self, value: Any) -> None:
        """Write one JSON document on one line."""
        self._write(safe_json(json.dumps(value, ensure_ascii=False)) + "\n")

    def styled(self, text: str, style: str) -> str:
        """Return `text` in a style where colour is wanted.

        Use it only for text that is safe already, and for `table` cells.
        """
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self._color else text

    def table(self, rows: Iterable[Sequence[str]], *, right: Sequence[int] = (), styles: Sequence[str] = ()) -> None:
        """Write aligned columns of untrusted cells; `right` names the columns set flush right, `styles` has one style a
        column.
        """
        from rich.cells import cell_len

        cells = [[" ".join(safe(cell).split("\n")) for cell in row] for row in rows]
        if not cells:
            return
        widths = [max(cell_len(row[column]) for row in cells) for column in range(len(cells[0]))]
        for row in cells:
            shown = []
            for column, cell in enumerate(row):
                gap = " " * (widths[column] - cell_len(cell))
                style = styles[column] if column < len(styles) else ""
                body = self.styled(cell, style) if style and cell else cell
                shown.append(gap + body if column in right else body + gap)
            self._write("  ".join(shown).rstrip() + "\n")

    def note(self, text: str, style: str = "") -> None:
        """Write one line of narration, unless --quiet was given."""
        if not self._quiet:
            self._narrate(text, style)

    def error(self, text: str) -> None:
        """Write one line of narration that --quiet does not silence."""
        self._narrate(text, "error")

    def _narrate(self, text: str, style: str) -> None:
        self.end_progress()
        if self._last != "\n" and self._data.isatty() and self._notes.isatty():
            # On one screen a remark must not stick to half a line of data.
            self._notes.write("\n")
            self._last = "\n"
        shown = safe(redact(text))
        if style and self._notes_color:
            shown = f"\x1b[{_STYLES[style]}m{shown}\x1b[0m"
        self._notes.write(shown + "\n")
        self._notes.flush()

    def progress(self, text: str, done: float) -> None:
        """Draw a progress line over the last one, only on a terminal and not with --quiet.

        `done` is NaN where it is not known.
        """
        if self._quiet or not self._notes.isatty():
            return
        line = safe(text) if math.isnan(done) else f"{safe(text)} {rounded_percentage(done):>4}"
        self._notes.write("\r" + line.ljust(self._progress_width))
        self._notes.flush()
        self._progress_width = len(line)

    def end_progress(self) -> None:
        """Clear the progress line, if there is one."""
        if self._progress_width:
            self._notes.write("\r" + " " * self._progress_width + "\r")
            self._notes.flush()
            self._progress_width = 0


def _wants_color(choice: str, stream: TextIO) -> bool:
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM", "") not in ("", "dumb")
