"""Files into text and chunks: .md, .txt, .csv, .json, .jsonl, .html, and .pdf where pypdf is installed.

Text files are kept as they are, so that a chunk is text[start:end] of the file; HTML and PDF are read into text first.
Everything that comes in is untrusted: sizes are bounded, and nothing a document says is obeyed.
"""

import re
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from genchat.engine.errors import DocumentsError
from genchat.engine.retrieval.chunking import Chunk, chunk_markdown, chunk_plain

Kind = Literal["markdown", "plain", "csv", "json", "html", "pdf"]
KINDS: dict[str, Kind] = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".txt": "plain",
    ".text": "plain",
    ".csv": "csv",
    ".tsv": "csv",
    ".json": "json",
    ".jsonl": "json",
    ".html": "html",
    ".htm": "html",
    ".pdf": "pdf",
}
LARGEST = 64 * 2**20  # bytes of one document
_SAMPLE = 8192
_LONE_RETURN = re.compile(r"\r(?!\n)")
_FALLBACK_ENCODING = "cp1252"  # what older Brazilian and Western files are written in


@dataclass(frozen=True, slots=True)
class Reading:
    """A document as text with its chunks; `columns` name the cells of a table, `encoding` how the bytes were read."""

    kind: Kind
    text: str
    chunks: tuple[Chunk, ...]
    columns: tuple[str, ...] = ()
    encoding: str = "utf-8"


def kind_of(path: Path) -> Kind | None:
    """How a file of this name is read; None for one that is not."""
    return KINDS.get(path.suffix.lower())


def read_bytes(path: Path) -> bytes:
    """The content of a document. Raises DocumentsError for what is missing, no file, too large or unreadable."""
    try:
        state = path.stat()
        if not stat.S_ISREG(state.st_mode):
            raise DocumentsError("document_no_file", name=str(path))
        if state.st_size > LARGEST:
            raise DocumentsError("document_too_large", name=str(path), limit=LARGEST // 2**20)
        return path.read_bytes()
    except FileNotFoundError:
        raise DocumentsError("document_missing", name=str(path)) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DocumentsError("document_unreadable", name=str(path), reason=reason) from None


def read_document(name: str, content: bytes) -> Reading:
    """Text and chunks of a document called `name`. Raises DocumentsError."""
    kind = kind_of(Path(name))
    if kind is None:
        raise DocumentsError("document_kind", name=name, kinds=" ".join(sorted(KINDS)))
    if not content.strip():
        raise DocumentsError("document_empty", name=name)
    reading = _READERS[kind](name, content)
    if not reading.chunks:
        raise DocumentsError("document_without_text" if kind in ("pdf", "html") else "document_empty", name=name)
    return reading


def decoded(name: str, content: bytes) -> tuple[str, str]:
    """(text, encoding): what a byte-order mark says, else UTF-8, else Windows-1252. Raises DocumentsError.

    UTF-8 with a few bad bytes stays UTF-8, and U+FFFD stands for each: that is so where more characters of several
    bytes are right than wrong. Lines that end in a carriage return alone end in a line break, in the same place.
    """
    text, encoding = _decoded(name, content)
    return (_LONE_RETURN.sub("\n", text) if "\r" in text else text), encoding


def _decoded(name: str, content: bytes) -> tuple[str, str]:
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            return _decoded_as(name, content, encoding), encoding
    sample = content[:_SAMPLE]
    odd = sum(byte < 9 or 13 < byte < 27 or 27 < byte < 32 for byte in sample)
    if b"\0" in content or odd > len(sample) // 50:
        raise DocumentsError("document_binary", name=name)
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        mended = content.decode("utf-8", "replace")
    wrong = mended.count("\ufffd")
    right = sum(character > "\x7f" for character in mended) - wrong
    if right >= wrong:
        return mended, "utf-8"
    return _decoded_as(name, content, _FALLBACK_ENCODING), _FALLBACK_ENCODING


def _decoded_as(name: str, content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise DocumentsError("document_binary", name=name) from None


def _markdown(name: str, content: bytes) -> Reading:
    text, encoding = decoded(name, content)
    return Reading("markdown", text, tuple(chunk_markdown(text)), encoding=encoding)


def _plain(name: str, content: bytes) -> Reading:
    text, encoding = decoded(name, content)
    return Reading("plain", text, tuple(chunk_plain(text)), encoding=encoding)


def _csv(name: str, content: bytes) -> Reading:
    from genchat.engine.retrieval.tabular import csv_records

    text, encoding = decoded(name, content)
    columns, chunks = csv_records(text)
    return Reading("csv", text, tuple(chunks), columns, encoding)


def _json(name: str, content: bytes) -> Reading:
    from genchat.engine.retrieval.tabular import json_records

    text, encoding = decoded(name, content)
    return Reading("json", text, tuple(json_records(name, text)), encoding=encoding)


def _html(name: str, content: bytes) -> Reading:
    from genchat.engine.retrieval.web_pages import html_encoding, page_text

    declared = html_encoding(content)
    text, encoding = (_decoded_as(name, content, declared), declared) if declared else decoded(name, content)
    readable = page_text(text)
    return Reading("html", readable, tuple(chunk_markdown(readable)), encoding=encoding)


def _pdf(name: str, content: bytes) -> Reading:
    from genchat.engine.retrieval.pdf import page_texts

    text, chunks = "", list[Chunk]()
    for number, page in enumerate(page_texts(name, content), 1):
        start = len(text)
        text += page + "\n\n"
        if len(text) > LARGEST:
            raise DocumentsError("document_too_large", name=name, limit=LARGEST // 2**20)
        chunks += chunk_plain(text, (f"p. {number}",), start)
    return Reading("pdf", text, tuple(chunks))


_READERS: dict[Kind, Callable[[str, bytes], Reading]] = {
    "markdown": _markdown,
    "plain": _plain,
    "csv": _csv,
    "json": _json,
    "html": _html,
    "pdf": _pdf,
}
