"""The widgets of the view: the picture of a page, and the text below it, tinted by what the page shows."""

from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate

import numpy as np
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from genchat.engine.distribution import FloatArray
from genchat.engine.text import safe
from genchat.tui.colours import ThemeStyles, theme_styles
from genchat.tui.widgets.inside import Canvas, Page, level
from genchat.tui.widgets.painting import Line
from genchat.tui.widgets.wrapping import WrappedText


def tinted(styles: ThemeStyles, value: float) -> Style:
    """Return the style of a token: grounds by size, strong ones underlined too, those below 0 in italics."""
    size = level(value)
    if not size:
        return styles.text
    if value < 0:
        return styles.text + Style(bgcolor=styles.bar_lost, italic=True, underline=size >= 3 or None)
    return styles.text + styles.heat[size - 1] + Style(underline=size >= 3 or None, bold=size == 4 or None)


class Picture(Widget):
    """The picture paints a page in its whole size."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._page: Page | None = None
        self._lines: list[Strip] | None = None
        self._painted: tuple[Size, str] | None = None

    def show(self, page: Page | None) -> None:
        """Show a page, or paint it anew because its cursor moved."""
        self._page, self._lines = page, None
        self.refresh()

    def render_line(self, y: int) -> Strip:
        theme = self.app.current_theme
        styles = theme_styles(theme)
        if self._lines is None or self._painted != (self.size, theme.name):
            self._painted = (self.size, theme.name)
            page = self._page
            family = "" if page is None else page.subject.family
            canvas = Canvas(self.size.width, self.size.height, styles, family)
            self._lines = [] if page is None else page.paint(canvas)
        if y >= len(self._lines):
            return Strip.blank(self.size.width, styles.text)
        return self._lines[y].adjust_cell_length(self.size.width, styles.text)


class TintedText(ScrollView, can_focus=False):
    """The text paints the tokens of a page, each with its tint; the one under the cursor is inverted."""

    class Picked(Message):
        """The person pointed at a token."""

        def __init__(self, position: int) -> None:
            super().__init__()
            self.position = position

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._tokens: tuple[int, ...] = ()
        self._starts: list[int] = []
        self._wrapped = WrappedText(1)
        self._tint: FloatArray = np.zeros(0, dtype=np.float32)
        self._position = 0
        self._page: Page | None = None

    def on_resize(self, event: events.Resize) -> None:
        self.show(self._page)

    def show(self, page: Page | None) -> None:
        """Show the text of a page and its tint, scrolled to its cursor."""
        self._page = page
        tokens = () if page is None else page.tokens
        width = max(self.scrollable_content_region.width, 1)
        if page is not None and (tokens != self._tokens or self._wrapped.width != width):
            pieces = pieces_of(page)
            self._starts = list(accumulate((len(piece) for piece in pieces), initial=0))
            self._wrapped = WrappedText(width, "".join(pieces))
        if page is None:
            self._wrapped, self._starts = WrappedText(width), []
        self._tokens = tokens
        tint = None if page is None else page.tint()
        self._tint = np.zeros(len(tokens), dtype=np.float32) if tint is None else tint
        self._position = 0 if page is None else page.position
        self.virtual_size = Size(width, len(self._wrapped.lines))
        self._reveal()
        self.refresh()

    def _reveal(self) -> None:
        if self._position >= len(self._tokens):
            return
        line = bisect_right(self._wrapped.lines, self._starts[self._position], key=lambda span: span[0]) - 1
        height = self.scrollable_content_region.height
        if not self.scroll_offset.y <= line < self.scroll_offset.y + height:
            self.scroll_to(y=max(line - height // 2, 0), animate=False, immediate=True)

    def render_line(self, y: int) -> Strip:
        styles = theme_styles(self.app.current_theme)
        line = Line(self.scrollable_content_region.width, styles.text)
        number = self.scroll_offset.y + y
        if number >= len(self._wrapped.lines) or not self._tokens:
            return line.strip()
        start, end = self._wrapped.lines[number]
        token = bisect_right(self._starts, start) - 1
        while token < len(self._tokens) and self._starts[token] < end:
            first, last = max(self._starts[token], start), min(self._starts[token + 1], end)
            style = styles.selected if token == self._position else tinted(styles, float(self._tint[token]))
            line.add(self._wrapped.text[first:last], style)
            token += 1
        return line.strip()

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or self.scroll_offset.y + offset.y >= len(self._wrapped.lines) or not self._tokens:
            return
        start, end = self._wrapped.lines[self.scroll_offset.y + offset.y]
        place = min(start + offset.x, max(end - 1, start))
        self.post_message(self.Picked(min(bisect_right(self._starts, place) - 1, len(self._tokens) - 1)))


def pieces_of(page: Page) -> list[str]:
    """Return the text of each token, safe to show; role markers begin a new line."""
    one: Callable[[list[int]], str] = page.subject.labels.text
    pieces = []
    for index, token in enumerate(page.tokens):
        label, text = page.subject.labels(token), safe(one([token])).replace("\t", "    ")
        if label == text and label.startswith("<|"):
            text = f"{text} " if not index else f"\n{text} "
        pieces.append(text if "\ufffd" not in text else label)
    return pieces
