"""`genchat docs`: manage the documents that answers are based on, and explain a search."""

from collections.abc import Iterable
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genchat.engine.errors import DocumentNotFound, DocumentsError, ExitCode, UsageError
from genchat.engine.language import say
from genchat.engine.language.numbers import decimal, rounded_percentage
from genchat.engine.text import safe_line
from genchat.tui.cli.command_context import CommandContext, command_context
from genchat.tui.cli.commands.models import megabytes
from genchat.tui.cli.options import AsJson
from genchat.tui.cli.parser import GenchatCommand, group

if TYPE_CHECKING:
    from genchat.engine.contract import Passage
    from genchat.engine.retrieval.indexing import Progress
    from genchat.engine.retrieval.library import Document, Library
    from genchat.engine.retrieval.retriever import Retrieval

app = group("docs", "docs.help")
CollectionName = Annotated[str | None, typer.Option("--collection", "-C", metavar="NAME", help="docs.collection")]
_WIDTH = 100  # characters of a passage on one line


def _library(context: CommandContext) -> "Library":
    from genchat.engine.answering.opening import open_library

    return open_library(context.paths)


@app.callback(invoke_without_command=True)
def docs(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the documents if there is no sub-command."""
    if ctx.invoked_subcommand is None:
        _list(command_context(ctx), None, as_json)


@app.command("list", cls=GenchatCommand, help="docs.list")
def list_documents(ctx: typer.Context, collection: CollectionName = None, as_json: AsJson = False) -> None:
    """List all documents, or those of one collection."""
    _list(command_context(ctx), collection, as_json)


def _list(context: CommandContext, collection: str | None, as_json: bool) -> None:
    with _library(context) as library:
        if collection is not None:
            library.collection(collection)
        documents, collections = library.documents(collection), library.collections()
    if as_json:
        context.output.json(
            {
                "collections": [asdict(entry) for entry in collections if collection in (None, entry.name)],
                "documents": [asdict(document) for document in documents],
            }
        )
        return
    if not documents:
        context.output.note(say("docs.none"))
        return
    local = {entry.name for entry in collections if entry.local_only}
    rows = [
        (
            str(document.id),
            document.collection + (" ⌂" if document.collection in local else ""),
            safe_line(document.name),
            document.kind,
            document.language,
            say("docs.passages", count=document.chunks),
            megabytes(document.bytes),
        )
        for document in documents
    ]
    context.output.table(rows, right=(0, 5, 6), styles=("dim", "accent", "bold", "dim", "dim", "", "dim"))
    if local:
        context.output.note(say("docs.local_mark"), "dim")


@app.command("add", cls=GenchatCommand, help="docs.add")
def add(
    ctx: typer.Context,
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help="docs.path")],
    collection: CollectionName = None,
    local_only: Annotated[bool | None, typer.Option("--local-only/--may-leave", help="docs.local_only")] = None,
) -> None:
    """Index files and folders; only those that are new or changed are read."""
    from genchat.engine.retrieval.library import DEFAULT

    context = command_context(ctx)
    name = collection or context.settings.documents.collection or DEFAULT
    with _library(context) as library:
        failed = _narrate(context, library.add(paths, name), "docs.nothing_readable")
        if local_only is not None:
            library.keep_local(name, local_only)
        _embed(context, library)
    if failed:
        raise typer.Exit(ExitCode.FAILED)


@app.command("refresh", cls=GenchatCommand, help="docs.refresh")
def refresh(ctx: typer.Context, collection: CollectionName = None) -> None:
    """Check all known files again."""
    context = command_context(ctx)
    with _library(context) as library:
        failed = _narrate(context, library.refresh(collection), "docs.nothing_to_refresh")
        _embed(context, library)
    if failed:
        raise typer.Exit(ExitCode.FAILED)


def _narrate(context: CommandContext, events: Iterable["Progress"], nothing: str) -> int:
    """Print what happens to each document, or the text with key `nothing`; returns how many failed."""
    counts: dict[str, int] = {}
    out = context.output
    try:
        for event in events:
            if event.outcome == "reading":
                share = (event.done + (event.chunks / event.chunks_total if event.chunks_total else 0)) / event.total
                out.progress(say("docs.reading", name=safe_line(event.name, 40)), share)
                continue
            counts[event.outcome] = counts.get(event.outcome, 0) + 1
            if event.problem is not None:
                out.error(str(event.problem))
            elif event.outcome != "unchanged":
                words = say(f"docs.{event.outcome}", name=safe_line(event.name), count=event.chunks)
                out.note(words)
                if event.encoding not in ("utf-8", "utf-8-sig"):
                    out.note(say("docs.encoding", name=safe_line(event.name), encoding=event.encoding), "warn")
    finally:
        out.end_progress()
    total = sum(counts.values())
    if not total:
        out.note(say(nothing), "warn")
    else:
        out.note(say("docs.summary", total=total, **{key: counts.get(key, 0) for key in _COUNTED}), "dim")
    return counts.get("failed", 0)


_COUNTED = ("added", "updated", "unchanged", "vanished", "failed")


def _embed(context: CommandContext, library: "Library") -> None:
    """Give every passage its vector, if the settings name an embedder. Finished work stays when this is interrupted."""
    from genchat.engine.answering.opening import open_embedder
    from genchat.engine.retrieval.vectors import embed_missing
    from genchat.tui.cli.streaming import Interruption

    embedder = open_embedder(context.settings, context.paths)
    if embedder is None:
        return
    try:
        with Interruption() as should_stop:
            for progress in embed_missing(library, embedder, should_stop=should_stop):
                if progress.total:
                    words = say("docs.embedding", embedder=embedder.name, done=progress.done, total=progress.total)
                    context.output.progress(words, progress.done / progress.total)
    finally:
        context.output.end_progress()
    context.output.note(say("docs.embedded", embedder=embedder.name, done=progress.done, total=progress.total), "dim")


@app.command("rm", cls=GenchatCommand, help="docs.rm")
def remove(
    ctx: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(metavar="DOCUMENT", help="docs.document")] = None,
    collection: Annotated[
        str | None, typer.Option("--collection", "-C", metavar="NAME", help="docs.rm_collection")
    ] = None,
) -> None:
    """Remove documents, or a whole collection, from the index."""
    context = command_context(ctx)
    if not names and collection is None:
        raise UsageError("docs_rm_what")
    with _library(context) as library:
        documents = [_one(library, name) for name in names or []]
        library.remove_documents(documents)
        for document in documents:
            context.output.note(say("docs.removed", name=safe_line(document.name), collection=document.collection))
        if not names and collection is not None:
            library.remove_collection(collection)
            context.output.note(say("docs.removed_collection", name=collection))


@app.command("show", cls=GenchatCommand, help="docs.show")
def show(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="DOCUMENT", help="docs.document")],
    as_json: AsJson = False,
) -> None:
    """Show a document as the index has it: its passages, with their headings and positions."""
    context = command_context(ctx)
    out = context.output
    with _library(context) as library:
        document = _one(library, name)
        chunks = list(library.chunks(document))
    if as_json:
        out.json({**asdict(document), "passages": [asdict(chunk) for chunk in chunks]})
        return
    out.table([(key, str(value)) for key, value in asdict(document).items()], styles=("dim",))
    for chunk in chunks:
        out.line()
        position = say("docs.place", ordinal=chunk.ordinal + 1, line=chunk.line, start=chunk.start, end=chunk.end)
        out.heading(" › ".join(safe_line(part) for part in chunk.heading) or safe_line(document.name))
        out.line(position)
        out.line(chunk.text)


def _one(library: "Library", name: str) -> "Document":
    matches = library.find(name)
    if not matches:
        raise DocumentNotFound("document_unknown", name=name)
    if len(matches) > 1:
        raise DocumentsError("document_ambiguous", name=name, count=len(matches))
    return matches[0]


@app.command("why", cls=GenchatCommand, help="docs.why")
def why(
    ctx: typer.Context,
    words: Annotated[list[str], typer.Argument(metavar="QUESTION", help="docs.question")],
    collection: CollectionName = None,
    top: Annotated[int, typer.Option("--top", metavar="N", min=1, help="docs.top")] = 5,
    prompt: Annotated[bool, typer.Option("--prompt", help="docs.prompt")] = False,
    as_json: AsJson = False,
) -> None:
    """Show how a question is understood, what it finds and why."""
    from genchat.engine.answering.opening import open_retriever
    from genchat.tui.cli.inputs import given_text

    context = command_context(ctx)
    question = given_text(words)
    if collection is not None:
        context.take_flags({"documents.collection": collection})
    retriever = open_retriever(context.settings, context.paths, embed=False)
    with closing(retriever.library):
        retrieval = retriever.retrieve(question, top)
    if prompt:
        _show_prompt(context, question, retrieval)
    elif as_json:
        context.output.json(_retrieval_values(retrieval))
    else:
        _explain(context, retrieval)


def _show_prompt(context: CommandContext, question: str, retrieval: "Retrieval") -> None:
    from genchat.engine.answering.prompting import new_fence, rag_messages
    from genchat.engine.conversation import Message, Role

    conversation = [Message(Role.USER, question)]
    for message in rag_messages(conversation, retrieval.passages, retrieval.question.language, new_fence()):
        context.output.heading(message.role)
        context.output.line(message.text)


def _explain(context: CommandContext, retrieval: "Retrieval") -> None:
    from genchat.engine.retrieval.evidence import ENOUGH

    out = context.output
    out.note(say("docs.retriever", retriever=retrieval.retriever), "dim")
    for notice in retrieval.notices:
        out.note(say(notice.key, **dict(notice.values)), "warn")
    total = retrieval.question.weight or 1.0
    rows = [
        (
            safe_line(word.text),
            rounded_percentage(word.weight / total),
            say("docs.in_passages", count=word.frequency),
            say(f"docs.found_{word.found}", word=safe_line(", ".join(word.taken_for))),
        )
        for word in retrieval.question.words
    ]
    out.table(rows, right=(1, 2), styles=("bold", "accent", "dim", "dim"))
    verdict = "docs.enough" if retrieval.enough else "docs.not_enough"
    numbers = {
        "evidence": decimal(retrieval.evidence),
        "least": decimal(ENOUGH),
        "coverage": rounded_percentage(retrieval.coverage),
    }
    out.line(say(verdict, **numbers))
    for passage in retrieval.passages:
        out.line()
        _explain_passage(context, passage)


def _explain_passage(context: CommandContext, passage: "Passage") -> None:
    out = context.output
    out.heading(f"[{passage.number}] {passage.source} · {passage.locator}")
    parts = "   ".join(f"{say(f'docs.part_{name}')} {decimal(score)}" for name, score in passage.parts.items())
    out.line(f"    {say('docs.score', score=decimal(passage.score))}   {parts}")
    if passage.matched:
        out.line("    " + "   ".join(f"{word} {rounded_percentage(share)}" for word, share in passage.matched.items()))
    if passage.warning:
        out.line("    ⚠ " + say(passage.warning))
    if passage.highlight is not None:
        start, end = passage.highlight
        out.line("    “" + safe_line(passage.text[start:end], 3 * _WIDTH) + "”")


def _retrieval_values(retrieval: "Retrieval") -> dict[str, Any]:
    return {
        "question": retrieval.question.text,
        "language": retrieval.question.language,
        "retriever": retrieval.retriever,
        "evidence": retrieval.evidence,
        "coverage": retrieval.coverage,
        "enough": retrieval.enough,
        "words": [
            {**asdict(word), "share": word.weight / (retrieval.question.weight or 1.0)}
            for word in retrieval.question.words
        ],
        "passages": [asdict(passage) for passage in retrieval.passages],
    }
