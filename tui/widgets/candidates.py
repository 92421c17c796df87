"""The table of next tokens: label, the model's own probability, the one drawn from, and a bar that shows both.

The bar is as long as the probability, 100% being the whole width, so flat and peaked distributions can be seen at a
glance. Its first part is what both columns share; a lighter end is what sampling gave, a fainter end what it took.
"""

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from genchat.engine.language import say
from genchat.engine.language.numbers import decimal, percent, percentage, setting, whole
from genchat.engine.sampling.table import stage_label
from genchat.engine.text import safe_line
from genchat.tui.colours import ThemeStyles
from genchat.tui.widgets.painting import Line, bar, fit
from genchat.tui.widgets.wrapping import WrappedText

if TYPE_CHECKING:
    from genchat.tui.chat.token_records import Row, TokenRecord

MARK = "▸"
WALKED = "›"  # the candidate that Enter would take
_NUMBER, _DRAWN = 6, 8
_SHORTEST_BAR = 4
COMPACT_WIDTH = 24  # the narrowest width for `paint_compact`
_LABEL = (9, 18)  # narrowest, widest


def label_width(width: int) -> int:
    """Return the width of the label in a table of `width` cells."""
    return min(max(_LABEL[0], width * 3 // 10), _LABEL[1])


def paint_token(record: "TokenRecord", count: int, width: int, styles: ThemeStyles) -> list[Strip]:
    """Paint which token this is, and how likely the model found it."""
    head = Line(width, styles.text)
    head.add(say("tui.panel.token", place=record.position + 1, count=count), styles.muted)
    head.add("  ").add(safe_line(record.label, max(head.room - 12, 4)), styles.strong)
    if record.token is not None:
        head.add("  ").add(say("tui.panel.id", token=record.token), styles.faint)
    return [head.strip(), paint_measures(record, width, styles)]


def paint_measures(record: "TokenRecord", width: int, styles: ThemeStyles) -> Strip:
    """Paint probability, rank and surprisal on one line, as many as there is room for."""
    line = Line(width, styles.text)
    if record.log_prob is None or record.surprisal is None:
        return line.add(say("tui.panel.no_probability"), styles.muted).strip()
    line.add("p ", styles.muted).add(percentage(2**-record.surprisal), styles.strong)
    if record.rank is not None:
        line.add("   " + say("tui.panel.rank") + " ", styles.muted).add(whole(record.rank), styles.text)
    bits, unit = decimal(record.surprisal), " " + say("tui.panel.bits")
    if line.room >= 3 + len(bits + unit):
        line.add("   ").add(bits, styles.text).add(unit, styles.muted)
    return line.strip()


def paint_header(width: int, styles: ThemeStyles) -> Strip:
    """Paint the headings of the two columns of numbers."""
    line = Line(width, styles.muted).add(" " * (2 + label_width(width)))
    line.add(say("tui.panel.raw"), width=_NUMBER, right=True)
    return line.add(say("tui.panel.drawn"), width=_DRAWN, right=True).strip()


def paint_row(row: "Row", chosen: bool, width: int, styles: ThemeStyles, family: str, walked: bool = False) -> Strip:
    """Paint one candidate."""
    cut = row.cut_by is not None
    accent = styles.family_colour(family)
    style = styles.faint if cut else styles.strong if chosen else styles.text
    line = Line(width, styles.text)
    _add_marks(line, chosen, walked, Style(color=accent), styles)
    line.add(row.label, style, width=label_width(width))
    line.add(percent(row.raw), styles.faint if cut else styles.muted, width=_NUMBER, right=True)
    room = width - 2 - label_width(width) - _NUMBER - _DRAWN - 1
    drawn = "" if row.drawn is None else percent(row.drawn)
    if row.cut_by is not None:
        drawn = "─" if _cut_note(row, room) else stage_label(row.cut_by)
    line.add(drawn, style, width=_DRAWN, right=True).add(" ")
    return Strip([*line.strip().crop(0, width - room), *_paint_bar(row, chosen, room, styles, accent)], width)


def paint_compact(
    row: "Row", chosen: bool, width: int, styles: ThemeStyles, family: str, walked: bool = False
) -> Strip:
    """Paint one candidate without a bar: label, the model's own probability, → the one drawn from, or the stage that
    cut it.
    """
    style = styles.faint if row.cut_by is not None else styles.strong if chosen else styles.text
    line = Line(width, styles.text)
    _add_marks(line, chosen, walked, Style(color=styles.family_colour(family)), styles)
    line.add(row.label, style, width=max(width - 17, 1))
    line.add(percent(row.raw), styles.faint if row.cut_by is not None else styles.muted, width=5, right=True)
    drawn = "" if row.drawn is None else percent(row.drawn)
    line.add(" → " if drawn else "   ", styles.faint)
    return line.add(drawn if row.cut_by is None else stage_label(row.cut_by), style, width=6).strip()


def _add_marks(line: Line, chosen: bool, walked: bool, style: Style, styles: ThemeStyles) -> None:
    """Mark the token of the reply, and the candidate that Enter would take, in two cells."""
    if chosen:
        line.add(MARK, style).add(WALKED if walked else " ", styles.strong)
    else:
        line.add(f"{WALKED} " if walked else "  ", styles.strong)


def _paint_bar(row: "Row", chosen: bool, room: int, styles: ThemeStyles, accent: str) -> list[Segment]:
    if room < _SHORTEST_BAR:
        return [Segment(" " * max(room, 0), styles.text)]
    drawn = row.raw if row.drawn is None else row.drawn
    shared, longer = min(row.raw, drawn), max(row.raw, drawn)
    gained = styles.bar_gained if drawn > row.raw else styles.bar_lost
    solid = accent if chosen else styles.bar
    pieces = bar(room, shared, longer, solid, gained, styles.background)
    note = _cut_note(row, room)
    if not note:
        return pieces
    length = room - cell_len(note)
    return [*Strip(pieces, room).crop(0, length), Segment(note, styles.faint + Style(italic=True))]


def _cut_note(row: "Row", room: int) -> str:
    """Name the stage that cut the row, padded to stand behind its bar; this is empty where there is no room for it."""
    if row.cut_by is None:
        return ""
    note = " " + say("tui.panel.cut_by", stage=stage_label(row.cut_by))
    left = room - int(row.raw * room) - 1
    return fit(note, left) if cell_len(note) <= left else ""


def paint_rest(record: "TokenRecord", rows: "list[Row]", width: int, styles: ThemeStyles) -> list[Strip]:
    """Paint the rest of the vocabulary, and the entropy of the distribution."""
    lines: list[Strip] = []
    if record.vocabulary_size is not None and record.vocabulary_size > len(rows):
        others = Line(width, styles.text).add("  ")
        others.add(say("tui.panel.others", count=record.vocabulary_size - len(rows)), styles.muted)
        mass = max(0.0, 1.0 - sum(row.raw for row in rows))
        used = 2 + label_width(width) + _NUMBER
        others.add(" " * max(used - (width - others.room) - len(percent(mass)), 1)).add(percent(mass), styles.muted)
        lines.append(others.strip())
    entropy = Line(width, styles.text).add("  ")
    if record.entropy is None:
        entropy.add(say("tui.panel.entropy_unknown"), styles.faint)
    else:
        entropy.add(say("tui.panel.entropy") + " ", styles.muted).add(decimal(max(record.entropy, 0.0)), styles.text)
        if record.drawn_entropy is not None and record.stages:
            entropy.add(" → ", styles.faint).add(decimal(max(record.drawn_entropy, 0.0)), styles.text)
        entropy.add(" " + say("tui.panel.bits"), styles.muted)
    return [*lines, entropy.strip()]


def paint_sampling(record: "TokenRecord", width: int, styles: ThemeStyles) -> list[Strip]:
    """Paint what each stage did, in order, and where the draw fell."""
    pieces: list[str] = []
    for stage in record.stages:
        name = stage_label(stage.name)
        if stage.setting is None:
            pieces.append(name)
        elif stage.cuts:
            value, kept = setting(stage.setting), whole(stage.kept)
            pieces.append(say("sampling.step.cut", name=name, value=value, kept=kept))
        else:
            pieces.append(say("sampling.step.did", name=name, value=setting(stage.setting)))
    if record.by_hand:
        pieces.append(say("sampling.step.by_hand"))
    elif record.uniform is not None:
        interval = record.interval
        where = say("sampling.step.draw", value=decimal(record.uniform, 4))
        if interval is not None:
            where += " " + say("sampling.step.interval", low=decimal(interval[0], 3), high=decimal(interval[1], 3))
        pieces.append(where)
    if not pieces:
        return []
    wrapped = WrappedText(width - 2, " → ".join(pieces))
    return [Line(width, styles.faint).add("  ").add(wrapped.text[start:end]).strip() for start, end in wrapped.lines]
