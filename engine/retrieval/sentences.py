"""Where sentences begin and end, in Portuguese and English, as exact character offsets.

A sentence ends at . ! ? … when a space and something other than a small letter follow, unless the word before the dot
is a known abbreviation, an initial or a list number. A line break ends one only where a list item, a heading or an
empty line follows, or after a heading and a colon: text wrapped at 80 columns stays together.
"""

import re
from collections.abc import Iterator

Span = tuple[int, int]

_ABBREVIATIONS = frozenset(
    """
    sr sra srs sras dr dra drs prof profa exmo exma ilmo av r pe d dom art arts inc cap fig figs tab pag pags p pp
    vol n no nº ed ex obs etc cia ltda jr séc sec aprox máx max mín min tel
    mr mrs ms st vs cf al eg ie e.g i.e u.s jan feb mar apr jun jul aug sep oct nov dec fev abr ago set out dez
    """.split()  # noqa: SIM905
)
_END = re.compile(r"[.!?…]+[\"'”’»)\]]*(?=\s)")
_LINE = re.compile(r"\n")
_ITEM = re.compile(r"[ \t]*(?:[-*+•·–—]|\d{1,3}[.)]|#{1,6}|\||>)(?=\s|\|)")
_LAST_WORD = re.compile(r"[\w.]+\Z")


def sentence_spans(text: str, start: int = 0, end: int | None = None) -> list[Span]:
    """(start, end) of every sentence of text[start:end], in order; white space between them belongs to none."""
    stop = len(text) if end is None else end
    found, begin = [], start
    for cut in _cuts(text, start, stop):
        span = _trimmed(text, begin, cut)
        if span is not None:
            found.append(span)
        begin = cut
    span = _trimmed(text, begin, stop)
    if span is not None:
        found.append(span)
    return found


def _cuts(text: str, start: int, stop: int) -> Iterator[int]:
    marks = {match.end() for match in _END.finditer(text, start, stop) if _ends_sentence(text, match, start)}
    breaks = {
        match.end() for match in _LINE.finditer(text, start, stop) if _ends_line(text, match.start(), start, stop)
    }
    yield from sorted(marks | breaks)


def _ends_sentence(text: str, match: re.Match[str], start: int) -> bool:
    if match[0][0] == ".":
        word = _LAST_WORD.search(text, max(start, match.start() - 24), match.start())
        before = word[0].casefold() if word else ""
        initial = len(before) == 1 and before.isalpha()
        if before in _ABBREVIATIONS or initial or (before.isdigit() and len(before) <= 2 and _opens(text, word, start)):
            return False
    following = text[match.end() : match.end() + 8].lstrip()[:1]
    return not following.islower()


def _opens(text: str, word: re.Match[str] | None, start: int) -> bool:
    """Whether `word` is the first of its line, as the number of a list item is."""
    return word is not None and not text[max(text.rfind("\n", 0, word.start()) + 1, start) : word.start()].strip()


def _ends_line(text: str, newline: int, start: int, stop: int) -> bool:
    rest = text[newline + 1 : min(stop, newline + 80)]
    if not rest.strip() or rest[0] in "\n\r" or not rest.split("\n", 1)[0].strip() or _ITEM.match(rest):
        return True
    line = text[max(text.rfind("\n", start, newline) + 1, start) : newline]
    return not line.strip() or line.lstrip().startswith("#") or (":" in line and line.rstrip().endswith(":"))


def _trimmed(text: str, start: int, end: int) -> Span | None:
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    right = len(piece.rstrip())
    return (start + left, start + right) if right > left else None
