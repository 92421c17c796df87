"""States of health in a wish: what the documents say about them, word for word, in place of a menu."""

import re
from dataclasses import dataclass, replace

from genchat.engine.contract import Passage
from genchat.engine.nutrition.foods import food_table
from genchat.engine.nutrition.restrictions import forbidden_in
from genchat.engine.nutrition.tokens import normal, tokens_of
from genchat.engine.nutrition.wishes import Wish
from genchat.engine.retrieval.phrases import listed, said
from genchat.engine.retrieval.retriever import Retriever
from genchat.engine.retrieval.sentences import Span, sentence_spans

_NAMES_ASKED = 8  # of a state's names that are searched for
_PASSAGES = 6  # looked at for each state
_QUOTED = 4
_SENTENCES = 2  # of each


@dataclass(frozen=True)
class AboutConditions:
    """What is said, and the passages and chunks it is said from."""

    text: str
    items: tuple[Passage, ...]
    chunks: tuple[int, ...]
    names: str


def about_conditions(retriever: Retriever, wish: Wish, remote: bool) -> AboutConditions:
    """The sentences of the documents that name the states of health of a wish. Raises DocumentsError."""
    table, language = food_table(), wish.language
    quoted: list[tuple[Passage, int, list[Span]]] = []
    for key in wish.conditions:
        names = table.condition_names(key)
        found = retriever.retrieve(" ".join(names[:_NAMES_ASKED]), _PASSAGES, remote)
        for passage, chunk in zip(found.passages, found.chunks, strict=True):
            spans = _naming(passage.text, key)[:_SENTENCES]
            forbidden = any(forbidden_in(passage.text[slice(*span)], wish.restrictions) for span in spans)
            known = any(chunk == other for _, other, _ in quoted)
            if spans and not forbidden and not known and len(quoted) < _QUOTED:
                quoted.append((passage, chunk, spans))
    called = listed([table.condition_name(key, language) for key in wish.conditions], language)
    items = tuple(
        replace(passage, number=number, highlight=spans[0]) for number, (passage, _, spans) in enumerate(quoted, 1)
    )
    lines = [said(language, "condition_found" if items else "condition_missing", names=called)]
    for item, (_, _, spans) in zip(items, quoted, strict=True):
        sentences = " ".join(f"“{item.text[slice(*span)].strip()}”" for span in spans)
        lines.append(f"{sentences} [{item.number}]")
    lines.append(said(language, "condition_advice"))
    return AboutConditions("\n\n".join(lines), items, tuple(chunk for _, chunk, _ in quoted), called)


def _naming(text: str, key: str) -> list[Span]:
    """The sentences that name a state of health, headings left out."""
    found = []
    for span in sentence_spans(text):
        sentence = text[slice(*span)]
        if (
            not sentence.lstrip().startswith("#")
            and not re.search(r"^\W*$", sentence)
            and names_condition(sentence, key)
        ):
            found.append(span)
    return found


def names_condition(text: str, key: str) -> bool:
    """Whether a text names a state of health by any of its names."""
    tokens = tokens_of(normal(text))
    return any(
        match is not None and key in match.keys
        for place in range(len(tokens))
        for match in [food_table().conditions.at(tokens, place)]
    )
