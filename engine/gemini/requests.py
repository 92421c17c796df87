"""From a conversation and the person's settings to a request that Gemini accepts."""

import re
from collections.abc import Iterator, Sequence

from genchat.engine.contract import Notice, ReplySettings
from genchat.engine.conversation import Message, Role
from genchat.engine.errors import UsageError
from genchat.engine.gemini.client import GenerateRequest, Speaker, Turn
from genchat.engine.language import say
from genchat.engine.sampling.settings import SamplingSettings
from genchat.engine.sampling.table import stage_settings, stages

CANDIDATES = 10  # likeliest tokens asked for at each place
# Models that think first spend from the same allowance; below this some have nothing left for the answer.
LEAST_ALLOWANCE = 8192
_LARGEST_SEED = 2**31 - 1
_GO_ON = (
    "Continue the user's text from exactly where it ends, in its language and style. "
    "Write only the continuation: no greeting, no comment, and do not repeat the text."
)
_MODEL_NAME = re.compile(r"(?:models/|tunedModels/)?[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


def check_model_name(name: str) -> str:
    """The result is `name` without "models/". Raises UsageError for what cannot name a model."""
    if not _MODEL_NAME.fullmatch(name):
        raise UsageError("gemini_model_name", name=name)
    return name.removeprefix("models/")


def token_limit(settings: ReplySettings) -> int | None:
    """The longest reply the person asked for; None where it is the default, which is made for small local models."""
    return None if settings.max_tokens == ReplySettings().max_tokens else settings.max_tokens


def conversation_request(
    model: str, messages: Sequence[Message], settings: ReplySettings, *, probabilities: bool
) -> GenerateRequest:
    """Ask for the next turn. System messages become the instruction."""
    instruction = "\n\n".join(message.text for message in messages if message.role is Role.SYSTEM)
    return _request(model, tuple(_turns(messages)), instruction, settings, probabilities)


def continuation_request(model: str, text: str, settings: ReplySettings, *, probabilities: bool) -> GenerateRequest:
    """Ask for more of a text."""
    turns = (Turn("user", text),) if text.strip() else ()
    return _request(model, turns, _GO_ON, settings, probabilities)


def unheeded(settings: ReplySettings) -> list[Notice]:
    """These notices name the settings that the service does not know or takes only in part."""
    sampling = settings.sampling
    deciding = [stage.deciding(sampling) for stage in stages() if stage.is_on(sampling)]
    used = [setting for setting in stage_settings() if setting in deciding]
    names = [say(f"sampling.name.{setting.name}") for setting in used if setting.gemini is None]
    notices = [Notice("gemini.settings_unheeded", {"names": ", ".join(names)})] if names else []
    for setting in used:
        value = getattr(sampling, setting.name)
        if setting.gemini is not None and value > setting.gemini.high:
            values = {"name": say(f"sampling.name.{setting.name}"), "value": value, "most": setting.gemini.high}
            notices.append(Notice("gemini.number_capped", values))
    return notices


def writable(text: str) -> str:
    """`text` as UTF-8 can write it: lone surrogates, as broken input brings them, become question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _request(
    model: str, turns: tuple[Turn, ...], instruction: str, settings: ReplySettings, probabilities: bool
) -> GenerateRequest:
    sampling, limit = settings.sampling, token_limit(settings)
    return GenerateRequest(
        model=model,
        turns=tuple(Turn(turn.speaker, writable(turn.text)) for turn in turns),
        instruction=writable(instruction),
        sampling=_sampling_numbers(sampling),
        seed=None if sampling.seed is None else sampling.seed & _LARGEST_SEED,
        max_output_tokens=None if limit is None else max(limit, LEAST_ALLOWANCE),
        candidates=CANDIDATES if probabilities else 0,
    )


def _sampling_numbers(sampling: SamplingSettings) -> dict[str, float]:
    """The settings the service knows, under its names; without those that only switch a stage of ours off."""
    numbers: dict[str, float] = {}
    for setting in stage_settings():
        value = getattr(sampling, setting.name)
        if setting.gemini is not None and (value != setting.off or setting.gemini.always):
            numbers[setting.gemini.name] = min(value, setting.gemini.high)
    return numbers


def _turns(messages: Sequence[Message]) -> Iterator[Turn]:
    """Turns that alternate and begin with the person's: neighbours of one speaker are joined, empty ones left out."""
    speaker: Speaker | None = None
    texts: list[str] = []
    for message in messages:
        if message.role is Role.SYSTEM or not message.text.strip():
            continue
        now: Speaker = "user" if message.role is Role.USER else "model"
        if speaker is None and now == "model":
            continue
        if speaker is not None and now != speaker:
            yield Turn(speaker, "\n\n".join(texts))
            texts = []
        speaker = now
        texts.append(message.text)
    if speaker is not None:
        yield Turn(speaker, "\n\n".join(texts))
