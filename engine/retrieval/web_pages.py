"""A web page as text: headings as in Markdown, list items with a dash, code in fences; what is hidden is left out.

What it describes for machines is read where it is a recipe.
"""

import codecs
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise

from genchat.engine.retrieval.recipe_markup import recipes_as_text

_UNREAD = {"script", "style", "template", "noscript", "svg", "head", "nav"}
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())  # noqa: SIM905
_HIDDEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(hidden|collapse)|(font-size|opacity)\s*:\s*0(?![\d.]*[1-9])", re.I
)
_BLOCKS = {
    *("p", "div", "section", "article", "main", "header", "footer", "aside", "ul", "ol", "dl", "dd", "table"),
    *("tr", "blockquote", "pre", "figure", "figcaption", "form", "hr", "body", "html"),
}
_HEADING = re.compile(r"h([1-6])\Z")
_DECLARED = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w.-]+)", re.IGNORECASE)
_LONE_DASH = re.compile(r"^-[ \t]*\n\s*(?=[^\s-])", re.MULTILINE)
_BLANK_LINES = re.compile(r"\n[ \t]*\n(?:[ \t]*\n)+")


def html_encoding(content: bytes) -> str | None:
    """The encoding the page declares, if it declares one that exists and a byte-order mark does not speak first."""
    if content.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        return None
    found = _DECLARED.search(content[:4096])
    try:
        return codecs.lookup(found[1].decode("ascii")).name if found else None
    except (LookupError, UnicodeDecodeError):
        return None


def page_text(html: str) -> str:
    """The readable text of a page."""
    parser = _Reader()
    parser.feed(html)
    parser.close()
    lines = (
        line.rstrip() if preformatted else " ".join(line.split())
        for text, preformatted in parser.parts()
        for line in text.split("\n")
    )
    readable = _LONE_DASH.sub("- ", _BLANK_LINES.sub("\n\n", "\n".join(lines))).strip() + "\n"
    recipes = [text for script in parser.described if (text := recipes_as_text(script))]
    return "\n".join([readable, *recipes, ""]) if recipes else readable


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.described: list[str] = []  # JSON-LD
        self._unread: list[str] = []
        self._hidden: list[str] = []
        self._in_title = self._in_description = False
        self._preformatted: list[int] = []  # places in `pieces` where such text begins and ends, in turns

    def parts(self) -> Iterator[tuple[str, bool]]:
        """The text in parts, and of each whether its blanks and line breaks count."""
        edges = [0, *self._preformatted, len(self.pieces)]
        for place, (first, last) in enumerate(pairwise(edges)):
            yield "".join(self.pieces[first:last]), place % 2 == 1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._hidden:
            if tag not in _VOID:
                self._hidden.append(tag)
        elif _is_hidden(tag, dict(attrs)):
            self._hidden.append(tag)
        elif tag == "pre":
            if not self._in_preformatted:
                self.pieces.append("\n\n```")
                self._preformatted.append(len(self.pieces))
        elif tag == "title":
            self._in_title = True
            self.pieces.append("# ")
        elif tag == "body":
            # Pages leave out </head>, and what is left open must not swallow the whole page.
            self._unread.clear()
        elif tag in _UNREAD:
            self._unread.append(tag)
            if tag == "script" and dict(attrs).get("type", "") == "application/ld+json":
                self._in_description = True
                self.described.append("")
        elif heading := _HEADING.match(tag):
            self.pieces.append("\n\n" + "#" * int(heading[1]) + " ")
        elif tag == "dt":
            # A term stands over its definition, and a question over its answer.
            self.pieces.append("\n\n###### ")
        elif tag == "li":
            self.pieces.append("\n- ")
        elif tag in ("td", "th"):
            self.pieces.append(" | ")
        elif tag == "br":
            self.pieces.append("\n")
        elif tag in _BLOCKS:
            self.pieces.append("\n\n" if tag != "tr" else "\n")

    @property
    def _in_preformatted(self) -> bool:
        return len(self._preformatted) % 2 == 1

    def handle_endtag(self, tag: str) -> None:
        if self._hidden:
            if tag in self._hidden:
                while self._hidden.pop() != tag:
                    pass
        elif tag == "pre":
            if self._in_preformatted:
                self._preformatted.append(len(self.pieces))
                self.pieces.append("```\n\n")
        elif tag == "title":
            self._in_title = False
            self.pieces.append("\n\n")
        elif tag in self._unread:
            while self._unread.pop() != tag:
                pass
            self._in_description = False
        elif _HEADING.match(tag) or tag == "dt" or tag in _BLOCKS:
            self.pieces.append("\n\n" if tag != "tr" else "\n")

    def handle_data(self, data: str) -> None:
        if self._in_description:
            self.described[-1] += data
        if self._hidden or (self._unread and not self._in_title):
            return
        # Outside preformatted text a line break is a blank.
        self.pieces.append(data if self._in_preformatted else " ".join(data.split("\n")))


def _is_hidden(tag: str, attributes: dict[str, str | None]) -> bool:
    """Whether a reader of the page does not see what stands in an element."""
    if tag in _VOID or tag in ("body", "html"):
        return False
    return "hidden" in attributes or bool(_HIDDEN_STYLE.search(attributes.get("style") or ""))
