"""Turns texts of other collections into the two forms genchat trains on: dialogues (P:/R: turns) and plain paragraphs.

Every function takes the whole text of a file of the catalogue and gives the whole converted text. Nothing is invented:
turns that a form cannot hold (empty ones, broken markup) are left out.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping

from genchat.corpora.loader import escaped

Turn = str
_UNWANTED = str.maketrans({"\ufeff": None, "\u200b": None, "\u200e": None, "´": "'"})
_SPACES = re.compile(r"\s+")
_SENTENCE_END = re.compile(r"[.!?…][\"”»')\]]*$")
_HEADING = re.compile(r"^(CAP[ÍI]TULO\b.*|[^a-zà-ÿ]*[A-ZÀ-Þ][^a-zà-ÿ]*)$")


def write_dialogue(title: str, turns: Iterable[Turn]) -> str:
    """The result is one dialogue in genchat's form: a title line, then turns that alternate from P: (person) to R:
    (reply).
    """
    lines = [f"### {title}"]
    lines += [f"R: {turn}" if index % 2 else f"P: {escaped(turn)}" for index, turn in enumerate(turns)]
    return "\n".join(lines) + "\n"


def clean_turn(text: str) -> Turn:
    """The turn becomes one line, without invisible characters."""
    return _SPACES.sub(" ", text.translate(_UNWANTED)).strip()


def self_dialogue(text: str) -> str:
    """Self-dialogue corpus (### topic, then one turn a line, two voices in turn) -> dialogues that end with a reply."""
    dialogues = []
    for block in text.split("\n\n"):
        topic, *lines = block.strip().split("\n")
        turns = [turn for turn in map(clean_turn, lines) if turn]
        turns = turns[: len(turns) - len(turns) % 2]
        if turns:
            dialogues.append(write_dialogue(topic.removeprefix("### "), turns))
    return "\n".join(dialogues)


def chatterbot(text: str, language: str, leave_out: frozenset[str] = frozenset()) -> str:
    """ChatterBot pairs as JSON lines (lang, topic, conv, turn, q, a) -> one dialogue of two turns a pair."""
    dialogues = []
    for line in text.splitlines():
        pair = json.loads(line)
        if pair["lang"] != language or pair["topic"] in leave_out:
            continue
        question, answer = clean_turn(pair["q"]), clean_turn(pair["a"])
        if question and answer:
            dialogues.append(write_dialogue(pair["topic"], (question, answer)))
    return "\n".join(dialogues)


def unwrap(text: str) -> str:
    """Hard-wrapped prose -> one paragraph a line.

    A paragraph ends at a dash that opens speech, at a short line that ends a sentence, and around headings. Verse
    must not come this way.
    """
    paragraphs: list[str] = []
    current: list[str] = []
    longest = 80

    def close() -> None:
        if current:
            paragraphs.append(_SPACES.sub(" ", " ".join(current)).strip())
            current.clear()

    for raw in text.split("\n"):
        line = raw.strip()
        if not line or _HEADING.match(line):
            close()
            if line:
                paragraphs.append(line)
            continue
        if line.startswith(("— ", "- ", "– ")):
            close()
        current.append(line)
        if len(line) < longest * 0.75 and _SENTENCE_END.search(line):
            close()
    close()
    return "\n".join(paragraphs) + "\n"


CONVERSIONS: Mapping[str, Callable[[str], str]] = {
    "self-dialogue": self_dialogue,
    "chatterbot-en": lambda text: chatterbot(text, "en", frozenset({"tech_support", "coding", "sports"})),
    "chatterbot-pt": lambda text: chatterbot(text, "pt", frozenset({"compliment"})),
    "unwrap": unwrap,
}
