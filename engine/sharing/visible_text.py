"""Text for a page that anyone may open: what would steer the reader's eyes or browser is written out.

`engine.text.safe` marks a character that turns text around with a neutral sign, for a column of a terminal must not
grow. A page has room, so it names the character: U+202E becomes ⟨U+202E⟩, and an escape its picture ␛. One character is
looked at at a time, so that the tokens of a text, made visible one by one, join to the visible text.
"""

import json
import re

from genchat.engine.text import safe

_BEYOND_ASCII = re.compile(r"[^\n\x20-\x7e]")
_NEUTRAL = "\ufffd"
# What ends a script element or opens a comment in it, and what would matter if the JSON were read as HTML or script.
_SENSITIVE = re.compile("[<>&\u2028\u2029\x7f]")


def visible(text: str) -> str:
    """`text` with every control, bidi and invisible character written out; newlines and tabs stay."""
    return _BEYOND_ASCII.sub(_named, text)


def _named(match: re.Match[str]) -> str:
    character = match[0]
    shown = safe(character)
    return shown if shown != _NEUTRAL or character == _NEUTRAL else f"⟨U+{ord(character):04X}⟩"


def script_json(value: object) -> str:
    """`value` as JSON that can stand inside a script element: no character of it can end the element.

    Raises ValueError for a number that JSON does not have.
    """
    written = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _SENSITIVE.sub(lambda match: f"\\u{ord(match[0]):04x}", written)
