"""Reads the texts that ship with genchat: dialogues, stories, explanations, fitness documents.

Dialogue files hold dialogues separated by a blank line: `### title`, then turns that alternate, `P: ` for the person
and `R: ` for the reply. Files whose name begins with `heldout_` are for measuring only: nothing is trained on them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Speaker = Literal["person", "reply"]
Kind = Literal["dialogues", "stories", "explanations", "fitness"]

HELD_OUT = "heldout_"
LICENCE = "CC0-1.0"
_SPEAKERS: dict[str, Speaker] = {"P: ": "person", "R: ": "reply"}
_TEXT_ENDINGS = (".txt", ".md", ".csv")


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn is what one side says; `line` is its 1-based line in the file."""

    speaker: Speaker
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A short conversation; the person begins and the reply ends it. `source` names the file: "dialogues/pt/x.txt"."""

    source: str
    language: str
    title: str
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A document is a whole file of text."""

    source: str
    language: str
    text: str


def corpora_folder() -> Path:
    """The texts stand in this folder."""
    return Path(__file__).parent


def dialogues(languages: Iterable[str] | None = None, held_out: bool = False) -> tuple[Dialogue, ...]:
    """The function reads all dialogues of `languages` ("en", "pt"; all by default), file by file in order of name.

    With `held_out`, the ones kept for measuring instead. Raises ValueError naming file and line for a malformed file.
    """
    return tuple(
        dialogue
        for document in documents("dialogues", languages, held_out)
        for dialogue in parse_dialogues(document.text, document.source, document.language)
    )


def documents(kind: Kind, languages: Iterable[str] | None = None, held_out: bool = False) -> tuple[Document, ...]:
    """The function reads all files of one kind, in order of language and name."""
    root = corpora_folder()
    wanted = None if languages is None else frozenset(languages)
    loaded: list[Document] = []
    for path in sorted((root / kind).glob("*/*")):
        language = path.parent.name
        if path.suffix not in _TEXT_ENDINGS or path.name.startswith(HELD_OUT) != held_out:
            continue
        if wanted is None or language in wanted:
            source = path.relative_to(root).as_posix()
            loaded.append(Document(source, language, path.read_text(encoding="utf-8")))
    return tuple(loaded)


def looks_like_dialogues(text: str) -> bool:
    """The answer is true where `text` begins as a dialogue file does."""
    lines = [line for line in text[:4096].splitlines() if line.strip()][:2]
    return len(lines) == 2 and lines[0].startswith("### ") and lines[1].startswith("P: ")


def parse_dialogues(text: str, source: str, language: str) -> tuple[Dialogue, ...]:
    """The function reads the dialogues of one file. Raises ValueError("file:line: …") where the format is broken."""
    parsed: list[Dialogue] = []
    title: str | None = None
    turns: list[Turn] = []

    def close(line: int) -> None:
        nonlocal title
        if title is None:
            return
        if not turns or turns[-1].speaker != "reply":
            raise ValueError(f"{source}:{line}: a dialogue must end with a reply (R: )")
        parsed.append(Dialogue(source, language, title, tuple(turns)))
        title = None
        turns.clear()

    number = 0
    for number, line in enumerate(text.split("\n"), start=1):
        if line.startswith("### "):
            close(number)
            title = line[4:].strip()
        elif not line.strip():
            close(number)
        else:
            turns.append(_turn(line, number, source, title, turns))
    close(number)
    return tuple(parsed)


def _turn(line: str, number: int, source: str, title: str | None, before: list[Turn]) -> Turn:
    speaker = _SPEAKERS.get(line[:3])
    expected: Speaker = "reply" if before and before[-1].speaker == "person" else "person"
    if title is None or speaker != expected or not line[3:].strip():
        raise ValueError(f"{source}:{number}: expected a title (### ) and then turns in alternation (P: , R: )")
    return Turn(speaker, line[3:].strip(), number)
