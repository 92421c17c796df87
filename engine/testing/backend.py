"""The contract of a Backend that talks through a local model."""

from collections.abc import Sequence

import pytest

from genchat.engine.contract import Backend, Event, Finish, ReplySettings, Step
from genchat.engine.conversation import Message, Role
from genchat.engine.sampling import SamplingSettings

SETTINGS = ReplySettings(SamplingSettings(temperature=1.0, seed=3), max_tokens=20)
TALK = (Message(Role.USER, "bom dia"),)


def steps_of(events: Sequence[Event]) -> list[Step]:
    """The steps among the events of a reply."""
    return [event for event in events if isinstance(event, Step)]


class BackendContract:
    """Inherit and define a `backend` fixture."""

    @pytest.fixture
    def backend(self) -> Backend:
        raise NotImplementedError

    def test_the_last_event_and_only_it_is_a_finish(self, backend: Backend) -> None:
        events = list(backend.reply(TALK, SETTINGS))
        assert isinstance(events[-1], Finish)
        assert not any(isinstance(event, Finish) for event in events[:-1])

    def test_steps_are_numbered_from_zero(self, backend: Backend) -> None:
        steps = steps_of(list(backend.reply(TALK, SETTINGS)))
        assert [step.position for step in steps] == list(range(len(steps)))

    def test_at_most_max_tokens_are_drawn(self, backend: Backend) -> None:
        events = list(backend.reply(TALK, ReplySettings(SETTINGS.sampling, max_tokens=2)))
        assert len(steps_of(events)) <= 2

    def test_a_stop_before_the_first_token_gives_none(self, backend: Backend) -> None:
        events = list(backend.reply(TALK, SETTINGS, should_stop=lambda: True))
        assert steps_of(events) == []
        assert events[-1] == Finish("stopped", getattr(events[-1], "prompt_tokens", None))

    def test_a_stop_takes_effect_within_one_token(self, backend: Backend) -> None:
        drawn: list[Step] = []
        last: Event | None = None
        for event in backend.reply(TALK, SETTINGS, should_stop=lambda: len(drawn) >= 1):
            last = event
            if isinstance(event, Step):
                drawn.append(event)
        assert len(drawn) <= 2
        assert isinstance(last, Finish)

    def test_leaving_a_reply_early_harms_nothing(self, backend: Backend) -> None:
        replying = backend.reply(TALK, SETTINGS)
        next(replying)
        replying.close()  # type: ignore[attr-defined]
        assert isinstance(list(backend.reply(TALK, SETTINGS))[-1], Finish)

    def test_one_seed_gives_one_reply(self, backend: Backend) -> None:
        first = "".join(step.text for step in steps_of(list(backend.reply(TALK, SETTINGS))))
        second = "".join(step.text for step in steps_of(list(backend.reply(TALK, SETTINGS))))
        assert first == second

    def test_free_text_goes_on(self, backend: Backend) -> None:
        events = list(backend.complete("bom", SETTINGS))
        assert isinstance(events[-1], Finish)

    def test_an_empty_conversation_and_an_empty_text_are_answered(self, backend: Backend) -> None:
        assert isinstance(list(backend.reply((), SETTINGS))[-1], Finish)
        assert isinstance(list(backend.complete("", SETTINGS))[-1], Finish)

    def test_every_token_of_a_reply_can_be_asked_about(self, backend: Backend) -> None:
        tokens = [step.token for step in steps_of(list(backend.reply(TALK, SETTINGS))) if step.token is not None]
        if backend.capabilities.can_explain:
            for position in (0, len(tokens) // 2):
                assert backend.explain(TALK, tokens[:position]) is not None
