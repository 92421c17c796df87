"""Locally typical sampling (Meister et al. 2022, arXiv:2202.00666): keeps what surprises about as much as is expected.

The tokens whose surprisal lies nearest to the entropy come first, until together they reach p. The very likely ones may
be left out: this keeps tokens from the middle of the list sorted by probability.
"""

from genchat.engine.sampling.definition import Outcome, StageDefinition, StageInput, StageSetting


def _apply(now: StageInput) -> Outcome:
    import numpy as np

    ids = now.candidates.ids()
    log_probs = now.log_probs[ids].astype(np.float64)
    probabilities = np.exp(log_probs)
    entropy = -float((probabilities * log_probs).sum())
    order = np.argsort(np.abs(-log_probs - entropy), kind="stable")
    reached = np.cumsum(probabilities[order])
    count = int(np.searchsorted(reached, now.settings.typical_p * reached[-1])) + 1
    return Outcome(kept=ids[order[:count]])


STAGE = StageDefinition(
    name="typical-p",
    order=220,
    settings=(
        StageSetting(
            "typical_p",
            1.0,
            off=1.0,
            low=0,
            high=1,
            above=True,
            metavar="P",
            steps=(*(twentieth / 20 for twentieth in range(1, 20)), 0.97, 0.99, 1),
        ),
    ),
    apply=_apply,
)
