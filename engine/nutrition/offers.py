"""What is said where no dish may be offered, and the passages and rules that keep a model to the restrictions.

A restriction that was not understood, or that ingredients cannot tell, is answered by words, never by dishes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from genchat.engine.answering.follow_ups import asked_lines
from genchat.engine.contract import Notice, Passage
from genchat.engine.conversation import Message, Role
from genchat.engine.nutrition.foods import food_table
from genchat.engine.nutrition.recipes import Recipe, recipes_of
from genchat.engine.nutrition.requests import is_about_food, speaks_of_eating
from genchat.engine.nutrition.restrictions import (
    NO_RESTRICTIONS,
    Restrictions,
    allowed,
    excluded_most,
    forbidden_in,
    unknown_ingredients,
)
from genchat.engine.nutrition.wishes import Wish, heard_wish
from genchat.engine.nutrition.wording import notes_on, restriction_text
from genchat.engine.retrieval.phrases import listed, said
from genchat.engine.retrieval.terms import Language

_MOST_UNKNOWN = 6  # ingredients that are named


def earlier_lines(messages: Sequence[Message], lines: Sequence[str]) -> list[str]:
    """What the person said before the question and those it leans on."""
    asked = [message.text for message in messages if message.role is Role.USER]
    return asked[: len(asked) - len(lines)]


def restrictions_of(messages: Sequence[Message]) -> Restrictions:
    """What must not be in any food that the answer to a conversation speaks of; nothing where it asks for no food."""
    lines = asked_lines(messages)
    if not lines or not lines[-1].strip():
        return NO_RESTRICTIONS
    wish = heard_wish(lines, earlier=earlier_lines(messages, lines))
    spoken = is_about_food([*earlier_lines(messages, lines), *lines]) and speaks_of_eating(lines, wish)
    return wish.restrictions if wish.restrictions and spoken else NO_RESTRICTIONS


def refusal(wish: Wish, recipes: Sequence[Recipe]) -> str:
    """Why no dish is offered; empty where some may be."""
    language, restrictions = wish.language, wish.restrictions
    if restrictions.misunderstood:
        words = ", ".join(restrictions.misunderstood)
        return said(language, "restriction_not_understood", words=words)
    if restrictions.states:
        return said(language, "state_not_understood", words=", ".join(restrictions.states))
    if restrictions.untold:
        names = listed([food_table().diet_name(key, language) for key in restrictions.untold], language)
        return said(language, "restriction_untold", names=names)
    if not restrictions.items or not recipes:
        return ""
    fitting = [
        recipe for recipe in recipes if not recipe.meals.isdisjoint(wish.meals) and allowed(recipe, restrictions)
    ]
    if fitting:
        return ""
    names = ", ".join(restriction_text(each, language) for each in restrictions.items)
    parts = [said(language, "nothing_fits", wishes=names, count=len(recipes))]
    most = excluded_most(recipes, restrictions)
    if most is not None:
        parts.append(said(language, "excluded_most", wish=restriction_text(most[0], language), count=most[1]))
    parts += notes_on(wish, unknown=keeping_out(recipes, restrictions))
    return "\n\n".join(parts)


def keeping_out(recipes: Sequence[Recipe], restrictions: Restrictions) -> tuple[str, ...]:
    """The ingredients nobody knows that keep dishes out; none where nothing is refused."""
    return unknown_ingredients(recipes, restrictions)[:_MOST_UNKNOWN] if restrictions.items else ()


def without_recipes(wish: Wish) -> str:
    """What is said where dishes are asked for under restrictions and there are none."""
    return said(wish.language, "no_recipes")


@dataclass(frozen=True)
class FoodGuard:
    """See engine.answering.composing.Guard. Keeps an answer to the restrictions of a conversation."""

    restrictions: Restrictions

    def passages(self, found: Sequence[Passage]) -> list[Passage]:
        """Those that hold no dish which does not pass and name nothing that is refused."""
        kept = [
            passage
            for passage in found
            if not forbidden_in(passage.text, self.restrictions)
            and all(allowed(recipe, self.restrictions) for recipe in recipes_of(0, [passage.locator], passage.text))
        ]
        return [replace(passage, number=number) for number, passage in enumerate(kept, 1)]

    def rule(self, language: Language) -> str:
        """What must not be offered."""
        names = ", ".join(restriction_text(each, language) for each in self.restrictions.items)
        return said(language, "prompt_restrictions", wishes=names)

    def remarks(self, text: str, given: Sequence[Passage]) -> list[Notice]:
        """A remark where a written answer names what is refused; the names of given dishes have passed already."""
        for passage in given:
            for recipe in recipes_of(0, [], passage.text):
                text = text.replace(recipe.name, "")
        found = forbidden_in(text, self.restrictions)
        return [Notice("retrieval.forbidden_food", {"foods": ", ".join(found)})] if found else []


def guard_of(messages: Sequence[Message]) -> FoodGuard | None:
    """The guard over a conversation; None where it refuses no food."""
    restrictions = restrictions_of(messages)
    return FoodGuard(restrictions) if restrictions.items else None
