"""What stands around a word of a wish, as far as it decides how the word is to be read.

Nothing here takes anything in: it only looks at the items before and after a place.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from genchat.engine.nutrition.foods import food_table
from genchat.engine.nutrition.items import Item
from genchat.engine.retrieval.terms import Language

COORDINATORS = frozenset(("e", "and"))
LISTING = frozenset(("e", "and", "ou", "or", "nem", "nor"))
TOWARDS = frozenset(("de", "do", "da", "dos", "das", "a", "ao", "aos", "as", "com", "of", "from", "to", "with"))
_BEARING = ("toler", "react", "reag")  # "não tolero": of these a negation takes nothing back
_EVERYTHING = frozenset(("anything", "everything", "all", "any", "anyone"))
_OTHER = frozenset(("diferente", "diferentes", "different", "other", "outro", "outra", "outros", "outras", "rather"))
_THAN = frozenset(("de", "do", "da", "dos", "das", "from", "than"))
_NEAR = 4  # items between a negation and the word that turns it round


@dataclass(frozen=True, slots=True)
class Turned:
    """How many items a negation takes that refuses nothing; one that `says_nothing` wants no food after it either."""

    taken: int
    says_nothing: bool


class Surroundings:
    """The items of a line, asked about by place."""

    def __init__(self, items: Sequence[Item], language: Language) -> None:
        self.items, self.language, self.table = items, language, food_table()

    def before(self, place: int) -> str:
        """The word before a place; empty at the beginning."""
        return self.items[place - 1].word if place else ""

    def following(self, place: int) -> Item | None:
        """The item after a place."""
        return self.items[place + 1] if place + 1 < len(self.items) else None

    def refuses(self, place: int) -> bool:
        """Whether a word that may refuse does: in Portuguese "no" seldom does, and before a food nobody can tell."""
        item = self.items[place]
        if item.word != "no":
            return True
        following = self.following(place)
        if following is None or following.mark or self.language == "en":
            return True
        if following.kind == "unknown":
            return place == 0 or bool(item.mark)
        return following.kind not in ("meal", "day", "amount") and following.word not in self.table.words(
            "grammar.after_no"
        )

    def excepts(self, place: int) -> bool:
        """Whether a harmless word means except: "anything but nuts", "algo diferente de frango"."""
        word = self.items[place].word
        if word in _OTHER:
            following = self.following(place)
            return following is not None and following.word in _THAN
        return word == "but" and self.before(place) in _EVERYTHING

    def turned_round(self, place: int) -> Turned | None:
        """Whether a negation refuses nothing: "não pode faltar …", "não tenho alergia a …", "não sei"."""
        words = self.table.words
        if self.items[place].word not in words("refusal.negations"):
            return None
        for further in range(place + 1, min(place + 1 + _NEAR, len(self.items))):
            item = self.items[further]
            if item.mark or item.kind in ("food", "diet", "condition", "dish"):
                return None
            taken = further - place + 1
            if item.word in words("refusal.missing") or (item.word in words("refusal.idle") and taken == 2):
                return Turned(taken, says_nothing=False)
            if item.kind == "allergy" and not item.word.startswith(_BEARING):
                return Turned(taken, says_nothing=True)
            if item.word not in words("refusal.having"):
                return None
        return None

    def tells_a_state(self, place: int) -> bool:
        """Whether a word is what somebody is or has: "tenho artrite", "para quem tem gota", "estou com dengue".

        Of a third person, only where a person is named just before: "tem alguma receita" is of nobody. What is felt
        towards a food is none: "tenho pavor de leite".
        """
        words, at = self.table.words, place
        if not words("states.harmless").isdisjoint(self.items[place].words) or self._is_towards_food(place):
            return False
        while at > 0 and self.before(at) in words("states.between") and not self.items[at].mark:
            at -= 1
        if at == 0 or self.items[at].mark:
            return False
        if self.before(at) in words("states.of_oneself"):
            return True
        said_of = self.before(at - 1) if not self.items[at - 1].mark else ""
        return self.before(at) in words("states.of_others") and said_of in words("states.persons")

    def _is_towards_food(self, place: int) -> bool:
        towards, food = self.following(place), self.following(place + 1)
        return (
            towards is not None
            and food is not None
            and not (towards.mark or food.mark)
            and towards.word in TOWARDS
            and (bool(food.keys) or food.kind in ("food", "dish"))
        )

    def is_of_a_person(self, place: int) -> bool:
        """Whether a refusal is told of oneself, as "não como" is and "sem" is not."""
        eating = self.table.words("grammar.eating")
        told = any(item.word in eating for item in self.items[place + 1 : place + 3])
        return told or self.items[place].word in self.table.words("grammar.refusing")

    def listed_before(self, place: int) -> list[Item]:
        """The foods of the list that ends just before a place: of "gluten and dairy free", both."""
        found: list[Item] = []
        while place > 0:
            here, before = self.items[place], self.items[place - 1]
            if (found and here.mark in (".", "?")) or (not found and here.mark):
                break
            if before.kind == "food":
                found.append(before)
            elif not (found and before.word in LISTING):
                break
            place -= 1
        return found

    def asked_about(self, place: int, alone: bool = True) -> list[Item]:
        """The foods of the part before the one a place stands in, if it holds nothing else: "leite?", "milk -".

        Before a question mark, and not `alone`, the foods that it ends with.
        """
        begin = self._part_begin(place)
        if begin == 0:
            return []
        before = list(self.items[self._part_begin(begin - 1) : begin])
        if self.items[begin].mark == "?" or not alone:
            while before and before[0].kind != "food":
                del before[0]
        foods = [item for item in before if item.kind == "food"]
        return foods if all(item.kind == "food" or item.word in LISTING for item in before) else []

    def answers_a_question(self, place: int) -> bool:
        """Whether the part a place stands in follows a question mark."""
        return self.items[self._part_begin(place)].mark == "?"

    def _part_begin(self, place: int) -> int:
        while place > 0 and not self.items[place].mark:
            place -= 1
        return place

    def fronted(self, place: int) -> list[Item]:
        """The foods that a clause within a request begins with: "… leite eu não como", not "quero frango não peixe"."""
        at, words = place, self.table.words
        while at > 0 and self.before(at) in words("grammar.subjects") and not self.items[at].mark:
            at -= 1
        following = self.following(place)
        if at == place and following is not None and not following.mark:
            negated = following.kind in ("food", "diet", "dish", "unknown")
            if negated or following.word in words("grammar.verbs") or following.word in TOWARDS:
                return []
        return self.listed_before(at)

    def is_wanting(self, place: int) -> bool:
        """Whether a word wants what follows: "quero", "I like", but not "like" in "something like"."""
        word, words = self.items[place].word, self.table.words
        if word in words("grammar.with_person"):
            persons = words("grammar.first_persons")
            return any(item.word in persons for item in self.items[max(place - 2, 0) : place])
        return word in words("inclusion.wanting")

    def is_coordinated(self, place: int) -> bool:
        """Whether a comma or "e" stands just before, or before the person of a verb."""
        before = self.before(place)
        if before in self.table.words("grammar.first_persons"):
            return self.is_coordinated(place - 1)
        return bool(self.items[place].mark) or before in COORDINATORS

    def is_denied(self, place: int) -> bool:
        """Whether "não sou" or its like stands just before: "não sou vegana"."""
        if self.items[place].mark:
            return False
        words = self.table.words
        for item in reversed(self.items[max(place - 3, 0) : place]):
            if item.word in words("refusal.negations") or item.word == "sem":
                state = self.items[place]
                # "Sem conservantes" refuses what ingredients cannot tell.
                return state.kind != "diet" or all(self.table.of_diet(key) is not None for key in state.keys)
            if item.mark or item.word not in words("grammar.being"):
                return False
        return False
