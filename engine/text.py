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
_SET_ASIDE = re.compile("[\U000f0000-\U00100fff]")
_INVISIBLE = {" ": "·", "\n": "↵", "\t": "⇥"}
_APART = re.compile("[^\u0300-\u036f][\u0300-\u036f]+|[\u1100-\u11ff]+")


def safe(text: str) -> str:
    """`text` with every control, bidi and invisible character made visible; newlines and tabs stay."""
    return _UNSAFE.sub(lambda match: _TABLE.get(ord(match[0]), "\ufffd"), text)


_STAND_IN, _STAND_IN_TAG = 0xF0000, 0x20000  # how far away the private character of each unsafe one is


def set_aside(text: str) -> str:
    """`text` with each unsafe character replaced by a private one, for fields that show it; see `taken_back`."""
    return _UNSAFE.sub(lambda match: _private(match[0]), text)


def taken_back(text: str) -> str:
    """The text that `set_aside` was given."""
    return _SET_ASIDE.sub(lambda match: _original(match[0]), text)


def shown_aside(text: str) -> str:
    """A text of `set_aside` as it is shown: as `safe` would show the original, character by character."""
    return _SET_ASIDE.sub(lambda match: safe(_original(match[0])), text)


def _private(character: str) -> str:
    code = ord(character)
    return chr(code + (_STAND_IN if code < _STAND_IN_TAG else _STAND_IN_TAG))


def _original(character: str) -> str:
    code = ord(character)
    return chr(code - (_STAND_IN if code < 0x100000 else _STAND_IN_TAG))


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


def compose(text: str) -> str:
    """Letters with their accents in one (NFC), as texts to learn from have them; nothing else is changed.

    Some systems and programs write a letter and its accents, or the parts of a Korean syllable, as characters apart.
    """
    return _APART.sub(lambda found: unicodedata.normalize("NFC", found[0]), text)


def decode_file(content: bytes) -> str:
    """The text of a file: UTF-8, or UTF-16 or UTF-32 with a byte-order mark, and lines that end in CR alone in LF.

    Raises UnicodeDecodeError.
    """
    # The mark of UTF-32 begins like that of UTF-16.
    marks = (
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    )
    text = content.decode(next((name for mark, name in marks if content.startswith(mark)), "utf-8-sig"))
    return text if "\n" in text else text.replace("\r", "\n")
