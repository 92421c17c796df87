"""`genchat corpus`: texts to train on, fetched from the catalogue or added from one's own files."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from genchat.engine.language import say
from genchat.engine.language.numbers import whole
from genchat.engine.text_store import TextStore
from genchat.tui.cli.command_context import CommandContext, command_context
from genchat.tui.cli.options import AsJson
from genchat.tui.cli.parser import GenchatCommand, group

app = group("corpus", "corpus.help")

_FOR_THE_RECIPE = frozenset({"base", "files", "recipe", "cuts", "untitled", "choices"})
_SHOWN = 600  # characters of a text that `show` prints


def _store(context: CommandContext) -> TextStore:
    return TextStore(context.paths.data / "texts")


@app.command("list", cls=GenchatCommand, help="corpus.list")
def list_texts(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the texts that are here, and those that the catalogue offers."""
    from genchat.corpora.catalogue import read_catalogue

    context = command_context(ctx)
    here = {card.name: card for card in _store(context).cards()}
    catalogue = read_catalogue()
    if as_json:
        context.output.json(
            {
                "here": [asdict(card) for card in here.values()],
                "catalogue": [asdict(entry) for entry in catalogue.values()],
            }
        )
        return
    rows = [
        (card.name, say("corpus.here"), card.language, card.licence, whole(card.bytes), card.title)
        for card in here.values()
    ]
    rows += [
        (entry.name, "", entry.language, entry.licence, whole(entry.bytes), entry.title)
        for entry in catalogue.values()
        if entry.name not in here
    ]
    context.output.table(rows, right=(4,), styles=("bold", "accent", "", "", "", "dim"))


@app.command("show", cls=GenchatCommand, help="corpus.show")
def show(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="corpus.name")],
    as_json: AsJson = False,
) -> None:
    """Show the card of a text and how it begins; for a text not fetched yet, show its entry in the catalogue."""
    from genchat.corpora.catalogue import read_catalogue

    context = command_context(ctx)
    store, out = _store(context), context.output
    entry = read_catalogue().get(name)
    if entry is not None and name not in {card.name for card in store.cards()}:
        fields = {key: value for key, value in asdict(entry).items() if key not in _FOR_THE_RECIPE}
        fields["addresses"] = list(entry.addresses)
        beginning = ""
    else:
        fields = asdict(store.find(name))
        fields["path"] = str(store.path(name))
        with store.path(name).open(encoding="utf-8") as stream:
            beginning = stream.read(_SHOWN)
    if as_json:
        out.json(fields)
        return
    out.table([(key, str(value)) for key, value in fields.items()], styles=("dim",))
    if beginning:
        out.line()
        out.line(beginning)


@app.command("pull", cls=GenchatCommand, help="corpus.pull")
def pull(ctx: typer.Context, name: Annotated[str, typer.Argument(metavar="NAME", help="corpus.name")]) -> None:
    """Fetch a text from the catalogue."""
    from genchat.tui.cli.streaming import Interruption

    context = command_context(ctx)
    out = context.output
    with Interruption() as should_stop:
        card = _store(context).pull(
            name,
            lambda have, whole: out.progress(say("corpus.fetching", name=name), have / whole if whole else 0.0),
            should_stop,
        )
    out.end_progress()
    out.note(say("corpus.kept", name=card.name, licence=card.licence or "?", attribution=card.attribution or "?"))
    out.line(str(_store(context).path(card.name)))


@app.command("add", cls=GenchatCommand, help="corpus.add")
def add(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="corpus.file")],
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="corpus.new_name")] = None,
    licence: Annotated[str, typer.Option("--licence", metavar="NAME", help="cli.train.licence")] = "",
    language: Annotated[str, typer.Option("--language", metavar="TAG", help="cli.train.language")] = "",
) -> None:
    """Store a copy of a file of one's own."""
    context = command_context(ctx)
    store = _store(context)
    card = store.add(file, name, licence, language)
    context.output.line(str(store.path(card.name)))


@app.command("rm", cls=GenchatCommand, help="corpus.rm")
def remove(ctx: typer.Context, name: Annotated[str, typer.Argument(metavar="NAME", help="corpus.name")]) -> None:
    """Delete a text that was fetched or added."""
    context = command_context(ctx)
    _store(context).remove(name)
    context.output.note(say("corpus.removed", name=name))
