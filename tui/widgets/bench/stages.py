"""The stages as a table: value, what it cut or that it scaled, the mass and the candidates left, and the entropy."""

from typing import TYPE_CHECKING

from textual.strip import Strip

from genchat.engine.language import say
from genchat.engine.language.numbers import decimal, percent, setting, whole
from genchat.engine.sampling.steps import place_of
from genchat.engine.sampling.table import stage_label
from genchat.engine.text import safe_line
from genchat.tui.colours import ThemeStyles
from genchat.tui.widgets.bench.view import BenchRow, BenchView
from genchat.tui.widgets.painting import Line

if TYPE_CHECKING:
    from genchat.engine.sampling.waterfall import WaterfallStep

CHOSEN = "›"
_VALUE, _CUT, _LEFT, _MASS, _BITS = 7, 9, 9, 8, 6
_LEFT_FROM = 50  # cells from which on there is room to say how many candidates are left
_SLIDER = 22
_KNOB, _TRACK, _ENDS = "●", "━", ("◂", "▸")


def _name_width(width: int) -> int:
    return max(width - 2 - _VALUE - _CUT - _left_width(width) - _MASS - _BITS, 8)


def _left_width(width: int) -> int:
    return _LEFT if width >= _LEFT_FROM else 0


def shown_value(row: BenchRow, view: BenchView) -> str:
    """Return the value of a row's setting as a person would write it; 0 and nothing are "off" where they mean that."""
    value = getattr(view.settings, row.setting.name)
    off = value == row.setting.off and not value
    return say("bench.off") if off else safe_line(setting(value), 24)


def _step(row: BenchRow, view: BenchView) -> "WaterfallStep | None":
    """Return what the row's stage did. A temperature of 0 is the stage of greedy decoding, which has no settings."""
    greedy = row.stage.name == "temperature" and view.settings.temperature == 0
    return None if view.waterfall is None else view.waterfall.step("greedy" if greedy else row.stage.name)


def paint_headings(width: int, styles: ThemeStyles) -> Strip:
    """Paint the headings of the table."""
    line = Line(width, styles.muted).add("  ").add(say("bench.stage"), width=_name_width(width))
    line.add(say("bench.value"), width=_VALUE, right=True).add(say("bench.cut"), width=_CUT, right=True)
    line.add(say("bench.left"), width=_left_width(width), right=True).add(say("bench.mass"), width=_MASS, right=True)
    return line.add(say("tui.panel.bits"), width=_BITS, right=True).strip()


def paint_model(view: BenchView, width: int, styles: ThemeStyles) -> Strip:
    """Paint what the model gave, before any stage."""
    line = Line(width, styles.text).add("  ").add(say("tui.panel.raw"), styles.muted, width=_name_width(width))
    line.add("", width=_VALUE + _CUT)
    if view.waterfall is not None:
        line.add(whole(view.waterfall.count), styles.muted, width=_left_width(width), right=True)
        line.add("100", styles.muted, width=_MASS, right=True)
        line.add(decimal(view.waterfall.entropy), styles.muted, width=_BITS, right=True)
    return line.strip()


def paint_stage(view: BenchView, index: int, width: int, styles: ThemeStyles) -> Strip:
    """Paint one row: a stage and what it did, or one more of its settings."""
    row, chosen = view.rows[index], index == view.chosen
    step = _step(row, view) if row.first else None
    on = row.stage.is_on(view.settings) or step is not None
    style = styles.strong if chosen else styles.text if on else styles.faint
    line = Line(width, styles.text).add(CHOSEN if chosen else " ", styles.strong).add(" ")
    name = stage_label(row.stage.name) if row.first else "  " + say(f"sampling.name.{row.setting.name}")
    changed = getattr(view.settings, row.setting.name) != getattr(view.reply_settings, row.setting.name)
    value = shown_value(row, view) + ("*" if changed else "")
    room = _name_width(width)
    if row.first and row.setting.kind is str and on:
        value = say("bench.on") + "*" * changed  # the text itself stands in the line below the table
    if not row.first:
        return line.add(name, style, width=room + 4).add(" ").add(value, style, width=max(line.room, 0)).strip()
    line.add(name, style, width=room).add(value, style, width=_VALUE, right=True)
    if step is None:
        return line.strip()
    did = "−" + whole(step.cut) if step.cut else say("bench.scaled") if step.scaled else "─"
    line.add(did, style, width=_CUT, right=True).add(whole(step.left), style, width=_left_width(width), right=True)
    line.add(percent(step.mass), style, width=_MASS, right=True)
    return line.add(decimal(step.entropy), style, width=_BITS, right=True).strip()


def paint_slider(view: BenchView, width: int, styles: ThemeStyles) -> Strip:
    """Paint the slider of the chosen setting: where its value stands among those that the arrows reach."""
    row = view.row
    line = Line(width, styles.text).add("  ")
    share = place_of(row.setting, getattr(view.settings, row.setting.name))
    if share is not None:
        room = min(_SLIDER, max(width - 30, 6))
        knob = round(share * (room - 1))
        line.add(_ENDS[0], styles.muted).add(_TRACK * knob, styles.muted).add(_KNOB, styles.strong)
        line.add(_TRACK * (room - 1 - knob), styles.muted).add(_ENDS[1], styles.muted).add("  ")
    line.add(say(f"sampling.name.{row.setting.name}"), styles.muted).add(" ").add(shown_value(row, view), styles.text)
    return line.strip()


def paint_summary(view: BenchView, width: int, styles: ThemeStyles) -> Strip:
    """Paint the chosen stage, and what all of them left, on one line."""
    row = view.row
    line = Line(width, styles.text).add(f"{CHOSEN} ", styles.strong)
    name = stage_label(row.stage.name) if row.first else say(f"sampling.name.{row.setting.name}")
    line.add(f"{name} ", styles.strong).add(shown_value(row, view), styles.strong)
    if view.error:
        return line.add("  " + view.error, styles.error).strip()
    if view.waterfall is None:
        return line.strip()
    step = _step(row, view)
    if step is not None:
        did = "−" + whole(step.cut) if step.cut else say("bench.scaled") if step.scaled else "─"
        line.add("  " + did, styles.text)
    last = view.waterfall.steps[-1] if view.waterfall.steps else None
    left, mass = (view.waterfall.count, 1.0) if last is None else (last.left, last.mass)
    after = view.waterfall.entropy if last is None else last.entropy
    line.add("   " + say("bench.summary", left=whole(left), mass=percent(mass)), styles.muted)
    bits = f"{decimal(view.waterfall.entropy)} → {decimal(after)} {say('tui.panel.bits')}"
    return line.add("   " + bits, styles.muted).strip()
