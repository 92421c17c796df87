"""Wishes that refuse a food, in many forms, spellings and both languages, and an oracle that knows nothing of all that.

The oracle looks for parts of words in the ingredients of a recipe. It shares no table and no code with what it judges.
"""

import random
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

PORTUGUESE = """
sem {x} | nada com {x} | nada de {x} | evite {x} | evitar {x} | evite pratos com {x} | não como {x} |
eu não como {x} | não gosto de {x} | não posso comer {x} | não posso com {x} | não quero {x} |
não quero nada que tenha {x} | não tolero {x} | sou alérgico a {x} | sou alérgica a {x} | tenho alergia a {x} |
alergia a {x} | alergia: {x} | alérgico à {x} | intolerância a {x} | sou intolerante a {x} |
tenho intolerância a {x} | livre de {x} | zero {x} | exceto {x} | tudo menos {x} | qualquer coisa fora {x} | nem {x}
| odeio {x} | detesto {x} | dispenso {x} | isento de {x} | {x} não | {x}, não! | {x} me faz mal | {x} nem pensar |
{x} eu não como | passo mal com {x} | cortei {x} da dieta | meu médico proibiu {x} | no lugar de {x} | em vez de {x}
| tire {x} | retire {x} do prato | por favor, sem {x} | não coloque {x} | não ponha {x} | não use {x} |
tenho horror a {x} | fujo de {x} | {x} me dá alergia | meu filho não pode comer {x} | minha mãe é alérgica a {x} |
eu e meu marido não comemos {x} | parei de comer {x} | algo diferente de {x} | tudo que não leve {x} |
sem nada de {x} | se tiver {x} eu não como | s/ {x} | ñ como {x} | {x} está proibido | proibido {x} | longe de {x} |
jamais {x} | nunca como {x} | recuso {x} | restrição: {x} | {x} zero
"""
ENGLISH = """
without {x} | no {x} | no {x} please | avoid {x} | avoiding {x} | I don't eat {x} | I can't eat {x} |
I cannot eat {x} | I can't have {x} | I hate {x} | I dislike {x} | I don't like {x} | I am allergic to {x} |
I'm allergic to {x} | allergic to {x} | allergy to {x} | {x} allergy | I have a {x} allergy | {x}-free | {x} free |
free of {x} | free from {x} | intolerant to {x} | {x} intolerance | except {x} | anything but {x} |
everything except {x} | anything except {x} | nothing with {x} | never {x} | not {x} | leave out {x} |
leave out the {x} | hold the {x} | skip the {x} | instead of {x} | stay away from {x} | steer clear of {x} |
{x} makes me sick | {x} makes me ill | my son can't have {x} | lay off {x} | my wife is allergic to {x} |
keep it {x} free | don't use {x} | don't put {x} in it | please no {x} | exclude {x} | excluding {x} |
{x} is off limits | {x} is forbidden | I gave up {x} | I quit {x} | other than {x} | minus {x} | zero {x}
"""
PORTUGUESE_CONTEXTS = (
    "{r}",
    "monte um cardápio, {r}",
    "{r}, monte um cardápio",
    "sugira um almoço, {r}",
    "{r}. O que posso jantar?",
    "receitas para o café da manhã, {r}",
    "quero um lanche {r}",
    "cardápio para a semana, {r}, por favor",
    "cardápio com arroz, {r}",
    "quero ovo e arroz no jantar, {r}",
)
ENGLISH_CONTEXTS = (
    "{r}",
    "make me a menu, {r}",
    "{r}. Suggest a lunch",
    "{r}, give me a dinner menu",
    "recipes for breakfast, {r}",
    "I want a snack, {r}",
    "a weekly menu, {r}, please",
    "a menu with rice, {r}",
)


# Other foods beside the refused one must neither take its refusal away nor be taken for it.
PORTUGUESE_NEIGHBOURS = (
    "{r} com arroz",
    "{r}, com arroz",
    "{r} e arroz",
    "arroz {r}",
    "jantar com arroz {r}",
    "arroz, {r}",
    "{r}; quero arroz",
    "{r} mas quero arroz",
    "monte um cardápio {r} para amanhã com arroz",
    "gosto de arroz mas {r}",
    "{r} e gosto de arroz",
    "sem cebola, {r}",
    "{r}, sem cebola",
    "vegetariano, {r}",
    "{r} no almoço e no jantar",
    "oi, tudo bem? {r}, obrigado",
)
ENGLISH_NEIGHBOURS = (
    "{r} with rice",
    "{r}, with rice",
    "{r} and rice",
    "rice, {r}",
    "I want rice, {r}",
    "{r} but I want rice",
    "{r} and I like rice",
    "lunch {r}",
    "{r} for lunch and dinner",
    "no onions, {r}",
    "{r}, no onions",
    "vegetarian, {r}",
    "hi! {r}, thanks",
    "{r} dinner with rice",
)


@dataclass(frozen=True)
class Food:
    """What people call it, and parts of words that betray it in ingredients; `harmless` phrases are taken out first."""

    portuguese: tuple[str, ...]
    english: tuple[str, ...]
    betraying: str
    harmless: str = r"(?!)"

    def is_in(self, ingredients: str) -> bool:
        """Whether ingredients hold it."""
        return re.search(self.betraying, re.sub(self.harmless, " ", plain(ingredients))) is not None


_MILK = r"leite|queijo|iogurte|manteiga|ricota|requeijao|mussarela|parmesao|whey|milk|cheese|yog|butter|cream|granola"
_NO_MILK = r"leite de (coco|soja|amendoa|aveia|arroz)|sem leite|manteiga de amendoim|peanut butter|coconut milk"
_GLUTEN = (
    r"trigo|pao |pao$|paes|macarrao|aveia|granola|centeio|cevada|shoyu|wheat|bread|oat|pasta\b(?! de)|noodle|espaguete"
)
_NUTS = r"castanha|amendoa|amendoim|noz(?!-mosc)|nozes|avela|pistache|granola|almond|nut(?!meg)|walnut|cashew"
FOODS = (
    Food(("leite", "laticínios", "derivados do leite"), ("milk", "dairy"), _MILK, _NO_MILK),
    Food(("lactose",), ("lactose",), _MILK, _NO_MILK),
    Food(("ovo", "ovos"), ("egg", "eggs"), r"\bovos?\b|\bclaras?\b|\beggs?\b|maionese"),
    Food(("peixe", "peixes"), ("fish",), r"tilapia|salmao|sardinha|atum|bacalhau|peixe|tuna|salmon|fish"),
    Food(("glúten",), ("gluten",), _GLUTEN),
    Food(("trigo",), ("wheat",), r"trigo|pao |macarrao|espaguete|shoyu|granola|wheat|bread|pasta\b(?! de)"),
    Food(("amendoim",), ("peanuts", "peanut"), r"amendoim|peanut|granola"),
    Food(("oleaginosas", "castanhas"), ("nuts", "tree nuts"), _NUTS.replace("amendoim|", "")),
    Food(("soja",), ("soy", "soya"), r"soja|tofu|shoyu|soy|granola"),
    Food(("carne",), ("meat",), r"patinho|coxao|frango|porco|lombo|carne|tilapia|bacon|chicken|beef|ham\b"),
    Food(("porco", "carne de porco"), ("pork",), r"lombo|porco|bacon|presunto|linguica|pork|ham\b"),
    Food(("frango",), ("chicken",), r"frango|chicken"),
    Food(("camarão", "frutos do mar"), ("shrimp", "shellfish"), r"camarao|lula|shrimp"),
    Food(("gergelim",), ("sesame",), r"tahine|gergelim|sesame|tahini"),
    Food(("mostarda",), ("mustard",), r"mostarda|mustard"),
    Food(("tomate",), ("tomato", "tomatoes"), r"tomat"),
    Food(("banana",), ("banana", "bananas"), r"banana"),
    Food(("mel",), ("honey",), r"\bmel\b|honey"),
)


@dataclass(frozen=True)
class Refusal:
    """A wish that refuses a food."""

    text: str
    food: Food


def plain(text: str) -> str:
    """Lower case without accents."""
    decomposed = unicodedata.normalize("NFD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def all_refusals() -> Iterator[Refusal]:
    """Every form with every name of every food, each spelt right, without accents, in capitals and wrong."""
    for food in FOODS:
        for forms, names in ((PORTUGUESE, food.portuguese), (ENGLISH, food.english)):
            for form in split(forms):
                for name in names:
                    for spelt in spellings(name):
                        yield Refusal(form.format(x=spelt), food)


def all_refusals_in_context() -> Iterator[Refusal]:
    """Every form with every food, before and after other words and other foods."""
    for food in FOODS:
        for forms, name, contexts in (
            (PORTUGUESE, food.portuguese[0], (*PORTUGUESE_CONTEXTS, *PORTUGUESE_NEIGHBOURS)),
            (ENGLISH, food.english[0], (*ENGLISH_CONTEXTS, *ENGLISH_NEIGHBOURS)),
        ):
            for form in split(forms):
                for context in contexts:
                    yield Refusal(context.format(r=form.format(x=name)), food)


def some_refusals(seed: int, count: int) -> list[Refusal]:
    """A sample, each in a context that asks for something."""
    chance = random.Random(seed)
    found = []
    for _ in range(count):
        food = chance.choice(FOODS)
        english = chance.random() < 0.4
        form = chance.choice(split(ENGLISH if english else PORTUGUESE))
        name = chance.choice(spellings(chance.choice(food.english if english else food.portuguese)))
        context = chance.choice(ENGLISH_CONTEXTS if english else PORTUGUESE_CONTEXTS)
        found.append(Refusal(context.format(r=form.format(x=name)), food))
    return found


def split(forms: str) -> list[str]:
    """The forms of a list."""
    return [form.strip() for form in forms.split("|") if form.strip()]


def spellings(name: str) -> list[str]:
    """Right, without accents, in capitals, and for longer words with two letters exchanged or one left out."""
    found = [name, plain(name), name.upper()]
    if len(name) > 5 and " " not in name:
        found += [name[:2] + name[3] + name[2] + name[4:], name[:-2] + name[-1], name[:3] + name[2:]]
    return list(dict.fromkeys(found))
