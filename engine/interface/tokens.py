"""A text as the tokens a model cuts it into."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

from genchat.engine.contract import Tokenizer
from genchat.engine.interface.tables import Rows, Table
from genchat.engine.language import say
from genchat.engine.token_labels import Labels

_TINTS = ("rgba(70,130,220,.28)", "rgba(60,170,120,.28)", "rgba(220,150,40,.28)")  # neighbours differ
_PIECE = "white-space:pre-wrap;border-radius:3px;padding:1px 2px;margin-right:1px;background:{tint}"


@dataclass(frozen=True, slots=True)
class Token:
    """This is one token: its id, the text it stands for, and how it is written in a table (" Brasil" is "·Brasil")."""

    id: int
    text: str
    label: str = field(repr=False)


class Tokens(Rows[Token]):
    """The tokens of a text, in order."""

    def __init__(self, ids: Sequence[int], tokenizer: Tokenizer) -> None:
        labels = Labels(tokenizer)
        super().__init__(Token(token, tokenizer.decode([token]), labels(token)) for token in ids)
        self._decoded = tokenizer.decode(list(ids))

    @property
    def ids(self) -> list[int]:
        """The ids alone, as `next`, `score` and `complete` take them."""
        return [token.id for token in self]

    @property
    def texts(self) -> list[str]:
        """The text of each token by itself; half a character is written as U+FFFD."""
        return [token.text for token in self]

    @property
    def text(self) -> str:
        """This is the text of all of them together, special tokens left out."""
        return self._decoded

    def _table(self) -> Table:
        header = (say("cli.column.token"), say("cli.column.id"))
        return Table(header, [(token.label, str(token.id)) for token in self], frozenset({1}), labels=frozenset({0}))

    def _repr_html_(self) -> str:
        pieces = (
            f'<span style="{_PIECE.format(tint=_TINTS[index % len(_TINTS)])}" title="{token.id}">'
            f"{escape(token.label)}</span>"
            for index, token in enumerate(self)
        )
        return f'<div style="line-height:1.9">{"<wbr>".join(pieces)}</div>'
