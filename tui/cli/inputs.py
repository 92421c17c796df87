"""Reads text from arguments, from stdin where "-" stands for it, and from files, and checks it before use."""

import os
import stat
import sys
from collections.abc import Sequence
from pathlib import Path

from genchat.engine.errors import TextUnusable, UsageError
from genchat.engine.language import say

STDIN = "-"


def given_text(words: Sequence[str]) -> str:
    """Join the words with spaces, a "-" replaced by the content of stdin. Raises TextUnusable."""
    if any(word != STDIN and "\udc80" <= character <= "\udcff" for word in words for character in word):
        raise TextUnusable("text_not_utf8_argument")
    text = " ".join(read_stdin() if word == STDIN else word for word in words)
    if not text.strip():
        raise TextUnusable("text_empty_given", name=say_source(words))
    return text


def say_source(words: Sequence[str]) -> str:
    """Return what the source of a text is called in an error."""
    return "stdin" if STDIN in words else say("cli.metavar.text")


def read_stdin() -> str:
    """Return all of stdin as text, without its last newline. Raises TextUnusable, or UsageError at a keyboard."""
    if sys.stdin is None or sys.stdin.closed:
        return ""
    if sys.stdin.isatty():
        raise UsageError("stdin_is_a_keyboard")
    return decoded(sys.stdin.buffer.read(), "stdin").removesuffix("\n").removesuffix("\r")


def stdin_holds_something() -> bool:
    """Return whether stdin is a pipe or a file rather than a terminal or the null device."""
    if sys.stdin is None or sys.stdin.closed:
        return False
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (OSError, ValueError):
        return True
    return not sys.stdin.isatty() and not stat.S_ISCHR(mode)


def read_text_file(path: Path) -> str:
    """Read a text file. Raises TextUnusable."""
    try:
        return decoded(path.read_bytes(), str(path))
    except OSError as error:
        raise TextUnusable("text_unreadable", name=path, reason=error.strerror or error) from None


def decoded(content: bytes, name: str) -> str:
    """Decode UTF-8 text and drop a byte-order mark. Raises TextUnusable for binary content and other encodings."""
    if b"\0" in content:
        raise TextUnusable("text_binary", name=name)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise TextUnusable("text_not_utf8", name=name, line=line) from None
