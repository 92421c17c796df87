"""How numbers are written: the one place where a number becomes text, for every language.

English has a decimal point and thousands commas (12,345.6), Portuguese the two the other way round (12.345,6). Each
function takes the tag of a language and falls back to the language in use.
"""

from genchat.engine.language.chosen import language_in_use

_SWAPPED = str.maketrans(".,", ",.")


def localised(text: str, tag: str | None = None) -> str:
    """`text`, a number in Python's spelling, with the reader's decimal and thousands marks."""
    return text.translate(_SWAPPED) if (tag or language_in_use()) == "pt-br" else text


def decimal(value: float, digits: int = 2, tag: str | None = None) -> str:
    """A number with a fixed count of decimals, and thousands marks: 2.43, 12,345.60."""
    return localised(f"{value:,.{digits}f}", tag)


def plain(value: float, tag: str | None = None) -> str:
    """A number of at most four digits, as short as it can be: 0.8, 1, 40."""
    return localised(f"{value:.4g}", tag)


def exact(value: float, tag: str | None = None) -> str:
    """A number with all its digits, as a person would have typed it: 0.8, 1.5, 0.00015."""
    return localised(f"{value:.15g}", tag)


def setting(value: float | int | str, tag: str | None = None) -> str:
    """A setting as a person would type it."""
    return exact(value, tag) if isinstance(value, float) else str(value)


def whole(value: int, tag: str | None = None) -> str:
    """A count: 4,091."""
    return localised(f"{value:,}", tag)


def percent(probability: float, tag: str | None = None) -> str:
    """A probability as the number of percent, in at most four characters: 41.2, 3.1, 0.04, <.01.

    It is for columns whose heading holds the sign; `percentage` adds it.
    """
    value = probability * 100
    if value >= 99.95:
        return "100" if value >= 99.995 else localised(f"{min(value, 99.9):.1f}", tag)
    if value >= 0.095:
        return localised(f"{value:.1f}", tag)
    if value >= 0.0095:
        return localised(f"{value:.2f}", tag)
    return localised("<.01", tag) if value > 0 else "0"


def percentage(probability: float, tag: str | None = None) -> str:
    """A probability as percent with the sign: 41.2%."""
    return percent(probability, tag) + "%"


def rounded_percentage(share: float) -> str:
    """A share as whole percent with the sign, for what is rough anyway: 35%."""
    return f"{100 * share:.0f}%"


def short_count(value: int, tag: str | None = None) -> str:
    """A count of parameters: 3.2M, 135M, 12k."""
    for size, letter in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        if value >= size:
            return localised(f"{value / size:.3g}", tag) + letter
    return str(value)
