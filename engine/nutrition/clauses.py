"""What a wish refuses and what it wants: how far a refusal reaches, and what is left in doubt.

A refusal holds for everything after it up to the end of the sentence, to a contrast ("mas", "but") or to words that
open a new wish ("sem leite, com frango"); a refusal with nothing after it holds for what stands before it ("leite
não"). A food whose clause holds a word that was not understood is in doubt, and what is in doubt is left out.
"""

from collections.abc import Sequence

from genchat.engine.nutrition.foods import food_table
from genchat.engine.nutrition.items import Item
from genchat.engine.nutrition.scopes import Heard, Scope
from genchat.engine.nutrition.surroundings import LISTING, TOWARDS, Surroundings
from genchat.engine.retrieval.terms import Language

_RELATIVE = frozenset(("que", "that", "which"))
_AFTER = frozenset(("free", "zero", "livre", "livres", "isento", "isenta", "isentos", "isentas"))
_OF = frozenset(("de", "do", "da", "dos", "das", "of", "from"))
_EXCHANGE = ("troc", "troqu", "substitu", "replac", "swap", "lugar", "vez", "inves", "instead")
_NO_REFUSAL_OF_FOOD = ("restri", "alerg", "allerg", "intoler")


def heard_in(items: Sequence[Item], language: Language) -> Heard:
    """What a line says of each food, diet and state of health in it."""
    return _Hearing(items, language).heard


class _Hearing:
    def __init__(self, items: Sequence[Item], language: Language) -> None:
        self.items, self.table = items, food_table()
        self.around = Surroundings(items, language)
        self.heard = Heard()
        self.scope = Scope()
        # Foods of the line that are wanted so far, and those in doubt, by identity: the same food may be said twice.
        self._open: dict[int, Item] = {}
        self._doubted: dict[int, Item] = {}
        self._part: list[Item] = []  # foods since the last comma
        self._asked_in_part = False  # "quero" and its like stand there too
        self._refused_in_part = False
        place = 0
        while place < len(items):
            place += self._hear(place)
        self._close()
        refused = frozenset(self.heard.refused)
        self.heard.wanted = [item for item in self._open.values() if item not in refused]
        self.heard.doubted = list(self._doubted.values())

    def _hear(self, place: int) -> int:
        """Take in the item at a place; the number of items that were taken."""
        item = self.items[place]
        if item.mark:
            self._refuse_before()
        # "Sou alérgico. Leite e ovo.": what was to be refused comes in the next sentence.
        if item.mark in (".", "?") and not (self._is_without_object() and item.kind == "food"):
            self._begin(Scope())
        if item.mark:
            self._part, self._asked_in_part, self._refused_in_part = [], False, False
        turned = self.around.turned_round(place)
        if turned is not None:
            self._begin(Scope(ignoring=turned.says_nothing))
            return turned.taken
        if (item.kind in ("refusal", "allergy") and self.around.refuses(place)) or self.around.excepts(place):
            return self._refuse(place)
        if item.kind == "plain" and item.keys and self.scope.refusing:
            self._read_food(item, place)
        elif item.kind in ("plain", "refusal", "allergy"):
            self._read_plain(place)
        elif item.kind in ("food", "dish"):
            self._read_food(item, place)
        elif item.kind in ("diet", "condition"):
            self._read_state(item, place)
        elif item.kind == "unknown":
            self._read_unknown(item, place)
        elif self.scope.refusing:
            self._read_other(item, place)
        return 1

    def _read_other(self, item: Item, place: int) -> None:
        """A meal, a day or an amount in a refusal: "sem jantar", but not "sem leite no jantar"."""
        self._next_part(place)
        if self.scope.allergic or self.scope.excused:
            return  # nobody is allergic to a meal
        # "Troque o almoço" is about lunch, "sem leite no jantar" too, and so is "nada frito; quero almoço".
        asked = self._asked_in_part and not self._refused_in_part
        if not (self.scope.has_food or self.scope.exchanging or asked):
            if item.kind == "meal":
                self.heard.unwanted_meals.append(item)
            if item.kind == "day":
                self.heard.unwanted_days.append(item)
        self.scope.has_object = self.scope.part_has_object = True

    # -- refusals ------------------------------------------------------------------------------------------------

    def _refuse(self, place: int) -> int:
        item = self.items[place]
        self._refused_in_part = True
        if self._refuses_what_stands_before(place):
            self.scope.has_object = self.scope.has_food = True
            return 1
        if item.word in LISTING or (place and self.items[place - 1].word in LISTING):
            self._refuse_before()
        self._end_part()
        same = self.scope.refusing and not self.scope.has_object
        if not same:
            self._close()
        words = self.table.words
        scope = Scope(
            refusing=True,
            allergic=item.kind == "allergy",
            bare=item if item.kind == "allergy" else None,
            lasting=item.kind == "allergy" or self.around.is_of_a_person(place),
            exchanging=item.word.startswith(_EXCHANGE),
            attributive=item.word in words("inclusion.attributive"),
            excused=same and item.word.startswith(_NO_REFUSAL_OF_FOOD),
            foods=self.scope.foods,
            guesses=self.scope.guesses,
            before=self._part or self.around.asked_about(place),
        )
        if same:
            scope.attributive &= self.scope.attributive
            scope.lasting |= self.scope.lasting
            scope.allergic |= self.scope.allergic
            scope.bare = scope.bare or self.scope.bare
            scope.exchanging |= self.scope.exchanging
            scope.indirect = self.scope.indirect
        self.scope = scope
        return 1

    def _refuses_what_stands_before(self, place: int) -> bool:
        """Refuse the foods before a word where it is said of them; whether that is all it refuses.

        "Gluten and dairy free", "peanut allergy", "leite me faz mal", "ovo não": where the word may be of what follows
        as well ("ovo não leite"), both are refused.
        """
        item = self.items[place]
        if self.around.answers_a_question(place):
            self._mark_all(self.around.asked_about(place), allergic=False)
        listed = self.around.listed_before(place)
        following = self.items[place + 1] if place + 1 < len(self.items) else None
        near = following is not None and not following.mark
        if item.word in _AFTER:
            of = near and following is not None and following.word in _OF
            onwards = of or (item.word != "free" and near and following is not None and following.kind == "food")
            if listed and not onwards:
                self._mark_all(listed, allergic=False)
                return True
            return False
        if item.kind == "allergy" and listed:
            self._mark_all(listed, allergic=True)
            towards = near and following is not None and following.word in TOWARDS
            return not towards and (following is None or following.kind != "food")
        thanks = following is not None and following.word in ("thanks", "obrigado", "obrigada")
        if (item.word in self.table.words("refusal.of_before") or thanks) and (
            following is None or following.kind != "food"
        ):
            self._mark_all(self._part or self.around.asked_about(place, alone=False), allergic=False)
        if item.word not in self.table.words("refusal.prepositions"):
            spoken_of = list(self._part) if not self._asked_in_part else self.around.fronted(place)
            self._mark_all(spoken_of, allergic=item.kind == "allergy")
        return False

    def _mark_all(self, items: Sequence[Item], allergic: bool) -> None:
        for item in items:
            self._mark_refused(item, allergic, allergic)

    def _is_without_object(self) -> bool:
        """Whether a refusal stands alone, with no food before it either."""
        scope = self.scope
        return scope.refusing and not (scope.has_object or scope.excused or scope.foods or self._open or self._doubted)

    def _refuse_before(self) -> None:
        """ "Leite eu não quero, …": a refusal with nothing after it up to the comma is of what its part began with."""
        if self.scope.refusing and not self.scope.has_object and not self.scope.unknown_part and self.scope.before:
            for item in self.scope.before:
                self._mark_refused(item, self.scope.allergic, self.scope.lasting)
            self.scope.has_object = self.scope.has_food = True

    def _mark_refused(self, item: Item, allergic: bool, lasting: bool) -> None:
        self.heard.refused.append(item)
        if allergic:
            self.heard.allergies.append(item)
        if lasting:
            self.heard.lasting.append(item)
        self._open.pop(id(item), None)
        self._doubted.pop(id(item), None)

    # -- everything else -------------------------------------------------------------------------------------------

    def _read_plain(self, place: int) -> None:
        item = self.items[place]
        words = self.table.words
        self._asked_in_part |= item.word in words("inclusion.asking") or self.around.is_wanting(place)
        if item.word in words("inclusion.approval") and self._approves(place):
            return
        if item.word in words("inclusion.contrast"):
            self._begin(Scope(foods=self.scope.foods, guesses=self.scope.guesses))
        elif self.scope.refusing or self.scope.ignoring:
            self._next_part(place)
            if self._opens(place):
                self._begin(Scope(foods=self.scope.foods, guesses=self.scope.guesses))
            elif item.word in words("inclusion.openers") or item.word in _RELATIVE:
                self.scope.indirect |= not self.scope.has_object
                self.scope.unsure |= self.scope.attributive and self.scope.has_food and not self.scope.indirect
        elif self.around.is_coordinated(place) and self._is_opener(place):
            self._begin(Scope(foods=self.scope.foods, guesses=self.scope.guesses))

    def _approves(self, place: int) -> bool:
        """ "Leite não, frango sim": whether a word takes back a refusal that only carried on to the food before it."""
        before = self.items[place - 1] if place else None
        if before is None or before.kind != "food" or self.items[place].mark or not before.mark:
            return False
        if before in self.heard.refused:
            for kept in (self.heard.refused, self.heard.allergies, self.heard.lasting):
                if before in kept:
                    kept.remove(before)
            self._open[id(before)] = before
        self.scope = Scope()
        return True

    def _opens(self, place: int) -> bool:
        """Whether a word ends the refusal it stands in."""
        word, words = self.items[place].word, self.table.words
        if word in words("inclusion.asking") and self.around.is_coordinated(place):
            return True
        if not (self.scope.has_object or self.scope.ignoring or self.scope.excused):
            # "Trigo? Deus me livre; quero arroz": the refusal was of what the sentence before names.
            return bool(self._open) and bool(self.items[place].mark) and self.around.is_wanting(place)
        if self.scope.exchanging and word in words("inclusion.pointing"):
            return True
        if word in words("inclusion.openers"):
            clear = self.scope.attributive and self.scope.constituents and self.scope.has_food
            return (self.around.is_coordinated(place) or clear) and not self.scope.indirect
        return self.around.is_wanting(place) and (self.around.is_coordinated(place) or not self.scope.indirect)

    def _is_opener(self, place: int) -> bool:
        return self.items[place].word in self.table.words("inclusion.openers") or self.around.is_wanting(place)

    def _read_food(self, item: Item, place: int) -> None:
        scope = self.scope
        self._next_part(place)
        self._part.append(item)
        scope.part_has_object = True
        if item.is_guessed and not (scope.refusing or scope.ignoring):
            self._guess(item)
            return
        if scope.refusing:
            if item.is_guessed:
                self._refuse_before()
            scope.has_object = scope.has_food = True
            scope.constituents &= item.word in self.table.words("inclusion.constituents")
            self._mark_refused(item, scope.allergic, scope.lasting)
            if scope.unsure:
                self.heard.unsure.append(item)
        elif scope.ignoring:
            scope.has_object = True
        elif scope.doubtful:
            self._doubted[id(item)] = item
            scope.foods.append(item)
        else:
            self._open[id(item)] = item
            scope.foods.append(item)

    def _read_state(self, item: Item, place: int) -> None:
        self._next_part(place)
        self.scope.part_has_object = True
        if self.around.is_denied(place):
            self.scope.has_object = True
            return
        if self.scope.refusing:
            self.scope.has_object = True
        if item.kind == "condition" and (self._part or self.scope.guesses):
            self.scope.unknown.append(item)  # "leite me dá azia"
            self._doubt()
        (self.heard.diets if item.kind == "diet" else self.heard.conditions).append(item)

    def _read_unknown(self, item: Item, place: int) -> None:
        self._next_part(place)
        self.heard.unknown.append(item)
        self.scope.unknown.append(item)
        if self.around.tells_a_state(place):
            self.heard.states.append(item)
        if self.scope.refusing:
            self.scope.unknown_part.append(item)
        elif not self.scope.ignoring:
            self._doubt()

    def _guess(self, item: Item) -> None:
        """A word that may be a food: where others were not understood it is left out, alone it is not taken for one."""
        self.heard.unknown.append(item)
        self.scope.guesses.append(item)
        self._doubt()

    def _doubt(self) -> None:
        """What was wanted in this clause is in doubt, and so is what follows in it."""
        if self.scope.doubtful:
            return
        self.scope.doubtful = True
        for item in self.scope.foods:
            if self._open.pop(id(item), None) is not None:
                self._doubted[id(item)] = item

    # -- the ends of things ------------------------------------------------------------------------------------------

    def _next_part(self, place: int) -> None:
        """A comma or "e" ends a part of a list; a part that is nothing known was not understood."""
        if self.scope.refusing and (self.items[place].mark or (place and self.items[place - 1].word in LISTING)):
            self._refuse_before()
            self._end_part()

    def _end_part(self) -> None:
        if self.scope.refusing and self.scope.unknown_part and not self.scope.part_has_object:
            self.heard.misunderstood += self.scope.unknown_part
            self.scope.has_object = True
        self.scope.unknown_part = []
        self.scope.part_has_object = False

    def _begin(self, scope: Scope) -> None:
        self._close()
        self.scope = scope
        self._part, self._asked_in_part, self._refused_in_part = [], False, False

    def _close(self) -> None:
        """A refusal without an object is of what stands before it."""
        self._refuse_before()
        self._end_part()
        scope = self.scope
        if scope.guesses and len(scope.guesses) + len(scope.unknown) > 1:
            self._doubted |= {id(item): item for item in scope.guesses}
            scope.guesses = []
        if not scope.refusing or scope.has_object or scope.excused:
            return
        before = scope.foods + scope.guesses or [*self._open.values(), *self._doubted.values()]
        for item in list(before):
            if id(item) in self._open or id(item) in self._doubted or item in scope.guesses:
                self._mark_refused(item, scope.allergic, scope.lasting)
        if not before:
            self.heard.misunderstood += self.heard.unknown or ([scope.bare] if scope.bare is not None else [])
        scope.has_object = True
