"""What could come next: the likeliest tokens with their probabilities, and what is left for all others."""

import math
from dataclasses import dataclass, field

from genchat.engine.contract import Tokenizer
from genchat.engine.distribution import LN2, ExactDistribution
from genchat.engine.interface.tables import Rows, Table
from genchat.engine.language import say
from genchat.engine.language.numbers import decimal, whole
from genchat.engine.token_values import Labels, percent


@dataclass(frozen=True, slots=True)
class NextToken:
    """One candidate. `log_prob` is a natural logarithm; `rank` counts from 1 for the likeliest."""

    id: int
    text: str
    log_prob: float
    rank: int
    label: str = field(repr=False)

    @property
    def probability(self) -> float:
        """From 0 to 1."""
        return math.exp(self.log_prob)

    @property
    def bits(self) -> float:
        """The surprise if this token comes: -log2 of its probability."""
        return -self.log_prob / LN2


class NextTokens(Rows[NextToken]):
    """The likeliest candidates, likeliest first; `distribution` holds every token of the vocabulary."""

    def __init__(self, distribution: ExactDistribution, tokenizer: Tokenizer, top: int) -> None:
        labels = Labels(tokenizer)
        super().__init__(
            NextToken(row.token, tokenizer.decode([row.token]), row.log_prob, row.rank, labels(row.token))
            for row in distribution.top(top)
        )
        self.distribution = distribution

    @property
    def entropy(self) -> float:
        """How open the choice is, in bits."""
        return self.distribution.entropy

    @property
    def rest(self) -> float:
        """The probability of all tokens that are not listed, from 0 to 1."""
        return self.distribution.rest_mass(len(self))

    def _table(self) -> Table:
        columns = ("rank", "token", "id", "percent", "bits")
        others = whole(max(self.distribution.vocabulary_size - len(self), 0))
        longest = self[0].probability if len(self) else 1.0
        return Table(
            tuple(say(f"cli.column.{name}") for name in columns),
            [(str(row.rank), row.label, str(row.id), percent(row.probability), decimal(row.bits)) for row in self],
            right=frozenset({0, 2, 3, 4}),
            shares=[row.probability / longest for row in self],
            notes=(say("cli.next.summary", others=others, rest=percent(self.rest), entropy=decimal(self.entropy)),),
            labels=frozenset({1}),
        )
