"""What a food is and contains: the tables of corpora/foods as a graph that restrictions are looked up in.

A food is left out for whatever it is, contains or may contain, however many steps away: mozzarella is cheese, cheese is
milk, milk has lactose.
"""

from collections.abc import Collection, Iterable
from functools import cache, lru_cache

from genchat.corpora.food_table import FoodData, FoodRow, read_food_data
from genchat.engine.nutrition.lexicon import Lexicon, singulars
from genchat.engine.retrieval.terms import Language
from genchat.engine.text import fold


class FoodTable:
    """Foods, diets and states of health by name, and what each food contains."""

    def __init__(self, data: FoodData) -> None:
        self._rows = {row.names.key: row for row in data.foods}
        self._named = {name: row.names.key for row in data.foods for name in row.names.portuguese}
        self.foods, self.diets, self.conditions = Lexicon(), Lexicon(), Lexicon()
        for row in data.foods:
            for name in row.names.all:
                self.foods.add(name, row.names.key, name not in row.names.not_in_prose)
        for diet in data.diets:
            for name in diet.names.all:
                self.diets.add(name, diet.names.key)
        for names in data.conditions:
            for name in names.all:
                self.conditions.add(name, names.key)
        self._diets = {diet.names.key: diet for diet in data.diets}
        self._conditions = {names.key: names for names in data.conditions}
        self._words = data.words
        self._belonging: dict[str, frozenset[str]] = {}
        self._definite = lru_cache(maxsize=8192)(self._walked)
        kinds = [key for key, row in self._rows.items() if row.is_kind]
        above = {key: self._walked(key, False, frozenset()) for key in kinds}
        self._belonging = {
            kind: frozenset(key for key in kinds if kind in above[key] and key != kind) for kind in kinds
        }
        english = {fold(word) for row in data.foods for name in row.names.english for word in name.split()}
        portuguese = {fold(word) for row in data.foods for name in row.names.portuguese for word in name.split()}
        self._english_only = english - portuguese

    def words(self, list_name: str) -> frozenset[str]:
        """A list of words.toml, "section.name"."""
        return self._words[list_name]

    def is_english(self, word: str) -> bool:
        """Whether a folded word names foods in English and in English alone."""
        return any(form in self._english_only for form in singulars(word))

    def contents(self, key: str, doubtful: bool = True, cut: frozenset[str] = frozenset()) -> frozenset[str]:
        """All that a food is and contains, itself included; with `doubtful`, what it may contain too.

        What may contain nuts may contain any of them, and "mixed nuts" may be any.

        `cut` are kinds that it is said to be without; what only they bring goes with them.
        """
        return self._definite(key, doubtful, cut)

    def _walked(self, key: str, doubtful: bool, cut: frozenset[str]) -> frozenset[str]:
        found: set[str] = set()
        waiting = [key, *(self._members(key) if doubtful else ())]
        while waiting:
            each = waiting.pop()
            if each in found or (each in cut and each != key):
                continue
            found.add(each)
            row = self._rows[each]
            waiting += [self._named[name] for name in row.contains]
            if doubtful:
                doubted = [self._named[name] for name in row.may_contain]
                waiting += [*doubted, *(member for kind in doubted for member in self._members(kind))]
        return frozenset(found)

    def _members(self, kind: str) -> frozenset[str]:
        """The kinds that belong to a kind; none of what is no kind."""
        return self._belonging.get(kind, frozenset())

    def allergens_of(self, keys: Iterable[str]) -> frozenset[str]:
        """What must be labelled of foods that are not themselves on the labelling lists: of cheese, milk."""
        found = set[str]()
        for key in keys:
            if not self._rows[key].lists:
                found |= {each for each in self.contents(key, doubtful=False) if self._rows[each].lists}
        return frozenset(found)

    def of_diet(self, key: str) -> frozenset[str] | None:
        """The kinds a diet leaves out; None where ingredients cannot tell."""
        without = self._diets[key].without
        return frozenset(self._named[name] for name in without) if without else None

    def name(self, key: str, language: Language) -> str:
        """What a food is called."""
        return _called(self._rows[key], language)

    def diet_name(self, key: str, language: Language) -> str:
        """What a diet is called."""
        names = self._diets[key].names
        return names.english[0] if language == "en" else names.key

    def condition_name(self, key: str, language: Language) -> str:
        """What a state of health is called."""
        names = self._conditions[key]
        return names.english[0] if language == "en" else names.key

    def condition_names(self, key: str) -> tuple[str, ...]:
        """Everything a state of health is called."""
        return self._conditions[key].all

    @property
    def allergens(self) -> tuple[FoodRow, ...]:
        """The foods that a labelling list names."""
        return tuple(row for row in self._rows.values() if row.lists)

    @property
    def keys(self) -> Collection[str]:
        """All foods and kinds."""
        return self._rows.keys()


def _called(row: FoodRow, language: Language) -> str:
    return row.names.english[0] if language == "en" and row.names.english else row.names.key


@cache
def food_table() -> FoodTable:
    """The tables that ship."""
    return FoodTable(read_food_data())
