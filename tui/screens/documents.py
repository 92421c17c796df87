"""The screen of indexed documents: it lists, adds and removes them, and explains what a question finds.

Everything that touches files or the index runs in a worker thread with a library of its own; messages bring results.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option
from textual.worker import get_current_worker

from genchat.engine.errors import GenchatError
from genchat.engine.language import say
from genchat.engine.language.numbers import decimal, rounded_percentage
from genchat.engine.paths import paths
from genchat.engine.settings import load_settings
from genchat.engine.text import safe, safe_line
from genchat.tui.keys import bind
from genchat.tui.screens.ask import ConfirmScreen, LineScreen
from genchat.tui.screens.layout import SMALLEST
from genchat.tui.widgets.key_bar import KeyBar
from genchat.tui.widgets.line_input import LineInput

if TYPE_CHECKING:
    from genchat.engine.contract import Embedder
    from genchat.engine.retrieval.indexing import Progress
    from genchat.engine.retrieval.library import Document, Library, StoredChunk
    from genchat.engine.retrieval.retriever import Retrieval

_NARROW = 90  # columns below which the list stands above the text
_MOST_SHOWN = 100  # passages of one document


class DocumentsScreen(Screen[None]):
    """This screen searches the index while the person types, lists the documents, and shows the passages of the chosen
    one.
    """

    CSS_PATH = "documents.tcss"
    AUTO_FOCUS = "#question"
    HELP_TITLE = "tui.help.documents"
    HELP_TEXTS = ("documents.hint",)
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("escape", "back", "docs_back", show=True, priority=True),
        bind("ctrl+a", "add", "docs_add", show=True, priority=True),
        bind("ctrl+r", "refresh", "docs_refresh", show=True, priority=True),
        bind("delete", "remove", "docs_remove", show=True),
    ]

    @dataclass
    class Listed(Message):
        """The documents of the index are known."""

        documents: "tuple[Document, ...]"

    @dataclass
    class Opened(Message):
        """The passages of a document are known."""

        document: "Document"
        chunks: "tuple[StoredChunk, ...]"

    @dataclass
    class Explained(Message):
        """A question was searched for in the index."""

        question: str
        retrieval: "Retrieval"

    @dataclass
    class ReadingFailed(Message):
        """Some documents could not be read; `problems` has one line for each."""

        problems: tuple[str, ...]

    @dataclass
    class StatusMessage(Message):
        """This line reports work that goes on, or what went wrong."""

        text: str
        wrong: bool = False

    def __init__(self) -> None:
        super().__init__()
        self._documents: tuple[Document, ...] = ()
        self._embedder: Embedder | None = None
        self._embedder_known = False
        self._title = Static("", id="docs-title", markup=False)
        self._question = LineInput(placeholder=say("documents.placeholder"), id="question")
        self._list = OptionList(id="docs-list", markup=False)
        self._detail = Static("", id="detail", markup=False)
        self._message = Static("", id="docs-message", markup=False)

    def compose(self) -> ComposeResult:
        yield self._title
        yield self._question
        with Horizontal(id="docs-body"):
            yield self._list
            yield VerticalScroll(self._detail, id="detail-box")
        yield self._message
        yield KeyBar(id="keys")
        yield Static(say("tui.too_small"), id="too-small", markup=False)

    def on_mount(self) -> None:
        self._title.update(Content(say("documents.title")))
        self._work(self._look)

    def on_resize(self, event: events.Resize) -> None:
        width, height = self.app.size
        self.set_class(width < SMALLEST[0] or height < SMALLEST[1], "-tiny")
        self.set_class(width < _NARROW, "-narrow")

    # -- work in threads ----------------------------------------------------------------------------------------

    def _work(self, work: "Callable[[Library], None]", group: str = "index") -> None:
        self.run_worker(partial(self._with_library, work), thread=True, group=group, exit_on_error=False)

    def _with_library(self, work: "Callable[[Library], None]") -> None:
        from genchat.engine.answering.opening import open_library

        try:
            with open_library(paths()) as library:
                work(library)
        except GenchatError as error:
            self.post_message(self.StatusMessage(str(error), wrong=True))

    def _look(self, library: "Library") -> None:
        self.post_message(self.Listed(tuple(library.documents())))

    def _add(self, path: Path, library: "Library") -> None:
        from genchat.engine.retrieval.library import DEFAULT

        collection = load_settings(paths().settings).documents.collection or DEFAULT
        self._follow(library.add([path], collection), library)

    def _refresh_all(self, library: "Library") -> None:
        self._follow(library.refresh(), library)

    def _follow(self, progress: "Iterator[Progress]", library: "Library") -> None:
        worker = get_current_worker()
        counts: dict[str, int] = {}
        problems: list[str] = []
        for event in progress:
            if worker.is_cancelled:
                return
            if event.outcome == "reading":
                self.post_message(
                    self.StatusMessage(say("documents.reading", name=event.name, done=event.done, total=event.total))
                )
                continue
            counts[event.outcome] = counts.get(event.outcome, 0) + 1
            problems += [str(event.problem)] if event.problem is not None else []
        self._look(library)
        kinds = ("added", "updated", "unchanged", "vanished", "failed")
        summary = say("docs.summary", total=sum(counts.values()), **{kind: counts.get(kind, 0) for kind in kinds})
        self.post_message(
            self.StatusMessage(summary if counts else say("docs.nothing_readable"), bool(problems) or not counts)
        )
        if problems:
            self.post_message(self.ReadingFailed(tuple(problems)))

    def _remove(self, document: "Document", library: "Library") -> None:
        library.remove_documents([document])
        self._look(library)
        self.post_message(self.StatusMessage(say("docs.removed", name=document.name, collection=document.collection)))

    def _open(self, document: "Document", library: "Library") -> None:
        self.post_message(self.Opened(document, tuple(library.chunks(document))))

    def _explain(self, question: str, sent: bool, library: "Library") -> None:
        """Search as the model of the documents would; half a question is not sent to a remote embedder."""
        from genchat.engine.retrieval.retriever import Retriever

        embedder = self._known_embedder()
        near = embedder if embedder is not None and (sent or not embedder.remote) else None
        self.post_message(self.Explained(question, Retriever(library, near).retrieve(question)))

    def _known_embedder(self) -> "Embedder | None":
        from genchat.engine.answering.opening import open_embedder

        if not self._embedder_known:
            self._embedder_known = True
            try:
                self._embedder = open_embedder(load_settings(paths().settings), paths())
            except GenchatError as error:
                self.post_message(self.StatusMessage(str(error), wrong=True))
        return self._embedder

    # -- what comes back ----------------------------------------------------------------------------------------

    @on(Listed)
    def _listed(self, message: Listed) -> None:
        self._documents = message.documents
        chosen = self._list.highlighted
        self._list.clear_options()
        self._list.add_options([Option(document_content(document)) for document in message.documents])
        if message.documents:
            self._list.highlighted = min(chosen or 0, len(message.documents) - 1)
        chunks = sum(document.chunks for document in message.documents)
        counted = say("documents.counted", documents=len(message.documents), passages=chunks)
        self._title.update(Content.assemble((say("documents.title"), "bold"), "   ", (counted, "$genchat-muted")))
        if not message.documents:
            self._show(Content(say("docs.none")))
        elif not self._question.value.strip():
            self._show(Content.styled(say("documents.hint"), "$genchat-muted"))

    @on(Opened)
    def _opened(self, message: Opened) -> None:
        self._show(passages_content(message.document, message.chunks))

    @on(Explained)
    def _explained(self, message: Explained) -> None:
        if message.question == self._question.value:
            self._show(retrieval_content(message.retrieval))

    @on(ReadingFailed)
    def _reading_failed(self, message: ReadingFailed) -> None:
        self._show(Content("\n\n".join(safe(problem) for problem in message.problems)))

    @on(StatusMessage)
    def _show_status(self, message: StatusMessage) -> None:
        self._message.set_class(message.wrong, "-error")
        self._message.update(Content(safe(message.text)))

    def _show(self, content: Content) -> None:
        self._detail.update(content)
        self.query_one("#detail-box", VerticalScroll).scroll_home(animate=False)

    # -- what the person does -----------------------------------------------------------------------------------

    @on(Input.Changed, "#question")
    def _typed(self, event: Input.Changed) -> None:
        if event.value.strip():
            self._ask(event.value, sent=False)
        else:
            self._show(Content.styled(say("documents.hint"), "$genchat-muted"))

    @on(Input.Submitted, "#question")
    def _sent(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value.strip():
            self._ask(event.value, sent=True)

    def _ask(self, question: str, *, sent: bool) -> None:
        work = partial(self._with_library, partial(self._explain, question, sent))
        self.run_worker(work, thread=True, exclusive=True, group="question", exit_on_error=False)

    @on(OptionList.OptionSelected, "#docs-list")
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self._work(partial(self._open, self._documents[event.option_index]), "question")

    def action_back(self) -> None:
        """Go back to the chat."""
        self.dismiss(None)

    def action_add(self) -> None:
        """Ask for a file or a folder and index it."""
        box = LineScreen(say("documents.add_title"), "", say("documents.add_hint"), _existing)
        self.app.push_screen(box, self._add_answered)

    def _add_answered(self, text: str | None) -> None:
        if text and text.strip():
            self._work(partial(self._add, Path(text.strip()).expanduser()))

    def action_refresh(self) -> None:
        """Check all known files again."""
        self._work(self._refresh_all)

    def action_remove(self) -> None:
        """Remove the document under the cursor from the index."""
        index = self._list.highlighted
        if index is None or index >= len(self._documents):
            return
        document = self._documents[index]
        text = say("documents.remove_text", name=safe_line(document.name, 60))

        def answered(yes: bool | None) -> None:
            if yes:
                self._work(partial(self._remove, document))

        self.app.push_screen(ConfirmScreen(say("documents.remove_title"), text), answered)


def _existing(text: str) -> None:
    from genchat.engine.retrieval.indexing import found_sources

    if text.strip():
        found_sources(Path(text.strip()).expanduser())


def document_content(document: "Document") -> Content:
    """Return the line of the list for one document."""
    about = say("docs.passages", count=document.chunks)
    return Content.assemble(
        (safe_line(document.name, 40), ""),
        "\n  ",
        (f"{safe_line(document.collection, 20)} · {about}", "$genchat-faint"),
    )


def passages_content(document: "Document", chunks: "tuple[StoredChunk, ...]") -> Content:
    """Return a document as the index has it."""
    parts: list[Content | tuple[str, str] | str] = [(safe_line(document.name), "bold"), "\n"]
    parts.append((f"{safe_line(document.path)}\n", "$genchat-faint"))
    for chunk in chunks[:_MOST_SHOWN]:
        heading = " › ".join(safe_line(part) for part in chunk.heading)
        position = say("docs.place", ordinal=chunk.ordinal + 1, line=chunk.line, start=chunk.start, end=chunk.end)
        parts += [
            "\n",
            (f"{heading}\n" if heading else "", "bold"),
            (f"{position}\n", "$genchat-muted"),
            safe(chunk.text),
            "\n",
        ]
    return Content.assemble(*parts)


def retrieval_content(retrieval: "Retrieval") -> Content:
    """Return how a question was understood and what it finds."""
    from genchat.engine.retrieval.evidence import ENOUGH

    total = retrieval.question.weight or 1.0
    parts: list[Content | tuple[str, str] | str] = [
        (say("docs.retriever", retriever=safe_line(retrieval.retriever)) + "\n", "$genchat-muted"),
        *((safe(say(notice.key, **dict(notice.values))) + "\n", "$warning") for notice in retrieval.notices),
    ]
    for word in retrieval.question.words:
        match = say(f"docs.found_{word.found}", word=safe_line(", ".join(word.taken_for)))
        parts += [
            (safe_line(word.text, 30).ljust(18), "bold"),
            f"{rounded_percentage(word.weight / total):>4}  ",
            (say("docs.in_passages", count=word.frequency) + ("  " + match if match else "") + "\n", "$genchat-muted"),
        ]
    verdict = say(
        "docs.enough" if retrieval.enough else "docs.not_enough",
        evidence=decimal(retrieval.evidence),
        least=decimal(ENOUGH),
        coverage=rounded_percentage(retrieval.coverage),
    )
    parts.append((verdict + "\n", "" if retrieval.enough else "$warning"))
    for passage in retrieval.passages:
        scores = "   ".join(f"{say(f'docs.part_{name}')} {decimal(score)}" for name, score in passage.parts.items())
        matched = "   ".join(
            f"{safe_line(word)} {rounded_percentage(share)}" for word, share in passage.matched.items()
        )
        parts += [
            "\n",
            (f"[{passage.number}] {safe_line(passage.source)}", "bold"),
            (f"  {safe_line(passage.locator)}\n", "$genchat-muted"),
            (f"{say('docs.score', score=decimal(passage.score))}   {scores}\n", "$genchat-muted"),
            (f"{matched}\n" if matched else "", "$genchat-faint"),
            (f"⚠ {say(passage.warning)}\n" if passage.warning else "", "$warning"),
        ]
        start, end = passage.highlight or (0, 0)
        text = safe(passage.text)
        parts += [
            (text[:start], "$genchat-muted"),
            (text[start:end], "bold underline"),
            (text[end:], "$genchat-muted"),
            "\n",
        ]
    return Content.assemble(*parts)
