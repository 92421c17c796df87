"""Top-p, or nucleus sampling (Holtzman et al. 2020, arXiv:1904.09751): the likeliest that together reach p."""

from genchat.engine.sampling.definition import Outcome, RemoteNumber, StageDefinition, StageInput, StageSetting


def _apply(now: StageInput) -> Outcome:
    return Outcome(kept=now.candidates.count_to_reach(now.settings.top_p))


STAGE = StageDefinition(
    name="top-p",
    order=230,
    listed=3,
    settings=(
        StageSetting(
            "top_p",
            0.9,
            off=1.0,
            low=0,
            high=1,
            above=True,
            metavar="P",
            gemini=RemoteNumber("top_p"),
            steps=(*(twentieth / 20 for twentieth in range(1, 20)), 0.97, 0.99, 1),
        ),
    ),
    apply=_apply,
)
