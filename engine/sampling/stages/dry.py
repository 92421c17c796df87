"""DRY, "don't repeat yourself" (p-e-w 2024, text-generation-webui pull request 5677; llama.cpp knows it too).

A token that would carry on a sequence that stood before becomes the less likely the longer the sequence is: where the
last n tokens were followed by it somewhere earlier, multiplier × base ** (n - allowed length) is subtracted from its
log-probability, from n = allowed length on. Sequences do not reach across a breaker, which is a token whose text holds
one of the characters of `dry_breakers` (\\n stands for the end of a line), or a role or end marker.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from genchat.engine.sampling.definition import Outcome, StageDefinition, StageInput, StageSetting

if TYPE_CHECKING:
    from genchat.engine.contract import Tokenizer

_LONGEST = 50  # tokens of a sequence that count: base ** n must stay a number
_HEAVIEST = 1e30  # what is subtracted must stay a float32
_ESCAPES = {"n": "\n", "t": "\t", "\\": "\\"}


def breaker_bytes(written: str) -> tuple[bytes, ...]:
    """The characters of the setting as UTF-8, with \\n, \\t and \\\\ read as one character each."""
    characters, rest = [], iter(written)
    for character in rest:
        follower = next(rest, "\\") if character == "\\" else ""
        characters.append(_ESCAPES.get(follower, follower) if follower else character)
    return tuple(character.encode("utf-8", "replace") for character in characters)


def _is_breaker(token: int, tokenizer: "Tokenizer | None", breakers: Sequence[bytes]) -> bool:
    if tokenizer is None:
        return False
    text = tokenizer.token_bytes(token)
    return not text or any(breaker in text for breaker in breakers)


def repeated_lengths(before: Sequence[int], is_breaker: Sequence[bool]) -> dict[int, int]:
    """Each token that would carry on an earlier sequence gets the length of the longest such sequence, up to 50."""
    lengths: dict[int, int] = {}
    last = len(before) - 1
    if last < 1 or is_breaker[last]:
        return lengths
    for end in range(last):
        follower = before[end + 1]
        if before[end] != before[last] or is_breaker[end + 1]:
            continue
        length = 1
        while (
            length < _LONGEST
            and length <= end
            and before[end - length] == before[last - length]
            and not is_breaker[last - length]
        ):
            length += 1
        lengths[follower] = max(length, lengths.get(follower, 0))
    return lengths


def _apply(now: StageInput) -> Outcome:
    import numpy as np

    settings = now.settings
    before = list(now.before[max(len(now.before) - settings.dry_window, 0) :])
    breakers = breaker_bytes(settings.dry_breakers)
    known = {token: _is_breaker(token, now.tokenizer, breakers) for token in set(before)}
    lengths = repeated_lengths(before, [known[token] for token in before])
    long_enough = {token: length for token, length in lengths.items() if length >= settings.dry_allowed_length}
    if not long_enough:
        return Outcome()
    values = now.log_probs.copy()
    for token, length in long_enough.items():
        penalty = settings.dry_multiplier * settings.dry_base ** (length - settings.dry_allowed_length)
        values[token] -= np.float32(min(penalty, _HEAVIEST))
    return Outcome(log_probs=values)


STAGE = StageDefinition(
    name="dry",
    order=40,
    settings=(
        StageSetting("dry_multiplier", 0.0, off=0.0, low=0, steps=(0, 0.2, 0.4, 0.6, 0.8, 1, 1.5, 2, 3)),
        StageSetting("dry_base", 1.75, low=1, high=10),
        StageSetting("dry_allowed_length", 2, low=1, metavar="N"),
        StageSetting("dry_window", 1024, low=0, metavar="N"),
        StageSetting("dry_breakers", '\\n:"*', metavar="TEXT"),
    ),
    apply=_apply,
)
