"""A web page as text: headings as in Markdown, list items with a dash, scripts and styles left out.

What it describes for machines is read where it is a recipe.
"""

import codecs
import re
from html.parser import HTMLParser

from genchat.engine.retrieval.recipe_markup import recipes_as_text

_UNREAD = {"script", "style", "template", "noscript", "svg", "head", "nav"}
_BLOCKS = {
    *("p", "div", "section", "article", "main", "header", "footer", "aside", "ul", "ol", "dl", "dt", "dd", "table"),
    *("tr", "blockquote", "pre", "figure", "figcaption", "form", "hr", "body", "html"),
}
_HEADING = re.compile(r"h([1-6])\Z")
_DECLARED = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w.-]+)", re.IGNORECASE)
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
    lines = (" ".join(line.split()) for line in "".join(parser.pieces).split("\n"))
    readable = _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip() + "\n"
    recipes = [text for script in parser.described if (text := recipes_as_text(script))]
    return "\n".join([readable, *recipes, ""]) if recipes else readable


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.described: list[str] = []  # JSON-LD
        self._unread: list[str] = []
        self._in_title = self._in_description = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "title":
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
        elif tag == "li":
            self.pieces.append("\n- ")
        elif tag in ("td", "th"):
            self.pieces.append(" | ")
        elif tag == "br":
            self.pieces.append("\n")
        elif tag in _BLOCKS:
            self.pieces.append("\n\n" if tag != "tr" else "\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False
            self.pieces.append("\n\n")
        elif tag in self._unread:
            while self._unread.pop() != tag:
                pass
            self._in_description = False
        elif _HEADING.match(tag) or tag in _BLOCKS:
            self.pieces.append("\n\n" if tag != "tr" else "\n")

    def handle_data(self, data: str) -> None:
        if self._in_description:
            self.described[-1] += data
        elif self._in_title or not self._unread:
            self.pieces.append(" ".join(data.split("\n")) if self._in_title else data)
