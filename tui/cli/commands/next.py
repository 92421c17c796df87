"""`genchat next TEXT`: which tokens could come next, and how likely they are."""

from typing import TYPE_CHECKING, Annotated

import typer

from genchat.engine.language import say
from genchat.tui.cli.command_context import command_context
from genchat.tui.cli.options import AsJson, Model, Precision
from genchat.tui.cli.parser import GenchatCommand, single

if TYPE_CHECKING:
    from genchat.engine.contract import Backend, LanguageModel
    from genchat.engine.distribution import Distribution
    from genchat.engine.token_labels import Labels
    from genchat.tui.cli.output import Output

app = single()


@app.command("next", cls=GenchatCommand, help="cli.next.help")
def next_tokens(
    ctx: typer.Context,
    words: Annotated[list[str], typer.Argument(metavar="TEXT", help="cli.argument.text")],
    model: Model = None,
    precision: Precision = None,
    top: Annotated[int, typer.Option("--top", metavar="N", min=1, help="cli.option.top")] = 10,
    chat: Annotated[bool, typer.Option("--chat", help="cli.next.chat")] = False,
    why: Annotated[bool, typer.Option("--why", help="cli.next.why")] = False,
    as_json: AsJson = False,
) -> None:
    """Print the table of next tokens."""
    from genchat.engine.distribution import exact
    from genchat.engine.evidence_lines import evidence_lines, evidence_values
    from genchat.engine.language.numbers import decimal, percentage
    from genchat.engine.registry import language_model
    from genchat.engine.token_labels import Labels
    from genchat.engine.token_values import candidates
    from genchat.tui.cli.inputs import given_text

    context = command_context(ctx)
    text = given_text(words)
    context.take_flags({"precision": precision})
    backend = context.open_model(model)
    subject = language_model(backend)
    tokens = _context_tokens(backend, subject, text, chat)
    out = context.output
    unknown = subject.tokenizer.unknown_in(text)
    if unknown:
        out.note(say("chat.unknown_pieces", pieces=" ".join(unknown[:8])), "warn")
    cursor = subject.start(tokens)
    distribution = exact(cursor.log_probs())
    labels = Labels(subject.tokenizer)
    rest = distribution.rest_mass(top)
    if as_json:
        values = {
            "model": subject.info.name,
            "checksum": subject.info.checksum,
            "text": text,
            "context_tokens": len(tokens),
            "vocabulary": distribution.vocabulary_size,
            "entropy": distribution.entropy,
            "rest": rest,
            "top": candidates(distribution, labels, top),
        }
        out.json(values | ({"why": evidence_values(cursor.evidence())} if why else {}))
        return
    _table(out, distribution, labels, top)
    others = max(distribution.vocabulary_size - top, 0)
    out.line(say("cli.next.summary", others=others, rest=percentage(rest), entropy=decimal(distribution.entropy)))
    if why:
        for line in evidence_lines(cursor.evidence(), labels, [row.token for row in distribution.top(top)]):
            out.line(line)


def _context_tokens(backend: "Backend", model: "LanguageModel", text: str, chat: bool) -> tuple[int, ...]:
    """Return what the model reads first: the text, or with `chat` the text as a message that it is about to answer."""
    from genchat.engine.contract import RendersPrompt
    from genchat.engine.conversation import Message, Role

    if chat and isinstance(backend, RendersPrompt):
        return backend.prompt([Message(Role.USER, text)]).tokens
    return tuple(model.tokenizer.encode(text))


def _table(out: "Output", distribution: "Distribution", labels: "Labels", top: int) -> None:
    from genchat.engine.token_values import table_rows

    out.table(
        [
            (*(say(f"cli.column.{name}") for name in ("rank", "token", "id", "percent", "bits")), ""),
            *table_rows(distribution, labels, top),
        ],
        right=(0, 2, 3, 4),
        styles=("dim", "bold", "dim", "", "dim", "accent"),
    )
