"""What the chat models that ship learn from: genchat's own dialogues many times over, and other texts for their words.

The dialogues that come with genchat are what the models are meant to talk like, so each is read several times as often
as anything else, in another order, among other neighbours and typed in other manners; the rest teaches words.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from genchat import corpora
from genchat.corpora.conversions import write_dialogue
from genchat.corpora.loader import LICENCE, Dialogue, parse_dialogues
from genchat.engine.pretrained.making.composer import retyped
from genchat.engine.training.data import Source

LANGUAGES = ("en", "pt")
LICENCES = {
    "self-dialogue": "BSD-3-Clause",
    "chatterbot-en": "BSD-3-Clause",
    "chatterbot-pt": "BSD-3-Clause",
    "machado-stories": "public domain",
    "machado-novels": "public domain",
    "machado-chronicles": "public domain",
}


@dataclass(frozen=True)
class Mixture:
    """A mixture says how often each text is read in one epoch."""

    own: int  # genchat's dialogues
    own_plain: int  # its stories and explanations
    dialogues: Mapping[str, float] = field(default_factory=dict)  # of each collection, the share that is read
    plain: Mapping[str, int] = field(default_factory=dict)  # of each text, the characters that are read
    files: tuple[str, ...] = ()  # those of genchat's dialogues that are read, without ".txt"; all where empty


def compose(texts: Mapping[str, str], mixture: Mixture, seed: int) -> list[Source]:
    """The result is what a model learns from, and the held-out dialogues, one source per language."""
    rng = random.Random(seed)  # noqa: S311 (an order of texts, no secret)
    own = [
        dialogue for dialogue in corpora.dialogues() if not mixture.files or Path(dialogue.source).stem in mixture.files
    ]
    pool: list[Dialogue] = list(own)
    for _ in range(mixture.own - 1):
        pool.extend(retyped(dialogue, rng) for dialogue in own)
    for name, share in mixture.dialogues.items():
        if name in texts:
            parsed = list(parse_dialogues(texts[name], name, ""))
            rng.shuffle(parsed)
            whole, part = divmod(share, 1)
            pool.extend(parsed * int(whole) + parsed[: round(part * len(parsed))])
    rng.shuffle(pool)
    sources = [Source("dialogues", written(pool), licence=LICENCE)]
    for kind in ("stories", "explanations"):
        for document in corpora.documents(kind):
            sources += [Source(document.source, document.text, licence=LICENCE)] * mixture.own_plain
    for name, size in mixture.plain.items():
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
    return "\n".join(write_dialogue(dialogue.title, (turn.text for turn in dialogue.turns)) for dialogue in dialogues)


def credits(texts: Mapping[str, str], mixture: Mixture) -> tuple[dict[str, str], ...]:
    """These are all texts behind the model with licence and checksum; genchat's own as it stands in corpora/."""
    own = [
        Source(document.source, document.text, licence=LICENCE)
        for kind in ("dialogues", "stories", "explanations")
        for document in corpora.documents(kind)
    ]
    read = {*mixture.dialogues, *mixture.plain}
    others = [
        Source(name, texts[name], licence=licence)
        for name, licence in LICENCES.items()
        if name in texts and name in read
    ]
    return tuple(
        {"name": source.name, "licence": source.licence, "sha256": source.sha256} for source in (*own, *others)
    )
