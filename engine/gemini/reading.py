"""From answers of the service, as the plain dictionaries (snake_case) both SDKs can give, to genchat's own values."""

from collections.abc import Mapping
from typing import Any

from genchat.engine.gemini.client import Chunk, DecodingStep, RemoteModel, TokenChoice

_UNSPECIFIED = "UNSPECIFIED"


def read_chunk(answer: Mapping[str, Any]) -> Chunk:
    """The function reads one GenerateContentResponse: the first candidate alone, thoughts left out of the text."""
    candidates = answer.get("candidates") or [{}]
    first: Mapping[str, Any] = candidates[0]
    usage: Mapping[str, Any] = answer.get("usage_metadata") or {}
    feedback: Mapping[str, Any] = answer.get("prompt_feedback") or {}
    return Chunk(
        text=_text(first),
        finish=_word(first.get("finish_reason")),
        finish_message=str(first.get("finish_message") or ""),
        prompt_block=_word(feedback.get("block_reason")),
        steps=_steps(first.get("logprobs_result") or {}),
        prompt_tokens=_count(usage, "prompt_token_count"),
        answer_tokens=_count(usage, "candidates_token_count"),
        thought_tokens=_thoughts(usage),
        model_version=str(answer.get("model_version") or ""),
    )


def read_model(model: Mapping[str, Any]) -> RemoteModel:
    """The function reads one entry of the list of models."""
    actions = model.get("supported_actions") or model.get("supported_generation_methods") or ()
    return RemoteModel(
        name=str(model.get("name") or "").removeprefix("models/"),
        title=str(model.get("display_name") or ""),
        description=str(model.get("description") or ""),
        input_tokens=_count(model, "input_token_limit"),
        output_tokens=_count(model, "output_token_limit"),
        actions=tuple(map(str, actions)),
    )


def _text(candidate: Mapping[str, Any]) -> str:
    parts = (candidate.get("content") or {}).get("parts") or ()
    return "".join(part.get("text") or "" for part in parts if not part.get("thought"))


def _word(reason: Any) -> str:
    word = str(reason or "")
    return "" if word.endswith(_UNSPECIFIED) or word == "0" else word


def _count(usage: Mapping[str, Any], name: str) -> int | None:
    value = usage.get(name)
    return value if isinstance(value, int) and value > 0 else None


def _thoughts(usage: Mapping[str, Any]) -> int | None:
    """Tokens spent thinking; from the total where, as in the older SDK, they have no field."""
    reported = _count(usage, "thoughts_token_count")
    total = _count(usage, "total_token_count")
    if reported is not None or total is None:
        return reported
    rest = total - sum(_count(usage, name) or 0 for name in ("prompt_token_count", "candidates_token_count"))
    return rest if rest > 0 else None


def _steps(result: Mapping[str, Any]) -> tuple[DecodingStep, ...]:
    chosen = [_choice(candidate) for candidate in result.get("chosen_candidates") or ()]
    tops = [
        tuple(_choice(candidate) for candidate in step.get("candidates") or ())
        for step in result.get("top_candidates") or ()
    ]
    if len(tops) != len(chosen):
        tops = [()] * len(chosen)
    return tuple(DecodingStep(token, top) for token, top in zip(chosen, tops, strict=True))


def _choice(candidate: Mapping[str, Any]) -> TokenChoice:
    return TokenChoice(
        str(candidate.get("token") or ""), candidate.get("token_id"), float(candidate.get("log_probability") or 0.0)
    )
