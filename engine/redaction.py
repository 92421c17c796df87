"""Keys taken out of text before it is kept or shown: a pasted API key must not end in a history, a log or an export.

Shapes: Google's older keys (AIza…), its newer ones (AQ.…, IQ.…), and the tokens of services that texts about language
models are full of (hf_…, sk-…). Known keys of this process are taken out whatever their shape.
"""

import json
import os
import re
from collections.abc import Iterable
from contextlib import suppress

from genchat.engine.paths import paths

MARK = "[redacted]"
KEY_VARIABLES = re.compile(r".+_API_KEY|HF_TOKEN")  # of genchat's services, of plug-ins, and of other programs
_SHORTEST_KNOWN = 8  # a shorter "key" would take ordinary words out

_SHAPES = (
    (r"AIza", r"[0-9A-Za-z_\-]", 30),
    (r"[AI]Q\.", r"[0-9A-Za-z_\-.]", 20),
    (r"hf_", r"[0-9A-Za-z]", 30),
    (r"sk-", r"[0-9A-Za-z_\-]", 20),
)
_START = r"(?<![0-9A-Za-z])"
_WHOLE = re.compile(_START + "(?:" + "|".join(f"{head}{tail}{{{least},}}" for head, tail, least in _SHAPES) + ")")
_UNFINISHED = re.compile(_START + "(?:" + "|".join(rf"{head}{tail}*\Z" for head, tail, _ in _SHAPES) + ")")


def known_keys() -> tuple[str, ...]:
    """The keys this process could use: those of its environment and those stored in the file of keys."""
    from_environment = [value for name, value in os.environ.items() if value and KEY_VARIABLES.fullmatch(name)]
    stored: object = {}
    with suppress(OSError, ValueError):
        stored = json.loads(paths().keys.read_bytes())
    values = stored.values() if isinstance(stored, dict) else ()
    return (*from_environment, *(value for value in values if isinstance(value, str)))


def secret_spans(text: str, known: Iterable[str] = (), unfinished: bool = False) -> list[tuple[int, int]]:
    """(start, end) of everything in `text` that is a key, in order, not overlapping.

    `known` are keys to look for literally. With `unfinished`, also the beginning of a key at the very end, as a
    stream leaves it for a moment.
    """
    patterns = [_WHOLE]
    literal = sorted({key for key in known if len(key) >= _SHORTEST_KNOWN}, key=len, reverse=True)
    if literal:
        patterns.append(re.compile("|".join(map(re.escape, literal))))
    if unfinished:
        patterns.append(_UNFINISHED)
    spans = sorted(match.span() for pattern in patterns for match in pattern.finditer(text))
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def redact(text: str, known: Iterable[str] | None = None, unfinished: bool = False) -> str:
    """`text` with every key replaced by MARK. `known` defaults to the keys this process could use."""
    keys = known_keys() if known is None else known
    pieces, last = [], 0
    for start, end in secret_spans(text, keys, unfinished):
        pieces += [text[last:start], MARK]
        last = end
    return "".join([*pieces, text[last:]])
