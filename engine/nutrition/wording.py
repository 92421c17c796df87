"""Menus, lists of recipes and figures as text: every line ends with the number of the source it comes from."""

from collections.abc import Collection, Mapping

from genchat.engine.nutrition.facts import Facts
from genchat.engine.nutrition.menu import Menu
from genchat.engine.nutrition.recipe_list import RecipeList
from genchat.engine.nutrition.recipes import Recipe
from genchat.engine.nutrition.wishes import Wish
from genchat.engine.retrieval.phrases import listed, number, said, whole_number
from genchat.engine.retrieval.terms import Language

_SHORT = 0.9  # share of the wished energy below which a day is said to be short of it


def menu_text(menu: Menu, numbers: Mapping[int, int]) -> str:
    """A menu; `numbers` are those of the sources by chunk."""
    language = menu.wish.language
    blocks = []
    for day, dishes in menu.days:
        lines = [said(language, "menu_title" if day is None else f"menu_title_{day}", wishes=_wishes(menu.wish))]
        for meal, recipe in dishes.items():
            lines.append(f"• {said(language, f'meal_{meal}')}: {_dish(recipe, language)} [{numbers[recipe.chunk]}]")
        blocks.append("\n".join([*lines, *_total(menu.wish, list(dishes.values()))]))
    if menu.missing:
        meals = listed([said(language, f"meal_{meal}").lower() for meal in menu.missing], language)
        blocks.append(said(language, "menu_missing", meals=meals))
    return "\n\n".join([*blocks, *_unheard(menu.unheard, language)])


def recipes_text(found: RecipeList, numbers: Mapping[int, int]) -> str:
    """Recipes with what they are worth."""
    language = found.wish.language
    meals = [said(language, f"meal_{meal}").lower() for meal in found.wish.meals] if found.wish.names_meals else []
    foods = listed(found.foods, language, "and" if found.together else "or")
    wishes = _wishes(found.wish, [*meals, *([said(language, "wish_with", food=foods)] if foods else [])])
    lines = [said(language, "recipes_title" if found.exact else "recipes_near", wishes=wishes)]
    lines += [f"• {_dish(recipe, language, True)} [{numbers[recipe.chunk]}]" for recipe in found.shown]
    if found.more:
        lines.append(said(language, "recipes_more", count=found.more))
    return "\n\n".join(["\n".join(lines), *_unheard(found.unheard, language)])


def facts_text(found: Facts, numbers: Mapping[int, int], language: Language) -> str:
    """Figures; a ranking says so in its title, and several of one menu are added up."""
    lines = [
        f"• {fact.name}{f' ({fact.about})' if fact.about else ''}: {fact.shown} [{numbers[fact.chunk]}]"
        for fact in found.items
    ]
    title = said(language, f"facts_{found.ranked}", quantity=found.named) if found.ranked else said(language, "quoted")
    return "\n".join([title, *lines, *([said(language, "facts_total", total=found.total)] if found.total else [])])


def _dish(recipe: Recipe, language: Language, with_time: bool = False) -> str:
    facts = [f"{whole_number(recipe.kcal, language)} kcal"] if recipe.kcal is not None else []
    if recipe.protein is not None:
        facts.append(said(language, "menu_protein", grams=whole_number(recipe.protein, language)))
    if with_time and recipe.minutes is not None:
        facts.append(f"{number(recipe.minutes, language)} min")
    return recipe.name + (f" (~{', '.join(facts)})" if facts else "")


def _wishes(wish: Wish, first: Collection[str] = ()) -> str:
    language = wish.language
    names = [*first, *(said(language, f"wish_{tag.replace(' ', '_')}") for tag in wish.tags)]
    said_of = (
        ("protein", wish.rich_in_protein),
        ("low_carbohydrate", wish.low_carbohydrate),
        ("light", wish.light and not wish.rich_in_protein),
        ("quick", wish.quick and wish.most_minutes is None),
    )
    names += [said(language, f"wish_{name}") for name, wished in said_of if wished]
    names += [said(language, "wish_without", food=food) for food in wish.without]
    if wish.most_minutes is not None:
        names.append(said(language, "wish_minutes", minutes=number(wish.most_minutes, language)))
    if wish.most_kcal is not None:
        names.append(said(language, "wish_kcal", kcal=whole_number(wish.most_kcal, language)))
    return f" ({', '.join(names)})" if names else ""


def _total(wish: Wish, dishes: Collection[Recipe]) -> list[str]:
    energies = [recipe.kcal for recipe in dishes if recipe.kcal is not None]
    proteins = [recipe.protein for recipe in dishes if recipe.protein is not None]
    if len(dishes) < 2 or len(energies) < len(dishes) or len(proteins) < len(dishes):
        return []
    language = wish.language
    kcal, grams = whole_number(sum(energies), language), whole_number(sum(proteins), language)
    lines = [said(language, "menu_total", kcal=kcal, grams=grams)]
    if wish.most_kcal is not None and sum(energies) < _SHORT * wish.most_kcal:
        lines.append(said(language, "menu_short", kcal=whole_number(wish.most_kcal, language)))
    if wish.most_kcal is not None and sum(energies) > wish.most_kcal:
        lines.append(said(language, "menu_over", kcal=whole_number(wish.most_kcal, language)))
    return lines


def _unheard(words: Collection[str], language: Language) -> list[str]:
    return [said(language, "unheard", words=", ".join(words))] if words else []
