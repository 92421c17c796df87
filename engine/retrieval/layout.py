"""What a passage is made of, as its layout tells: headings, sentences, items, options with their explanation, code.

A line that is less indented than those below it leads them: the heading of a manual's section, an option over its
explanation, a term over its definition. What is read off the layout is only where things begin and end; every unit is
a span of the text as it stands.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from genchat.engine.retrieval.sentences import Span, sentence_spans

Kind = Literal["sentence", "item", "line", "code"]

_FENCE = re.compile(r"[ ]{0,3}(```+|~~~+)")
_ATX = re.compile(r"[ ]{0,3}#{1,6}[ \t]+\S")
_RULE = re.compile(r"[\W_]*\Z")  # a line without a letter or digit: an underline, the edge of a table
_UNDERLINE = re.compile(r"[ \t]*([=\-~^\"'`#*+.])\1{2,}[ \t]*\Z")
_ITEM = re.compile(r"[ \t]*(?:[-*+•·–—]|\d{1,3}[.)]|\(?[a-z][)])[ \t]+(?=\S)")
_FIELD = re.compile(r"[ \t]*:[^:\n]{1,60}:(?:[ \t]|\Z)")
_OPTION = re.compile(r"[ \t]*(?:--?|/)[\w?#@]")
_GAP = re.compile(r"\S(?:[ ]{2,}|\t+)\S")
_WIDE_GAP = re.compile(r"\S(?:[ ]{3,}|\t+)\S")
_DIRECTIVE = re.compile(r"[ \t]*\.\.(?:[ \t]|\Z)")
_CODE_DIRECTIVE = re.compile(r"[ \t]*\.\.[ \t]+(?:code|code-block|sourcecode)::")
_PROMPT = re.compile(r"[ \t]*(?:\$|>>>|%|#)[ ]\S")
_BADGE = re.compile(r"\[?!\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])\]?(?:\([^)]*\)|\[[^\]]*\])?|\|[\w .-]+\||<[^>]*>|&nbsp;")
_ENDS_SENTENCE = re.compile(r"[.!?;,][\"'”’)\]]*\Z")
_LONGEST_LEAD = 160  # characters of a line that leads others
_LONGEST_TERM = 50  # … of one that only its length tells from a line of prose
_LONGEST_CODE = 1200


@dataclass(frozen=True, slots=True)
class Unit:
    """A part of a text that can answer by itself: text[start:end].

    `leads` are the lines above it that it belongs to, the nearest last: an option, an item's "…:", the head of a table.
    `headings` are those it stands under. Units of different `section` never belong together. Where a lead stands right
    above the unit, as an option over its explanation, `follows` says so.
    """

    start: int
    end: int
    kind: Kind
    block: int
    section: int
    leads: tuple[Span, ...] = ()
    headings: tuple[Span, ...] = ()
    follows: bool = False

    @property
    def span(self) -> Span:
        """Where it stands."""
        return self.start, self.end

    @property
    def shown(self) -> Span:
        """With the line right above it that leads it, as an option over its explanation."""
        near = [start for start, end in self.leads[-1:] if self.follows and end <= self.start]
        return (near[0] if near else self.start), self.end


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int  # without the line break and blanks before it
    indent: int
    text: str

    @property
    def blank(self) -> bool:
        return not self.text


def units_of(text: str) -> list[Unit]:
    """The units of a text in order. Headings, rules and badges are none."""
    return _Reader(text).read()


def is_option(line: str) -> bool:
    """Whether a line begins as an option or a path does."""
    return bool(_OPTION.match(line))


def only_badges(text: str) -> bool:
    """Whether a line holds pictures and links but says nothing."""
    bare, count = _BADGE.subn(" ", text)
    return bool(count) and not re.search(r"\w", bare)


def _lines(text: str) -> list[_Line]:
    found, start = [], 0
    for raw in text.split("\n"):
        body = raw.rstrip()
        shown = body.lstrip()
        indent = len(body[: len(body) - len(shown)].expandtabs(8))
        found.append(_Line(start + len(body) - len(shown), start + len(body), indent, shown))
        start += len(raw) + 1
    return _with_first_indent(found)


def _with_first_indent(lines: list[_Line]) -> list[_Line]:
    """A passage begins with a letter, not with the blanks that its line had: those are guessed from the others."""
    others = [line for line in lines[1:] if not line.blank]
    if not lines or lines[0].indent or not others:
        return lines
    least, first = min(line.indent for line in others), lines[0]
    close = not lines[1].blank
    term = bool(_OPTION.match(first.text)) or (
        close and len(first.text) <= _LONGEST_TERM and not _ENDS_SENTENCE.search(first.text)
    )
    if others[0].indent > least or not term:
        return [replace(first, indent=least), *lines[1:]]
    return lines


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = _lines(text)
        self.units: list[Unit] = []
        self.section = 0
        self.block = 0
        self.headings: list[tuple[int, Span]] = []  # with their level
        self.leads: list[tuple[int, Span]] = []  # with their indentation
        self.table_head: Span | None = None
        self.opening: tuple[int, Span] | None = None  # "…:" with its indentation, until prose goes on

    def read(self) -> list[Unit]:
        at = 0
        while at < len(self.lines):
            at = self._next(at)
        return self.units

    def _next(self, at: int) -> int:
        line = self.lines[at]
        if line.blank:
            self.table_head = None
            return at + 1
        if fence := _FENCE.match(line.text):
            return self._fenced(at, fence[1])
        if _ATX.match(line.text) and line.indent < 4:
            level = len(line.text) - len(line.text.lstrip("#"))
            self._heading(level, (line.start, line.end))
            return at + 1
        if self._is_underlined(at):
            self._heading(1 if self.lines[at + 1].text[0] == "=" else 2, (line.start, line.end))
            return at + 2
        if _DIRECTIVE.match(line.text):
            return self._directive(at)
        if _RULE.match(line.text) or only_badges(line.text):
            return at + 1
        while self.leads and self.leads[-1][0] >= line.indent:
            self.leads.pop()
        if line.text.startswith("|"):
            return self._row(at)
        if self._is_code(at):
            return self._code(at)
        if _FIELD.match(line.text) or _ITEM.match(line.text):
            return self._item(at)
        if _GAP.search(line.text) and (_OPTION.match(line.text) or self._hangs(at) or _WIDE_GAP.search(line.text)):
            return self._columns(at)
        if self._leads(at):
            return self._lead(at)
        return self._paragraph(at)

    # -- what a line is ---------------------------------------------------------------------------------------------

    def _after(self, at: int) -> _Line | None:
        """The next line that is not blank."""
        return next((line for line in self.lines[at + 1 :] if not line.blank), None)

    def _is_underlined(self, at: int) -> bool:
        below = self.lines[at + 1] if at + 1 < len(self.lines) else None
        line = self.lines[at]
        return (
            below is not None
            and bool(_UNDERLINE.match(below.text))
            and not _RULE.match(line.text)
            and below.indent == line.indent
            and "|" not in line.text
            and len(below.text) >= min(len(line.text) - 2, 3)
            and not _GAP.search(below.text)
            and (at == 0 or self.lines[at - 1].blank or bool(_RULE.match(self.lines[at - 1].text)))
        )

    def _leads(self, at: int) -> bool:
        """Whether the next line stands below this one, further in, and this one is no part of a sentence."""
        line, after = self.lines[at], self._after(at)
        if after is None or after.indent <= line.indent or len(line.text) > _LONGEST_LEAD:
            return False
        close = not self.lines[at + 1].blank
        plain = not _ENDS_SENTENCE.search(line.text) and (at == 0 or self.lines[at - 1].blank or self._led(at))
        return plain and (close or bool(_OPTION.match(line.text)) or line.indent == 0 or line.text.isupper())

    def _led(self, at: int) -> bool:
        """Whether the line above is of the same kind: "-n" over "--dry-run"."""
        return bool(_OPTION.match(self.lines[at].text)) or self.lines[at - 1].indent != self.lines[at].indent

    def _hangs(self, at: int) -> bool:
        """Whether the line below is set in to where the text after the gap begins."""
        below = self.lines[at + 1] if at + 1 < len(self.lines) else None
        return below is not None and not below.blank and below.indent > self.lines[at].indent + 1

    def _is_code(self, at: int) -> bool:
        line = self.lines[at]
        if _PROMPT.match(line.text) and line.indent:
            return True
        above = next((each for each in reversed(self.lines[:at]) if not each.blank), None)
        return (
            above is not None
            and line.indent >= above.indent + 4
            and above.text.endswith(":")
            and not _ITEM.match(line.text)
            and not _OPTION.match(line.text)
            and (above.text.endswith("::") or not _ENDS_SENTENCE.search(self._block_text(at)))
        )

    def _block_text(self, at: int) -> str:
        """The lines from here on that stand at least as far in, up to a blank one."""
        found = []
        for line in self.lines[at:]:
            if line.blank:
                break
            found.append(line.text)
        return " ".join(found)

    # -- what is made of it -----------------------------------------------------------------------------------------

    def _heading(self, level: int, span: Span) -> None:
        while self.headings and self.headings[-1][0] >= level:
            self.headings.pop()
        self.headings.append((level, span))
        self.leads.clear()
        self.table_head = self.opening = None
        self.section += 1
        self.block += 1

    def _add(self, start: int, end: int, kind: Kind, leads: Sequence[Span] | None = None) -> None:
        own = [span for _, span in self.leads] if leads is None else list(leads)
        if self.opening is not None and self.opening[1] not in own and self.opening[1][0] < start:
            own.insert(0, self.opening[1])
        headings = tuple(span for _, span in self.headings)
        follows = bool(own) and not self.text[own[-1][1] : start].strip()
        self.units.append(Unit(start, end, kind, self.block, self.section, tuple(own), headings, follows))

    def _fenced(self, at: int, mark: str) -> int:
        last = at + 1
        while last < len(self.lines) and not self.lines[last].text.startswith(mark[:3]):
            last += 1
        inside = [line for line in self.lines[at + 1 : last] if not line.blank]
        self.block += 1
        if inside:
            begin = inside[0].start - inside[0].indent if self._has_spaces(inside[0]) else inside[0].start
            self._add_code(begin, inside[-1].end)
        return last + 1

    def _has_spaces(self, line: _Line) -> bool:
        before = self.text[line.start - line.indent : line.start]
        return line.start >= line.indent and bool(before) and not before.strip(" ")

    def _add_code(self, start: int, end: int) -> None:
        """Code comes along whole, unless it is very long: then its paragraphs do."""
        if end - start <= _LONGEST_CODE:
            self._add(start, end, "code")
            return
        begin = start
        for gap in re.finditer(r"\n[ \t]*\n", self.text[start:end]):
            self._add(begin, start + gap.start(), "code")
            begin = start + gap.end()
        self._add(begin, end, "code")

    def _directive(self, at: int) -> int:
        """Markup of reStructuredText; only what stands below a code directive is content."""
        code, indent = bool(_CODE_DIRECTIVE.match(self.lines[at].text)), self.lines[at].indent
        last = at + 1
        while last < len(self.lines) and (self.lines[last].blank or self.lines[last].indent > indent):
            last += 1
        if not code:
            return at + 1
        inside = [line for line in self.lines[at + 1 : last] if not line.blank]
        self.block += 1
        if inside:
            self._add_code(inside[0].start, inside[-1].end)
        return last

    def _row(self, at: int) -> int:
        line = self.lines[at]
        if self.table_head is None:
            self.table_head = (line.start, line.end)
            self.block += 1
            below = self.lines[at + 1] if at + 1 < len(self.lines) else None
            if below is not None and below.text.startswith("|"):
                return at + 1
        leads = [self.table_head] if self.table_head != (line.start, line.end) else []
        self._add(line.start, line.end, "line", leads)
        return at + 1

    def _code(self, at: int) -> int:
        indent, last = self.lines[at].indent, at
        for place in range(at, len(self.lines)):
            line = self.lines[place]
            if line.blank:
                continue
            if line.indent < indent:
                break
            last = place
        self.block += 1
        self._add_code(self.lines[at].start, self.lines[last].end)
        return last + 1

    def _item(self, at: int) -> int:
        line, last = self.lines[at], at
        while last + 1 < len(self.lines):
            below = self.lines[last + 1]
            if below.blank or below.indent <= line.indent or _ITEM.match(below.text):
                break
            last += 1
        self.block += 1
        self._add(line.start, self.lines[last].end, "item")
        if line.text.endswith(":"):
            self.leads.append((line.indent, (line.start, line.end)))
        return last + 1

    def _columns(self, at: int) -> int:
        """A term and its explanation on one line, or a row of a table made of blanks."""
        line, last = self.lines[at], at
        while last + 1 < len(self.lines):
            below = self.lines[last + 1]
            if below.blank or below.indent <= line.indent + 1:
                break
            last += 1
        self.block += 1
        leads = [*(span for _, span in self.leads), *([self.table_head] if self.table_head is not None else [])]
        self._add(line.start, self.lines[last].end, "line", leads)
        rule_below = at + 1 < len(self.lines) and bool(self.lines[at + 1].text) and _RULE.match(self.lines[at + 1].text)
        if rule_below:
            self.table_head = (line.start, line.end)
        term = re.split(r"[ ]{2,}|\t", line.text, maxsplit=1)[0]
        self.leads.append((line.indent, (line.start, line.start + len(term))))
        return last + 1

    def _lead(self, at: int) -> int:
        line = self.lines[at]
        self.block += 1
        if line.text.isupper() or (line.indent <= 3 and not _OPTION.match(line.text) and self._is_section(at)):
            self._heading(7 + line.indent, (line.start, line.end))
        else:
            self.leads.append((line.indent, (line.start, line.end)))
        return at + 1

    def _is_section(self, at: int) -> bool:
        """A short line at the edge, with indented paragraphs below it."""
        return len(self.lines[at].text) < 60 and self.lines[at].text[:1].isupper()

    def _paragraph(self, at: int) -> int:
        line, last = self.lines[at], at
        while last + 1 < len(self.lines):
            below = self.lines[last + 1]
            if (
                below.blank
                or _FENCE.match(below.text)
                or _ATX.match(below.text)
                or _ITEM.match(below.text)
                or _FIELD.match(below.text)
                or below.text.startswith("|")
                or _UNDERLINE.match(below.text)
                or (_OPTION.match(below.text) and below.indent < line.indent)
            ):
                break
            last += 1
        self.block += 1
        spans = sentence_spans(self.text, line.start, self.lines[last].end)
        for start, end in spans:
            opens = self.text[start:end].endswith(":")
            if opens:
                self.opening = None
            self._add(start, end, "sentence")
            if opens:
                self.opening = (line.indent, (start, end))
            elif self.opening is not None and line.indent <= self.opening[0] and len(spans) > 1:
                # What opens a list may open a sentence too, but not all that follows.
                self.opening = None
        return last + 1
