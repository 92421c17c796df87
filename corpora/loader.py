"""Reads the texts that ship with genchat: dialogues, stories, explanations, a glossary, fitness documents.

Dialogue files hold dialogues separated by a blank line: `### title`, then turns that alternate, `P: ` for the person
and `R: ` for the reply. What a person says may be put in several ways, `P: a | b | c`: each is read as a dialogue of
its own with the same replies. A bar that is part of what is said is written `\\|`. Files whose name begins with
`heldout_` are for measuring only: nothing is trained on them.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Speaker = Literal["person", "reply"]
Kind = Literal["dialogues", "stories", "explanations", "glossary", "fitness"]

HELD_OUT = "heldout_"
LICENCE = "CC0-1.0"
_SPEAKERS: dict[str, Speaker] = {"P: ": "person", "R: ": "reply"}
_TEXT_ENDINGS = (".txt", ".md", ".csv")
_BAR, _WRITTEN_BAR = "|", r"\|"
_BETWEEN_PHRASINGS = re.compile(r"(?<!\S)\|(?!\S)")  # a bar by itself: not "a|b", not an escaped one


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn is what one side says; `line` is its 1-based line in the file."""

    speaker: Speaker
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class _PhrasedTurn:
    """A turn as its line has it, in one phrasing or more."""

    speaker: Speaker
    phrasings: tuple[str, ...]
    line: int

    def phrased(self, number: int) -> Turn:
        """The turn in one of its phrasings, counted round."""
        return Turn(self.speaker, self.phrasings[number % len(self.phrasings)], self.line)


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


def escaped(text: str) -> str:
    """What a person says as a dialogue file has it: one phrasing, whatever bars are in it."""
    return text.replace(_BAR, _WRITTEN_BAR)


def parse_dialogues(text: str, source: str, language: str) -> tuple[Dialogue, ...]:
    """The function reads the dialogues of one file, one for each phrasing.

    Raises ValueError("file:line: …") where the format is broken. Where several turns have phrasings, they are taken in
    step, and those of a turn with fewer come round again.
    """
    parsed: list[Dialogue] = []
    title: str | None = None
    turns: list[_PhrasedTurn] = []

    def close(line: int) -> None:
        nonlocal title
        if title is None:
            return
        if not turns or turns[-1].speaker != "reply":
            raise ValueError(f"{source}:{line}: a dialogue must end with a reply (R: )")
        for number in range(max(len(turn.phrasings) for turn in turns)):
            parsed.append(Dialogue(source, language, title, tuple(turn.phrased(number) for turn in turns)))
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


def _turn(line: str, number: int, source: str, title: str | None, before: list[_PhrasedTurn]) -> _PhrasedTurn:
    speaker = _SPEAKERS.get(line[:3])
    expected: Speaker = "reply" if before and before[-1].speaker == "person" else "person"
    if title is None or speaker != expected:
        raise ValueError(f"{source}:{number}: expected a title (### ) and then turns in alternation (P: , R: )")
    said = line[3:].strip()
    phrasings = [said] if speaker == "reply" else [each.strip() for each in _BETWEEN_PHRASINGS.split(said)]
    if not all(phrasings):
        raise ValueError(f"{source}:{number}: nothing is said here, or nothing on one side of a bar ( | )")
    if speaker == "person":
        phrasings = [each.replace(_WRITTEN_BAR, _BAR) for each in phrasings]
    return _PhrasedTurn(speaker, tuple(phrasings), number)
