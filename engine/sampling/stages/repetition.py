"""Repetition penalty: tokens that were just used become less likely.

CTRL (Keskar et al. 2019, arXiv:1909.05858) divides the logits of used tokens by the penalty; where logits are negative
that would reward them, so since then engines multiply those. Logits are known up to a constant only, and the rule
depends on it: on log-probabilities, which are never positive, it cannot touch a token with p near 1. Here it is applied
to log p + ln V, which is 0 for a token as likely as under a uniform distribution over the V tokens: the same in every
family of models, and unlike engines that use whatever logits their network gives. The rule brings a likely token down
towards uniform, not below: a loop ends where the model holds another token likelier than that.
"""

import math

from genchat.engine.sampling.definition import Outcome, StageDefinition, StageInput, StageSetting

_HEAVIEST = 1e6  # beyond, nothing changes any more


def _apply(now: StageInput) -> Outcome:
    import numpy as np

    tokens = now.penalised_tokens(now.settings.repetition_window)
    if not tokens:
        return Outcome()
    penalty = np.float32(min(now.settings.repetition_penalty, _HEAVIEST))
    values = now.log_probs + np.float32(math.log(len(now.log_probs)))
    used = np.unique(np.asarray(tokens, dtype=np.int64))
    values[used] = np.where(values[used] > 0, values[used] / penalty, values[used] * penalty)
    return Outcome(log_probs=values)


STAGE = StageDefinition(
    name="repetition",
    order=10,
    listed=5,
    settings=(
        StageSetting("repetition_penalty", 1.0, off=1.0, low=1, steps=(1, 1.05, 1.1, 1.15, 1.2, 1.3, 1.5, 2, 3)),
        StageSetting("repetition_window", 64, low=0, metavar="N", steps=(0, 8, 16, 32, 64, 128, 256, 1024)),
    ),
    apply=_apply,
    when=lambda settings: settings.repetition_penalty > 1 and settings.repetition_window > 0,
)
