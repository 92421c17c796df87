"""Greedy choice, which is temperature 0: the likeliest token is taken, ties by id, and no number is drawn."""

from genchat.engine.sampling.definition import Outcome, StageDefinition, StageInput


def _apply(now: StageInput) -> Outcome:
    return Outcome(kept=1)


STAGE = StageDefinition(
    name="greedy",
    order=160,
    settings=(),
    apply=_apply,
    ends=True,
    when=lambda settings: settings.temperature == 0,
)
