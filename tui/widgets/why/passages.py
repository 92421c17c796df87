"""What retrieval gave to the model: the passages their scores, the sentence that fits best, the matched words."""

from rich.style import Style
from textual.strip import Strip

from engine.contract import Passage, Passages
from engine.language import say
from engine.text import safe, safe_line
from tui.numbers import decimal, percent
from tui.widgets.why import Scene
from tui.widgets.wrapping import WrappedText

_LINES_OF_TEXT = 6


def paint_passages(passages: Passages, scene: Scene) -> list[Strip]:
    """All passages, best first."""
    lines = [scene.title(say("tui.why.passages", retriever=safe_line(passages.retriever)))]
    if passages.missing:
        words = ", ".join(safe_line(word) for word in passages.missing)
        lines += scene.paragraph(say("tui.why.missing", words=words), scene.inks.faint)
    for passage in passages.items:
        lines += _paint_passage(passage, scene)
    return lines


def _paint_passage(passage: Passage, scene: Scene) -> list[Strip]:
    inks = scene.inks
    head = scene.line().add(f"[{passage.number}] ", inks.strong).add(safe_line(passage.source), inks.text)
    lines = [head.add("  " + safe_line(passage.locator), inks.muted).strip()]
    parts = "  ".join(f"{safe_line(name)} {decimal(score)}" for name, score in passage.parts.items())
    lines.append(scene.line().add("    ").add(f"{decimal(passage.score)}  {parts}", inks.muted).strip())
    if passage.matched:
        words = "  ".join(f"{safe_line(word)} {percent(share)} %" for word, share in passage.matched.items())
        lines.append(scene.line().add("    ").add(words, inks.faint).strip())
    if passage.warning:
        lines += scene.paragraph(say(passage.warning), inks.warning)
    return lines + _paint_text(passage, scene)


def _paint_text(passage: Passage, scene: Scene) -> list[Strip]:
    text = safe(passage.text).replace("\n", " ")
    first, last = passage.highlight or (0, 0)
    wrapped = WrappedText(scene.width - 4, text)
    lines: list[Strip] = []
    highlighted = next((i for i, (_, end) in enumerate(wrapped.lines) if end > first), 0)
    top = max(min(highlighted - 1, len(wrapped.lines) - _LINES_OF_TEXT), 0)
    for start, end in wrapped.lines[top : top + _LINES_OF_TEXT]:
        begin, finish = min(max(first, start), end), min(max(last, start), end)
        line = scene.line().add("    ").add(text[start:begin], scene.inks.muted)
        line.add(text[begin:finish], scene.inks.strong + Style(underline=True))
        lines.append(line.add(text[finish:end], scene.inks.muted).strip())
    return lines
