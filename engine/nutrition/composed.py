"""Answers put together from what documents hold in orderly form: menus, recipes that fit a wish, figures.

No search is needed for them, and no model: every line names the source it was read from. A model that answers from the
documents is given the same sources.
"""

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from genchat.engine.answering.composing import Composed
from genchat.engine.answering.follow_ups import asked_lines
from genchat.engine.contract import Notice, Passage
from genchat.engine.conversation import Message, Role
from genchat.engine.language import say
from genchat.engine.nutrition.conditions import about_conditions
from genchat.engine.nutrition.facts import Facts, asked_facts, facts_of
from genchat.engine.nutrition.menu import compose
from genchat.engine.nutrition.offers import earlier_lines, keeping_out, refusal, without_recipes
from genchat.engine.nutrition.recipe_list import wanted_recipes
from genchat.engine.nutrition.recipes import MEALS, Meal, Recipe, find_recipes, title_words
from genchat.engine.nutrition.requests import is_about_food, names_dishes, wants_dishes, wants_menu
from genchat.engine.nutrition.served import dishes_data, menu_data, served_dishes, served_menu
from genchat.engine.nutrition.wishes import Wish, heard_wish, wants_change
from genchat.engine.nutrition.wording import facts_text, menu_text, recipes_text
from genchat.engine.retrieval.keywords import statistics
from genchat.engine.retrieval.questions import understand
from genchat.engine.retrieval.retriever import Retriever, respelled
from genchat.engine.retrieval.tables import Table, find_tables
from genchat.engine.retrieval.terms import Language, detect_language
from genchat.engine.text import safe_line

_MOST_NAMED = 8  # dishes of an answer that "quantas calorias tem isso?" is about
_MENUS = 3  # a model is given the recipes of this many menus to choose from


def composed_answer(
    retriever: Retriever, messages: Sequence[Message], seed: int, remote: bool = False
) -> Composed | None:
    """See engine.answering.composing.Composer. None where the documents have to be searched."""
    lines = asked_lines(messages)
    if not lines or not lines[-1].strip():
        return None
    number = retriever.collection_number
    with retriever.library.reading() as connection:
        tables, recipes = find_tables(connection, number, remote), find_recipes(connection, number, remote)
        asked = _Asked(retriever, connection, messages, lines, tables, recipes, seed, remote)
        found = asked.answer()
        if found is None:
            questions = [understand(connection, line, statistics(connection).chunks) for line in lines]
            corrected = tuple(question.corrected for question in questions)
            again = replace(asked, lines=corrected)
            # What was not understood beside a food must not be put right into a wish for it.
            found = None if corrected == lines else again.by_figures() if asked.wish.restrictions else again.answer()
            if found is not None:
                return replace(found, notices=respelled(questions))
    return found


@dataclass(frozen=True)
class _Asked:
    """What was asked (the last question, after those it leans on), and what there is to answer from."""

    retriever: Retriever
    connection: sqlite3.Connection
    messages: Sequence[Message]
    lines: tuple[str, ...]
    tables: Sequence[Table]
    recipes: Sequence[Recipe]
    seed: int
    remote: bool

    @cached_property
    def wish(self) -> Wish:
        """What is wished, with what was told earlier of allergies and diets."""
        return heard_wish(self.lines, title_words(self.recipes), earlier_lines(self.messages, self.lines))

    def answer(self) -> Composed | None:
        """Figures, a menu or recipes; where a restriction forbids all of these, why."""
        menu = wants_menu(self.lines, self.wish)
        figures = self.by_figures(asked=not menu)
        if figures is not None:
            return figures
        if not is_about_food(self.lines):
            return None
        if menu or wants_dishes(self.lines, self.wish):
            if self.wish.conditions:
                return self.conditions()
            if refused := refusal(self.wish, self.recipes):
                return self._said(refused)
            if self.wish.restrictions and not self.recipes and (menu or names_dishes(self.lines)):
                return self._said(without_recipes(self.wish))
        return self.menu(self.wish) if menu else self.recipe_list()

    def by_figures(self, asked: bool = True) -> Composed | None:
        """Single figures, of the dishes just named or, with `asked`, of what the question names."""
        found = self._of_the_last_answer()
        if found is None and asked:
            found = asked_facts(self.connection, self.lines, self.tables, self.recipes, self._spoken)
        return None if found is None else self.figures(found)

    def _said(self, text: str) -> Composed:
        told = say("retrieval.by_recipe_list", count=0)
        return Composed((), text, told, (), notices=tuple(self._respelled()), final=True)

    def _respelled(self) -> Iterator[Notice]:
        pairs = ", ".join(f"{typed} → {meant}" for typed, meant in self.wish.restrictions.respelled)
        if pairs:
            yield Notice("retrieval.respelled", {"pairs": safe_line(pairs, 200)})

    def conditions(self) -> Composed:
        """What the documents say of a state of health."""
        found = about_conditions(self.retriever, self.wish, self.remote)
        told = say("retrieval.by_condition", names=found.names, count=len(found.items))
        return Composed(found.items, found.text, told, found.chunks, final=True)

    @property
    def _spoken(self) -> Language:
        return detect_language("\n".join(self.lines))

    def _answers(self) -> Iterator[Message]:
        """What was answered so far, the newest first."""
        return (message for message in reversed(self.messages) if message.role is Role.ASSISTANT)

    def _of_the_last_answer(self) -> Facts | None:
        """ "Quantas calorias tem isso?", "e de proteína?": of the dishes just named."""
        if len(self.lines) < 2:
            return None
        answer = next(self._answers(), None)
        named = [] if answer is None else served_dishes(answer, self.recipes)
        return facts_of(self.connection, named[:_MOST_NAMED], self.lines[-1], self.tables, self._spoken)

    def figures(self, found: Facts) -> Composed:
        """Figures, each with the row or recipe it stands in."""
        numbers = _numbered(fact.chunk for fact in found.items)
        cells = {fact.chunk: fact.cell for fact in found.items}
        places = {recipe.chunk: recipe.facts for recipe in self.recipes}
        items = self._sources(numbers, places)
        marked = tuple(_marked(item, cells[chunk]) for item, chunk in zip(items, numbers, strict=True))
        told = say("retrieval.by_figures", count=len(items))
        figures = {(fact.chunk, fact.name): None for fact in found.items}
        dishes = {(recipe.chunk, recipe.name): recipe for recipe in self.recipes}
        data = dishes_data(dishes[each] for each in figures if each in dishes)
        return Composed(marked, facts_text(found, numbers, self._spoken), told, tuple(numbers), data)

    def menu(self, wish: Wish) -> Composed | None:
        """A menu; what is to be changed is changed, the rest of the one before stays."""
        kept, dropped = self._kept(wish)
        if kept:
            wish = replace(wish, meals=tuple(meal for meal in MEALS if meal in kept or meal in wish.meals))
        menu = compose(wish, self.recipes, self.seed, kept, dropped)
        numbers = _numbered(recipe.chunk for recipe in menu.dishes)
        if not numbers:
            return None
        more = range(1, 1 if kept or len(wish.days) > 1 else _MENUS)
        others = [compose(wish, self.recipes, self.seed + turn, kept, dropped) for turn in more]
        choice = dict.fromkeys([*numbers, *(recipe.chunk for each in others for recipe in each.dishes)])
        items = self._sources(numbers, {recipe.chunk: recipe.facts for recipe in menu.dishes})
        told = say("retrieval.by_recipes", count=len(items))
        text = menu_text(menu, numbers, keeping_out(self.recipes, wish.restrictions))
        return Composed(items, text, told, tuple(choice), menu_data(menu), tuple(self._respelled()))

    def recipe_list(self) -> Composed | None:
        """Recipes that fit."""
        last = heard_wish(self.lines[-1:], title_words(self.recipes))
        found = wanted_recipes(self.lines, self.wish, last, self.recipes)
        if found is None:
            return None
        numbers = _numbered(recipe.chunk for recipe in found.shown)
        items = self._sources(numbers, {recipe.chunk: recipe.facts for recipe in found.shown})
        told = say("retrieval.by_recipe_list", count=len(items))
        text = recipes_text(found, numbers, keeping_out(self.recipes, self.wish.restrictions))
        choice = dict.fromkeys([*numbers, *(recipe.chunk for recipe in found.to_choose_from)])
        return Composed(items, text, told, tuple(choice), dishes_data(found.shown), tuple(self._respelled()))

    def _kept(self, wish: Wish) -> tuple[dict[Meal, Recipe], list[Recipe]]:
        """Of the newest menu, where only a part of it is to change: what stays and what goes."""
        if len(self.lines) < 2 or not wants_change(self.lines[-1]):
            return {}, []
        menus = (served_menu(answer, self.recipes, wish.language) for answer in self._answers())
        served = next((menu for menu in menus if menu and (not wish.names_meals or set(wish.meals) & menu.keys())), {})
        stays = {meal: recipe for meal, recipe in served.items() if wish.names_meals and meal not in wish.meals}
        return stays, list(served.values())

    def _sources(self, numbers: Mapping[int, int], places: Mapping[int, tuple[int, int]]) -> tuple[Passage, ...]:
        found = self.retriever.passages_of("\n".join(self.lines), list(numbers))
        return tuple(
            replace(passage, number=number, highlight=places.get(chunk, passage.highlight))
            for (chunk, number), passage in zip(numbers.items(), found, strict=True)
        )


def _numbered(chunks: Iterable[int]) -> dict[int, int]:
    return {chunk: number for number, chunk in enumerate(dict.fromkeys(chunks), 1)}


def _marked(passage: Passage, cell: str) -> Passage:
    """With the cell highlighted that the figure was read from."""
    place = re.search(rf"[^·]*: {re.escape(cell)}(?= ·|$)", passage.text) if cell else None
    return (
        passage
        if place is None
        else replace(passage, highlight=(place.start() + len(place[0]) - len(place[0].lstrip()), place.end()))
    )
