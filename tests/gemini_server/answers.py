"""Which model answers what. A model that is not named here answers as a current one without probabilities does."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from tests.gemini_server.shapes import (
    Body,
    Choices,
    blocked_prompt,
    chunk,
    error,
    error_info,
    logprobs_result,
    quota_failure,
    retry_info,
    usage,
)

PIECES = ("Bom dia", "! Como", " posso ajudar?")
TEXT = "".join(PIECES)
STOP = usage(5, 7)
NO_LOGPROBS = error(400, "INVALID_ARGUMENT", "Logprobs is not enabled for models/gemini-2.5-flash")


@dataclass(frozen=True)
class Answer:
    """The chunks of a stream; in one piece they are joined, or another answer comes (`whole`).

    `logprobs` says who may have them.
    """

    chunks: tuple[Body, ...]
    logprobs: Body | None = None
    whole: tuple[Body, ...] = ()
    pause_after: int | None = None  # chunks sent before the gate must open
    cut_after: int | None = None  # chunks sent before the connection is dropped
    error_after: int | None = None  # chunks sent before an error object


@dataclass(frozen=True)
class Failure:
    """An HTTP answer that is no answer. `times` of them come before the model works."""

    status: int
    body: Body | str
    times: int | None = None
    headers: tuple[tuple[str, str], ...] = ()


Reaction = Answer | Failure


def _said(*texts: str, finish: str = "STOP", last: Body | None = None) -> tuple[Body, ...]:
    bodies = [chunk(text) for text in texts[:-1]]
    return (*bodies, last or chunk(texts[-1] if texts else None, finish, usage=STOP))


TOKENS: Choices = (("Bom", 101, -0.25), (" dia", 102, -0.5), ("!", 103, -2.75), (" Olá", 104, -0.125))
TOP: tuple[Choices, ...] = (
    (("Bom", 101, -0.25), ("Boa", 201, -1.75), ("Oi", 202, -4.0)),
    ((" dia", 102, -0.5), (" di", 203, -2.0)),
    ((".", 204, -0.25), (",", 205, -1.75)),  # the chosen one is not among them
    ((" Olá", 104, -0.125), (" olá", 206, -3.0)),
)
TOKEN_TEXT = "".join(text for text, _, _ in TOKENS)
_WITHOUT_IDS: Choices = tuple((text, None, log_prob) for text, _, log_prob in TOKENS)

MODELS: dict[str, Reaction] = {
    "with-logprobs": Answer(_said("Bom dia", "! Olá"), logprobs_result(TOKENS, TOP)),
    "logprobs-without-ids": Answer(_said(TOKEN_TEXT), logprobs_result(_WITHOUT_IDS, [])),
    "logprobs-with-end-token": Answer(
        _said(TOKEN_TEXT),
        logprobs_result((*TOKENS, ("<end_of_turn>", 107, -0.01)), (*TOP, (("<end_of_turn>", 107, -0.01),))),
    ),
    "logprobs-of-another-answer": Answer(_said("Outra ", "coisa"), logprobs_result(TOKENS, TOP), _said(TOKEN_TEXT)),
    "logprobs-of-another-ending": Answer(_said(*PIECES), logprobs_result(TOKENS, TOP), _said(TOKEN_TEXT)),
    "logprobs-of-another-text": Answer(_said("Outra coisa"), logprobs_result(TOKENS, TOP)),
    "logprobs-forgotten": Answer(_said(*PIECES), {}),
    "thoughtful": Answer((chunk(None, thought="Vejamos…"), *_said(*PIECES))),
    "blocked-prompt": Answer((blocked_prompt("PROHIBITED_CONTENT"),)),
    "blocked-prompt-new": Answer((blocked_prompt("TOO_SILLY"),)),
    "safety": Answer((chunk("Bom dia"), chunk(None, "SAFETY", usage=usage(5, 2)))),
    "recitation": Answer((chunk("Era uma vez"), chunk(None, "RECITATION", usage=usage(5, 3)))),
    "max-tokens": Answer(_said("Bom", " dia", finish="MAX_TOKENS")),
    "thinking-starved": Answer((chunk(None, "MAX_TOKENS", usage=usage(5, 0, 2999)),)),
    "no-room": Answer((chunk(None, "MAX_TOKENS", usage=usage(5)),)),
    "new-finish": Answer(_said("Bom dia", finish="BORED_TO_TEARS")),
    "empty": Answer((chunk(None, "STOP", usage=usage(5)),)),
    "no-finish": Answer((chunk("Bom dia"), chunk("!"))),
    "hostile": Answer(_said("a\x1b]52;c;ZXZpbA==\x07b", "\x9b2J\u202ec [@click=app.quit]x[/]")),
    "gated": Answer(_said(*PIECES), pause_after=1),
    "slow": Answer(_said(*PIECES), pause_after=0),
    "cut": Answer(_said(*PIECES), cut_after=2),
    "cut-after-the-end": Answer(_said(*PIECES), cut_after=len(PIECES)),
    "cut-at-once": Answer(_said(*PIECES), cut_after=0),
    "mid-error": Answer(_said(*PIECES), error_after=2),
    "mid-error-at-once": Answer(_said(*PIECES), error_after=0),
    "err-400": Failure(
        400, error(400, "INVALID_ARGUMENT", "Unable to submit request because it must have a text parameter.")
    ),
    "err-400-key": Failure(
        400,
        error(
            400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", [error_info("API_KEY_INVALID")]
        ),
    ),
    "err-400-location": Failure(
        400, error(400, "FAILED_PRECONDITION", "User location is not supported for the API use.")
    ),
    "err-401": Failure(401, error(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")),
    "err-403": Failure(
        403, error(403, "PERMISSION_DENIED", "Generative Language API has not been used in this project.")
    ),
    "err-403-leaked": Failure(
        403, error(403, "PERMISSION_DENIED", "Your API key was reported as leaked. Please use another API key.")
    ),
    "err-404": Failure(404, error(404, "NOT_FOUND", "models/err-404 is no longer available to new users.")),
    "err-429": Failure(
        429,
        error(
            429,
            "RESOURCE_EXHAUSTED",
            "Quota exceeded.",
            [quota_failure("GenerateRequestsPerMinutePerProjectPerModel-FreeTier"), retry_info("33.4s")],
        ),
    ),
    "err-429-day": Failure(
        429,
        error(
            429,
            "RESOURCE_EXHAUSTED",
            "Quota exceeded.",
            [quota_failure("GenerateRequestsPerDayPerProjectPerModel-FreeTier"), retry_info("2s")],
        ),
    ),
    "err-429-bare": Failure(429, error(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted.")),
    "err-500": Failure(500, error(500, "INTERNAL", "An internal error has occurred.")),
    "err-503": Failure(503, error(503, "UNAVAILABLE", "The model is overloaded.")),
    "err-503-once": Failure(503, error(503, "UNAVAILABLE", "The model is overloaded."), times=1),
    "html-502": Failure(502, "<html><body><h1>502 Bad Gateway</h1></body></html>"),
    "html-403": Failure(403, "<!doctype html><title>Blocked by the proxy of the school</title>"),
    "html-200": Failure(200, "<!doctype html><title>Welcome to the airport</title>"),
    "truncated-json": Failure(200, '{"candidates": [{"content"'),
}

Speaking = Callable[[str], Reaction]


def reaction(model: str) -> Reaction:
    """What the model of that name does."""
    return MODELS.get(model, Answer(_said(*PIECES)))


def joined(chunks: tuple[Body, ...], logprobs: Body | None) -> Body:
    """A stream's chunks as one answer."""
    if not all("candidates" in each for each in chunks):
        return chunks[-1]
    final = chunks[-1]["candidates"][0]
    parts = [part for each in chunks for part in each["candidates"][0]["content"].get("parts", ())]
    candidate = {**final, "content": {"role": "model", **({"parts": parts} if parts else {})}}
    if logprobs:
        candidate["logprobsResult"] = logprobs
        candidate["avgLogprobs"] = logprobs["logProbabilitySum"] / max(len(logprobs["chosenCandidates"]), 1)
        assert math.isfinite(candidate["avgLogprobs"])
    return {**chunks[-1], "candidates": [candidate]}
