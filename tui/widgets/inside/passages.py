"""The passages that an answer is based on: scores by part, matched words, and the text."""

from rich.style import Style
from textual.strip import Strip

from genchat.engine.contract import Passage, Passages
from genchat.engine.language import say
from genchat.engine.language.numbers import decimal, percentage
from genchat.engine.text import safe, safe_line
from genchat.tui.widgets.inside import Canvas, Page, Subject, clamp, window
from genchat.tui.widgets.wrapping import WrappedText

_PARTS = ("bm25", "nearness", "trigram", "vector")
_NAME = 16


class PassagesPage(Page):
    """A line for each passage; the one under the cursor taken apart below."""

    NAME = "inside.page_passages"
    EXPLANATION = "inside.help_passages"
    LEGEND = "inside.legend_passages"

    def __init__(self, subject: Subject, passages: Passages) -> None:
        super().__init__(subject, ())
        self._passages = passages
        self._place = 0

    def move(self, right: int, down: int) -> None:
        self._place = clamp(self._place + down, len(self._passages.items))

    def note(self) -> str:
        missing = ", ".join(safe_line(word) for word in self._passages.missing)
        if missing:
            return say("tui.why.missing", words=missing)
        return say("tui.why.passages", retriever=safe_line(self._passages.retriever))

    def paint(self, canvas: Canvas) -> list[Strip]:
        styles, items = canvas.styles, self._passages.items
        most = max((passage.score for passage in items), default=0.0) or 1.0
        first, last = window(self._place, len(items), max(canvas.height // 3, 1)) if items else (0, 0)
        lines = []
        for place in range(first, last):
            passage, here = items[place], place == self._place
            line = canvas.line().add(">" if here else " ", styles.strong)
            line.add(f"[{passage.number}] ", styles.strong if here else styles.muted)
            line.add(decimal(passage.score), styles.text, width=7, right=True).add(" ")
            canvas.bar(line, passage.score / most, min(canvas.width // 5, 20)).add(" ")
            where = f"{safe_line(passage.source, 40)}  {safe_line(passage.locator)}"
            lines.append(line.add(where, styles.strong if here else styles.muted, width=line.room).strip())
        if items:
            lines += [canvas.line().strip(), *self._paint_parts(items[self._place], canvas)]
        return lines[: canvas.height]

    def _paint_parts(self, passage: Passage, canvas: Canvas) -> list[Strip]:
        styles = canvas.styles
        lines = []
        most = max(passage.parts.values(), default=0.0) or 1.0
        for name, score in passage.parts.items():
            shown = say(f"docs.part_{name}") if name in _PARTS else safe_line(name, 20)
            line = canvas.line().add(shown, styles.muted, width=_NAME)
            line.add(decimal(score), styles.text, width=8, right=True).add(" ")
            lines.append(canvas.bar(line, score / most, min(line.room, 40)).strip())
        for word, share in passage.matched.items():
            line = canvas.line().add(f"“{safe_line(word)}”", styles.muted, width=_NAME)
            line.add(percentage(share), styles.text, width=8, right=True).add(" ")
            lines.append(canvas.bar(line, share, min(line.room, 40)).strip())
        return [*lines, canvas.line().strip(), *_paint_text(passage, canvas)]


def _paint_text(passage: Passage, canvas: Canvas) -> list[Strip]:
    """Paint the passage, the best sentence underlined."""
    first, last = passage.highlight or (0, 0)
    pieces = [safe(passage.text[slice(*span)]) for span in ((0, first), (first, last), (last, None))]
    wrapped = WrappedText(canvas.width, "".join(pieces))
    begin, finish = len(pieces[0]), len(pieces[0]) + len(pieces[1])
    lines = []
    for start, end in wrapped.lines:
        left, right = min(max(begin, start), end), min(max(finish, start), end)
        line = canvas.line().add(wrapped.text[start:left], canvas.styles.muted)
        line.add(wrapped.text[left:right], canvas.styles.strong + Style(underline=True))
        lines.append(line.add(wrapped.text[right:end], canvas.styles.muted).strip())
    return lines
