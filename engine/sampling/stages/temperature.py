"""Temperature: log-probabilities divided by T (Ackley, Hinton & Sejnowski 1985). T of 0 is the stage "greedy"."""

from genchat.engine.sampling.definition import Outcome, RemoteNumber, StageDefinition, StageInput, StageSetting

_COLDEST, _HOTTEST = 1e-30, 1e30  # beyond, float32 overflows and nothing changes any more


def _apply(now: StageInput) -> Outcome:
    import numpy as np

    return Outcome(log_probs=now.log_probs / np.float32(min(max(now.settings.temperature, _COLDEST), _HOTTEST)))


STAGE = StageDefinition(
    name="temperature",
    order=100,
    listed=1,
    settings=(
        StageSetting(
            "temperature",
            0.5,
            off=1.0,
            low=0,
            metavar="T",
            short="-T",
            gemini=RemoteNumber("temperature", 2.0),
            steps=(0, *(tenth / 10 for tenth in range(1, 21)), 3, 5),
        ),
    ),
    apply=_apply,
    when=lambda settings: settings.temperature not in (0, 1),
)
