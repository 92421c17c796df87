"""Texts to train on: read from files, checked, cut into texts that begin anew."""

import codecs
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from genchat.corpora import Dialogue, looks_like_dialogues, parse_dialogues
from genchat.engine.conversation import Role
from genchat.engine.errors import TextUnusable

_BINARY_SHARE = 0.1  # of control characters in the first part of a file


@dataclass(frozen=True)
class PlainSource:
    """This is one text, from its first line on, kept as valid UTF-8: a large text takes up to four times as much as
    str.
    """

    name: str
    utf8: bytes = field(repr=False)


@dataclass(frozen=True)
class SourceTurn:
    """This is one turn of a dialogue; `line` is 1-based."""

    role: Role
    text: str
    line: int


@dataclass(frozen=True)
class DialogueSource:
    """These are the dialogues of one file; each begins anew."""

    name: str
    dialogues: tuple[tuple[SourceTurn, ...], ...]


Source = PlainSource | DialogueSource


def plain_source(name: str, text: str) -> PlainSource:
    """A source from text in memory; half surrogates become question marks."""
    return PlainSource(name, text.encode("utf-8", "replace"))


def read_source(path: Path) -> Source:
    """A file to train on: UTF-8 text, or dialogues in the format of genchat's own (corpora/loader.py).

    Raises TextUnusable for a file that cannot be read, is empty, binary, not UTF-8, or broken dialogues.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise TextUnusable("text_unreadable", name=path, reason=error.strerror or error) from None
    return source_of(path.name, raw)


def source_of(name: str, raw: bytes) -> Source:
    """This is `read_source` for bytes."""
    if b"\0" in raw:
        raise TextUnusable("text_binary", name=name)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise TextUnusable("text_not_utf8", name=name, line=line) from None
    beginning = text[:4096]
    controls = sum(character < " " and character not in "\t\n\r\f" for character in beginning)
    if controls > _BINARY_SHARE * len(beginning):
        raise TextUnusable("text_binary", name=name)
    if not text.strip():
        raise TextUnusable("text_empty", name=name)
    if looks_like_dialogues(text):
        text = text.replace("\r\n", "\n")
        try:
            return dialogue_sources(parse_dialogues(text, name, ""))[0]
        except ValueError as error:
            raise TextUnusable("dialogues_broken", reason=error) from None
    return PlainSource(name, raw.removeprefix(codecs.BOM_UTF8).replace(b"\r\n", b"\n"))


def dialogue_sources(dialogues: Iterable[Dialogue]) -> Sequence[DialogueSource]:
    """The result is one source per file, files and dialogues in the order given."""
    files: dict[str, list[tuple[SourceTurn, ...]]] = {}
    for dialogue in dialogues:
        turns = tuple(
            SourceTurn(Role.USER if turn.speaker == "person" else Role.ASSISTANT, turn.text, turn.line)
            for turn in dialogue.turns
        )
        files.setdefault(dialogue.source, []).append(turns)
    return [DialogueSource(name, tuple(grouped)) for name, grouped in files.items()]
