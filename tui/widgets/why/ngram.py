"""Why a counting model chose as it did: orders, counts, the exact split, and lines it learned from.

p(w) is the sum of what each order contributed (interpolated Kneser-Ney), so the parts of the bar are the whole answer.
"""

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.strip import Strip

from engine.evidence import CorpusPlace, NgramEvidence, NgramShare
from engine.language import say
from engine.text import safe, safe_line
from tui.numbers import percent, whole
from tui.widgets.painting import Line, fit
from tui.widgets.why import Scene

_SHOWN_PLACES = 4


def paint_ngram(evidence: NgramEvidence, scene: Scene) -> list[Strip]:
    """Order and context, the table of orders, the split, the places."""
    lines = [_paint_order(evidence, scene), *_paint_levels(evidence, scene)]
    split = _shares(evidence, scene)
    if split:
        lines.append(_paint_split(split, evidence.model_order, scene))
    return [*lines, *_paint_match(evidence, scene), *_paint_places(evidence, scene)]


def _paint_order(evidence: NgramEvidence, scene: Scene) -> Strip:
    line = scene.line()
    line.add(say("tui.why.title") + "  ", scene.inks.muted + Style(bold=True))
    line.add(say("tui.why.order", used=evidence.order, of=evidence.model_order), scene.inks.text)
    return line.strip()


def _shares(evidence: NgramEvidence, scene: Scene) -> tuple[NgramShare, ...]:
    token = scene.record.token
    return () if token is None else evidence.shares.get(token, ())


def _tint(order: int, model_order: int, scene: Scene) -> str:
    """The accent for the highest order, fading towards the ground for lower ones."""
    accent = Color.parse(scene.inks.family_colour(scene.family))
    ground = Color.parse(scene.inks.ground)
    share = 0.25 + 0.75 * (order / max(model_order, 1))
    return ground.blend(accent, share).hex


def _paint_levels(evidence: NgramEvidence, scene: Scene) -> list[Strip]:
    """One line an order, longest context first: context, count(context, w) of count(context), what it gave."""
    shares = {share.order: share for share in _shares(evidence, scene)}
    inks, numbers = scene.inks, 22
    found = [
        scene.line()
        .add(" " * max(scene.width - numbers, 0))
        .add(say("tui.why.counts"), inks.faint, width=14, right=True)
        .add(say("tui.why.gives"), inks.faint, width=8, right=True)
        .strip()
    ]
    for level in reversed(evidence.levels):
        share = shares.get(level.order)
        line = scene.line().add(f"{level.order} ", Style(color=_tint(level.order, evidence.model_order, scene)))
        context = safe_line(scene.labels.text(level.context)) if level.context else say("tui.why.no_context")
        room = max(scene.width - numbers - 2, 4)
        line.add(_end_of(context, room), inks.text if level.context else inks.faint, width=room)
        if share is None:
            line.add(f"–/{whole(level.context_count)}", inks.faint, width=14, right=True)
        else:
            counts = f"{whole(share.count)}/{whole(share.context_count)}"
            line.add(counts, inks.text if share.count else inks.faint, width=14, right=True)
            line.add(percent(share.contribution), inks.muted, width=8, right=True)
        found.append(line.strip())
    return found


def _end_of(text: str, width: int) -> str:
    return text if len(text) <= width else "…" + text[-(width - 1) :]


def _paint_split(shares: tuple[NgramShare, ...], model_order: int, scene: Scene) -> Strip:
    """The stacked bar: the whole width is p(w)."""
    total = sum(share.contribution for share in shares) or 1.0
    label = say("tui.why.split") + " "
    width = scene.width - len(label)
    pieces = [Segment(label, scene.inks.muted)]
    used, reached = 0, 0.0
    for share in sorted(shares, key=lambda each: -each.order):
        reached += share.contribution
        end = round(width * reached / total)
        if end > used:
            pieces.append(
                Segment(
                    "━" * (end - used), Style(color=_tint(share.order, model_order, scene), bgcolor=scene.inks.ground)
                )
            )
            used = end
    return Strip(pieces).adjust_cell_length(scene.width, scene.inks.text)


def _paint_match(evidence: NgramEvidence, scene: Scene) -> list[Strip]:
    if not evidence.longest_match:
        return []
    words = safe_line(scene.labels.text(evidence.longest_match))
    line = scene.line().add(say("tui.why.verbatim", count=whole(evidence.match_count)) + " ", scene.inks.muted)
    return [line.add(f"“{_end_of(words, max(line.room - 2, 4))}”", scene.inks.text).strip()]


def _paint_places(evidence: NgramEvidence, scene: Scene) -> list[Strip]:
    token = scene.record.token
    places = (evidence.places_of.get(token) if token is not None else None) or evidence.places
    found: list[Strip] = []
    for place in places[:_SHOWN_PLACES]:
        found.append(scene.line().add(f"{safe_line(place.source)}:{place.line}", scene.inks.muted).strip())
        found.append(_paint_quote(place, scene))
    return found


def _paint_quote(place: CorpusPlace, scene: Scene) -> Strip:
    """The line of the text, the match in it highlighted, cut around the match where it is long."""
    before, match, after = (
        safe(piece).replace("\n", " ").replace("\t", " ")
        for piece in (place.text[: place.start], place.text[place.start : place.end], place.text[place.end :])
    )
    room = max(scene.width - 2 - len(match), 0)
    left = min(len(before.lstrip()), max(room * 2 // 3, room - len(after)))
    before = _end_of(before.lstrip(), left) if left else ""
    line = Line(scene.width, scene.inks.text).add("  ")
    line.add(before, scene.inks.muted).add(match, scene.inks.strong + Style(underline=True))
    return line.add(fit(after.rstrip(), line.room), scene.inks.muted).strip()
