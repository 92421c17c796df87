"""Reads the held-out questions: what people type to a small chatbot, and what a sensible reply has to do.

README.md here says who may look at the files and how replies are marked.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Language = Literal["en", "pt"]
LANGUAGES: tuple[Language, ...] = ("en", "pt")


@dataclass(frozen=True, slots=True)
class Prompt:
    """One first line. `form` says how it is typed: plain, typo, capitals, no_accents, slang, long, short, emoji."""

    id: str
    language: str
    topic: str
    form: str
    prompt: str
    expects: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """Four turns of a person; `expects` says for each what a sensible reply has to do."""

    id: str
    language: str
    turns: tuple[str, ...]
    expects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CourseTerm:
    """A term of the course, four ways of asking for it, and signs of a right and of a wrong answer."""

    id: str
    term: str
    language: str
    asks: tuple[str, ...]
    must_say_one_of: tuple[str, ...]
    must_not_say: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wish:
    """A wish to an assistant for food: what must and must not stand in the answer, foods by their Portuguese names."""

    id: str
    language: str
    wish: str
    must_not_contain: tuple[str, ...]
    should_contain: tuple[str, ...]
    numbers: dict[str, int]
    kind: str
    condition: str | None
    contradiction: bool


@dataclass(frozen=True, slots=True)
class Analogy:
    """a − b + c ≈ expected."""

    a: str
    b: str
    c: str
    expected: str


def prompts(language: Language) -> tuple[Prompt, ...]:
    """The first lines in one language."""
    return tuple(Prompt(language=language, **row) for row in _rows(f"prompts_{language}"))


def conversations() -> tuple[Conversation, ...]:
    """The conversations in both languages."""
    return tuple(
        Conversation(row["id"], row["language"], tuple(row["turns"]), tuple(row["expects"]))
        for row in _rows("conversations")
    )


def course_terms() -> tuple[CourseTerm, ...]:
    """The terms of the course, each once a language."""
    return tuple(
        CourseTerm(
            row["id"],
            row["term"],
            row["language"],
            tuple(row["asks"]),
            tuple(row["must_say_one_of"]),
            tuple(row["must_not_say"]),
        )
        for row in _rows("course_terms")
    )


def wishes() -> tuple[Wish, ...]:
    """The wishes for food in both languages."""
    return tuple(
        Wish(
            row["id"],
            row["language"],
            row["wish"],
            tuple(row["must_not_contain"]),
            tuple(row["should_contain"]),
            row["numbers"] or {},
            row["kind"],
            row.get("condition"),
            row.get("contradiction", False),
        )
        for row in _rows("wishes")
    )


def analogies(language: Language) -> tuple[Analogy, ...]:
    """The analogies in one language."""
    return tuple(Analogy(**row) for row in _rows(f"analogies_{language}"))


def _rows(name: str) -> Iterator[dict[str, Any]]:
    text = Path(__file__).with_name(f"{name}.jsonl").read_text(encoding="utf-8")
    return (json.loads(line) for line in text.splitlines())
