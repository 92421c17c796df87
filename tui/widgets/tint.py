"""Tints of the transcript: what is known of each token as a ground, and for readers without colour as underlines.

Four steps, mild to strong; the two strong ones are underlined, the strongest is bold too, so that they are told apart
in sixteen colours, in none, and by those who do not see the colours apart.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.style import Style

from genchat.engine.language import say
from genchat.tui.colours import ThemeStyles

if TYPE_CHECKING:
    from genchat.tui.chat.token_records import TokenRecord

OFF = ""


@dataclass(frozen=True)
class _Kind:
    """What a tint shows: the size of a token by `measure`, and where each of its four steps begins."""

    measure: "Callable[[TokenRecord], float | None]"
    steps: tuple[float, float, float, float]
    shown: tuple[str, str, str, str]  # the same as a person reads them


def _improbability(record: "TokenRecord") -> float | None:
    return None if record.surprisal is None else 1 - 2.0**-record.surprisal


_KINDS: Mapping[str, _Kind] = {
    "surprise": _Kind(lambda record: record.surprisal, (1, 3, 6, 9), ("1", "3", "6", "9")),
    "probability": _Kind(_improbability, (0.5, 0.8, 0.95, 0.99), ("50%", "20%", "5%", "1%")),
    "entropy": _Kind(lambda record: record.entropy, (1, 2, 4, 6), ("1", "2", "4", "6")),
    "rank": _Kind(lambda record: record.rank, (2, 4, 11, 51), ("2", "4", "11", "51")),
}
TINTS: tuple[str, ...] = (OFF, *_KINDS)


def following(tint: str) -> str:
    """Return the tint after this one; after the last one none."""
    return TINTS[(TINTS.index(tint) + 1) % len(TINTS)]


def step_of(tint: str, record: "TokenRecord") -> int:
    """Return 0 for a token that is left plain, else 1 to 4."""
    kind = _KINDS.get(tint)
    value = None if kind is None else kind.measure(record)
    return 0 if kind is None or value is None else sum(value >= start for start in kind.steps)


def style_of(step: int, styles: ThemeStyles) -> Style:
    """Return the style of a step."""
    if not step:
        return Style()
    return styles.heat[step - 1] + Style(underline=step >= 3 or None, bold=step == 4 or None)


def legend(tint: str, styles: ThemeStyles) -> list[tuple[str, Style]]:
    """Return the pieces of a line that says what the tint means; none without a tint."""
    kind = _KINDS.get(tint)
    if kind is None:
        return []
    steps = [(f" {text} ", styles.text + style_of(step, styles)) for step, text in enumerate(kind.shown, 1)]
    return [(say(f"tint.{tint}") + " ", styles.muted), *steps]
