"""Top-n-sigma: keeps what lies at most n standard deviations below the likeliest (Tang et al. 2024, arXiv:2411.07641).

The paper measures on logits before temperature and shows that the choice does not depend on it: peak, deviation and
distances all scale alike, and a constant changes none of them. Log-probabilities after temperature therefore give the
same tokens as the model's logits. The deviation (population, as in the authors' code) is that of all tokens left with
a probability above 0.
"""

from genchat.engine.sampling.definition import Outcome, StageDefinition, StageInput, StageSetting


def _apply(now: StageInput) -> Outcome:
    import numpy as np

    left = now.log_probs
    if now.candidates.count < len(left):
        left = left[now.candidates.ids()]
    deviation = float(left.std(dtype=np.float64))
    return Outcome(kept=now.candidates.count_above(now.candidates.peak - now.settings.top_n_sigma * deviation))


STAGE = StageDefinition(
    name="top-n-sigma",
    order=200,
    settings=(
        StageSetting("top_n_sigma", 0.0, off=0.0, low=0, metavar="N", steps=(0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 0)),
    ),
    apply=_apply,
)
