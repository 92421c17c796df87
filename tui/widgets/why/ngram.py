"""Why an n-gram model chose as it did: orders, counts, back-off, the exact split, and lines it learned from.

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
_LEAST_SHARE = 0.01  # recalled replies below this share of what is recalled are not shown
_RECALLED = "≈"


def paint_ngram(evidence: NgramEvidence, scene: Scene) -> list[Strip]:
    """Paint order and context, the table of orders, the split of p(w), the recalled replies and the passages of the
    corpus.
    """
    lines = [_paint_order(evidence, scene), *_paint_levels(evidence, scene)]
    parts = _parts(evidence, scene)
    if parts:
        lines.append(_paint_split(parts, scene))
    if evidence.recall is not None:
        lines += _paint_recalled(evidence.recall, scene)
    return [*lines, *_paint_match(evidence, scene), *_paint_places(evidence, scene)]


def _paint_order(evidence: NgramEvidence, scene: Scene) -> Strip:
    line = scene.line()
    line.add(say("tui.why.title") + "  ", scene.styles.muted + Style(bold=True))
    line.add(say("tui.why.order", used=evidence.order, of=evidence.model_order), scene.styles.text)
    if evidence.recall is not None:
        line.add("   " + say("tui.why.recall", weight=percentage(evidence.recall.weight)), scene.styles.text)
    return line.strip()


def _shares(evidence: NgramEvidence, scene: Scene) -> tuple[NgramShare, ...]:
    token = scene.record.token
    return () if token is None else evidence.shares.get(token, ())


def _tint(order: int, model_order: int, scene: Scene) -> str:
    """Return the accent for the highest order, fading towards the background for lower ones."""
    accent = Color.parse(scene.styles.family_colour(scene.family))
    background = Color.parse(scene.styles.background)
    share = 0.25 + 0.75 * (order / max(model_order, 1))
    return background.blend(accent, share).hex


def _paint_levels(evidence: NgramEvidence, scene: Scene) -> list[Strip]:
    """Paint one line for each order, longest context first: context, counts, back-off weight and contribution."""
    shares = {share.order: share for share in _shares(evidence, scene)}
    counts = [_counts(level, shares.get(level.order)) for level in evidence.levels]
    styles, seen = scene.styles, max(_SEEN, *(len(count) + 2 for count in counts))
    backs_off, adds = (max(_LEAST, len(say(f"tui.why.{name}")) + 1) for name in ("down", "gives"))
    numbers = seen + backs_off + adds
    lines = [
        scene.line()
        .add(" " * max(scene.width - numbers, 0))
        .add(say("tui.why.counts"), styles.faint, width=seen, right=True)
        .add(say("tui.why.down"), styles.faint, width=backs_off, right=True)
        .add(say("tui.why.gives"), styles.faint, width=adds, right=True)
        .strip()
    ]
    if evidence.recall is not None:
        line = scene.line().add(f"{_RECALLED} ", Style(color=styles.bar))
        line.add(say("tui.why.recalled"), styles.text, width=scene.width - 2 - adds)
        lines.append(
            line.add(percent(_recalled_share(evidence.recall, scene)), styles.muted, width=adds, right=True).strip()
        )
    for level, count in zip(reversed(evidence.levels), reversed(counts), strict=True):
        share = shares.get(level.order)
        line = scene.line().add(f"{level.order} ", Style(color=_tint(level.order, evidence.model_order, scene)))
        context = safe_line(scene.labels.text(level.context)) if level.context else say("tui.why.no_context")
        room = max(scene.width - numbers - 2, 4)
        line.add(_end_of(context, room), styles.text if level.context else styles.faint, width=room)
        line.add(count, styles.text if share is not None and share.count else styles.faint, width=seen, right=True)
        line.add(percent(level.backoff) if level.context else "", styles.faint, width=backs_off, right=True)
        line.add("" if share is None else percent(share.contribution), styles.muted, width=adds, right=True)
        lines.append(line.strip())
    return lines


def _counts(level: NgramLevel, share: NgramShare | None) -> str:
    """Return count(context, w) of count(context)."""
    if share is None:
        return f"–/{whole(level.context_count)}"
    return f"{whole(share.count)}/{whole(share.context_count)}"


def _end_of(text: str, width: int) -> str:
    return text if len(text) <= width else "…" + text[-(width - 1) :]


def _recalled_share(recall: RecallEvidence, scene: Scene) -> float:
    """Return what the recalled replies contribute to the token."""
    token = scene.record.token
    return 0.0 if token is None else recall.contributions.get(token, 0.0)


def _parts(evidence: NgramEvidence, scene: Scene) -> list[tuple[float, str]]:
    """Return the parts that p(w) is the sum of, with their colours: the recalled replies, then the orders, longest
    first.
    """
    parts = [
        (share.contribution, _tint(share.order, evidence.model_order, scene))
        for share in sorted(_shares(evidence, scene), key=lambda level_share: -level_share.order)
    ]
    if parts and evidence.recall is not None:
        parts.insert(0, (_recalled_share(evidence.recall, scene), scene.styles.bar))
    return parts


def _paint_split(parts: list[tuple[float, str]], scene: Scene) -> Strip:
    """Paint the stacked bar, whose whole width is p(w)."""
    total = sum(part for part, _ in parts) or 1.0
    label = say("tui.why.split") + " "
    width = scene.width - len(label)
    pieces = [Segment(label, scene.styles.muted)]
    used, reached = 0, 0.0
    for part, colour in parts:
        reached += part
        end = round(width * reached / total)
        if end > used:
            pieces.append(Segment("━" * (end - used), Style(color=colour, bgcolor=scene.styles.background)))
            used = end
    return Strip(pieces).adjust_cell_length(scene.width, scene.styles.text)


def _paint_recalled(recall: RecallEvidence, scene: Scene) -> list[Strip]:
    """Paint the recalled replies with the greatest weight: their share, their source, the question and the reply."""
    lines: list[Strip] = []
    if recall.unmatched:
        words = safe_line(", ".join(f"“{word}”" for word in recall.unmatched))
        lines.append(scene.line().add(say("tui.why.unmatched", words=words), scene.styles.text).strip())
    for recalled in recall.replies[:_SHOWN_REPLIES]:
        if recalled.share < _LEAST_SHARE and lines:
            break
        line = scene.line().add(f"{_RECALLED} ", Style(color=scene.styles.bar))
        line.add(f"{percentage(recalled.share)}  ", scene.styles.muted)
        where = f"{safe_line(recalled.reply.source)}:{recalled.reply.line}"
        lines.append(line.add(_end_of(where, line.room), scene.styles.muted).strip())
        line = scene.line().add("  ")
        question = safe_line(recalled.question.text, max(line.room // 2 - 3, 4))
        line.add(question, scene.styles.muted).add(" → ", scene.styles.faint)
        lines.append(line.add(safe_line(recalled.reply.text, line.room), scene.styles.text).strip())
    return lines


def _paint_match(evidence: NgramEvidence, scene: Scene) -> list[Strip]:
    if not evidence.longest_match:
        return []
    words = safe_line(scene.labels.text(evidence.longest_match))
    line = scene.line().add(say("tui.why.verbatim", count=evidence.match_count) + " ", scene.styles.muted)
    return [line.add(f"“{_end_of(words, max(line.room - 2, 4))}”", scene.styles.text).strip()]


def _paint_places(evidence: NgramEvidence, scene: Scene) -> list[Strip]:
    token = scene.record.token
    occurrences = (evidence.places_of.get(token) if token is not None else None) or evidence.places
    lines: list[Strip] = []
    for occurrence in occurrences[:_SHOWN_PLACES]:
        where = f"{safe_line(occurrence.source)}:{occurrence.line}"
        lines.append(scene.line().add(_end_of(where, scene.width), scene.styles.muted).strip())
        lines.append(_paint_quote(occurrence, scene))
    return lines


def _paint_quote(occurrence: CorpusPlace, scene: Scene) -> Strip:
    """Paint the line of the text with the match highlighted, shortened on both sides of it where it is long."""
    text, start, end = occurrence.text, occurrence.start, occurrence.end
    before, match, after = (
        safe(piece).replace("\n", " ").replace("\t", " ") for piece in (text[:start], text[start:end], text[end:])
    )
    room = max(scene.width - 2 - len(match), 0)
    left = min(len(before.lstrip()), max(room * 2 // 3, room - len(after)))
    before = _end_of(before.lstrip(), left) if left else ""
    line = Line(scene.width, scene.styles.text).add("  ")
    line.add(before, scene.styles.muted).add(match, scene.styles.strong + Style(underline=True))
    return line.add(fit(after.rstrip(), line.room), scene.styles.muted).strip()
