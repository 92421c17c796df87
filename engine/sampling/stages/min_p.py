"""Min-p (Nguyen et al. 2024, arXiv:2407.01082): keeps what is at least p times as likely as the likeliest."""

import math

from genchat.engine.sampling.definition import Outcome, StageDefinition, StageInput, StageSetting


def _apply(now: StageInput) -> Outcome:
    return Outcome(kept=now.candidates.count_above(now.candidates.peak + math.log(now.settings.min_p)))


STAGE = StageDefinition(
    name="min-p",
    order=240,
    listed=4,
    settings=(
        StageSetting(
            "min_p",
            0.0,
            off=0.0,
            low=0,
            high=1,
            metavar="P",
            steps=(0, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1),
        ),
    ),
    apply=_apply,
)
