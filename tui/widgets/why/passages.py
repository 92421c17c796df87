"""Paints what retrieval gave to the model: the passages, their scores, the best sentence, the matched words."""

import re

from rich.style import Style
from textual.strip import Strip

from genchat.engine.contract import Passage, Passages
from genchat.engine.language import say, words_of
from genchat.engine.language.numbers import decimal, percentage
from genchat.engine.text import safe, safe_line
from genchat.tui.widgets.why import Scene
from genchat.tui.widgets.wrapping import WrappedText

_LINES_OF_TEXT = 6
_PARTS = ("bm25", "nearness", "trigram", "vector")
_HEADING = re.compile(r"(^|\n)#{1,6} ")


def paint_passages(passages: Passages, scene: Scene) -> list[Strip]:
    """Paint all passages, best first."""
    lines = [scene.title(say("tui.why.passages", retriever=safe_line(passages.retriever)))]
    if passages.missing:
        words = ", ".join(safe_line(word) for word in passages.missing)
        lines += scene.paragraph(say("tui.why.missing", words=words), scene.styles.faint)
    for passage in passages.items:
        lines += _paint_passage(passage, scene)
    return lines


def _paint_passage(passage: Passage, scene: Scene) -> list[Strip]:
    styles = scene.styles
    head = (
        scene.line()
        .add(f"[{passage.number}] ", styles.strong)
        .add(safe_line(passage.source, 40), styles.text)
        .add("  ")
    )
    lines = [head.add(_end_of(safe_line(passage.locator), head.room), styles.muted).strip()]
    parts = [(_part_name(name), score) for name, score in passage.parts.items() if score]
    if parts:  # recipes and figures are not search results and have no scores
        scores = "  ".join(f"{name} {decimal(score)}" for name, score in parts)
        total = say("docs.score", score=decimal(passage.score))
        lines.append(scene.line().add("    ").add(f"{total}  {scores}", styles.muted).strip())
    if passage.matched and parts:
        words = "  ".join(f"{safe_line(word)} {percentage(share)}" for word, share in passage.matched.items())
        lines.append(scene.line().add("    ").add(words, styles.faint).strip())
    if passage.warning:
        lines += scene.paragraph(words_of(passage.warning), styles.warning)
    return lines + _paint_text(passage, scene)


def _part_name(name: str) -> str:
    return say(f"docs.part_{name}") if name in _PARTS else safe_line(name, 20)


def _end_of(text: str, room: int) -> str:
    """Return the end of a heading path, which is its most telling part."""
    return text if len(text) <= room else "…" + text[len(text) - max(room, 1) + 1 :]


def _paint_text(passage: Passage, scene: Scene) -> list[Strip]:
    first, last = passage.highlight or (0, 0)
    before, marked, after = (_flat(passage.text[slice(*span)]) for span in ((0, first), (first, last), (last, None)))
    text, first, last = before + marked + after, len(before), len(before) + len(marked)
    wrapped = WrappedText(scene.width - 4, text)
    lines: list[Strip] = []
    highlighted = next((i for i, (_, end) in enumerate(wrapped.lines) if end > first), 0)
    top = max(min(highlighted - 1, len(wrapped.lines) - _LINES_OF_TEXT), 0)
    for start, end in wrapped.lines[top : top + _LINES_OF_TEXT]:
        begin, finish = min(max(first, start), end), min(max(last, start), end)
        line = scene.line().add("    ").add(text[start:begin], scene.styles.muted)
        line.add(text[begin:finish], scene.styles.strong + Style(underline=True))
        lines.append(line.add(text[finish:end], scene.styles.muted).strip())
    return lines


def _flat(text: str) -> str:
    """Return the text on one line, without the marks of headings."""
    return _HEADING.sub(r"\1", safe(text)).replace("\n", " ")
