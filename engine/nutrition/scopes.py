"""What reading a wish comes to, and the stretch of it that is read one way at a time."""

from dataclasses import dataclass, field

from genchat.engine.nutrition.items import Item


@dataclass
class Heard:
    """Items by what the wish says of them. `misunderstood` are refused words that are nothing that is known."""

    refused: list[Item] = field(default_factory=list)
    allergies: list[Item] = field(default_factory=list)  # of the refused, those that the body does not bear
    lasting: list[Item] = field(default_factory=list)  # of the refused, those that hold for more than one wish
    wanted: list[Item] = field(default_factory=list)
    doubted: list[Item] = field(default_factory=list)
    unsure: list[Item] = field(default_factory=list)  # of the refused, "frango" in "sem leite com frango"
    diets: list[Item] = field(default_factory=list)
    conditions: list[Item] = field(default_factory=list)
    unwanted_meals: list[Item] = field(default_factory=list)
    unwanted_days: list[Item] = field(default_factory=list)
    misunderstood: list[Item] = field(default_factory=list)
    unknown: list[Item] = field(default_factory=list)
    states: list[Item] = field(default_factory=list)  # of the unknown, what somebody is or has: "tenho lúpus"


@dataclass
class Scope:
    """A stretch of a wish that is read one way."""

    refusing: bool = False
    ignoring: bool = False  # "não tenho alergia a …" says nothing
    allergic: bool = False
    bare: Item | None = None  # the word of an allergy, which says nothing without what it is to
    lasting: bool = False
    exchanging: bool = False
    indirect: bool = False  # "nada com …": what is refused stands behind words that would else open a wish
    has_object: bool = False
    has_food: bool = False
    attributive: bool = False
    constituents: bool = True  # all that is refused so far are such as gluten
    unsure: bool = False
    doubtful: bool = False
    excused: bool = False  # "sem restrições"
    foods: list[Item] = field(default_factory=list)
    before: list[Item] = field(default_factory=list)  # foods between the last comma and the refusal
    guesses: list[Item] = field(default_factory=list)
    unknown: list[Item] = field(default_factory=list)
    unknown_part: list[Item] = field(default_factory=list)  # unknown words of the list's part that is being read
    part_has_object: bool = False
