"""Makes the chat LSTM that ships: `python -m engine.pretrained.lstm_chat TEXTS FOLDER [--epochs E] [--resume]`.

TEXTS is where `genchat corpus pull` keeps its texts; FOLDER becomes the model. About 20 minutes on two cores. The
dialogues that come with genchat are what the model is meant to talk like, so each is read several times as often as
anything else, in another order and among other neighbours every time; the rest teaches it words.
"""

import argparse
import random
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import corpora
from corpora.conversions import write_dialogue
from corpora.loader import LICENCE, Dialogue, parse_dialogues
from engine.training.data import Source

OWN_REPEATS = 6
OWN_PLAIN_REPEATS = 2
DIALOGUE_SHARES = {"self-dialogue": 0.1, "chatterbot-en": 0.5, "chatterbot-pt": 2.0}
PLAIN_CHARACTERS = {"machado-stories": 1_000_000}
LICENCES = {
    "self-dialogue": "BSD-3-Clause",
    "chatterbot-en": "BSD-3-Clause",
    "chatterbot-pt": "BSD-3-Clause",
    "machado-stories": "public domain",
}
LANGUAGES = ("en", "pt")
SEED = 1


def compose(texts: Mapping[str, str], seed: int = SEED) -> list[Source]:
    """What the model learns from, and the held-out dialogues, one source a language."""
    rng = random.Random(seed)  # noqa: S311 (an order of texts, no secret)
    pool: list[Dialogue] = []
    for _ in range(OWN_REPEATS):
        pool.extend(corpora.dialogues())
    for name, share in DIALOGUE_SHARES.items():
        if name in texts:
            found = list(parse_dialogues(texts[name], name, ""))
            rng.shuffle(found)
            whole, part = divmod(share, 1)
            pool.extend(found * int(whole) + found[: round(part * len(found))])
    rng.shuffle(pool)
    sources = [Source("dialogues", written(pool), licence=f"{LICENCE}, BSD-3-Clause")]
    for kind in ("stories", "explanations"):
        for document in corpora.documents(kind):
            sources += [Source(document.source, document.text, licence=LICENCE)] * OWN_PLAIN_REPEATS
    for name, size in PLAIN_CHARACTERS.items():
        if name in texts:
            sources.append(Source(name, texts[name][:size], licence=LICENCES[name]))
    rng.shuffle(sources)
    held_out = [
        Source(f"heldout_{language}", written(corpora.dialogues([language], held_out=True)), held_out=True)
        for language in LANGUAGES
    ]
    return sources + held_out


def written(dialogues: Sequence[Dialogue]) -> str:
    """Dialogues in the form of a dialogue file."""
    return "\n".join(write_dialogue(each.title, (turn.text for turn in each.turns)) for each in dialogues)
