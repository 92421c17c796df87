"""Presence penalty: a token that was used at all becomes less likely, however often it was.

As in OpenAI's interface (platform.openai.com, "Frequency and presence penalties"): the penalty is subtracted once from
the logit, which comes to the same on log-probabilities, since a constant changes nothing. Looked at are the last
`repetition_window` tokens, the prompt's among them.
"""

from genchat.engine.sampling.definition import Outcome, RemoteNumber, StageDefinition, StageInput, StageSetting


def _apply(now: StageInput) -> Outcome:
    import numpy as np

    tokens = now.penalised_tokens(now.settings.repetition_window)
    if not tokens:
        return Outcome()
    values = now.log_probs.copy()
    values[np.unique(np.asarray(tokens, dtype=np.int64))] -= np.float32(now.settings.presence_penalty)
    return Outcome(log_probs=values)


STAGE = StageDefinition(
    name="presence",
    order=30,
    settings=(
        StageSetting(
            "presence_penalty",
            0.0,
            off=0.0,
            low=-2,
            high=2,
            gemini=RemoteNumber("presence_penalty", high=1.99, always=False),  # the service takes less than 2
        ),
    ),
    apply=_apply,
)
