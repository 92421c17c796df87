"""A text in a notebook, each token tinted by its surprise; what else could have come shows under the pointer."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape

from genchat.engine.distribution import LN2, Distribution
from genchat.engine.language import say
from genchat.engine.language.numbers import decimal, percent
from genchat.engine.text import safe

_FULL = 12.0  # bits at which the tint is strongest
_STRONGEST = 0.65  # opacity
_HOVERED = 6  # candidates under the pointer
_TEXT = "white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.7"


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece is some text and what is known of it. `bits` is None where its probability is not known; `hover` has
    lines.
    """

    text: str
    bits: float | None
    hover: str
    special: bool = False


def hover_of(
    label: str, log_prob: float | None, rank: int | None, distribution: Distribution, label_of: Callable[[int], str]
) -> str:
    """The lines under the pointer: the token itself, then what else could have come."""
    lines = [label]
    if log_prob is not None:
        lines[0] += "  " + say("interface.hover", percent=_percent(log_prob), bits=_bits(log_prob))
        lines[0] += "" if rank is None else "  " + say("interface.hover_rank", rank=rank)
    for row in distribution.top(_HOVERED):
        lines.append(f"{row.rank}. {label_of(row.token)}  {percent(row.probability)}%")
    return "\n".join(lines)


def tinted(pieces: Iterable[Piece]) -> str:
    """The pieces as HTML, in one block."""
    return f'<div style="{_TEXT}">{"".join(map(_span, pieces))}</div>'


def _span(piece: Piece) -> str:
    if not piece.text:
        return ""
    style = "border-radius:3px"
    if piece.bits is not None:
        share = 1.0 if not math.isfinite(piece.bits) else min(max(piece.bits, 0.0) / _FULL, 1.0)
        style += f";background:rgba(230,120,30,{share * _STRONGEST:.2f})"
    if piece.special:
        style += ";opacity:.5;font-size:.8em"
    title = escape(safe(piece.hover)).replace("\n", "&#10;")
    return f'<span style="{style}" title="{title}">{escape(safe(piece.text))}</span>'


def _percent(log_prob: float) -> str:
    return percent(math.exp(log_prob))


def _bits(log_prob: float) -> str:
    return decimal(-log_prob / LN2) if math.isfinite(log_prob) else "∞"
