"""Top-k: keeps the k likeliest (Fan, Lewis & Dauphin 2018, arXiv:1805.04833); equally likely ones by id."""

from genchat.engine.sampling.definition import Outcome, RemoteNumber, StageDefinition, StageInput, StageSetting


def _apply(now: StageInput) -> Outcome:
    return Outcome(kept=int(now.settings.top_k))


STAGE = StageDefinition(
    name="top-k",
    order=210,
    listed=2,
    settings=(
        StageSetting(
            "top_k",
            0,
            off=0,
            low=0,
            metavar="K",
            gemini=RemoteNumber("top_k", always=False),
            steps=(1, 2, 3, 5, 10, 20, 40, 80, 160, 320, 1000, 0),
        ),
    ),
    apply=_apply,
)
