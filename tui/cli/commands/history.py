"""`genchat history`: list, show, search, export and delete stored conversations."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from genchat.engine.errors import ExitCode, GenchatError, HistoryError, UsageError
from genchat.engine.language import say
from genchat.tui.cli.command_context import CommandContext, command_context
from genchat.tui.cli.options import AsJson, complete_conversations
from genchat.tui.cli.parser import GenchatCommand, group

if TYPE_CHECKING:
    from genchat.engine.history.protocol import History
    from genchat.engine.history.records import Conversation, SearchHit

app = group("cli.history", "cli.history.help")
_TITLE = 60  # cells a title may take in a list


Id = Annotated[str, typer.Argument(metavar="ID", help="cli.history.id", autocompletion=complete_conversations)]
OptionalId = Annotated[
    str | None, typer.Argument(metavar="ID", help="cli.history.id_or_latest", autocompletion=complete_conversations)
]
Limit = Annotated[int, typer.Option("--limit", "-n", metavar="N", min=1, help="cli.history.limit")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="cli.option.yes")]


@contextmanager
def _opened(context: CommandContext) -> "Iterator[History | None]":
    """Open the history; this yields None if there is no file yet, and does not create one."""
    if not context.paths.history.exists():
        yield None
        return
    history = context.open_history()
    try:
        for notice in history.notices:
            context.output.note(say(notice.key, **dict(notice.values)), "warn")
        yield history
    finally:
        history.close()


@contextmanager
def _existing(context: CommandContext) -> "Iterator[History]":
    """Open the history. Raises HistoryError if there is none yet."""
    with _opened(context) as history:
        if history is None:
            raise HistoryError("history_absent", path=context.paths.history)
        yield history


def _latest(history: "History") -> str:
    newest = history.conversations(1)
    if not newest:
        raise HistoryError("history_empty")
    return newest[0].id


@app.callback(invoke_without_command=True)
def history(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the conversations if there is no sub-command."""
    if ctx.invoked_subcommand is None:
        _list(command_context(ctx), 20, as_json)


@app.command("list", cls=GenchatCommand, help="cli.history.list")
def list_conversations(ctx: typer.Context, limit: Limit = 20, as_json: AsJson = False) -> None:
    """List the most recent conversations."""
    _list(command_context(ctx), limit, as_json)


def _list(context: CommandContext, limit: int, as_json: bool) -> None:
    from genchat.engine.text import safe_line

    with _opened(context) as history:
        conversations = history.conversations(limit) if history else ()
    if as_json:
        context.output.json([_values(conversation) for conversation in conversations])
        return
    if not conversations:
        context.output.note(say("cli.history.nothing"))
    context.output.table(
        [
            (
                conversation.id,
                _when(conversation),
                str(conversation.messages),
                safe_line(conversation.title, _TITLE) or say("cli.history.untitled"),
            )
            for conversation in conversations
        ],
        right=(2,),
        styles=("accent", "dim", "dim", ""),
    )


def _values(conversation: "Conversation") -> dict[str, Any]:
    return {
        "id": conversation.id,
        "title": conversation.title,
        "kind": conversation.kind,
        "created": conversation.created.isoformat(),
        "updated": conversation.updated.isoformat(),
        "messages": conversation.messages,
    }


def _when(conversation: "Conversation") -> str:
    return f"{conversation.updated.astimezone():%Y-%m-%d %H:%M}"


@app.command("show", cls=GenchatCommand, help="cli.history.show")
def show(ctx: typer.Context, conversation: OptionalId = None, as_json: AsJson = False) -> None:
    """Show the current branch of one conversation."""
    context = command_context(ctx)
    with _existing(context) as history:
        name = history.conversation(conversation or _latest(history)).id
        if as_json:
            context.output.line(history.export(name, "json", traces=False).removesuffix("\n"))
            return
        for message in history.shown(name):
            run = history.run(message.id)
            speaker = run.model if run else say(f"cli.role.{message.role.value}")
            status = "" if message.status == "done" else "  " + say(f"cli.history.status.{message.status}")
            context.output.heading(f"{speaker}{status}")
            for text in filter(None, (message.text, "" if run is None else run.error)):
                context.output.line(text)
            context.output.line()


@app.command("search", cls=GenchatCommand, help="cli.history.search")
def search(
    ctx: typer.Context,
    words: Annotated[list[str], typer.Argument(metavar="WORDS", help="cli.history.words")],
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """Find where words were said; accents and case do not matter."""
    from genchat.engine.text import safe_line

    context = command_context(ctx)
    with _opened(context) as history:
        hits = history.search(" ".join(words), limit) if history else ()
    if as_json:
        context.output.json([_hit_values(hit) for hit in hits])
        return
    if not hits:
        context.output.note(say("cli.history.not_found"))
        raise typer.Exit(ExitCode.FAILED)
    context.output.table(
        [
            (hit.conversation, "" if hit.role is None else say(f"cli.role.{hit.role.value}"), safe_line(hit.excerpt))
            for hit in hits
        ],
        styles=("accent", "dim", ""),
    )


def _hit_values(hit: "SearchHit") -> dict[str, Any]:
    return {
        "conversation": hit.conversation,
        "title": hit.title,
        "message": hit.message,
        "role": hit.role,
        "created": hit.created.isoformat(),
        "excerpt": hit.excerpt,
        "highlights": [list(pair) for pair in hit.highlights],
    }


@app.command("rename", cls=GenchatCommand, help="cli.history.rename")
def rename(
    ctx: typer.Context,
    conversation: Id,
    title: Annotated[list[str], typer.Argument(metavar="TITLE", help="cli.history.title")],
) -> None:
    """Give a conversation another title."""
    context = command_context(ctx)
    with _existing(context) as history:
        history.rename(history.conversation(conversation).id, " ".join(title))


@app.command("rm", cls=GenchatCommand, help="cli.history.rm")
def remove(
    ctx: typer.Context,
    conversations: Annotated[
        list[str], typer.Argument(metavar="ID", help="cli.history.id", autocompletion=complete_conversations)
    ],
    yes: Yes = False,
) -> None:
    """Delete conversations for good."""
    context = command_context(ctx)
    with _existing(context) as history:
        chosen = [history.conversation(name) for name in conversations]
        for conversation in chosen:
            context.output.note(
                f"{conversation.id}  {_when(conversation)}  {conversation.messages}  {conversation.title}"
            )
        _confirm(say("cli.history.really", count=len(chosen)), yes)
        for conversation in chosen:
            history.delete(conversation.id)
        context.output.note(say("cli.history.removed", count=len(chosen)))


def _confirm(question: str, yes: bool) -> None:
    if yes:
        return
    if not (sys.stdin and sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError("needs_yes")
    typer.confirm(question, abort=True, err=True)


@app.command("path", cls=GenchatCommand, help="cli.history.path")
def path(ctx: typer.Context) -> None:
    """Print where the history file is, or would be."""
    context = command_context(ctx)
    context.output.line(str(context.paths.history))


Form = Literal["json", "markdown", "html"]


@app.command("export", cls=GenchatCommand, help="cli.history.export")
def export(
    ctx: typer.Context,
    conversation: OptionalId = None,
    form: Annotated[Form, typer.Option("--format", "-f", help="cli.history.format")] = "json",
    html: Annotated[bool, typer.Option("--html", help="cli.history.html")] = False,
    everything: Annotated[bool, typer.Option("--json", help="cli.history.json")] = False,
    traces: Annotated[bool, typer.Option("--traces/--no-traces", help="cli.history.traces")] = True,
    target: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="cli.history.output")] = None,
) -> None:
    """Export one conversation as a document."""
    if html and everything:
        raise UsageError("one_format")
    chosen: Form = "html" if html else "json" if everything else form
    if chosen == "html" and target is None and sys.stdout.isatty():
        raise UsageError("page_needs_file")
    context = command_context(ctx)
    with _existing(context) as history:
        found = history.conversation(conversation or _latest(history))
        if chosen == "html":
            from genchat.engine.sharing.page import as_page

            document = as_page(history, found, traces)
        else:
            document = history.export(found.id, chosen, traces)
    if target is None:
        context.output.line(document.removesuffix("\n"))
        return
    try:
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(document)
    except OSError as error:
        raise GenchatError("file_not_written", path=target, reason=error.strerror or error) from None
    context.output.note(say("cli.history.exported", path=target))


@app.command("import", cls=GenchatCommand, help="cli.history.import")
def import_conversation(
    ctx: typer.Context,
    source: Annotated[Path, typer.Argument(metavar="FILE", help="cli.history.import_file")],
    as_copy: Annotated[bool, typer.Option("--copy", help="cli.history.copy")] = False,
) -> None:
    """Add the conversation of a JSON export to the history."""
    from genchat.engine.history.import_reading import read_export, read_file
    from genchat.engine.text import safe_line

    context = command_context(ctx)
    export = read_export(read_file(source))
    history = context.open_history()
    try:
        imported = history.import_conversation(export, as_copy)
    finally:
        history.close()
    conversation = imported.conversation
    context.output.note(
        say(
            "cli.history.imported",
            id=conversation.id,
            messages=conversation.messages,
            title=safe_line(conversation.title, _TITLE),
        )
    )
    if imported.without_tokens:
        context.output.note(say("cli.history.imported_without_tokens", count=imported.without_tokens), "warn")


@app.command("backup", cls=GenchatCommand, help="cli.history.backup")
def backup(
    ctx: typer.Context,
    target: Annotated[Path, typer.Argument(metavar="FILE", help="cli.history.backup_file")],
) -> None:
    """Write a compact copy of the whole history."""
    context = command_context(ctx)
    with _existing(context) as history:
        history.backup(target)
    context.output.note(say("cli.history.backed_up", path=target))


@app.command("check", cls=GenchatCommand, help="cli.history.check")
def check(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Examine the whole file."""
    context = command_context(ctx)
    with _existing(context) as history:
        report = history.check()
    if as_json:
        context.output.json(
            {
                "sound": report.sound,
                "problems": list(report.problems),
                "conversations": report.conversations,
                "messages": report.messages,
                "file_bytes": report.file_bytes,
                "trace_bytes": report.trace_bytes,
                "trace_tokens": report.trace_tokens,
            }
        )
    else:
        context.output.line(
            say(
                "cli.history.checked",
                conversations=report.conversations,
                messages=report.messages,
                tokens=report.trace_tokens,
                bytes=report.file_bytes,
            )
        )
        for problem in report.problems:
            context.output.line(f"  {problem}")
    if not report.sound:
        raise typer.Exit(ExitCode.FAILED)


@app.command("purge", cls=GenchatCommand, help="cli.history.purge")
def purge(ctx: typer.Context) -> None:
    """Rewrite the file without the remains of what was deleted."""
    context = command_context(ctx)
    with _existing(context) as history:
        freed = history.purge()
    context.output.note(say("cli.history.purged", bytes=freed))
