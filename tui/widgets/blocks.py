"""Lays out one turn as lines: the speaker, the wrapped text, the notes. Painted lines are cached until they change."""

import math
import time
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len, get_character_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from genchat.engine.conversation import Role
from genchat.engine.language import say
from genchat.engine.text import safe, safe_line
from genchat.tui.chat.dialogue import Status, Turn, shown
from genchat.tui.chat.stored_records import StoredRecords
from genchat.tui.colours import ThemeStyles
from genchat.tui.widgets.painting import Line, fit, right_aligned
from genchat.tui.widgets.tint import OFF, step_of, style_of
from genchat.tui.widgets.wrapping import WrappedText

if TYPE_CHECKING:
    from genchat.tui.chat.token_records import TokenRecord

PAGER_BACK, PAGER_ON = "‹ ", " ›"


@dataclass(frozen=True, slots=True)
class PaintOptions:
    """The options are what decides, besides the turn, how a block is painted."""

    styles: ThemeStyles
    width: int  # of the finished lines
    margin: int
    tint: str = OFF  # one of widgets.tint.TINTS


class Block:
    """A block is a turn laid out for one width."""

    def __init__(self, turn: Turn, width: int) -> None:
        self.turn = turn
        self.width = width
        self.prefix = turn.parent.shown_text if turn.free_text and turn.parent and turn.role is Role.ASSISTANT else ""
        self.body = WrappedText(width)
        self._starts: list[int] | None = None  # see `starts`; None: not counted yet
        self.selected: int | None = None
        self._strips: dict[int, Strip] = {}
        self._painted_to = 0  # no line after this one is in `_strips`
        self._after: list[tuple[str, str]] = []
        self._unsupported: list[tuple[int, int]] = []  # of the body: what no source bears out
        self._lay_out()

    def _lay_out(self) -> None:
        if self.prefix:
            self.body.append(self.prefix)
        if self.turn.records and not isinstance(self.turn.records, StoredRecords):
            self.grow(self.turn.records)
        else:
            self.body.append(self.turn.shown_text)
        self.refresh_notes()

    @property
    def starts(self) -> list[int]:
        """Where each token begins, in the body's characters. Those of a stored reply are counted when asked for."""
        if self._starts is None:
            self._starts = []
            position = len(self.prefix)
            for record in self.turn.records:
                self._starts.append(position)
                position += len(record.text)
            if self._starts and position != len(self.body.text):
                self.body, self._starts = WrappedText(self.width), []
                self.body.append(self.prefix)
                self.grow(self.turn.records)
        return self._starts

    @property
    def height(self) -> int:
        """Return the number of lines: heading, body, notes and one blank line."""
        return 1 + len(self.body.lines) + len(self._after) + 1

    def grow(self, records: "Iterable[TokenRecord]") -> None:
        """Add tokens at the end."""
        position = len(self.body.text)
        pieces: list[str] = []
        starts = self._starts = [] if self._starts is None else self._starts
        for record in records:
            starts.append(position)
            pieces.append(record.text)
            position += len(record.text)
        first = self.body.append("".join(pieces))
        self._forget_from(first)

    def refresh_notes(self) -> None:
        """Lay out status, notes, sources and error again."""
        self._unsupported = [self._shown_span(*span) for span in self.turn.unsupported]
        self._after = [(kind, line) for kind, text in self._remarks() for line in _wrapped(text, self.width)]
        self._strips.pop(-1, None)
        self._forget_from(len(self.body.lines) - 1)

    def _shown_span(self, start: int, end: int) -> tuple[int, int]:
        """Convert characters of the turn's text into characters of the body."""
        first, last = (len(shown(self.turn.text[:offset])) for offset in (start, end))
        return len(self.prefix) + first, len(self.prefix) + last

    def _remarks(self) -> list[tuple[str, str]]:
        turn = self.turn
        remarks: list[tuple[str, str]] = []
        if turn.passages is not None:
            remarks += [
                ("muted", f"[{item.number}] {safe_line(item.source)}  {safe_line(item.locator)}")
                for item in turn.passages.items
            ]
        remarks += [("faint", note) for note in turn.notes]
        if turn.status in (Status.STOPPED, Status.LENGTH, Status.BLOCKED, Status.CUT, Status.INTERRUPTED):
            remarks.append(("faint", say(f"tui.status.{turn.status.value}")))
        if turn.abstained:
            remarks.append(("muted", say("tui.after_abstained")))
        if turn.opinion is not None:
            names = {"by": safe_line(turn.opinion.by), "speaker": safe_line(turn.speaker)}
            remarks.append(("faint", say("tui.opinion.shown", **names)))
        if turn.error:
            remarks.append(("error", turn.error))
            wait = 0 if turn.retry_at is None else math.ceil(turn.retry_at - time.monotonic())
            remarks.append(("muted", say("tui.wait", seconds=wait) if wait > 0 else say("tui.after_error")))
        return remarks

    def _forget_from(self, body_line: int) -> None:
        for index in range(body_line + 1, self._painted_to + 1):
            self._strips.pop(index, None)
        self._painted_to = min(self._painted_to, body_line)

    def forget(self) -> None:
        """Paint everything again, for instance in other colours."""
        self._strips.clear()

    def select(self, index: int | None) -> None:
        """Put the cursor on a token."""
        for token in (self.selected, index):
            if token is not None:
                for line in self.lines_of(token):
                    self._strips.pop(line, None)
        self.selected = index

    def token_span(self, index: int) -> tuple[int, int]:
        """Return the span of token `index` in the body's characters; an invisible token takes the span of the next
        visible one.
        """
        stop = self.starts[index + 1] if index + 1 < len(self.starts) else len(self.body.text)
        return self.starts[index], stop

    def lines_of(self, index: int) -> range:
        """Return the block's lines that token `index` touches."""
        if index >= len(self.starts):
            return range(0)
        start, stop = self.token_span(index)
        return range(self._line_at(start), self._line_at(max(stop - 1, start)) + 1)

    def _line_at(self, offset: int) -> int:
        return bisect_right(self.body.lines, offset, key=lambda line: line[0])

    def token_at(self, line: int, cell: int) -> int | None:
        """Return the token painted at a cell of a line of this block."""
        body_line = line - 1
        if not self.starts or not 0 <= body_line < len(self.body.lines):
            return None
        start, end = self.body.lines[body_line]
        offset, used = start, 0
        while offset < end and used + get_character_cell_size(self.body.text[offset]) <= cell:
            used += get_character_cell_size(self.body.text[offset])
            offset += 1
        if offset >= end and offset > start:
            offset = end - 1
        if offset < self.starts[0]:
            return None
        return bisect_right(self.starts, offset) - 1

    def cell_of(self, index: int) -> int:
        """Return the column in which token `index` begins."""
        start, _ = self.token_span(index)
        line_start, _ = self.body.lines[self._line_at(start) - 1]
        return cell_len(self.body.text[line_start:start])

    def plain(self, line: int) -> str:
        """Return the characters of a line, for copying."""
        if line == 0:
            return self._speaker()
        if line <= len(self.body.lines):
            start, end = self.body.lines[line - 1]
            return self.body.text[start:end]
        rest = line - 1 - len(self.body.lines)
        return self._after[rest][1] if rest < len(self._after) else ""

    def _speaker(self) -> str:
        turn = self.turn
        if turn.role is Role.USER:
            return say("tui.free_text") if turn.free_text else say("tui.you")
        return safe_line(turn.speaker)

    def pager(self) -> str:
        """Return "‹ 2/3 ›" where there are several versions of this turn."""
        number, count = self.turn.version
        return f"{PAGER_BACK}{number}/{count}{PAGER_ON}" if count > 1 else ""

    def strip(self, line: int, options: PaintOptions) -> Strip:
        """Paint one line of the block."""
        painted = self._strips.get(line)
        if painted is None:
            margin = Strip.blank(options.margin, options.styles.text)
            inner = self._paint(line, options)
            painted = Strip.join([margin, inner]).adjust_cell_length(options.width, options.styles.text)
            self._strips[line] = painted
            self._painted_to = max(self._painted_to, line)
        return painted

    def _paint(self, line: int, options: PaintOptions) -> Strip:
        styles = options.styles
        if line == 0:
            return self._paint_heading(styles)
        if line <= len(self.body.lines):
            return self._paint_body(line - 1, options)
        rest = line - 1 - len(self.body.lines)
        if rest < len(self._after):
            kind, text = self._after[rest]
            style = {"muted": styles.muted, "faint": styles.muted + Style(italic=True), "error": styles.error}[kind]
            return Line(self.width, styles.text).add(text, style).strip()
        return Strip.blank(self.width, styles.text)

    def _paint_heading(self, styles: ThemeStyles) -> Strip:
        turn = self.turn
        style = styles.muted + Style(bold=True) if turn.role is Role.USER else styles.family(turn.family)
        left = [(self._speaker(), style)]
        if turn.status is Status.WAITING:
            left.append(("  " + say("tui.status.waiting"), styles.muted))
        return right_aligned(self.width, styles.text, left, [(self.pager(), styles.muted)])

    def _paint_body(self, index: int, options: PaintOptions) -> Strip:
        start, end = self.body.lines[index]
        styles = options.styles
        pieces: list[Segment] = []
        if start < len(self.prefix):
            stop = min(end, len(self.prefix))
            pieces.append(Segment(self.body.text[start:stop], styles.muted))
            start = stop
        if (options.tint or self._selection_touches(start, end)) and self.starts:
            pieces += self._paint_tokens(start, end, options)
        elif start < end:
            pieces += self._paint_plain(start, end, styles)
        if self.selected is not None and index == len(self.body.lines) - 1:
            pieces += self._paint_invisible(styles)
        return Strip(pieces).adjust_cell_length(self.width, styles.text)

    def _paint_plain(self, start: int, end: int, styles: ThemeStyles) -> list[Segment]:
        """Paint text without its own marks; sentences that no source supports are faint."""
        pieces: list[Segment] = []
        for first, last in self._unsupported:
            begin, stop = max(first, start), min(last, end)
            if begin < stop:
                pieces.append(Segment(self.body.text[start:begin], styles.text))
                pieces.append(Segment(self.body.text[begin:stop], styles.faint))
                start = stop
        return [*pieces, Segment(self.body.text[start:end], styles.text)]

    def _selection_touches(self, start: int, end: int) -> bool:
        if self.selected is None or self.selected >= len(self.starts):
            return False
        first, last = self.token_span(self.selected)
        return first < end and last > start

    def _paint_tokens(self, start: int, end: int, options: PaintOptions) -> list[Segment]:
        pieces: list[Segment] = []
        index = max(bisect_right(self.starts, start) - 1, 0)
        while start < end and index < len(self.starts):
            _, stop = self.token_span(index)
            stop = min(stop, end)
            if stop > start:
                style = options.styles.text
                if index == self.selected:
                    style = options.styles.selected
                elif options.tint:
                    style = style + style_of(step_of(options.tint, self.turn.records[index]), options.styles)
                pieces.append(Segment(self.body.text[start:stop], style))
                start = stop
            index += 1
        return pieces

    def _paint_invisible(self, styles: ThemeStyles) -> list[Segment]:
        """Paint the label of a selected token that has no text, such as the end of a turn."""
        if self.selected is None or self.selected >= len(self.starts):
            return []
        start, stop = self.token_span(self.selected)
        if start != stop or stop != len(self.body.text):
            return []
        return [Segment(fit(self.turn.records[self.selected].label, 8).rstrip(), styles.selected)]


def _wrapped(text: str, width: int) -> list[str]:
    wrapped = WrappedText(width, safe(text))
    return [wrapped.text[start:end] for start, end in wrapped.lines]
