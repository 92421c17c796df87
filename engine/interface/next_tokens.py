"""What could come next, or could have come: the likeliest tokens with their probabilities, and the rest."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from genchat.engine.contract import Tokenizer
from genchat.engine.distribution import LN2, Distribution, ExactDistribution, NoDistribution
from genchat.engine.interface.tables import Rows, Table
from genchat.engine.language import say
from genchat.engine.language.numbers import decimal, percent, whole
from genchat.engine.text import decode_bytes
from genchat.engine.token_labels import Labels


@dataclass(frozen=True, slots=True)
class NextToken:
    """This is one candidate. `log_prob` is a natural logarithm; `rank` counts from 1 for the likeliest."""

    id: int
    text: str
    log_prob: float
    rank: int
    label: str = field(repr=False)

    @property
    def probability(self) -> float:
        """The probability is from 0 to 1."""
        return math.exp(self.log_prob)

    @property
    def bits(self) -> float:
        """The surprise if this token comes: -log2 of its probability."""
        return -self.log_prob / LN2


class Candidates(Rows[NextToken]):
    """The likeliest candidates that are known, likeliest first. A remote model or the history may know few or none."""

    def __init__(
        self, distribution: Distribution, bytes_of: Callable[[int], bytes], label_of: Callable[[int], str], top: int
    ) -> None:
        super().__init__(
            NextToken(row.token, decode_bytes(bytes_of(row.token)), row.log_prob, row.rank, label_of(row.token))
            for row in distribution.top(top)
        )
        self._distribution = distribution

    @property
    def distribution(self) -> Distribution:
        """This is all that is known, in the form the engine uses."""
        return self._distribution

    @property
    def entropy(self) -> float | None:
        """The entropy says how open the choice is, in bits; None where it is not known."""
        return self._distribution.entropy

    @property
    def rest(self) -> float | None:
        """The probability of all tokens that are not listed, from 0 to 1; None where it is not known."""
        return self._distribution.rest_mass(len(self))

    def _notes(self) -> tuple[str, ...]:
        known = self._distribution
        if isinstance(known, NoDistribution):
            return (say(known.reason),)
        rest, size, entropy = self.rest, known.vocabulary_size, known.entropy
        if rest is None or size is None or entropy is None:
            return ()
        others = whole(max(size - len(self), 0))
        return (say("cli.next.summary", others=others, rest=percent(rest), entropy=decimal(entropy)),)

    def _table(self) -> Table:
        columns = ("rank", "token", "id", "percent", "bits")
        longest = self[0].probability if len(self) else 1.0
        return Table(
            tuple(say(f"cli.column.{name}") for name in columns),
            [(str(row.rank), row.label, str(row.id), percent(row.probability), decimal(row.bits)) for row in self],
            right=frozenset({0, 2, 3, 4}),
            shares=[row.probability / longest for row in self],
            notes=self._notes(),
            labels=frozenset({1}),
        )


class NextTokens(Candidates):
    """The likeliest candidates of a local model; `distribution` holds every token of the vocabulary."""

    def __init__(self, distribution: ExactDistribution, tokenizer: Tokenizer, top: int) -> None:
        super().__init__(distribution, tokenizer.token_bytes, Labels(tokenizer), top)
        self._exact = distribution

    @property
    def distribution(self) -> ExactDistribution:
        """This is the whole distribution; its `probabilities` are float32 [vocabulary]."""
        return self._exact

    @property
    def entropy(self) -> float:
        """The entropy says how open the choice is, in bits."""
        return self._exact.entropy

    @property
    def rest(self) -> float:
        """The probability of all tokens that are not listed, from 0 to 1."""
        return self._exact.rest_mass(len(self))
