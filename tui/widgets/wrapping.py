"""Text wrapped to a width as character offsets; a text that grows at its end re-wraps only its last line.

Words are kept whole where they fit; spaces at a break hang invisibly; a word wider than the line is cut. Because the
wrapping is greedy, what is appended can change the last line only.
"""

from rich.cells import get_character_cell_size


def _cells_from(text: str, start: int, stop: int, width: int) -> int:
    """Return the end of the longest piece of text[start:stop] that fits in `width` cells."""
    piece = text[start : min(stop, start + width)]
    if piece.isascii():
        return start + len(piece)
    used = 0
    for index in range(start, stop):
        used += get_character_cell_size(text[index])
        if used > width:
            return index
    return stop


class WrappedText:
    """This holds `text` and its `lines`, each one (start, end) in characters."""

    def __init__(self, width: int, text: str = "") -> None:
        self.width = max(width, 1)
        self.text = ""
        self.lines: list[tuple[int, int]] = [(0, 0)]
        if text:
            self.append(text)

    def append(self, text: str) -> int:
        """Add `text` at the end and return the index of the first line that changed."""
        self.text += text
        first = len(self.lines) - 1
        start, _ = self.lines.pop()
        self._wrap(start)
        return first

    def _wrap(self, start: int) -> None:
        text = self.text
        while True:
            newline = text.find("\n", start)
            stop = len(text) if newline < 0 else newline
            start = self._wrap_paragraph(start, stop)
            if newline < 0:
                return
            start = newline + 1

    def _wrap_paragraph(self, start: int, stop: int) -> int:
        text = self.text
        while True:
            end = _cells_from(text, start, stop, self.width)
            if end >= stop:
                self.lines.append((start, stop))
                return stop
            if end == start:
                end = start + 1  # one wide character in a narrower column
            if text[end] == " ":
                following = end
            else:
                space = text.rfind(" ", start, end)
                following = end if space < 0 else space + 1
                end = following if space < 0 else space
            while following < stop and text[following] == " ":
                following += 1
            self.lines.append((start, end))
            if following >= stop:
                if following > end and following == len(text):
                    # Trailing spaces hang for now; a word after them will start the next line.
                    self.lines[-1] = (start, following)
                return stop
            start = following
