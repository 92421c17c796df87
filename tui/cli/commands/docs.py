"""`genchat docs`: the documents that answers rest on, and why a question finds what it finds."""

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
from genchat.tui.cli.command_context import Surroundings, surroundings
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


def _library(around: Surroundings) -> "Library":
    from genchat.engine.answering.opening import open_library

    return open_library(around.paths)


@app.callback(invoke_without_command=True)
def docs(context: typer.Context, as_json: AsJson = False) -> None:
    """Without a sub-command: the list."""
    if context.invoked_subcommand is None:
        _list(surroundings(context), None, as_json)


@app.command("list", cls=GenchatCommand, help="docs.list")
def list_documents(context: typer.Context, collection: CollectionName = None, as_json: AsJson = False) -> None:
    """All documents, or those of one collection."""
    _list(surroundings(context), collection, as_json)


def _list(around: Surroundings, collection: str | None, as_json: bool) -> None:
    with _library(around) as library:
        if collection is not None:
            library.collection(collection)
        documents, collections = library.documents(collection), library.collections()
    if as_json:
        around.output.json(
            {
                "collections": [asdict(each) for each in collections if collection in (None, each.name)],
                "documents": [asdict(each) for each in documents],
            }
        )
        return
    if not documents:
        around.output.note(say("docs.none"))
        return
    local = {each.name for each in collections if each.local_only}
    rows = [
        (
            str(each.id),
            each.collection + (" ⌂" if each.collection in local else ""),
            safe_line(each.name),
            each.kind,
            each.language,
            say("docs.passages", count=each.chunks),
            megabytes(each.bytes),
        )
        for each in documents
    ]
    around.output.table(rows, right=(0, 5, 6), styles=("dim", "accent", "bold", "dim", "dim", "", "dim"))
    if local:
        around.output.note(say("docs.local_mark"), "dim")


@app.command("add", cls=GenchatCommand, help="docs.add")
def add(
    context: typer.Context,
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help="docs.path")],
    collection: CollectionName = None,
    local_only: Annotated[bool | None, typer.Option("--local-only/--may-leave", help="docs.local_only")] = None,
) -> None:
    """Index files and folders; only what is new or changed is read."""
    from genchat.engine.retrieval.library import DEFAULT

    around = surroundings(context)
    name = collection or around.settings.documents.collection or DEFAULT
    with _library(around) as library:
        failed = _narrate(around, library.add(paths, name), "docs.nothing_readable")
        if local_only is not None:
            library.keep_local(name, local_only)
        _embed(around, library)
    if failed:
        raise typer.Exit(ExitCode.FAILED)


@app.command("refresh", cls=GenchatCommand, help="docs.refresh")
def refresh(context: typer.Context, collection: CollectionName = None) -> None:
    """Look at all known files again."""
    around = surroundings(context)
    with _library(around) as library:
        failed = _narrate(around, library.refresh(collection), "docs.nothing_to_refresh")
        _embed(around, library)
    if failed:
        raise typer.Exit(ExitCode.FAILED)


def _narrate(around: Surroundings, events: Iterable["Progress"], nothing: str) -> int:
    """Tell what happens to each document, or `nothing`, a text key; returns how many failed."""
    counts: dict[str, int] = {}
    out = around.output
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


def _embed(around: Surroundings, library: "Library") -> None:
    """Give every passage its vector, where the settings name an embedder. What is done stays done."""
    from genchat.engine.answering.opening import open_embedder
    from genchat.engine.retrieval.vectors import embed_missing
    from genchat.tui.cli.streaming import Interruption

    embedder = open_embedder(around.settings, around.paths)
    if embedder is None:
        return
    try:
        with Interruption() as should_stop:
            for progress in embed_missing(library, embedder, should_stop=should_stop):
                if progress.total:
                    words = say("docs.embedding", embedder=embedder.name, done=progress.done, total=progress.total)
                    around.output.progress(words, progress.done / progress.total)
    finally:
        around.output.end_progress()
    around.output.note(say("docs.embedded", embedder=embedder.name, done=progress.done, total=progress.total), "dim")


@app.command("rm", cls=GenchatCommand, help="docs.rm")
def remove(
    context: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(metavar="DOCUMENT", help="docs.document")] = None,
    collection: Annotated[
        str | None, typer.Option("--collection", "-C", metavar="NAME", help="docs.rm_collection")
    ] = None,
) -> None:
    """Take documents, or a whole collection, out of the index."""
    around = surroundings(context)
    if not names and collection is None:
        raise UsageError("docs_rm_what")
    with _library(around) as library:
        documents = [_one(library, name) for name in names or []]
        library.remove_documents(documents)
        for document in documents:
            around.output.note(say("docs.removed", name=safe_line(document.name), collection=document.collection))
        if not names and collection is not None:
            library.remove_collection(collection)
            around.output.note(say("docs.removed_collection", name=collection))


@app.command("show", cls=GenchatCommand, help="docs.show")
def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="DOCUMENT", help="docs.document")],
    as_json: AsJson = False,
) -> None:
    """A document as the index has it: its passages, with their headings and places."""
    around = surroundings(context)
    out = around.output
    with _library(around) as library:
        document = _one(library, name)
        chunks = list(library.chunks(document))
    if as_json:
        out.json({**asdict(document), "passages": [asdict(chunk) for chunk in chunks]})
        return
    out.table([(key, str(value)) for key, value in asdict(document).items()], styles=("dim",))
    for chunk in chunks:
        out.line()
        place = say("docs.place", ordinal=chunk.ordinal + 1, line=chunk.line, start=chunk.start, end=chunk.end)
        out.heading(" › ".join(safe_line(part) for part in chunk.heading) or safe_line(document.name))
        out.line(place)
        out.line(chunk.text)


def _one(library: "Library", name: str) -> "Document":
    found = library.find(name)
    if not found:
        raise DocumentNotFound("document_unknown", name=name)
    if len(found) > 1:
        raise DocumentsError("document_ambiguous", name=name, count=len(found))
    return found[0]


@app.command("why", cls=GenchatCommand, help="docs.why")
def why(
    context: typer.Context,
    words: Annotated[list[str], typer.Argument(metavar="QUESTION", help="docs.question")],
    collection: CollectionName = None,
    top: Annotated[int, typer.Option("--top", metavar="N", min=1, help="docs.top")] = 5,
    prompt: Annotated[bool, typer.Option("--prompt", help="docs.prompt")] = False,
    as_json: AsJson = False,
) -> None:
    """How a question is understood, what it finds and why."""
    from genchat.engine.answering.opening import open_retriever
    from genchat.tui.cli.inputs import given_text

    around = surroundings(context)
    question = given_text(words)
    if collection is not None:
        around.take_flags({"documents.collection": collection})
    retriever = open_retriever(around.settings, around.paths, embed=False)
    with closing(retriever.library):
        found = retriever.retrieve(question, top)
    if prompt:
        _show_prompt(around, question, found)
    elif as_json:
        around.output.json(_retrieval_values(found))
    else:
        _explain(around, found)


def _show_prompt(around: Surroundings, question: str, found: "Retrieval") -> None:
    from genchat.engine.answering.prompting import new_fence, rag_messages
    from genchat.engine.conversation import Message, Role

    asked = [Message(Role.USER, question)]
    for message in rag_messages(asked, found.passages, found.question.language, new_fence()):
        around.output.heading(message.role)
        around.output.line(message.text)


def _explain(around: Surroundings, found: "Retrieval") -> None:
    from genchat.engine.retrieval.evidence import ENOUGH

    out = around.output
    out.note(say("docs.retriever", retriever=found.retriever), "dim")
    for notice in found.notices:
        out.note(say(notice.key, **dict(notice.values)), "warn")
    total = found.question.weight or 1.0
    rows = [
        (
            safe_line(word.text),
            rounded_percentage(word.weight / total),
            say("docs.in_passages", count=word.frequency),
            say(f"docs.found_{word.found}", word=safe_line(", ".join(word.taken_for))),
        )
        for word in found.question.words
    ]
    out.table(rows, right=(1, 2), styles=("bold", "accent", "dim", "dim"))
    verdict = "docs.enough" if found.enough else "docs.not_enough"
    numbers = {
        "evidence": decimal(found.evidence),
        "least": decimal(ENOUGH),
        "coverage": rounded_percentage(found.coverage),
    }
    out.line(say(verdict, **numbers))
    for passage in found.passages:
        out.line()
        _explain_passage(around, passage)


def _explain_passage(around: Surroundings, passage: "Passage") -> None:
    out = around.output
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


def _retrieval_values(found: "Retrieval") -> dict[str, Any]:
    return {
        "question": found.question.text,
        "language": found.question.language,
        "retriever": found.retriever,
        "evidence": found.evidence,
        "coverage": found.coverage,
        "enough": found.enough,
        "words": [
            {**asdict(word), "share": word.weight / (found.question.weight or 1.0)} for word in found.question.words
        ],
        "passages": [asdict(passage) for passage in found.passages],
    }
