"""The bodies Gemini sends, as plain dictionaries in the JSON spelling of the wire."""

import hashlib
import math
from collections.abc import Sequence
from typing import Any

Body = dict[str, Any]
Choices = Sequence[tuple[str, int | None, float]]  # token, id, log-probability
VERSION = "gemini-9.9-test"


def chunk(
    text: str | None = "",
    finish: str = "",
    *,
    thought: str = "",
    usage: Body | None = None,
    logprobs: Body | None = None,
    message: str = "",
) -> Body:
    """One GenerateContentResponse; `text` None leaves the parts out, as a starved answer does."""
    content: Body = {"role": "model"}
    parts: list[Body] = [{"text": thought, "thought": True}] if thought else []
    if text is not None:
        parts.append({"text": text})
    if parts:
        content["parts"] = parts
    candidate: Body = {"content": content, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    if message:
        candidate["finishMessage"] = message
    if logprobs is not None:
        candidate["logprobsResult"] = logprobs
        candidate["avgLogprobs"] = -0.5
    body: Body = {"candidates": [candidate], "modelVersion": VERSION, "responseId": "r1"}
    if usage is not None:
        body["usageMetadata"] = usage
    return body


def blocked_prompt(reason: str) -> Body:
    """A question that was refused: no candidates at all."""
    return {"promptFeedback": {"blockReason": reason}, "usageMetadata": usage(7), "modelVersion": VERSION}


def usage(prompt: int, answer: int = 0, thoughts: int = 0) -> Body:
    """Token counts."""
    counts = {"promptTokenCount": prompt, "candidatesTokenCount": answer, "thoughtsTokenCount": thoughts}
    return {name: count for name, count in counts.items() if count} | {"totalTokenCount": prompt + answer + thoughts}


def logprobs_result(chosen: Choices, tops: Sequence[Choices]) -> Body:
    """The chosen tokens and the likeliest ones at each place."""
    return {
        "chosenCandidates": [_choice(*each) for each in chosen],
        "topCandidates": [{"candidates": [_choice(*each) for each in place]} for place in tops],
        "logProbabilitySum": math.fsum(log_prob for _, _, log_prob in chosen),
    }


def _choice(token: str, number: int | None, log_prob: float) -> Body:
    choice: Body = {"token": token, "logProbability": log_prob}
    return choice if number is None else {**choice, "tokenId": number}


def error(code: int, status: str, message: str, details: Sequence[Body] = ()) -> Body:
    """What an HTTP error carries."""
    inner: Body = {"code": code, "message": message, "status": status}
    if details:
        inner["details"] = list(details)
    return {"error": inner}


def error_info(reason: str) -> Body:
    return {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com"}


def retry_info(delay: str) -> Body:
    return {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}


def quota_failure(quota: str) -> Body:
    violation = {"quotaMetric": "generate_content_free_tier_requests", "quotaId": quota, "quotaValue": "20"}
    return {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [violation]}


def vector(text: str, dimension: int) -> list[float]:
    """Numbers that depend on the text alone; not of length 1."""
    digest = hashlib.sha256(text.encode()).digest()
    return [(digest[index % 32] - 127.5) / 16 for index in range(dimension)]


def model(name: str, *actions: str) -> Body:
    """One entry of the list of models."""
    return {
        "name": f"models/{name}",
        "version": "001",
        "displayName": name.replace("-", " ").title(),
        "description": f"The model {name}",
        "inputTokenLimit": 1048576,
        "outputTokenLimit": 65536,
        "supportedGenerationMethods": list(actions),
    }
