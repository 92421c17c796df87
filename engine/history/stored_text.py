"""Text on its way into the file: keys taken out, lone surrogates replaced, and the tokens' shares kept in step."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate

from genchat.engine.redaction import MARK, redact, secret_spans

_SURROGATES = re.compile("[\ud800-\udfff]")  # UTF-8 cannot write them


def clean_text(text: str, secrets: Iterable[str]) -> str:
    """The result is the text as it is stored."""
    return redact(_SURROGATES.sub("\ufffd", text), secrets)


def redact_pieces(
    pieces: Sequence[str], secrets: Iterable[str], unfinished: bool = False
) -> tuple[str, list[int], frozenset[int]]:
    """The text of a reply as it is stored, how many characters of it each step wrote, and the steps to hide.

    A key takes up one mark, written by the first step that touches it; every step that touches it is hidden.
    """
    text = _SURROGATES.sub("\ufffd", "".join(pieces))
    lengths = [len(piece) for piece in pieces]
    spans = secret_spans(text, secrets, unfinished)
    if not spans:
        return text, lengths, frozenset()
    ends = list(accumulate(lengths))
    hidden: set[int] = set()
    stored, last = [], 0
    for start, end in spans:
        stored += [text[last:start], MARK]
        last = end
        first = bisect_right(ends, start)
        final = bisect_right(ends, end - 1)
        hidden.update(range(first, final + 1))
        for index in range(first, final + 1):
            begins = ends[index] - len(pieces[index])
            lengths[index] -= min(end, ends[index]) - max(start, begins)
        lengths[first] += len(MARK)
    return "".join([*stored, text[last:]]), lengths, frozenset(hidden)
