"""Why a counting model chose as it did: orders, counts, back-off, the exact split, and lines it learned from.

p(w) is the sum of what each order contributed (interpolated Kneser-Ney) and, in a chat, of what the recalled replies
gave, so the parts of the bar are the whole answer.
"""

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.strip import Strip

from genchat.engine.evidence import CorpusPlace, NgramEvidence, NgramLevel, NgramShare, RecallEvidence
from genchat.engine.language import say
from genchat.engine.language.numbers import percent, percentage, whole
from genchat.engine.text import safe, safe_line
from genchat.tui.widgets.painting import Line, fit
from genchat.tui.widgets.why import Scene

_SHOWN_PLACES = 3
_SHOWN_REPLIES = 2
_SEEN, _LEAST = 9, 6  # columns; the first grows with the counts, the others with their titles
_HEARD = 0.01  # recalled replies below this share of what is recalled are not told
_RECALLED = "≈"


def paint_ngram(evidence: NgramEvidence, scene: Scene) -> list[Strip]:
    """Order and context, the table of orders, the split, the recalled replies, the places."""
    lines = [_paint_order(evidence, scene), *_paint_levels(evidence, scene)]
    parts = _parts(evidence, scene)
    if parts:
        lines.append(_paint_split(parts, scene))
    if evidence.recall is not None:
        lines += _paint_recalled(evidence.recall, scene)
    return [*lines, *_paint_match(evidence, scene), *_paint_places(evidence, scene)]


def _paint_order(evidence: NgramEvidence, scene: Scene) -> Strip:
    line = scene.line()
    line.add(say("tui.why.title") + "  ", scene.inks.muted + Style(bold=True))
    line.add(say("tui.why.order", used=evidence.order, of=evidence.model_order), scene.inks.text)
    if evidence.recall is not None:
        line.add("   " + say("tui.why.recall", weight=percentage(evidence.recall.weight)), scene.inks.text)
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
    """One line an order, longest context first: context, count(context, w) of count(context), back-off, its gift."""
    shares = {share.order: share for share in _shares(evidence, scene)}
    counts = [_counts(level, shares.get(level.order)) for level in evidence.levels]
    inks, seen = scene.inks, max(_SEEN, *(len(count) + 2 for count in counts))
    backs_off, adds = (max(_LEAST, len(say(f"tui.why.{name}")) + 1) for name in ("down", "gives"))
    numbers = seen + backs_off + adds
    found = [
        scene.line()
        .add(" " * max(scene.width - numbers, 0))
        .add(say("tui.why.counts"), inks.faint, width=seen, right=True)
        .add(say("tui.why.down"), inks.faint, width=backs_off, right=True)
        .add(say("tui.why.gives"), inks.faint, width=adds, right=True)
        .strip()
    ]
    if evidence.recall is not None:
        line = scene.line().add(f"{_RECALLED} ", Style(color=inks.bar))
        line.add(say("tui.why.recalled"), inks.text, width=scene.width - 2 - adds)
        found.append(line.add(percent(_gift(evidence.recall, scene)), inks.muted, width=adds, right=True).strip())
    for level, count in zip(reversed(evidence.levels), reversed(counts), strict=True):
        share = shares.get(level.order)
        line = scene.line().add(f"{level.order} ", Style(color=_tint(level.order, evidence.model_order, scene)))
        context = safe_line(scene.labels.text(level.context)) if level.context else say("tui.why.no_context")
        room = max(scene.width - numbers - 2, 4)
        line.add(_end_of(context, room), inks.text if level.context else inks.faint, width=room)
        line.add(count, inks.text if share is not None and share.count else inks.faint, width=seen, right=True)
        line.add(percent(level.backoff) if level.context else "", inks.faint, width=backs_off, right=True)
        line.add("" if share is None else percent(share.contribution), inks.muted, width=adds, right=True)
        found.append(line.strip())
    return found


def _counts(level: NgramLevel, share: NgramShare | None) -> str:
    """count(context, w) of count(context)."""
    if share is None:
        return f"–/{whole(level.context_count)}"
    return f"{whole(share.count)}/{whole(share.context_count)}"


def _end_of(text: str, width: int) -> str:
    return text if len(text) <= width else "…" + text[-(width - 1) :]


def _gift(recall: RecallEvidence, scene: Scene) -> float:
    """What the recalled replies give to the token."""
    token = scene.record.token
    return 0.0 if token is None else recall.contributions.get(token, 0.0)


def _parts(evidence: NgramEvidence, scene: Scene) -> list[tuple[float, str]]:
    """What p(w) is the sum of, with the colour of each part: the recalled replies, then the orders, longest first."""
    parts = [
        (share.contribution, _tint(share.order, evidence.model_order, scene))
        for share in sorted(_shares(evidence, scene), key=lambda each: -each.order)
    ]
    if parts and evidence.recall is not None:
        parts.insert(0, (_gift(evidence.recall, scene), scene.inks.bar))
    return parts


def _paint_split(parts: list[tuple[float, str]], scene: Scene) -> Strip:
    """The stacked bar: the whole width is p(w)."""
    total = sum(part for part, _ in parts) or 1.0
    label = say("tui.why.split") + " "
    width = scene.width - len(label)
    pieces = [Segment(label, scene.inks.muted)]
    used, reached = 0, 0.0
    for part, colour in parts:
        reached += part
        end = round(width * reached / total)
        if end > used:
            pieces.append(Segment("━" * (end - used), Style(color=colour, bgcolor=scene.inks.ground)))
            used = end
    return Strip(pieces).adjust_cell_length(scene.width, scene.inks.text)


def _paint_recalled(recall: RecallEvidence, scene: Scene) -> list[Strip]:
    """The replies heard most: how much of what is recalled they are, where they stand, what was asked and answered."""
    found: list[Strip] = []
    if recall.unmatched:
        words = safe_line(", ".join(f"“{word}”" for word in recall.unmatched))
        found.append(scene.line().add(say("tui.why.unmatched", words=words), scene.inks.text).strip())
    for each in recall.replies[:_SHOWN_REPLIES]:
        if each.share < _HEARD and found:
            break
        line = scene.line().add(f"{_RECALLED} ", Style(color=scene.inks.bar))
        line.add(f"{percentage(each.share)}  ", scene.inks.muted)
        where = f"{safe_line(each.reply.source)}:{each.reply.line}"
        found.append(line.add(_end_of(where, line.room), scene.inks.muted).strip())
        line = scene.line().add("  ")
        question = safe_line(each.question.text, max(line.room // 2 - 3, 4))
        line.add(question, scene.inks.muted).add(" → ", scene.inks.faint)
        found.append(line.add(safe_line(each.reply.text, line.room), scene.inks.text).strip())
    return found


def _paint_match(evidence: NgramEvidence, scene: Scene) -> list[Strip]:
    if not evidence.longest_match:
        return []
    words = safe_line(scene.labels.text(evidence.longest_match))
    line = scene.line().add(say("tui.why.verbatim", count=evidence.match_count) + " ", scene.inks.muted)
    return [line.add(f"“{_end_of(words, max(line.room - 2, 4))}”", scene.inks.text).strip()]


def _paint_places(evidence: NgramEvidence, scene: Scene) -> list[Strip]:
    token = scene.record.token
    places = (evidence.places_of.get(token) if token is not None else None) or evidence.places
    found: list[Strip] = []
    for place in places[:_SHOWN_PLACES]:
        where = f"{safe_line(place.source)}:{place.line}"
        found.append(scene.line().add(_end_of(where, scene.width), scene.inks.muted).strip())
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
