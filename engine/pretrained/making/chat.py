"""Makes the chat models that ship: `python -m genchat.engine.pretrained.making.chat gpt|lstm TEXTS FOLDER [--resume]`.

TEXTS is a folder of texts as `genchat corpus pull` keeps them; FOLDER becomes the model. Two runs: the first learns
words and turns from everything there is; the second, from its weights, learns genchat's own dialogues nearly by heart
(the LSTM: the small talk among them) while it holds on to what the first one knew, so that it answers like them and yet
is not too sure of itself. Both are scheduled by steps, so the same texts give the same model on any machine of the same
kind and number of threads; about an hour for the Transformer on two cores and three quarters of it for the LSTM on one.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from genchat import corpora
from genchat.engine.conversation import TurnTemplate
from genchat.engine.evaluation.pricing import price_dialogues
from genchat.engine.model_card import ModelCard, read_card
from genchat.engine.pretrained.making.chat_texts import LANGUAGES, LICENCES, Mixture, compose, credits
from genchat.engine.pretrained.making.shipping import follow, load, write_halved
from genchat.engine.training.recipes import Recipe
from genchat.engine.training.run import Run, plan
from genchat.engine.training.warm_start import read_beginning

_DIALOGUES = {"chatterbot-en": 1.0, "chatterbot-pt": 4.0}
_STORIES = {"machado-stories": 1_800_000}
_NOVELS = {"machado-stories": 1_800_000, "machado-novels": 3_200_000, "machado-chronicles": 3_200_000}

_SMALL_TALK = (  # as much as the LSTM can learn by heart
    "everyday",
    "feelings",
    "first_lines",
    "greetings",
    "jokes_and_riddles",
    "quick_facts",
    "short_questions",
    "small_talk",
    "who_are_you",
    "charadas_e_brincadeiras",
    "comida_e_treino_em_poucas_palavras",
    "papo_do_dia",
    "pequenos_fatos",
    "perguntas_curtas",
    "primeiras_linhas",
    "quem_e_voce",
    "saudacoes",
    "sentimentos",
)


@dataclass(frozen=True)
class Making:
    """The two runs of one family, each with what it reads."""

    first: Recipe
    first_mixture: Mixture
    second: Recipe
    second_mixture: Mixture


MAKINGS: Mapping[str, Making] = {
    "gpt": Making(
        first=Recipe(
            family="gpt",
            tokens="bpe",
            vocabulary=1920,  # with 2048 the file would pass 12 MB
            layers=5,
            width=256,
            window=256,
            batch=16,
            learning_rate=0.02,
            weight_decay=0.1,
            steps=5000,
            evaluations=10,
        ),
        first_mixture=Mixture(own=2, own_plain=4, dialogues={"self-dialogue": 0.5, **_DIALOGUES}, plain=_NOVELS),
        second=Recipe(
            family="gpt",
            window=256,
            batch=16,
            learning_rate=0.012,
            weight_decay=0.05,
            dropout=0.05,
            hold=0.4,
            warm_down=0.8,
            steps=3000,
            evaluations=1,  # the last weights are wanted, not those that foretell held-out text best
            seed=2,
        ),
        second_mixture=Mixture(own=6, own_plain=1, dialogues={"chatterbot-pt": 2.0}),
    ),
    "lstm": Making(
        first=Recipe(
            family="lstm",
            tokens="char",
            layers=2,
            width=448,
            window=128,
            batch=32,
            learning_rate=0.03,
            steps=3000,
            evaluations=10,
        ),
        first_mixture=Mixture(own=2, own_plain=2, dialogues={"self-dialogue": 0.15, **_DIALOGUES}, plain=_STORIES),
        second=Recipe(
            family="lstm",
            window=128,
            batch=32,
            learning_rate=0.02,
            dropout=0.05,
            hold=0.25,
            steps=3500,
            evaluations=1,
            seed=2,
        ),
        second_mixture=Mixture(own=3, own_plain=0, files=_SMALL_TALK),
    ),
}


def make(family: str, texts: Mapping[str, str], folder: Path, command: str, resume: bool = False) -> ModelCard:
    """The function makes both runs, then the model with its weights in half precision, and on its card the price of
    held-out replies.

    The folder of the first run stands beside `folder` until the second is done; with `resume`, goes on from there.
    """
    making = MAKINGS[family]
    base = folder.with_name(f"{folder.name}-base")
    if not (resume and (base / "card.json").exists()):
        sources = compose(texts, making.first_mixture, making.first.seed)
        run = plan(sources, making.first, base, _checkpoint(base), command, resume=_begun(base, resume), samples=False)
        follow(run)
        run.keep()
        _checkpoint(base).unlink(missing_ok=True)
    sources = compose(texts, making.second_mixture, making.second.seed)
    run = plan(
        sources,
        making.second,
        folder,
        _checkpoint(folder),
        command,
        resume=_begun(folder, resume),
        samples=False,
        beginning=read_beginning(base, read_card(base), family),
        languages=("en", "pt-BR"),
    )
    follow(run)
    card = _finish(run, texts, making)
    _checkpoint(folder).unlink(missing_ok=True)
    return card


def _finish(run: Run, texts: Mapping[str, str], making: Making) -> ModelCard:
    card = replace(run.keep(), sources=credits(texts, making.first_mixture), chat=True)
    card = write_halved(run, card)
    model = load(run.folder, card)
    template = TurnTemplate(model.tokenizer)
    prices = {}
    for language in LANGUAGES:
        price = price_dialogues(model, template, corpora.dialogues([language], held_out=True))
        prices[language] = round(price.bits_per_byte, 4)
    results = card.results | {"held_out_replies_bits_per_byte": prices, "first_run": making.first.to_json()}
    return write_halved(run, replace(card, results=results))


def _checkpoint(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.checkpoint.safetensors")


def _begun(folder: Path, resume: bool) -> bool:
    return resume and _checkpoint(folder).exists()


def main(arguments: Sequence[str] | None = None) -> None:
    """Train and write the model; progress goes to stderr."""
    parser = argparse.ArgumentParser(prog="python -m genchat.engine.pretrained.making.chat", description=__doc__)
    parser.add_argument("family", choices=sorted(MAKINGS))
    parser.add_argument("texts", type=Path, metavar="TEXTS")
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--resume", action="store_true")
    options = parser.parse_args(arguments)
    texts = {path.stem: path.read_text(encoding="utf-8") for path in sorted(options.texts.glob("*.txt"))}
    pulls = " ".join(name for name in LICENCES if name in texts)
    program = f"python -m genchat.engine.pretrained.making.chat {options.family} TEXTS {options.folder.name}"
    command = f"genchat corpus pull {pulls}; {program}"
    card = make(options.family, texts, options.folder, command, options.resume)
    print(card.results["held_out_replies_bits_per_byte"], file=sys.stderr)


if __name__ == "__main__":
    main()
