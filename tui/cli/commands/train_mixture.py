"""`genchat train mixture A B --held-out FILE --name NAME`: two models as one."""

import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genchat.engine.claim import claimed
from genchat.engine.errors import UsageError
from genchat.engine.language import say
from genchat.tui.cli.command_context import Surroundings, surroundings
from genchat.tui.cli.commands.train_ngram import NewName, Replace, folder_for
from genchat.tui.cli.options import AsJson, complete_models
from genchat.tui.cli.parser import GenchatCommand, single

if TYPE_CHECKING:
    from genchat.engine.contract import LanguageModel
    from genchat.engine.model_card import ModelCard

app = single()


@app.command("mixture", cls=GenchatCommand, help="mixture.help")
def mixture(
    context: typer.Context,
    first_model: Annotated[str, typer.Argument(metavar="MODEL1", help="mixture.first", autocompletion=complete_models)],
    second_model: Annotated[
        str, typer.Argument(metavar="MODEL2", help="mixture.second", autocompletion=complete_models)
    ],
    name: NewName,
    held_out: Annotated[list[Path], typer.Option("--held-out", metavar="FILE", help="mixture.held_out")],
    constant: Annotated[bool, typer.Option("--constant", help="mixture.constant")] = False,
    replace: Replace = False,
    as_json: AsJson = False,
) -> None:
    """Fit the weights and write the card."""
    from genchat.engine.mixture.making import mix, write_mixture
    from genchat.engine.mixture.model import Matching

    around = surroundings(context)
    folder = folder_for(around, name, replace)
    parts = [_part(around, part) for part in (first_model, second_model)]
    if isinstance(parts[1][0].start([]), Matching) and not isinstance(parts[0][0].start([]), Matching):
        parts.reverse()
    (first, first_card), (second, second_card) = parts
    texts = _texts(held_out)
    fitted = mix(first, second, _tokens(first, texts), name, by_length=not constant)
    size = sum(len(text.encode("utf-8")) for text in texts)
    command = shlex.join(["genchat", *around.arguments])
    with claimed(around.paths.training, name):
        card = write_mixture(folder, fitted, (first_card, second_card), command, size)
    out = around.output
    if as_json:
        out.json({**asdict(card), "folder": str(folder), "checksum": card.checksum})
        return
    losses = {"loss": fitted.loss, "first_loss": fitted.first_loss, "second_loss": fitted.second_loss}
    out.line(say("mixture.done", name=name, first=first_card.name, second=second_card.name, **losses))
    out.note(say("cli.train.try_it", name=name, command="prompt" if card.chat else "complete"), "dim")


def _part(around: Surroundings, name: str) -> "tuple[LanguageModel, ModelCard]":
    from genchat.engine.registry import language_model

    card = around.registry.entry(name).card
    if card is None:
        raise UsageError("mixture_part_built_in", name=name)
    return language_model(around.open_model(name)), card


def _texts(files: list[Path]) -> list[str]:
    from genchat.tui.cli.inputs import read_text_file

    return [read_text_file(file) for file in files]


def _tokens(model: "LanguageModel", texts: list[str]) -> list[list[int]]:
    """Each text, or each dialogue of it, as the model would read it."""
    from genchat.corpora.loader import looks_like_dialogues, parse_dialogues
    from genchat.engine.conversation import Message, Role, TurnTemplate
    from genchat.engine.errors import TextUnusable

    template = TurnTemplate(model.tokenizer)
    roles = {"person": Role.USER, "reply": Role.ASSISTANT}
    found = []
    for text in texts:
        if not looks_like_dialogues(text):
            found.append(model.tokenizer.encode(text))
            continue
        try:
            dialogues = parse_dialogues(text, "", "")
        except ValueError as error:
            raise TextUnusable("dialogues_broken", reason=error) from None
        for dialogue in dialogues:
            turns = [template.turn(Message(roles[turn.speaker], turn.text)) for turn in dialogue.turns]
            found.append([token for turn in turns for token in turn])
    return found
