"""Mirostat 2 (Basu et al. 2021, arXiv:2007.14966, and the authors' code): steers the surprise of a text to a target.

Tokens that surprise by more than mu bits are taken away. After each draw mu moves by eta times what the drawn token
surprised less than the target tau; it begins at twice the target. The surprise is that of the distribution as it enters
this stage, as in the paper; llama.cpp takes that of what is left, which is smaller.
"""

import math
from typing import TYPE_CHECKING

from genchat.engine.sampling.definition import Outcome, StageDefinition, StageInput, StageSetting

if TYPE_CHECKING:
    from genchat.engine.sampling.settings import SamplingSettings

_LN2 = math.log(2)


def _begin(settings: "SamplingSettings") -> float:
    return 2.0 * float(settings.mirostat_tau)


def _apply(now: StageInput) -> Outcome:
    return Outcome(kept=now.candidates.count_above(-now.state * _LN2))


def _after(now: StageInput, token: int) -> float:
    surprise = -float(now.log_probs[token]) / _LN2
    if math.isinf(surprise):  # chosen by hand where the model, or an earlier stage, left nothing
        return float(now.state)
    return float(now.state - now.settings.mirostat_eta * (surprise - now.settings.mirostat_tau))


STAGE = StageDefinition(
    name="mirostat",
    order=260,
    settings=(
        StageSetting(
            "mirostat_tau", 0.0, off=0.0, low=0, metavar="BITS", steps=(0, 0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
        ),
        StageSetting("mirostat_eta", 0.1, low=0, high=1, above=True, steps=(0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1)),
    ),
    apply=_apply,
    begin=_begin,
    after=_after,
)
