"""The only two loops that call a local model: `generate` draws new tokens, `score` prices given ones.

Both are plain: the caller may leave between any two tokens, and what was produced is kept.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from genchat.engine.contract import BatchScorer, Cursor, LanguageModel, Step, StopSignal
from genchat.engine.distribution import FloatArray, exact
from genchat.engine.sampling import Sampler, SamplingSettings
from genchat.engine.text import IncrementalText

# What stands at a place before its token is drawn: cursor, sampler, and the tokens before it, a list that grows.
Watch = Callable[[Cursor, Sampler, list[int]], object]


def generate(
    model: LanguageModel,
    prompt: Sequence[int],
    settings: SamplingSettings,
    *,
    max_tokens: int = 400,
    stop_tokens: frozenset[int] = frozenset(),
    should_stop: StopSignal | None = None,
    cursor: Cursor | None = None,
    position: int = 0,
    sampler: Sampler | None = None,
    pending: IncrementalText | None = None,
    taken: Sequence[int] = (),
    steering: Callable[[], SamplingSettings] | None = None,
    watch: Watch | None = None,
) -> Iterator[Step]:
    """Draw up to `max_tokens` tokens after `prompt`.

    A token of `stop_tokens` ends the text; its step is yielded, marked special, with the bytes still pending. A stage
    of sampling for which the text is complete, such as a grammar, ends it too.
    `should_stop` is asked before every token. `cursor`, if given, stands after `prompt` already and is moved on.

    To go on from within a reply, `prompt` ends with the tokens kept of it and `position` is how many those are: the
    same seed then draws what it drew there. What a stage remembers (mirostat) comes with a fork of the `sampler`,
    which is used in place of a new one, and `pending` holds the bytes of a character that the kept tokens began.
    The first tokens are those of `taken`, which a person chose: nothing is drawn there. `watch` is called at every
    place, with what may be forked there; `steering` is asked there for the settings to draw with.
    """
    tokenizer = model.tokenizer
    specials = frozenset(tokenizer.special_tokens.values())
    drawer = Sampler(settings, tokenizer) if sampler is None else sampler
    here = model.start(prompt) if cursor is None else cursor
    before = list(prompt)
    pending = IncrementalText() if pending is None else pending
    end = position + max_tokens
    for at in range(position, end):
        if should_stop is not None and should_stop():
            return
        if steering is not None:
            drawer.use(steering())
        log_probs = here.log_probs()
        if watch is not None:
            watch(here, drawer, before)
        by_hand = taken[at - position] if at - position < len(taken) else None
        draw = drawer.draw(log_probs, before, at, by_hand)
        ends = draw.token in stop_tokens
        last = ends or drawer.complete or at == end - 1
        text = pending.push(b"" if ends else tokenizer.token_bytes(draw.token), final=last)
        yield Step(
            position=at,
            token=draw.token,
            text=text,
            log_prob=float(log_probs[draw.token]),
            raw=exact(log_probs),
            drawn_from=draw.distribution(),
            draw=draw,
            special=ends or draw.token in specials,
        )
        if ends or drawer.complete:
            return
        before.append(draw.token)
        here.advance(draw.token)


def score(model: LanguageModel, tokens: Sequence[int], context: Sequence[int] = ()) -> FloatArray:
    """The array is float32 [len(tokens)]: natural log p(token | context and the tokens before it)."""
    if not len(tokens):
        return np.empty(0, dtype=np.float32)
    if isinstance(model, BatchScorer):
        return model.score_tokens([*context, *tokens])[len(context) :]
    cursor = model.start(context)
    log_probs = np.empty(len(tokens), dtype=np.float32)
    for index, token in enumerate(tokens):
        log_probs[index] = cursor.log_probs()[token]
        cursor.advance(token)
    return log_probs
