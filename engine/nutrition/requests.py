"""Whether a question asks for dishes at all: for a menu, for recipes, or only tells what must not be in the food."""

import re
from collections.abc import Sequence

from genchat.engine.nutrition.items import Item, items_of
from genchat.engine.nutrition.recipes import MEAL_WORDS
from genchat.engine.nutrition.wishes import Wish, names_days, wants_change
from genchat.engine.text import fold

_MENU = re.compile(
    r"\b(cardapios?|menus?|plano alimentar|meal plans?|diet plans?"
    r"|(mont\w+|cri[ae]\w*|suger\w+|sugir\w+|elabor\w+|me d[ae]|quero|preciso de|passe) (uma )?dieta)\b"
)
_COMPOSE = re.compile(
    r"\b(mont\w+|cri[ae]\w*|fa[cz]\w*|suger\w+|sugir\w+|ger[ae]\w*|compo\w+|prepar\w+|elabor\w+|quero|queria|preciso"
    r"|gostaria|me\s+d[ae]|make|create|suggest|compose|give|write|want|need|plan)\b"
)
_NAMED_PLAN = re.compile(r"\b(d[oe]|n[oe])\s+plano\b|\bplano\s+(de|para)\b|\b(in|of)\s+the\s+.{0,30}plan\b")
# "O que é um cardápio fitness?", "Furei a dieta": about menus, not for one.
_ABOUT_MENUS = re.compile(
    r"^\s*((e )?o que (e|sao|quer dizer|significa)|what (is|are|does)|por ?que|why|quem|who|dev[oe]|posso|can i"
    r"|should i|e (bom|ruim|certo|normal)|is it|quantas? vezes|se eu)\b|\b(fur|segu|quebr)\w+ (a|uma|minha) dieta\b"
)
_EATING_ON = re.compile(r"\b(o que|que|what)\b.{0,30}\b(comer|como|comemos|almocar|jantar|cozinhar|eat|cook|have)\b")
_ASKING = re.compile(
    r"\b(receitas?|recipes?|suge[rs]\w+|sugir\w+|suggest\w*|recomend\w+|recommend\w*|indi(que|ca)\w*|ideias?|ideas?|opc(ao|oes)|options?"
    r"|pratos?|dish(es)?|(fazer|fac[oa]|preparar|preparo|cozinhar|cozinho|make|cook) (com|with))\b"
)
_DISHES = re.compile(r"\b(receitas?|recipes?|pratos?|dish(es)?|comidas?|foods?|refeic(ao|oes)|meals?|comer|eat)\b")
_EATING = re.compile(
    r"\b(quero|queria|quer|gostaria|posso|devo|vou|podemos|comer|como|tomar|fazer|preparar|cozinhar|almocar|jantar"
    r"|lanchar|want|would like|can i|should i|could i|eat|cook|have|make|mont\w+|me d[ae]|give me)\b"
)
_EXTREME = re.compile(r"\b(mais|menos|maior|menor|most|least|fewest|lowest|highest|ate|up to|under|at most)\b")
_WHICH = re.compile(
    r"^\s*(e )?(qual|quais|que|quantos|tem|ha|existem?|which|what|are there|is there|do you have|have you)\b"
)
_ABOUT_FOOD = re.compile(
    r"^\s*((e )?o que (e|sao|quer dizer|significa)|what (is|are|does)|por ?que|why|quem|who|quant[oa]s?"
    r"|how (many|much|long)|em quanto|quando|when|onde|where|faz mal|e (bom|ruim|certo|normal)|is it|preciso|do i)\b"
)
_FOR_WHOM = re.compile(r"\b(para|pra|for|de) (quem|those|people who)\b")
_FOR_WHOM_AT_THE_END = re.compile(r"\b(para|pra|for|de) (quem|whom)\W*$")
_TRAINING = re.compile(r"\b(treinos?|workouts?|exercicios?|exercises?|series?|planilha|training)\b")
_LEAST_OF_A_DAY = 800.0  # kcal that are wished for a whole day, not for a dish


_OF_ONESELF = re.compile(r"\b(tenho|sou|meu|minha|my|i am|i'm|i have|we)\b|\w \bme\b")
# "I can't eat gluten. What is for dinner?": who tells what they leave out asks for a meal, however it is put.
_TOLD_OF_ONESELF = re.compile(r"\b(tenho|sou|meu|minha|nao|my|i|i'm|we)\b")
_BETWEEN_FOODS = frozenset(("e", "com", "and", "with", "ou", "or", "c/", "a", "o"))
_MOST_FOODS_ALONE = 4
_INNER_NAME = re.compile(r"(?<=\w )[A-ZÀ-Ý][a-zà-ÿ]+")  # "dados da Ana Lima": a person, no fruit


def wants_menu(lines: Sequence[str], wish: Wish) -> bool:
    """Whether a menu is to be put together."""
    folded = fold(lines[0])
    if _ABOUT_MENUS.search(folded):
        return False
    if _MENU.search(folded) and (not _NAMED_PLAN.search(folded) or _COMPOSE.search(folded)):
        return True
    if _EATING_ON.search(folded) and names_days(folded) and not _NAMED_PLAN.search(folded):
        return True
    if _is_about_food(folded, wish) or _is_of_training(folded):
        return False
    amounts = wish.amounts
    energy = max(amounts.goal_kcal or 0.0, amounts.most_kcal or 0.0)
    many = amounts.meal_count is not None and amounts.meal_count > 1
    return (energy >= _LEAST_OF_A_DAY and not wish.names_meals) or (many and bool(_COMPOSE.search(folded)))


def wants_dishes(lines: Sequence[str], wish: Wish) -> bool:
    """Whether recipes are asked for: by that word, as something to eat at a meal, or by what must not be in them."""
    folded = fold(lines[0])
    if _is_about_food(folded, wish) or _is_of_training(folded):
        return False
    if _ASKING.search(folded):
        return True
    heard = not wish.unheard
    if wish.names_meals:
        limited = wish.amounts.most_kcal is not None or wish.amounts.goal_kcal is not None
        which = bool(wish.restrictions) and _WHICH.search(folded) and not _NAMED_PLAN.search(folded)
        told = bool(wish.restrictions) and _TOLD_OF_ONESELF.search(folded) and not _NAMED_PLAN.search(folded)
        wished = _EATING.search(folded) or _EXTREME.search(folded) or limited or which or told
        return bool(wished) or ((heard or bool(wish.restrictions)) and "?" not in lines[0])
    if not wish.restrictions:
        return _is_food_alone(lines[0])
    return (
        bool(_EATING_ON.search(folded))
        or (bool(_EATING.search(folded)) and "?" not in folded)
        or _is_bare(lines[0], wish)
    )


def is_about_food(lines: Sequence[str]) -> bool:
    """Whether anything but a guess says that food is spoken of.

    That is a food as it is spelt, a diet or a meal, a word for dishes, or a refusal at the very beginning ("sem …"). A
    word that could be a misspelt food ("padding", "pudding") is a sign only beside a refusal, and a name is none.
    """
    for line in lines:
        items = items_of(_INNER_NAME.sub("", line))
        refused = any(item.kind in ("refusal", "allergy") and not item.taken_for for item in items)
        if any(item.keys and _is_sign(item, refused) for item in items):
            return True
        if items and "?" not in line and items[0].kind in ("refusal", "allergy") and not items[0].taken_for:
            return True
    folded = fold("\n".join(lines))
    return bool(_MENU.search(folded) or _DISHES.search(folded)) or any(
        words.search(folded) for words in MEAL_WORDS.values()
    )


def _is_sign(item: Item, refused: bool) -> bool:
    if not item.taken_for:
        return True
    return not item.is_guessed and (refused or item.kind == "diet")


def names_dishes(lines: Sequence[str]) -> bool:
    """Whether the question itself says that it asks for recipes or for something to eat."""
    folded = fold(lines[0])
    return bool(_ASKING.search(folded) or _EATING_ON.search(folded))


def speaks_of_eating(lines: Sequence[str], wish: Wish) -> bool:
    """Whether what is refused has to be kept out of any answer: where dishes or food to eat are asked for."""
    folded = fold("\n".join(lines))
    about = _is_about_food(folded, wish) or (
        "?" in folded and not _EATING_ON.search(folded) and not _ASKING.search(folded)
    )
    return wants_menu(lines, wish) or wants_dishes(lines, wish) or (bool(_EATING.search(folded)) and not about)


def _is_about_food(folded: str, wish: Wish) -> bool:
    """Whether a question wants to know something: "é bom para quem treina?", not "lanche para quem não come ovo"."""
    if _ABOUT_FOOD.search(folded) or _FOR_WHOM_AT_THE_END.search(folded):
        return True
    for_them = wish.restrictions and (wish.names_meals or _ASKING.search(folded) or _MENU.search(folded))
    return bool(_FOR_WHOM.search(folded)) and not for_them


def _is_of_training(folded: str) -> bool:
    """ "Monte um treino" is no menu, and what to eat before one is no question for recipes alone."""
    asked = _ASKING.search(folded) or _MENU.search(folded) or any(words.search(folded) for words in MEAL_WORDS.values())
    return bool(_TRAINING.search(folded)) and not asked


def _is_food_alone(line: str) -> bool:
    """Whether a line is nothing but foods: "frango", "arroz com feijão"."""
    items = items_of(line)
    foods = [item for item in items if item.kind == "food"]
    between = all(item.word in _BETWEEN_FOODS for item in items if item.kind != "food")
    return "?" not in line and between and 0 < len(foods) <= _MOST_FOODS_ALONE


def _is_bare(line: str, wish: Wish) -> bool:
    """Whether a line tells what must not be in the food, and asks nothing: "sem lactose", "sou celíaca".

    A food that is only in doubt is told so where people speak of themselves: "tenho pavor de leite", but not
    "história do queijo".
    """
    told = any(each.text not in wish.restrictions.doubted for each in wish.restrictions.items)
    of_oneself = bool(_OF_ONESELF.search(fold(line)))
    return "?" not in line and not wants_change(line) and (told or of_oneself) and _names_food(line)


def _names_food(line: str) -> bool:
    """Whether a line names a food or a diet: as it is spelt, or misspelt where everything else was understood."""
    items = items_of(_INNER_NAME.sub("", line))
    known = [item for item in items if item.kind in ("food", "diet")]
    return any(not item.taken_for for item in known) or (
        bool(known) and not any(item.kind == "unknown" or item.is_guessed for item in items)
    )
