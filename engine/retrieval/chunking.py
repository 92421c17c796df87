"""A document cut into passages: exact substrings with offsets, each under its heading path, nothing dropped.

Headings come first: a section that fits stays whole, together with its sub-sections (a recipe with its ingredients and
steps is one passage). Longer text is packed from whole sentences into pieces of nearly equal length, up to `LIMIT`
characters, so that no small remainder is left at the end. Between passages there is only white space.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from genchat.engine.retrieval.outline import Group, outline
from genchat.engine.retrieval.sentences import Span, sentence_spans

LIMIT = 900  # characters of a passage
WHOLE = 1500  # characters of a section below the document's title that is kept together with its sub-sections
_TRIES = 4  # how many more pieces than the fewest are tried before balance is given up
_LARGE_ENOUGH = 600  # paragraphs are joined until a passage has this many characters
_TINY = 200  # characters of a section that does not stand by itself
_ENTRY_ENOUGH = 200  # characters from which on an option with its explanation is a passage by itself

_FENCE = re.compile(r"[ ]{0,3}(```|~~~)")
_ATX = re.compile(r"[ ]{0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$")
_SETEXT = re.compile(r"[ ]{0,3}(=+|-{2,})[ \t]*$")
_PARAGRAPH_END = re.compile(r"\n[ \t\r]*\n")


@dataclass(frozen=True, slots=True)
class Chunk:
    """text[start:end] of a document; `heading` is the path of headings above and `line` counts from 1."""

    start: int
    end: int
    heading: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class _Section:
    """A heading and its own body, without its sub-sections; level 0 is what stands before the first heading."""

    start: int
    end: int
    level: int
    title: str


def chunk_markdown(text: str) -> list[Chunk]:
    """Chunks of a text with `#` headings (or underlined ones)."""
    sections = _sections(text)
    spans: list[tuple[Span, tuple[str, ...]]] = []
    index = 0
    path: list[tuple[int, str]] = []
    while index < len(sections):
        section = sections[index]
        while path and path[-1][0] >= section.level:
            path.pop()
        if section.level:
            path.append((section.level, section.title))
        names = tuple(title for _, title in path if title)
        after = _after_subsections(sections, index)
        length = len(text[section.start : sections[after - 1].end].strip())
        if length <= LIMIT or (after > index + 1 and len(names) > 1 and length <= WHOLE):
            spans.append(((section.start, sections[after - 1].end), names))
            index = after
        else:
            spans += [(span, names) for span in _packed(text, section.start, section.end)]
            index += 1
    return _numbered(text, _with_bare_headings(text, spans))


def chunk_plain(text: str, heading: tuple[str, ...] = (), start: int = 0, end: int | None = None) -> list[Chunk]:
    """Chunks of a text without headings but with margins; `start` and `end` choose a part of it."""
    spans: list[tuple[Span, tuple[str, ...]]] = []
    open_groups: list[Group] = []

    def close() -> None:
        if open_groups:
            alone = open_groups[0].name if len(open_groups) == 1 else ""
            levels = zip(*(group.names for group in open_groups), strict=False)
            names = tuple(level[0] for level in takewhile(lambda level: len(set(level)) == 1, levels))
            under = (*heading, *names, *([alone] if alone else []))
            spans.append(((open_groups[0].span[0], open_groups[-1].span[1]), under))
            open_groups.clear()

    for group in outline(text, start, len(text) if end is None else end):
        first, last = group.span
        if open_groups:
            begin, until = open_groups[0].span[0], open_groups[-1].span[1]
            below = group.names[: len(open_groups[0].names)] == open_groups[0].names
            same = below or until - begin < _TINY
            together = same and not (group.name and _is_large(open_groups))
            if together and last - begin <= LIMIT and until - begin < _LARGE_ENOUGH:
                open_groups.append(group)
                continue
        close()
        if last - first <= LIMIT:
            open_groups.append(group)
        else:
            under = (*heading, *group.names, *([group.name] if group.name else []))
            spans += [(span, under) for span in _joined(text, group.paragraphs)]
    close()
    return _numbered(text, spans)


def _is_large(groups: Sequence[Group]) -> bool:
    """Whether an option has enough to say to be a passage by itself."""
    return bool(groups[-1].name) and groups[-1].span[1] - groups[-1].span[0] >= _ENTRY_ENOUGH


def chunk_records(text: str, records: list[Span]) -> list[Chunk]:
    """One chunk a record (a row, an object); a record too long for that is cut as plain text is."""
    spans = []
    for start, end in records:
        spans += [(start, end)] if end - start <= 4 * LIMIT else _packed(text, start, end)
    return _numbered(text, [(span, ()) for span in spans])


def _sections(text: str) -> list[_Section]:
    starts: list[tuple[int, int, str]] = []
    fenced = ""
    before = (0, "")  # where the line above begins, and the line
    for start, line in _lines(text):
        fence = _FENCE.match(line)
        if fence and (not fenced or fence[1] == fenced):
            fenced = "" if fenced else fence[1]
        elif not fenced:
            atx, setext = _ATX.match(line), _SETEXT.match(line)
            if atx:
                starts.append((start, len(atx[1]), atx[2]))
            elif setext and before[1].strip() and not _ATX.match(before[1]) and "|" not in before[1]:
                starts.append((before[0], 1 if setext[1][0] == "=" else 2, before[1].strip()))
        before = (start, line)
    found = []
    if not starts or text[: starts[0][0]].strip():
        found.append(_Section(0, starts[0][0] if starts else len(text), 0, ""))
    for place, (start, level, title) in enumerate(starts):
        end = starts[place + 1][0] if place + 1 < len(starts) else len(text)
        found.append(_Section(start, end, level, title))
    return found


def _lines(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for line in text.split("\n"):
        yield start, line.rstrip("\r")
        start += len(line) + 1


def _after_subsections(sections: list[_Section], index: int) -> int:
    after = index + 1
    while after < len(sections) and sections[index].level and sections[after].level > sections[index].level:
        after += 1
    return after


def _with_bare_headings(text: str, spans: list[tuple[Span, tuple[str, ...]]]) -> list[tuple[Span, tuple[str, ...]]]:
    """A heading without text of its own goes with what follows it, where there is room."""
    found: list[tuple[Span, tuple[str, ...]]] = []
    carried: Span | None = None
    for (start, end), names in spans:
        if carried is not None:
            if len(text[carried[0] : end].strip()) <= WHOLE:
                start = carried[0]
            else:
                found.append((carried, names))
            carried = None
        body = text[start:end].strip()
        if names and "\n" not in body and body.lstrip("# ").rstrip("# ") == names[-1]:
            carried = (start, end)
        else:
            found.append(((start, end), names))
    if carried is not None:
        found.append((carried, spans[-1][1]))
    return found


def _packed(text: str, start: int, end: int) -> list[Span]:
    """Paragraphs joined up to a passage's size; longer ones cut between sentences."""
    paragraphs: list[Span] = []
    begin = start
    for match in _PARAGRAPH_END.finditer(text, start, end):
        paragraphs.append((begin, match.start()))
        begin = match.end()
    paragraphs.append((begin, end))
    return _joined(text, paragraphs)


def _joined(text: str, paragraphs: Sequence[Span]) -> list[Span]:
    found: list[Span] = []
    open_span: Span | None = None
    for first, last in paragraphs:
        if not text[first:last].strip():
            continue
        if open_span is not None:
            if last - open_span[0] <= LIMIT and open_span[1] - open_span[0] < _LARGE_ENOUGH:
                open_span = (open_span[0], last)
                continue
            found.append(open_span)
        open_span = None
        if last - first <= LIMIT:
            open_span = (first, last)
        else:
            found += _balanced(text, first, last)
    if open_span is not None:
        found.append(open_span)
    return found


def _balanced(text: str, start: int, end: int) -> list[Span]:
    """A long paragraph in about as few pieces as fit, all of about the same length, cut between sentences."""
    pieces = [part for span in sentence_spans(text, start, end) for part in _cut_long(text, *span)]
    fewest = -(-(end - start) // LIMIT)
    for count in range(fewest, min(fewest + _TRIES, len(pieces))):
        found = _grouped(pieces, count, start, end)
        if all(last - first <= LIMIT for first, last in found):
            return found
    return _greedy(pieces)


def _grouped(pieces: list[Span], count: int, start: int, end: int) -> list[Span]:
    """`pieces` joined into `count` groups; each group ends where a piece ends nearest to its share of the length."""
    ends = [last for _, last in pieces]
    found, first = [], 0
    for number in range(1, count + 1):
        largest = len(pieces) - 1 - (count - number)
        if number == count:
            last = largest
        else:
            aim = start + (end - start) * number / count
            above = bisect_left(ends, aim, first, largest)
            below = max(above - 1, first)
            last = above if ends[above] - aim <= aim - ends[below] else below
        found.append((pieces[first][0], ends[last]))
        first = last + 1
    return found


def _greedy(pieces: list[Span]) -> list[Span]:
    found: list[Span] = []
    for first, last in pieces:
        if found and last - found[-1][0] <= LIMIT:
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return found


def _cut_long(text: str, start: int, end: int) -> Iterator[Span]:
    """A sentence that is too long by itself, cut at line breaks, at spaces, or anywhere where there are none."""
    while end - start > LIMIT:
        places = (text.rfind(mark, start + LIMIT // 2, start + LIMIT) for mark in "\n ")
        space = next((place for place in places if place > 0), -1)
        cut = space if space > 0 else start + LIMIT
        yield start, cut
        start = cut
        while start < end and text[start].isspace():
            start += 1
    if start < end:
        yield start, end


def _numbered(text: str, spans: list[tuple[Span, tuple[str, ...]]]) -> list[Chunk]:
    found = []
    line, counted = 1, 0
    for (start, end), heading in spans:
        piece = text[start:end]
        if not piece.strip():
            continue
        start, end = start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
        line += text.count("\n", counted, start)
        counted = start
        found.append(Chunk(start, end, heading, line))
    return found
