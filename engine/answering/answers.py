"""What all answers from documents share: events of a text that no model wrote, abstaining, and courtesies."""

import re
from collections.abc import Iterator

from genchat.engine.answering.quoting import quoted_sentence
from genchat.engine.contract import Event, Finish, Notice, ReplySettings, Step, StopSignal
from genchat.engine.distribution import unknown
from genchat.engine.retrieval.phrases import said
from genchat.engine.retrieval.retriever import Retrieval, Retriever
from genchat.engine.retrieval.terms import Language

NO_MODEL = "retrieval.no_model"
_WORD = re.compile(r"\s*\S+|\s+\Z")
_LINE = re.compile(r"[^\n]*\n+|[^\n]+")


def written(text: str, settings: ReplySettings, should_stop: StopSignal | None = None) -> Iterator[Event]:
    """`text` as steps without distributions, and a Finish. A step is a word; a line, where there are too many words."""
    nothing = unknown(NO_MODEL)
    pieces = _WORD.findall(text)
    if len(pieces) > settings.max_tokens:
        pieces = _LINE.findall(text)
    for position, piece in enumerate(pieces[: settings.max_tokens]):
        if should_stop is not None and should_stop():
            yield Finish("stopped")
            return
        yield Step(position, None, piece, None, nothing, nothing)
    yield Finish("end" if len(pieces) <= settings.max_tokens else "length")


def not_found(retrieval: Retrieval, settings: ReplySettings, should_stop: StopSignal | None = None) -> Iterator[Event]:
    """Say that the documents do not hold it, with the nearest miss."""
    language = retrieval.question.language
    text = said(language, "not_found")
    if retrieval.passages:
        nearest = retrieval.passages[0]
        where = {"source": nearest.source, "locator": nearest.locator, "number": nearest.number}
        text += f"\n\n{said(language, 'nearest', **where)}\n{quoted_sentence(nearest)}"
    elif not retrieval.chunks_searched:
        text = said(language, "no_documents")
    yield Notice("retrieval.abstained")
    yield from written(text, settings, should_stop)


def politely(kind: str, language: Language, retriever: Retriever) -> str:
    """The answer to a greeting, to thanks, or to what can be asked; with a question the documents themselves hold."""
    if kind in ("thanks", "goodbye"):
        return said(language, f"polite_{kind}")
    collections = [each.name for each in retriever.library.collections() if each.documents]
    if not collections:
        return f"{said(language, f'polite_{kind}')} {said(language, 'no_documents')}"
    known = said(language, "polite_collections", names=", ".join(collections))
    example = retriever.library.a_question(retriever.collection)
    asked = [said(language, "polite_example", question=example)] if example else []
    return " ".join([said(language, f"polite_{kind}"), known, *asked])
