"""What all answers from documents share: events of a text that no model wrote, and saying that nothing was found."""

import re
from collections.abc import Iterator

from engine.contract import Event, Finish, Notice, Step, StopSignal
from engine.distribution import unknown
from engine.retrieval.phrases import said
from engine.retrieval.retriever import Retrieval

NO_MODEL = "retrieval.no_model"
_PIECE = re.compile(r"\s*\S+|\s+\Z")


def written(text: str, should_stop: StopSignal | None = None) -> Iterator[Event]:
    """`text` as steps of one word without distributions, and a Finish."""
    nothing = unknown(NO_MODEL)
    for position, piece in enumerate(_PIECE.findall(text)):
        if should_stop is not None and should_stop():
            yield Finish("stopped")
            return
        yield Step(position, None, piece, None, nothing, nothing)
    yield Finish("end")


def not_found(retrieval: Retrieval, should_stop: StopSignal | None = None) -> Iterator[Event]:
    """Say that the documents do not hold it, with the nearest miss."""
    language = retrieval.question.language
    text = said(language, "not_found")
    if retrieval.passages:
        nearest = retrieval.passages[0]
        text += "\n\n" + said(
            language, "nearest", source=nearest.source, locator=nearest.locator, number=nearest.number
        )
        if nearest.highlight is not None:
            text += f"\n“{' '.join(nearest.text[slice(*nearest.highlight)].split())}”"
    elif not retrieval.chunks_searched:
        text = said(language, "no_documents")
    yield Notice("retrieval.abstained")
    yield from written(text, should_stop)
