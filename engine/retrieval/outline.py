"""The outline of a plain text, as its margins tell: sections of a manual, and options with their explanation.

A paragraph that begins further out than those below it leads them. What it leads stays together with it in one
passage as long as it fits; where it does not fit, every piece stands under it as under a heading.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from genchat.engine.retrieval.sentences import Span

_PARAGRAPH_END = re.compile(r"\n[ \t\r]*\n")
_LONGEST_TITLE = 80  # characters of a line that can be a heading
_SECTION_INDENT = 3  # columns from the margin, at most, where the heading of a section stands
_UNDERLINE = re.compile(r"([=\-~^*+#])\1{2,}")
_PROSE = re.compile(r"[.!?;,:][\"'”’)\]]*\Z")


@dataclass(frozen=True, slots=True)
class Group:
    """Paragraphs that belong together, under the names of what leads them; `name` is the first line if it leads."""

    paragraphs: tuple[Span, ...]
    names: tuple[str, ...]
    name: str = ""

    @property
    def span(self) -> Span:
        """From the first to the last."""
        return self.paragraphs[0][0], self.paragraphs[-1][1]


@dataclass(frozen=True, slots=True)
class _Paragraph:
    """`indent` is the margin of what it says, `section` the heading right above that, with a margin of its own."""

    span: Span
    indent: int
    inner: int  # the least of its other lines, where the first hangs out over them; else as `indent`
    first: str
    lines: int
    section: str = ""
    section_indent: int = 0
    title: bool = False  # an underlined line and no more


def outline(text: str, start: int, end: int) -> list[Group]:
    """The groups of text[start:end] in order; without margins each paragraph is one by itself."""
    paragraphs = _with_titles(list(_paragraphs(text, start, end)))
    found: list[Group] = []
    names: list[tuple[int, str]] = []
    opening = (0, "")  # "…:" over a list, with its margin
    at = 0
    while at < len(paragraphs):
        paragraph = paragraphs[at]
        margin = paragraph.section_indent if paragraph.section else paragraph.indent
        while names and names[-1][0] >= margin:
            names.pop()
        if paragraph.section:
            names.append((margin, paragraph.section))
        last = at
        if paragraph.indent:
            while last + 1 < len(paragraphs) and _leads(paragraph, paragraphs[last + 1]):
                last += 1
        opens = paragraph.lines == 1 and paragraph.first.endswith(":") and last == at
        if opens and len(paragraph.first) <= _LONGEST_TITLE:
            opening = (paragraph.indent, paragraph.first.rstrip(": "))
        elif opening[1] and (paragraph.indent < opening[0] or paragraph.section or paragraph.first.endswith(".")):
            opening = (0, "")
        path = (*(title for _, title in names), *([opening[1]] if opening[1] and not opens else []))
        term = paragraph.inner > paragraph.indent or (last > at and paragraph.lines == 1)
        name = paragraph.first if term and len(paragraph.first) <= _LONGEST_TITLE else ""
        spans = tuple(each.span for each in paragraphs[at : last + 1])
        found.append(Group(spans, path, name))
        at = last + 1
    return found


def _leads(paragraph: _Paragraph, after: _Paragraph) -> bool:
    return not after.section and after.indent > paragraph.indent + 1


def _paragraphs(text: str, start: int, end: int) -> Iterator[_Paragraph]:
    begin = start
    for stop in (*((match.start(), match.end()) for match in _PARAGRAPH_END.finditer(text, start, end)), (end, end)):
        lines = [line for line in text[begin : stop[0]].split("\n") if line.strip()]
        if lines:
            yield _paragraph((begin, stop[0]), lines)
        begin = stop[1]


def _paragraph(span: Span, lines: list[str]) -> _Paragraph:
    if len(lines) > 1 and _is_underlined(lines[0], lines[1]):
        level = -2 if lines[1].strip()[0] == "=" else -1
        if len(lines) == 2:
            return _Paragraph(span, level, level, _line(lines[0]), 1, title=True)
        return replace(_paragraph(span, lines[2:]), section=_line(lines[0]), section_indent=level)
    first, *others = (_indent(line) for line in lines)
    inner = min(others, default=first)
    title = _line(lines[0])
    if inner > first + 2 and first <= _SECTION_INDENT and _can_be_title(title):
        below = _paragraph(span, lines[1:])
        return replace(below, section=title, section_indent=first)
    return _Paragraph(span, min(first, inner), inner, title, len(lines))


def _with_titles(paragraphs: list[_Paragraph]) -> list[_Paragraph]:
    """A title that stands alone over text further in goes with the first paragraph of that text."""
    found: list[_Paragraph] = []
    for place, paragraph in enumerate(paragraphs):
        before = found[-1] if found else None
        if (before is not None and before.title and not paragraph.section and not paragraph.title) or (
            before is not None
            and not before.title
            and before.lines == 1
            and not before.section
            and before.indent <= _SECTION_INDENT
            and _can_be_title(before.first)
            and paragraph.indent > before.indent + 2
            and not paragraph.section
            and place + 1 < len(paragraphs)
        ):
            span = (before.span[0], paragraph.span[1])
            found[-1] = replace(paragraph, span=span, section=before.first, section_indent=before.indent)
        else:
            found.append(paragraph)
    return found


def _is_underlined(line: str, below: str) -> bool:
    """Whether a line is a title by the line of signs below it."""
    signs = below.strip()
    plain = any(map(str.isalnum, line)) and len(line.strip()) <= _LONGEST_TITLE and "|" not in line
    return plain and bool(_UNDERLINE.fullmatch(signs)) and len(signs) >= min(len(line.strip()) - 2, 3)


def _can_be_title(line: str) -> bool:
    return len(line) <= _LONGEST_TITLE and not _PROSE.search(line) and any(map(str.isalpha, line))


def _line(line: str) -> str:
    return " ".join(line.split())


def _indent(line: str) -> int:
    return len(line[: len(line) - len(line.lstrip())].expandtabs(8))
