"""Settings that change while a reply is written, against the two halves written by themselves."""

from genchat.engine.contract import Notice, ReplySettings, Step
from genchat.engine.conversation import Message, Role
from genchat.engine.decoding import generate
from genchat.engine.local_backend import LocalBackend
from genchat.engine.sampling import SamplingSettings
from tests.fakes import HashModel

COLD = SamplingSettings(temperature=0.3, top_p=1, seed=6)
HOT = SamplingSettings(temperature=2.5, top_p=1, seed=6)
TALK = [Message(Role.USER, "oi")]


def test_the_tokens_after_the_change_are_drawn_with_the_new_settings_and_it_is_noted() -> None:
    backend, asked = LocalBackend(HashModel()), list[int]()

    def steering() -> SamplingSettings:
        asked.append(len(asked))
        return COLD if len(asked) <= 3 else HOT

    events = list(backend.reply(TALK, ReplySettings(COLD, 8, steering)))
    tokens = [event.token for event in events if isinstance(event, Step)]

    prompt = list(backend.prompt(TALK).tokens)
    first = [step.token for step in generate(backend.model, prompt, COLD, max_tokens=3)]
    whole = [*prompt, *(token for token in first if token is not None)]
    stops = backend.prompt(TALK).stop_tokens
    rest = generate(backend.model, whole, HOT, max_tokens=5, position=3, stop_tokens=stops)
    second = [step.token for step in rest]
    assert second
    assert tokens == [*first, *second]
    assert len(asked) == len(tokens)
    (notice,) = [event for event in events if isinstance(event, Notice)]
    assert (notice.key, notice.values) == ("chat.settings_changed", {"place": 4})


def test_settings_that_stay_bring_no_notice_and_the_same_text() -> None:
    backend = LocalBackend(HashModel())
    steered = list(backend.reply(TALK, ReplySettings(COLD, 8, lambda: COLD)))
    plain = list(backend.reply(TALK, ReplySettings(COLD, 8)))
    assert [getattr(event, "token", None) for event in steered] == [getattr(event, "token", None) for event in plain]


def test_what_the_history_keeps_of_settings_is_plain() -> None:
    values = ReplySettings(COLD, 8, lambda: COLD).values()
    assert set(values) == {"sampling", "max_tokens"}
    assert values["sampling"]["temperature"] == 0.3
