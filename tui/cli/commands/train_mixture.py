"""`genchat train mixture A B --held-out FILE --name NAME`: combine two models into one."""

import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genchat.engine.errors import UsageError
from genchat.engine.language import say
from genchat.engine.language.numbers import decimal
from genchat.tui.cli.command_context import CommandContext, command_context
from genchat.tui.cli.commands.train_ngram import NewName, Replace, folder_for
from genchat.tui.cli.options import AsJson, complete_models
from genchat.tui.cli.parser import GenchatCommand, single

if TYPE_CHECKING:
    from genchat.engine.contract import LanguageModel
    from genchat.engine.model_card import ModelCard

app = single()


@app.command("mixture", cls=GenchatCommand, help="mixture.help")
def mixture(
    ctx: typer.Context,
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
    from genchat.engine.mixture.fitting import mix, write_mixture
    from genchat.engine.mixture.model import Matching

    context = command_context(ctx)
    folder = folder_for(context, name, replace)
    parts = [_part(context, part) for part in (first_model, second_model)]
    if isinstance(parts[1][0].start([]), Matching) and not isinstance(parts[0][0].start([]), Matching):
        parts.reverse()
    (first, first_card), (second, second_card) = parts
    texts = _texts(held_out)
    fitted = mix(first, second, _tokens(first, texts), name, by_length=not constant)
    size = sum(len(text.encode("utf-8")) for text in texts)
    command = shlex.join(["genchat", *context.arguments])
    card = write_mixture(folder, fitted, (first_card, second_card), command, size)
    out = context.output
    if as_json:
        out.json({**asdict(card), "folder": str(folder), "checksum": card.checksum})
        return
    losses = {name: decimal(getattr(fitted, name), 4) for name in ("loss", "first_loss", "second_loss")}
    out.line(say("mixture.done", name=name, first=first_card.name, second=second_card.name, **losses))
    out.note(say("cli.train.try_it", name=name, command="prompt" if card.chat else "complete"), "dim")


def _part(context: CommandContext, name: str) -> "tuple[LanguageModel, ModelCard]":
    from genchat.engine.registry import language_model

    card = context.registry.entry(name).card
    if card is None:
        raise UsageError("mixture_part_built_in", name=name)
    return language_model(context.open_model(name)), card


def _texts(files: list[Path]) -> list[str]:
    from genchat.tui.cli.inputs import read_text_file

    return [read_text_file(file) for file in files]


def _tokens(model: "LanguageModel", texts: list[str]) -> list[list[int]]:
    """Return each text, or each dialogue of it, as the tokens that the model would read."""
    from genchat.corpora.loader import looks_like_dialogues, parse_dialogues
    from genchat.engine.conversation import Message, Role, TurnTemplate
    from genchat.engine.errors import TextUnusable

    template = TurnTemplate(model.tokenizer)
    roles = {"person": Role.USER, "reply": Role.ASSISTANT}
    sequences = []
    for text in texts:
        if not looks_like_dialogues(text):
            sequences.append(model.tokenizer.encode(text))
            continue
        try:
            dialogues = parse_dialogues(text, "", "")
        except ValueError as error:
            raise TextUnusable("dialogues_broken", reason=error) from None
        for dialogue in dialogues:
            turns = [template.turn(Message(roles[turn.speaker], turn.text)) for turn in dialogue.turns]
            sequences.append([token for turn in turns for token in turn])
    return sequences
