"""Frequency penalty: the more often a token was used, the less likely it becomes.

As in OpenAI's interface (platform.openai.com, "Frequency and presence penalties"): count × penalty is subtracted from
the logit, which comes to the same on log-probabilities, since a constant changes nothing. Counted are the last
`repetition_window` tokens, the prompt's among them.
"""

from genchat.engine.sampling.definition import Outcome, RemoteNumber, StageDefinition, StageInput, StageSetting


def _apply(now: StageInput) -> Outcome:
    import numpy as np

    tokens = now.penalised_tokens(now.settings.repetition_window)
    if not tokens:
        return Outcome()
    used, counts = np.unique(np.asarray(tokens, dtype=np.int64), return_counts=True)
    values = now.log_probs.copy()
    values[used] -= (counts * now.settings.frequency_penalty).astype(np.float32)
    return Outcome(log_probs=values)


STAGE = StageDefinition(
    name="frequency",
    order=20,
    settings=(
        StageSetting(
            "frequency_penalty",
            0.0,
            off=0.0,
            low=-2,
            high=2,
            gemini=RemoteNumber("frequency_penalty", high=1.99, always=False),  # the service takes less than 2
        ),
    ),
    apply=_apply,
)
