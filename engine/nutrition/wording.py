"""Menus, lists of recipes and figures as text: every line ends with the number of the source it comes from.

A title names only what the dishes under it were filtered by.
"""

from collections.abc import Collection, Mapping, Sequence

from genchat.engine.nutrition.facts import Facts
from genchat.engine.nutrition.menu import Menu
from genchat.engine.nutrition.portions import NEAR, Day
from genchat.engine.nutrition.recipe_list import RecipeList
from genchat.engine.nutrition.recipes import Recipe
from genchat.engine.nutrition.restrictions import Restriction
from genchat.engine.nutrition.wishes import Wanted, Wish
from genchat.engine.retrieval.phrases import listed, number, said, whole_number
from genchat.engine.retrieval.terms import Language


def menu_text(menu: Menu, numbers: Mapping[int, int], unknown: Sequence[str] = ()) -> str:
    """A menu; `numbers` are those of the sources by chunk, `unknown` ingredients that keep dishes out."""
    language = menu.wish.language
    blocks = []
    for (day, _), eaten in zip(menu.days, menu.eaten, strict=True):
        lines = [said(language, "menu_title" if day is None else f"menu_title_{day}", wishes=_wishes(menu.wish))]
        for meal, recipe in eaten.dishes.items():
            dish = _dish(recipe, language, eaten.portions.get(meal, 1.0))
            lines.append(f"• {said(language, f'meal_{meal}')}: {dish} [{numbers[recipe.chunk]}]")
        for recipe, portion in eaten.snacks:
            lines.append(
                f"• {said(language, 'meal_more')}: {_dish(recipe, language, portion)} [{numbers[recipe.chunk]}]"
            )
        blocks.append("\n".join([*lines, *_total(menu.wish, eaten)]))
    if menu.missing:
        meals = listed([said(language, f"meal_{meal}").lower() for meal in menu.missing], language)
        blocks.append(said(language, "menu_missing", meals=meals))
    notes = notes_on(menu.wish, menu.absent, menu.contradicted, unknown)
    return "\n\n".join([*blocks, *_people(menu.wish), *notes])


def recipes_text(found: RecipeList, numbers: Mapping[int, int], unknown: Sequence[str] = ()) -> str:
    """Recipes with what they are worth."""
    language = found.wish.language
    meals = [said(language, f"meal_{meal}").lower() for meal in found.wish.meals] if found.wish.names_meals else []
    foods = listed(found.foods, language, "and" if found.together else "or")
    wishes = _wishes(found.wish, [*meals, *([said(language, "wish_with", food=foods)] if foods else [])])
    lines = [said(language, "recipes_title" if found.exact else "recipes_near", wishes=wishes)]
    lines += [f"• {_dish(recipe, language, with_time=True)} [{numbers[recipe.chunk]}]" for recipe in found.shown]
    if found.more:
        lines.append(said(language, "recipes_more", count=found.more))
    notes = notes_on(found.wish, found.absent, found.contradicted, unknown)
    return "\n\n".join(["\n".join(lines), *_people(found.wish), *notes])


def facts_text(found: Facts, numbers: Mapping[int, int], language: Language) -> str:
    """Figures; a ranking says so in its title, and several of one menu are added up."""
    lines = [
        f"• {fact.name}{f' ({fact.about})' if fact.about else ''}: {fact.shown} [{numbers[fact.chunk]}]"
        for fact in found.items
    ]
    title = said(language, f"facts_{found.ranked}", quantity=found.named) if found.ranked else said(language, "quoted")
    return "\n".join([title, *lines, *([said(language, "facts_total", total=found.total)] if found.total else [])])


def notes_on(
    wish: Wish, absent: Sequence[Wanted] = (), contradicted: Sequence[Wanted] = (), unknown: Sequence[str] = ()
) -> list[str]:
    """What has to be said besides: what was left out and why, and what could not be heeded."""
    language, restrictions = wish.language, wish.restrictions
    notes = []
    if restrictions.doubted:
        foods = listed(restrictions.doubted, language)
        notes.append(said(language, "left_out_in_doubt", foods=foods, words=", ".join(restrictions.beside)))
    if restrictions.unsure:
        notes.append(said(language, "left_out_unsure", foods=listed(restrictions.unsure, language)))
    if contradicted:
        foods = listed([each.text for each in contradicted], language)
        names = listed([restriction_text(each, language) for each in restrictions.items], language)
        notes.append(said(language, "contradiction", foods=foods, wishes=names))
    if unknown:
        notes.append(said(language, "unknown_ingredients", words=", ".join(unknown)))
    unheard = [*(each.text for each in absent), *wish.unheard]
    if unheard:
        notes.append(said(language, "unheard", words=", ".join(unheard)))
    if restrictions.items:
        notes.append(said(language, "check_labels"))
    return notes


def restriction_text(restriction: Restriction, language: Language) -> str:
    """What a restriction is called in a title: "vegano", "sem leite"."""
    return restriction.text if restriction.diet else said(language, "wish_without", food=restriction.text)


def _dish(recipe: Recipe, language: Language, portion: float = 1.0, with_time: bool = False) -> str:
    facts = [_portions(portion, language)] if portion != 1.0 else []
    if recipe.kcal is not None:
        facts.append(f"~{whole_number(recipe.kcal * portion, language)} kcal")
    if recipe.protein is not None:
        grams = said(language, "menu_protein", grams=whole_number(recipe.protein * portion, language))
        facts.append(grams if recipe.kcal is not None else f"~{grams}")
    if with_time and recipe.minutes is not None:
        facts.append(f"{number(recipe.minutes, language)} min")
    return recipe.name + (f" ({', '.join(facts)})" if facts else "")


def _portions(portion: float, language: Language) -> str:
    """ "1,5 porção" is singular in Portuguese, "1.5 portions" is not."""
    few = portion < 2 if language == "pt" else portion <= 1
    return said(language, "portion" if few else "portions", size=number(portion, language))


def _wishes(wish: Wish, first: Collection[str] = ()) -> str:
    language, amounts = wish.language, wish.amounts
    diets = [each for each in wish.restrictions.items if each.diet]
    others = [each for each in wish.restrictions.items if not each.diet]
    names = [*first, *(restriction_text(each, language) for each in diets)]
    said_of = (
        ("protein", "rich_in_protein" in amounts.degrees),
        ("low_carbohydrate", "low_carbohydrate" in amounts.degrees),
        ("low_fat", "low_fat" in amounts.degrees),
        ("light", "light" in amounts.degrees and "rich_in_protein" not in amounts.degrees),
        ("quick", "quick" in amounts.degrees and amounts.most_minutes is None),
    )
    names += [said(language, f"wish_{name}") for name, wished in said_of if wished]
    names += [restriction_text(each, language) for each in others]
    if amounts.most_minutes is not None:
        names.append(said(language, "wish_minutes", minutes=number(amounts.most_minutes, language)))
    for name, kcal in (("kcal", amounts.most_kcal), ("goal", amounts.goal_kcal), ("each", amounts.each_kcal)):
        if kcal is not None:
            names.append(said(language, f"wish_{name}", kcal=whole_number(kcal, language)))
    grams = amounts.goal_protein or amounts.each_protein
    if grams is not None:
        names.append(said(language, "wish_grams", grams=whole_number(grams, language)))
    return f" ({', '.join(names)})" if names else ""


def _total(wish: Wish, day: Day) -> list[str]:
    if day.kcal is None:
        # What the dishes do not state cannot be added up; where a number was wished for, that is said.
        amounts = wish.amounts
        asked = amounts.goal_kcal or amounts.most_kcal or amounts.goal_protein
        return [said(wish.language, "menu_no_energy")] if asked and day.eaten else []
    if len(day.eaten) < 2 and not (wish.amounts.goal_kcal or wish.amounts.most_kcal):
        return []
    language = wish.language
    kcal = whole_number(day.kcal, language)
    if day.protein is None:
        lines = [said(language, "menu_total_energy", kcal=kcal)]
    else:
        lines = [said(language, "menu_total", kcal=kcal, grams=whole_number(day.protein, language))]
    return [*lines, *_misses(wish, day.kcal, day.protein)]


def _misses(wish: Wish, kcal: float, protein: float | None) -> list[str]:
    """By how much a day misses what was wished."""
    language, amounts = wish.language, wish.amounts
    lines = []
    if amounts.goal_kcal:
        difference = round(kcal) - round(amounts.goal_kcal)
        share = abs(difference) / amounts.goal_kcal
        name = "goal_met" if share <= NEAR else "goal_short" if difference < 0 else "goal_over"
        values = {
            "difference": whole_number(abs(difference), language),
            "percent": number(round(100 * share, 1), language),
        }
        exact = "goal_exact" if not difference else name
        more = said(language, "goal_below" if difference < 0 else "goal_above")
        lines.append(said(language, exact, goal=whole_number(amounts.goal_kcal, language), more=more, **values))
    if amounts.most_kcal and kcal > amounts.most_kcal:
        lines.append(said(language, "menu_over", kcal=whole_number(amounts.most_kcal, language)))
    if amounts.goal_protein and protein is not None and round(protein) < round(amounts.goal_protein):
        short = whole_number(round(amounts.goal_protein) - round(protein), language)
        lines.append(said(language, "protein_short", goal=whole_number(amounts.goal_protein, language), grams=short))
    return lines


def _people(wish: Wish) -> list[str]:
    count = wish.amounts.people
    return [said(wish.language, "for_people", people=count)] if count and count > 1 else []
