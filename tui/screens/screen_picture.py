"""The screen as a picture: an SVG that needs nothing beside it.

Rich draws the screen with a font that a browser would fetch from the network; here the fonts of the reader's machine
are named instead, and every space keeps its width.
"""

import re

_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
_FAMILY = '"Fira Code", "DejaVu Sans Mono", Menlo, Consolas, monospace'


def self_contained(svg: str) -> str:
    """Return the picture that Textual exports without the fonts that it would fetch."""
    found = _FONTS.sub("", svg).replace("font-family: Fira Code, monospace", f"font-family: {_FAMILY}")
    found = found.replace("font-variant-east-asian: full-width;", "font-variant-ligatures: none;")
    return found.replace("<svg ", '<svg xml:space="preserve" ', 1)
