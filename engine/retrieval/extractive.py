"""Answers without any model: the sentences of the documents that fit best, quoted with their sources, or a menu."""

import secrets
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from engine.contract import (
    Capabilities,
    Event,
    Finish,
    ModelInfo,
    Notice,
    Passage,
    Passages,
    ReplySettings,
    StopSignal,
    Tokenizer,
)
from engine.conversation import Message
from engine.evidence import Evidence
from engine.language import say
from engine.retrieval.answers import NO_MODEL, not_found, written
from engine.retrieval.menu import Menu, compose, menu_wish
from engine.retrieval.passages import best_sentences
from engine.retrieval.phrases import said, whole_number
from engine.retrieval.questions import Question, matching, standing_alone
from engine.retrieval.recipes import Recipe, find_recipes
from engine.retrieval.retriever import PASSAGES, Retriever
from engine.retrieval.sentences import Span, sentence_spans
from engine.retrieval.terms import LANGUAGES, words_of

NAME = "documents"
_MENUS = 3  # a model is given the recipes of this many menus to choose from
_QUOTED = 3  # passages quoted in one answer
_SENTENCES = 2  # of each
_WHOLE = 1200  # characters of a section that is quoted whole when its heading is what was asked for
_HEADING_ENOUGH = 0.75  # share of the question that a heading must hold for that
_NEXT_ENOUGH = 0.6  # how much of the best quotation's weight, and of its passage's score, a further one must have


class ExtractiveBackend:
    """See engine.contract.Backend. Looks up, quotes and cites; writes nothing of its own."""

    without_documents = None

    def __init__(self, retriever: Retriever, passages: int = PASSAGES) -> None:
        self.retriever = retriever
        self._passages = passages

    @property
    def info(self) -> ModelInfo:
        return ModelInfo(NAME, "documents", 0, None, 0, "", say("retrieval.extractive"))

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(distribution="none", can_fork=False, can_score=False, can_explain=False)

    @property
    def tokenizer(self) -> Tokenizer | None:
        return None

    def reply(
        self, messages: Sequence[Message], settings: ReplySettings, should_stop: StopSignal | None = None
    ) -> Iterator[Event]:
        """Raises DocumentsError."""
        asked = standing_alone(messages)
        wish = menu_wish(asked)
        if wish is not None:
            seed = settings.sampling.seed
            with self.retriever.library.reading() as connection:
                recipes = find_recipes(connection, self.retriever.collection_number)
            menu = compose(wish, recipes, secrets.randbits(32) if seed is None else seed)
            if any(dishes for _, dishes in menu.days):
                yield from self._menu(asked, menu, settings, should_stop)
                return
        retrieval = self.retriever.retrieve(asked, self._passages)
        if not retrieval.enough:
            yield retrieval.nearest_miss
            yield from retrieval.notices
            yield from not_found(retrieval, settings, should_stop)
            return
        yield retrieval.event
        yield from retrieval.notices
        yield from written(_quotations(retrieval.question, retrieval.passages), settings, should_stop)

    def _menu(self, asked: str, menu: Menu, settings: ReplySettings, should_stop: StopSignal | None) -> Iterator[Event]:
        recipes = list(dict.fromkeys(recipe for _, dishes in menu.days for recipe in dishes.values()))
        numbers = {recipe: number for number, recipe in enumerate(recipes, 1)}
        found = self.retriever.passages_of(asked, [recipe.chunk for recipe in recipes])
        items = tuple(
            replace(passage, number=numbers[recipe], highlight=recipe.facts)
            for recipe, passage in zip(recipes, found, strict=True)
        )
        yield by_recipes(items)
        yield from written(_menu_text(menu, numbers), settings, should_stop)

    def complete(self, text: str, settings: ReplySettings, should_stop: StopSignal | None = None) -> Iterator[Event]:
        """There is no text to go on with: says so."""
        yield Notice(NO_MODEL)
        yield Finish("end")

    def explain(self, messages: Sequence[Message] | str, reply_tokens: Sequence[int]) -> Evidence | None:
        return None


def menu_recipes(retriever: Retriever, asked: str, seed: int, remote: bool) -> list[Recipe]:
    """The recipes a model may put a menu together from: those of a few menus, whole menus first; none for others."""
    wish = menu_wish(asked)
    if wish is None:
        return []
    with retriever.library.reading() as connection:
        recipes = find_recipes(connection, retriever.collection_number, remote)
    menus = [compose(wish, recipes, seed + turn) for turn in range(1 if len(wish.days) > 1 else _MENUS)]
    return list(dict.fromkeys(recipe for menu in menus for _, dishes in menu.days for recipe in dishes.values()))


def by_recipes(passages: Sequence[Passage]) -> Passages:
    """Recipes as what retrieval found."""
    return Passages(tuple(passages), say("retrieval.by_recipes", count=len(passages)))


def _quotations(question: Question, passages: Sequence[Passage]) -> str:
    quoted: list[tuple[float, Passage, str]] = []
    for passage in passages:
        section = _section(question, passage)
        if section and not quoted:
            return "\n\n".join([said(question.language, "quoted"), f"“{section}” [{passage.number}]"])
        text = section or _best_of(question, passage)
        if text:
            quoted.append((_weight(question, text), passage, text))
    if not quoted:
        return f"“{passages[0].text}” [{passages[0].number}]"
    weight, first, _ = quoted[0]
    near = [
        each for each in quoted[1:] if each[0] >= _NEXT_ENOUGH * weight and each[1].score >= _NEXT_ENOUGH * first.score
    ]
    chosen = [quoted[0], *near][:_QUOTED]
    parts = [f"“{text}” [{passage.number}]" for _, passage, text in chosen]
    return "\n\n".join([said(question.language, "quoted"), *parts])


def _section(question: Question, passage: Passage) -> str:
    """All of a short passage whose heading is what was asked for; empty for any other."""
    heading = passage.locator.rpartition(" · ")[0].rpartition(" › ")[2] or passage.locator
    if _weight(question, heading) < _HEADING_ENOUGH * question.weight or len(passage.text) > _WHOLE:
        return ""
    return _without_heading(passage.text, heading)


def _best_of(question: Question, passage: Passage) -> str:
    """The sentences of a passage that hold most of the question."""
    spans = sentence_spans(passage.text)
    best = sorted(best_sentences(passage.text, question, LANGUAGES, _SENTENCES))
    grown = _merged([_grown(passage.text, spans, span) for span in best])
    return "\n".join(dict.fromkeys(passage.text[slice(*span)].lstrip("# ") for span in grown))


def _grown(text: str, spans: Sequence[Span], span: Span) -> Span:
    """A heading, a question or "…:" is no answer by itself: what follows belongs to it."""
    place = spans.index(span)
    end = span[1]
    piece = text[slice(*span)]
    if piece.startswith("#") or piece.endswith("?"):
        end = spans[min(place + 1, len(spans) - 1)][1]
        place += 1
    if text[:end].endswith(":"):
        while place + 1 < len(spans) and text[spans[place + 1][0]] in "-*•+0123456789":
            place += 1
            end = spans[place][1]
    return span[0], end


def _merged(spans: Sequence[Span]) -> list[Span]:
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1] + 2:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _weight(question: Question, text: str) -> float:
    answers = matching(question, words_of(text, question.language), LANGUAGES)
    return sum({id(word): word.weight for word in answers if word is not None}.values())


def _without_heading(text: str, heading: str) -> str:
    first, _, rest = text.partition("\n")
    body = rest if first.lstrip("# ").strip() == heading.strip() else text
    lines = [line.lstrip("#").strip() if line.startswith("#") else line for line in body.strip().split("\n")]
    return "\n".join(lines)


def _menu_text(menu: Menu, numbers: dict[Recipe, int]) -> str:
    language = menu.wish.language
    blocks = []
    for day, dishes in menu.days:
        lines = [said(language, "menu_title" if day is None else f"menu_title_{day}", wishes=_wishes(menu))]
        for meal, recipe in dishes.items():
            facts = [f"{whole_number(recipe.kcal, language)} kcal"] if recipe.kcal is not None else []
            if recipe.protein is not None:
                facts.append(said(language, "menu_protein", grams=whole_number(recipe.protein, language)))
            tail = f" (~{', '.join(facts)})" if facts else ""
            lines.append(f"• {said(language, f'meal_{meal}')}: {recipe.name}{tail} [{numbers[recipe]}]")
        lines += _total(menu, dishes.values())
        blocks.append("\n".join(lines))
    if menu.missing:
        meals = ", ".join(said(language, f"meal_{meal}").lower() for meal in menu.missing)
        blocks.append(said(language, "menu_missing", meals=meals))
    return "\n\n".join(blocks)


def _wishes(menu: Menu) -> str:
    language, wish = menu.wish.language, menu.wish
    names = [said(language, f"wish_{tag.replace(' ', '_')}") for tag in wish.tags]
    names += [said(language, "wish_protein")] if wish.rich_in_protein else []
    names += [said(language, "wish_light")] if wish.light and not wish.rich_in_protein else []
    names += [said(language, "wish_without", food=food) for food in wish.without]
    return f" ({', '.join(names)})" if names else ""


def _total(menu: Menu, dishes: Collection[Recipe]) -> list[str]:
    energies = [recipe.kcal for recipe in dishes if recipe.kcal is not None]
    proteins = [recipe.protein for recipe in dishes if recipe.protein is not None]
    if len(dishes) < 2 or len(energies) < len(dishes) or len(proteins) < len(dishes):
        return []
    language = menu.wish.language
    kcal, grams = whole_number(sum(energies), language), whole_number(sum(proteins), language)
    return [said(language, "menu_total", kcal=kcal, grams=grams)]
