"""Multiplies written dialogues for training: the same words as other people would have typed them.

Only the person's side changes (small letters, no accents, no sign at the end, a slipped finger); replies stay as
written, since they are what a model should sound like. Everything follows from the random generator it is given.
"""

import random
import unicodedata
from collections.abc import Callable
from dataclasses import replace

from genchat.corpora.loader import Dialogue, Turn

_LOWER, _NO_END, _NO_ACCENTS, _SLIP = 0.4, 0.35, 0.12, 0.06  # chances, each by itself
_SHORTEST_SLIP = 6  # letters of a text too short to be understood with a wrong one


def retyped(dialogue: Dialogue, rng: random.Random) -> Dialogue:
    """The dialogue with the person's turns typed in another manner, the same throughout."""
    habits: list[Callable[[str], str]] = []
    if rng.random() < _LOWER:
        habits.append(str.lower)
    if rng.random() < _NO_END:
        habits.append(without_end)
    if rng.random() < _NO_ACCENTS:
        habits.append(without_accents)

    def typed(turn: Turn) -> Turn:
        if turn.speaker == "reply":
            return turn
        text = turn.text
        for habit in habits:
            text = habit(text)
        if rng.random() < _SLIP:
            text = slipped(text, rng)
        return replace(turn, text=text)

    return replace(dialogue, turns=tuple(typed(turn) for turn in dialogue.turns))


def without_end(text: str) -> str:
    """The result is the text without the sign that ends it."""
    return text.rstrip(".!?…") or text


def without_accents(text: str) -> str:
    """The result is the letters alone, as on a keyboard that makes accents hard."""
    return "".join(letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter))


def slipped(text: str, rng: random.Random) -> str:
    """In the result two neighbouring letters are swapped, or one is lost."""
    indices = [index for index in range(1, len(text) - 1) if text[index].isalpha() and text[index + 1].isalpha()]
    if len(text) < _SHORTEST_SLIP or not indices:
        return text
    index = rng.choice(indices)
    if rng.random() < 0.5:
        return text[:index] + text[index + 1] + text[index] + text[index + 2 :]
    return text[:index] + text[index + 1 :]
