"""`genchat compare MODEL MODEL … --text TEXT|-`: several models read one text; what it costs each, and where they part.

The text is walked by the tokens of the first model. Vocabularies cut text differently, so distributions are compared
by the first byte of what comes next (engine/comparing).
"""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from genchat.engine.errors import UsageError
from genchat.engine.language import say
from genchat.engine.language.numbers import decimal
from genchat.tui.cli.command_context import command_context
from genchat.tui.cli.options import AsJson
from genchat.tui.cli.parser import GenchatCommand, single

if TYPE_CHECKING:
    from genchat.engine.comparing.next_bytes import FirstBytes
    from genchat.engine.comparing.pricing import Price
    from genchat.engine.contract import LanguageModel

app = single()
LEAST, MOST = 2, 4
_MOST_TOKENS = 500  # of the first model that are walked


@app.command("compare", cls=GenchatCommand, help="cli.compare.help")
def compare(
    ctx: typer.Context,
    models: Annotated[list[str], typer.Argument(metavar="MODEL…", help="cli.compare.models")],
    text: Annotated[str, typer.Option("--text", metavar="TEXT", help="cli.compare.text")],
    summary: Annotated[bool, typer.Option("--summary", "-s", help="cli.compare.summary")] = False,
    as_json: AsJson = False,
) -> None:
    """Print bits per byte by model and, token by token, bits and divergences."""
    from genchat.engine.comparing.next_bytes import FirstBytes
    from genchat.engine.comparing.pricing import price
    from genchat.engine.registry import language_model
    from genchat.tui.cli.inputs import given_text

    if not LEAST <= len(dict.fromkeys(models)) <= MOST:
        raise UsageError("compare_how_many", least=LEAST, most=MOST)
    context = command_context(ctx)
    given = given_text([text])
    opened = [(name, language_model(context.open_model(name))) for name in dict.fromkeys(models)]
    priced = [(name, model, price(model, given)) for name, model in opened]
    vocabularies = [FirstBytes.of(model.tokenizer, model.info.vocabulary_size) for _, model in opened]
    rows = [] if summary else _rows(given, priced, vocabularies)
    out = context.output
    if as_json:
        whole = [{"model": name, "bits_per_byte": cost.bits_per_byte} for name, _, cost in priced]
        out.json({"text": given, "models": whole, **({} if summary else {"tokens": rows})})
        return
    if rows:
        others = [name for name, _, _ in priced[1:]]
        heads = [say("cli.column.token"), *(name for name, _, _ in priced)]
        out.table(
            [
                (*heads, *(f"JS {name}" for name in others)),
                *(
                    (
                        row["token"],
                        *(decimal(value) for value in row["bits"]),
                        *(decimal(value, 3) for value in row["js"]),
                    )
                    for row in rows
                ),
            ],
            right=tuple(range(1, len(heads) + len(others))),
            styles=("bold",),
        )
    for name, _, cost in priced:
        out.line(say("cli.compare.total", name=name, bits=decimal(cost.bits_per_byte, 4)))


def _rows(
    text: str, priced: "list[tuple[str, LanguageModel, Price]]", vocabularies: "list[FirstBytes]"
) -> list[dict[str, Any]]:
    """One row for each token of the first model: bits of its bytes by every model, divergences from the first."""
    from genchat.engine.comparing.next_bytes import js_divergence, kl_divergence
    from genchat.engine.token_labels import Labels

    _, first, cost = priced[0]
    labels, written = Labels(first.tokenizer), text.encode()
    cursor, start, rows = first.start(()), 0, list[dict[str, Any]]()
    for token, end in list(zip(cost.tokens, cost.ends.tolist(), strict=True))[:_MOST_TOKENS]:
        own = vocabularies[0].distribution(cursor.log_probs())
        before = written[:start].decode(errors="ignore")
        others = [
            vocabulary.distribution(model.start(model.tokenizer.encode(before)).log_probs())
            for (_, model, _), vocabulary in zip(priced[1:], vocabularies[1:], strict=True)
        ]
        rows.append(
            {
                "id": token,
                "token": labels(token),
                "bits": [round(each.between(start, end), 4) for _, _, each in priced],
                "kl": [round(kl_divergence(own, other), 4) for other in others],
                "js": [round(js_divergence(own, other), 4) for other in others],
            }
        )
        cursor.advance(token)
        start = end
    return rows
