"""What a local model thinks of a text that another wrote: the same tokens, one by one, with its own distributions.

For replies of a remote model that shows no probabilities. It is another model's opinion and must be labelled as such.
"""

from collections.abc import Iterator, Sequence

from genchat.engine.contract import LanguageModel, Step, StopSignal
from genchat.engine.distribution import exact, unknown
from genchat.engine.text import IncrementalText


def second_opinion(
    model: LanguageModel,
    text: str,
    context: Sequence[int] = (),
    should_stop: StopSignal | None = None,
    reason: str = "gemini.opinion_draws_nothing",
) -> Iterator[Step]:
    """A step for each token of `text` as `model` cuts it, after the tokens of `context`; nothing is drawn, and
    `reason` is the key of the text that says why.
    """
    tokens = model.tokenizer.encode(text)
    cursor = model.start(context)
    pending = IncrementalText()
    not_drawn = unknown(reason)
    for position, token in enumerate(tokens):
        if should_stop is not None and should_stop():
            return
        log_probs = cursor.log_probs()
        believed = exact(log_probs)
        grown = pending.push(model.tokenizer.token_bytes(token), final=position == len(tokens) - 1)
        yield Step(position, token, grown, float(log_probs[token]), believed, not_drawn)
        cursor.advance(token)
