"""The questions and what counts as their answer."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

FILE = Path(__file__).with_name("questions.jsonl")

Split = Literal["tune", "held"]


@dataclass(frozen=True)
class Question:
    """One question. `answer` is None where the documents do not say; any of its strings will do, as of `highlight`."""

    id: str
    document: str
    language: Literal["en", "pt"]
    question: str
    answer: tuple[str, ...] | None
    highlight: tuple[str, ...]
    kind: str
    split: Split


def read_questions(split: str = "all") -> list[Question]:
    """Those of "tune", of "held", or "all"."""
    rows = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
    questions = [
        Question(
            row["id"],
            row["document"],
            row["language"],
            row["question"],
            None if row["answer"] is None else tuple(row["answer"]),
            tuple(row["highlight"]),
            row["kind"],
            row["split"],
        )
        for row in rows
    ]
    return [question for question in questions if split in ("all", question.split)]


def holds(text: str, wanted: Iterable[str]) -> bool:
    """Whether `text` has one of `wanted`, whatever the case, the blanks and the quotation marks.

    Blanks are left out altogether: lines are broken anywhere, and what is read from a PDF has lost some. A number, an
    option or a single word must not be a part of a longer one, though.
    """
    whole = _squeezed(text)
    for part in wanted:
        if re.search(r"\s", part):
            if _squeezed(part) in whole:
                return True
        elif re.search(rf"(?<![\w-])(?<!\d[.,]){re.escape(part)}(?![\w-])(?![.,]\d)", text, re.IGNORECASE):
            return True
    return False


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", re.sub("[“”″„]", '"', re.sub("[‘’′]", "'", text))).lower()
