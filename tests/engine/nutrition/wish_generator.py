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
jamais {x} | nunca como {x} | recuso {x} | restrição: {x} | {x} zero | meu organismo não aceita {x} |
nem sonhar com {x} | Deus me livre de {x} | {x} é veneno pra mim | tenho pavor de {x} | não sou fã de {x} |
não curto {x} | eu passo {x} | {x} jamais | a nutricionista cortou {x} | a médica tirou {x} da minha alimentação |
estou evitando {x} | ando evitando {x} | larguei {x} | abandonei {x} | aboli {x} | não suporto {x} | não aguento {x}
| não consigo comer {x} | me sinto mal quando como {x} | {x} me deixa inchado | {x} me dá azia | {x} me dá enjoo |
enjoei de {x} | to de saco cheio de {x} | minha filha tem alergia a {x} | somos alérgicos a {x} |
pessoas alérgicas a {x} | para alérgicos a {x} | pra quem não come {x} | para quem tem alergia a {x} |
para intolerantes a {x} | receitas que não levem {x} | pratos que não contenham {x} | ausência de {x} |
isenta de {x} | {x}? Deus me livre | nada que contenha {x} | nada que leve {x} | tudo, exceto {x} |
com exceção de {x} | excluindo {x} | exclua {x} | elimine {x} | dispensando {x} | menos {x} | fora {x} | salvo {x} |
não inclua {x} | não adicione {x} | não vai {x} | não pode ter {x} | não pode conter {x} | não deve ter {x} |
não é pra ter {x} | que não tenha {x} | sem qualquer {x} | sem nenhum {x} | sem traços de {x} | sem vestígios de {x}
| zero de {x} | evitar a todo custo {x} | {x}: proibido | {x} = proibido | proibida a presença de {x} |
anafilaxia com {x} | choque anafilático por {x} | reação a {x} | reajo mal a {x} | sensível a {x} |
sensibilidade a {x} | restrito em {x} | restrição a {x} | restrição alimentar: {x} | n posso {x} | naum como {x} |
nao como {x} tá | tô sem comer {x} | estou sem comer {x} | fiquei sem {x} | prefiro sem {x} | quero sem {x} |
pode ser sem {x} | {x} tô fora | tô fora de {x} | passa longe de {x} | longe de mim {x} | sai {x} |
troque {x} por outra coisa | substitua {x} | ao invés de {x} | no lugar do {x} use outra coisa |
que tal algo sem {x} | alergico {x} | alergia {x} | intolerante {x} | evite o {x} | evite a {x} | ñ gosto d {x} |
n gosto de {x}
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
{x} is off limits | {x} is forbidden | I gave up {x} | I quit {x} | other than {x} | minus {x} | zero {x} |
I'd rather not have {x} | I'd rather avoid {x} | I never eat {x} | I do not eat {x} | I do not like {x} |
I'm not a fan of {x} | I'm not fond of {x} | not a fan of {x} | I can't stand {x} | can't stand {x} |
I'm sick of {x} | I'm tired of {x} | my body can't handle {x} | {x} doesn't agree with me | {x} upsets my stomach |
{x} gives me hives | {x} could kill me | {x} will kill me | deadly allergic to {x} | anaphylaxis from {x} |
severe allergy to {x} | {x} is bad for me | {x} is a no go | {x} is a no-no | {x} - no thanks | {x}? no thanks |
no more {x} | absolutely no {x} | zero {x} please | nothing containing {x} | nothing that contains {x} |
that doesn't contain {x} | that don't have {x} | which has no {x} | with no {x} | made without {x} |
cooked without {x} | sans {x} | less {x} | cut out {x} | cutting out {x} | I cut {x} | my doctor banned {x} |
my doctor told me to avoid {x} | we don't do {x} | I don't do {x} | don't do {x} | don't include {x} |
do not include {x} | don't add {x} | must not contain {x} | must be free of {x} | should not have {x} |
shouldn't include {x} | can't include {x} | leave {x} out | leave the {x} out | keep {x} out | keep {x} out of it |
omit {x} | omitting {x} | swap {x} for something else | replace {x} | replace the {x} with something |
rather than {x} | besides {x} | aside from {x} | apart from {x} | but no {x} | but without {x} | but not {x} |
all but {x} | everything but {x} | anything other than {x} | something different from {x} | {x} intolerant |
I'm {x} intolerant | sensitive to {x} | I react to {x} | sensitivity to {x} | gave up {x} | off {x} | I'm off {x} |
detest {x} | loathe {x} | allergic {x} | allergy {x} | allergies: {x} | dietary restrictions: {x} | restriction: {x}
| beware of {x} | watch out for {x} | get rid of {x} | ditch the {x} | lose the {x} | drop the {x} | no trace of {x}
| no traces of {x} | does not tolerate {x} | I can't tolerate {x} | for people allergic to {x} |
for someone who can't eat {x} | for someone allergic to {x} | my kids hate {x} | my kids won't eat {x} |
he doesn't eat {x} | she can't eat {x} | friend is allergic to {x}
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
