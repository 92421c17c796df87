"""How surprised a model is by a text: every token with its bits, and all of it in bits per byte."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from genchat.engine.contract import LanguageModel
from genchat.engine.decoding import score
from genchat.engine.distribution import LN2, exact
from genchat.engine.interface.tables import Rows, Table, notes
from genchat.engine.interface.tinted import Piece, hover_of, tinted
from genchat.engine.language import say
from genchat.engine.language.numbers import decimal, percent
from genchat.engine.text import IncrementalText
from genchat.engine.token_labels import Labels

_TINTED = 400  # tokens shown in a notebook: each takes one look into the model


@dataclass(frozen=True, slots=True)
class ScoredToken:
    """This is a token of the text and its price: `log_prob` is the natural log of p(token | the tokens before it)."""

    id: int
    text: str
    log_prob: float
    label: str = field(repr=False)

    @property
    def probability(self) -> float:
        """The probability is from 0 to 1."""
        return math.exp(self.log_prob)

    @property
    def bits(self) -> float:
        """The bits are -log2 of the probability; infinite where it is 0."""
        return -self.log_prob / LN2 + 0.0


class Score(Rows[ScoredToken]):
    """The tokens of a text with their prices. Sums are infinite where a token had no probability at all."""

    def __init__(self, model: LanguageModel, ids: Sequence[int], text: str, context: Sequence[int] = ()) -> None:
        self._model = model
        self._context = tuple(context)
        self._labels = labels = Labels(model.tokenizer)
        self.text = text
        self.unknown = tuple(model.tokenizer.unknown_in(text))
        super().__init__(
            ScoredToken(token, model.tokenizer.decode([token]), float(log_prob), labels(token))
            for token, log_prob in zip(ids, score(model, ids, context), strict=True)
        )

    @property
    def bytes(self) -> int:
        """This is the size of the text in UTF-8."""
        return len(self.text.encode("utf-8"))

    @property
    def bits(self) -> float:
        """These are the bits of the whole text."""
        return math.fsum(token.bits for token in self)

    @property
    def bits_per_byte(self) -> float:
        """This is the one unit in which all models compare."""
        return self.bits / max(self.bytes, 1)

    @property
    def bits_per_token(self) -> float:
        """This number is comparable only between models with the same tokens."""
        return self.bits / max(len(self), 1)

    @property
    def perplexity(self) -> float:
        """The perplexity is 2 to the power of the bits per token."""
        return 2.0 ** min(self.bits_per_token, 1000.0) if math.isfinite(self.bits) else math.inf

    def _notes(self) -> tuple[str, ...]:
        totals = say(
            "cli.score.totals",
            tokens=len(self),
            bytes=self.bytes,
            bits_per_byte=_number(self.bits_per_byte, 4),
            bits_per_token=_number(self.bits_per_token, 4),
            perplexity=_number(self.perplexity),
        )
        if not self.unknown:
            return (totals,)
        return totals, say("cli.score.unknown", pieces=" ".join(self.unknown[:8]), count=len(self.unknown))

    def _table(self) -> Table:
        longest = max((token.bits for token in self if math.isfinite(token.bits)), default=1.0) or 1.0
        return Table(
            tuple(say(f"cli.column.{name}") for name in ("token", "percent", "bits")),
            [(token.label, percent(token.probability), _number(token.bits)) for token in self],
            right=frozenset({1, 2}),
            shares=[token.bits / longest for token in self],
            notes=self._notes(),
            labels=frozenset({0}),
        )

    def _repr_html_(self) -> str:
        more = len(self) - _TINTED
        left_out = (say("interface.more_tokens", count=more),) if more > 0 else ()
        return tinted(self._pieces()) + notes((*left_out, *self._notes()))

    def _pieces(self) -> Iterator[Piece]:
        tokenizer, pending = self._model.tokenizer, IncrementalText()
        cursor = self._model.start(self._context)
        for token in self[:_TINTED]:
            believed = exact(cursor.log_probs())
            hover = hover_of(token.label, token.log_prob, believed.rank(token.id), believed, self._labels)
            yield Piece(pending.push(tokenizer.token_bytes(token.id)), token.bits, hover)
            cursor.advance(token.id)


def _number(value: float, digits: int = 2) -> str:
    return decimal(value, digits) if math.isfinite(value) else "∞"
