"""XTC, "exclude top choices" (p-e-w 2024, text-generation-webui pull request 6335; llama.cpp knows it too).

Where several tokens reach the threshold, all of them but the least likely are taken away, at a chance. What is left
still makes sense, and is not what the model says first. The number that decides is this stage's own: it differs from
that of the draw.
"""

import math

from genchat.engine.sampling.definition import Outcome, StageDefinition, StageInput, StageSetting


def _apply(now: StageInput) -> Outcome:
    import numpy as np

    if now.random() >= now.settings.xtc_probability:
        return Outcome()
    choices = now.candidates.count_above(math.log(now.settings.xtc_threshold))
    if choices < 2:
        return Outcome()
    mask = now.log_probs > -np.inf
    mask[now.candidates.likeliest(choices - 1)] = False
    return Outcome(kept=mask)


STAGE = StageDefinition(
    name="xtc",
    order=250,
    settings=(
        StageSetting("xtc_probability", 0.0, off=0.0, low=0, high=1, metavar="P"),
        # Above a half no two tokens can reach it.
        StageSetting(
            "xtc_threshold",
            0.1,
            low=0,
            high=0.5,
            above=True,
            metavar="P",
            steps=(0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5),
        ),
    ),
    apply=_apply,
)
