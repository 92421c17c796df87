"""Makes the chat LSTM that ships: `python -m engine.pretrained.lstm_chat TEXTS FOLDER [--epochs E] [--resume]`.

TEXTS is a folder of texts as `genchat corpus pull` keeps them; FOLDER becomes the model. About 25 minutes on two cores.
The dialogues that come with genchat are what the model is meant to talk like, so each is read several times as often
as anything else, in another order and among other neighbours every time; the rest teaches it words.
"""

import argparse
import random
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import torch

import corpora
from corpora.conversions import write_dialogue
from corpora.loader import LICENCE, Dialogue, parse_dialogues
from engine.conversation import TurnTemplate
from engine.evaluation.pricing import price_dialogues
from engine.lstm.loading import load
from engine.model_card import ModelCard, write_model
from engine.training.data import Source
from engine.training.events import Progress, Validation
from engine.training.recipes import Recipe
from engine.training.run import Run, plan
from engine.training.weights import WEIGHTS_FILE, read_tensors, write_tensors

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
RECIPE = Recipe(
    family="lstm",
    tokens="char",
    layers=2,
    width=384,
    batch=32,
    window=128,
    dropout=0.1,
    learning_rate=0.04,
    epochs=5,
    evaluations=20,
)
_TOLD_EVERY = 200  # steps


def compose(texts: Mapping[str, str], seed: int) -> list[Source]:
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
    sources = [Source("dialogues", written(pool), licence=LICENCE)]
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


def credits(texts: Mapping[str, str]) -> tuple[dict[str, str], ...]:
    """Every text behind the model with its licence and checksum; genchat's own as it stands in corpora/."""
    own = [
        Source(document.source, document.text, licence=LICENCE)
        for kind in ("dialogues", "stories", "explanations")
        for document in corpora.documents(kind)
    ]
    others = [Source(name, texts[name], licence=licence) for name, licence in LICENCES.items() if name in texts]
    return tuple(
        {"name": source.name, "licence": source.licence, "sha256": source.sha256} for source in (*own, *others)
    )


def finish(run: Run, texts: Mapping[str, str]) -> ModelCard:
    """Write the model with its weights in half precision, and on its card the price of held-out replies."""
    card = run.keep()
    tensors, _ = read_tensors(run.folder / WEIGHTS_FILE, card.name)

    def files(folder: Path) -> None:
        write_tensors(folder / WEIGHTS_FILE, {name: held.to(torch.float16) for name, held in tensors.items()})
        run.tokenizer.save(folder)

    card = write_model(run.folder, replace(card, sources=credits(texts), chat=True), files)
    model = load(run.folder, card)
    prices = {}
    for language in LANGUAGES:
        dialogues = corpora.dialogues([language], held_out=True)
        price = price_dialogues(model, TurnTemplate(model.tokenizer), dialogues)
        prices[language] = round(price.bits_per_byte, 4)
    results = card.results | {"held_out_replies_bits_per_byte": prices}
    return write_model(run.folder, replace(card, results=results), files)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train and write the model; progress goes to stderr."""
    parser = argparse.ArgumentParser(prog="python -m engine.pretrained.lstm_chat", description=__doc__)
    parser.add_argument("texts", type=Path, metavar="TEXTS")
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--epochs", type=float, default=RECIPE.epochs)
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--resume", action="store_true")
    given = parser.parse_args(arguments)
    texts = {path.stem: path.read_text(encoding="utf-8") for path in sorted(given.texts.glob("*.txt"))}
    recipe = RECIPE.with_values({"epochs": given.epochs})
    checkpoint = given.checkpoint or given.folder.with_name(f"{given.folder.name}.checkpoint.safetensors")
    words = ["python", "-m", "engine.pretrained.lstm_chat", "TEXTS", given.folder.name, "--epochs", f"{given.epochs:g}"]
    run = plan(
        compose(texts, recipe.seed),
        recipe,
        given.folder,
        checkpoint,
        f"genchat corpus pull {' '.join(LICENCES)}; {shlex.join(words)}",
        resume=given.resume,
        samples=False,
        languages=("en", "pt-BR"),
    )
    told = 0
    for event in run.events():
        if isinstance(event, Validation):
            print(f"step {event.step}: held out {event.bits_per_byte:.4f} bits/byte", file=sys.stderr)
        elif isinstance(event, Progress) and event.step >= told + _TOLD_EVERY:
            told = event.step
            print(f"step {event.step}: {event.loss:.3f}, {event.tokens_per_second:,.0f} tokens/s", file=sys.stderr)
    card = finish(run, texts)
    checkpoint.unlink(missing_ok=True)
    print(card.results["held_out_replies_bits_per_byte"], file=sys.stderr)


if __name__ == "__main__":
    main()
