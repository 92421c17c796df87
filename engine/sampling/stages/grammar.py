"""A grammar: keeps what an expression or a JSON schema allows next (Willard & Louf 2023, arXiv:2307.09702).

It runs before the cuts by probability, so that they choose among what is allowed; penalties and temperature, which it
would not change, come first, and what it takes away is seen as cut by it. Role and end markers are allowed where the
text may end. The state is the place in the grammar; a grammar that is complete ends the reply.
"""

from typing import TYPE_CHECKING

from genchat.engine.sampling.definition import Outcome, StageDefinition, StageInput, StageSetting

if TYPE_CHECKING:
    from genchat.engine.sampling.grammar import Grammar, Place
    from genchat.engine.sampling.settings import SamplingSettings


def _begin(settings: "SamplingSettings") -> "Grammar":
    from genchat.engine.sampling.grammar import Grammar

    return Grammar.of(settings.regex, settings.json_schema)


def _place(now: StageInput) -> "Place":
    from genchat.engine.errors import UsageError
    from genchat.engine.sampling.grammar import Grammar

    if not isinstance(now.state, Grammar):
        place: Place = now.state
        return place
    if now.tokenizer is None:
        raise UsageError("grammar_without_tokens")
    return now.state.begin(now.tokenizer)


def _apply(now: StageInput) -> Outcome:
    from genchat.engine.errors import UsageError

    mask = _place(now).allowed()
    if not (mask & (now.log_probs > float("-inf"))).any():
        raise UsageError("grammar_no_token")
    return Outcome(kept=mask)


def _after(now: StageInput, token: int) -> "Place":
    return _place(now).after(token)


def _complete(state: "Grammar | Place") -> bool:
    from genchat.engine.sampling.grammar import Place

    return isinstance(state, Place) and state.complete


STAGE = StageDefinition(
    name="grammar",
    order=150,
    settings=(
        StageSetting("regex", "", off="", metavar="PATTERN"),
        StageSetting("json_schema", "", off="", metavar="FILE", file=True),
    ),
    apply=_apply,
    shows_value=False,
    begin=_begin,
    after=_after,
    complete=_complete,
)
