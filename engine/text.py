"""Untrusted text made safe to show, and token bytes made text.

Everything a model, a document, a file name, a database row or an error brings is untrusted: it may hold terminal
escapes that clear the screen, set the title or write the clipboard, or characters that turn text around. Textual
and Rich let them through. `safe` maps each such character to something visible; it looks at one character at a time,
so cutting a stream anywhere changes nothing. What is safe still must not be read as markup: show it as plain content.
"""

import codecs
import re
import unicodedata

_CONTROL_PICTURES = {code: chr(0x2400 + code) for code in range(32) if chr(code) not in "\n\t"} | {0x7F: "␡"}
_REPLACED = (
    *range(0x80, 0xA0),  # C1 controls, among them the one-byte CSI and OSC
    *(0x061C, 0x180E, 0x200B, 0x200C, 0x200E, 0x200F),  # invisible marks; the emoji joiner U+200D stays
    *range(0x2028, 0x202F),  # line separators, bidi embeddings
    *range(0x2060, 0x2070),  # bidi isolates
    *(0xFEFF, 0xFFF9, 0xFFFA, 0xFFFB),  # byte-order mark, annotations
)
_TABLE: dict[int, str] = _CONTROL_PICTURES | dict.fromkeys(_REPLACED, "\ufffd")
_UNSAFE = re.compile("[" + "".join(re.escape(chr(code)) for code in _TABLE) + "\ud800-\udfff\U000e0000-\U000e0fff]")
_INVISIBLE = {" ": "·", "\n": "↵", "\t": "⇥"}


def safe(text: str) -> str:
    """`text` with every control, bidi and invisible character made visible; newlines and tabs stay."""
    return _UNSAFE.sub(lambda match: _TABLE.get(ord(match[0]), "\ufffd"), text)


def safe_json(document: str) -> str:
    """A JSON document with the characters that `safe` would replace written as escapes: safe to show, same meaning."""
    return _UNSAFE.sub(_json_escape, document)


def _json_escape(match: re.Match[str]) -> str:
    pair = match[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{pair[index : index + 4]}" for index in range(0, len(pair), 4))


def safe_line(text: str, limit: int | None = None) -> str:
    """`safe` on one line: newlines and tabs and runs of spaces become one space; cut to `limit` characters."""
    line = " ".join(safe(text).split())
    return line if limit is None or len(line) <= limit else line[: max(limit - 1, 0)] + "…"


def token_label(token_bytes: bytes, special_name: str | None = None) -> str:
    """The label is how a token is written in a table: "·manhã", "↵", "⇥"; half a character shows its bytes, "⟨c3⟩"."""
    if special_name is not None:
        return safe(special_name)
    try:
        text = token_bytes.decode("utf-8")
    except UnicodeDecodeError:
        return _label_of_broken(token_bytes)
    if not text:
        return "∅"
    return "".join(_INVISIBLE.get(character, character) for character in safe(text))


def _label_of_broken(token_bytes: bytes) -> str:
    text = token_bytes.decode("utf-8", errors="surrogateescape")
    shown = (
        f"⟨{ord(character) - 0xDC00:02x}⟩" if "\udc80" <= character <= "\udcff" else safe(character)
        for character in text
    )
    return "".join(_INVISIBLE.get(character, character) for character in shown)


def fold(text: str) -> str:
    """The text is case-folded and its accents stripped: "Ação" becomes "acao". It is for search, never shown."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


class IncrementalText:
    """Bytes go in, text comes out; characters split between tokens are held back until they are whole."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def push(self, token_bytes: bytes, final: bool = False) -> str:
        """The text that `token_bytes` completes; with `final`, also what was pending (as U+FFFD)."""
        return self._decoder.decode(token_bytes, final)


def decode_bytes(pieces: bytes) -> str:
    """All bytes are read at once, as `IncrementalText` reads them."""
    return pieces.decode("utf-8", errors="replace")
