"""Numbers as the reader writes them: a decimal point in English, a comma in Portuguese."""

from genchat.engine.language import language_in_use


def localised(text: str) -> str:
    """`text`, a number in Python's spelling, with the reader's decimal and thousands marks."""
    if language_in_use() == "pt-br":
        return text.translate({ord("."): ",", ord(","): "."})
    return text


def decimal(value: float, digits: int = 2) -> str:
    """A number with a fixed count of decimals."""
    return localised(f"{value:.{digits}f}")


def plain(value: float) -> str:
    """A number as short as it can be: 0.8, 1, 40."""
    return localised(f"{value:.4g}")


def whole(value: int) -> str:
    """A count: 4,091."""
    return localised(f"{value:,}")


def percent(probability: float) -> str:
    """A probability as the number of percent, in at most four characters: 41.2, 3.1, 0.04, <.01."""
    value = probability * 100
    if value >= 99.95:
        return "100" if value >= 99.995 else localised(f"{min(value, 99.9):.1f}")
    if value >= 0.095:
        return localised(f"{value:.1f}")
    if value >= 0.0095:
        return localised(f"{value:.2f}")
    return localised("<.01") if value > 0 else "0"


def short_count(value: int) -> str:
    """A count of parameters: 3.2M, 135M, 12k."""
    for size, letter in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        if value >= size:
            return localised(f"{value / size:.3g}") + letter
    return str(value)
