"""A reply that goes on from within another: same seed, same text; the past at hand or read again, and said."""

from dataclasses import replace

import pytest

from genchat.engine.contract import Event, Finish, Notice, ReplySettings, Step
from genchat.engine.conversation import Message, Role
from genchat.engine.forking import Beginning, Pasts, begun
from genchat.engine.local_backend import LocalBackend
from genchat.engine.sampling import SamplingSettings
from tests.engine.gpt import tiny
from tests.fakes import HashModel, ScriptModel

SETTINGS = ReplySettings(SamplingSettings(temperature=1.0, top_p=1.0, seed=5), 40)
ASKED = [Message(Role.USER, "bom dia")]


def steps_of(events: list[Event]) -> list[Step]:
    return [event for event in events if isinstance(event, Step)]


def tokens_of(events: list[Event]) -> tuple[int, ...]:
    return tuple(step.token or 0 for step in steps_of(events))


@pytest.fixture
def backend() -> LocalBackend:
    found = LocalBackend(HashModel())
    found.pasts = Pasts()
    return found


@pytest.mark.parametrize(
    "sampling",
    [
        SamplingSettings(temperature=0, seed=1),
        SamplingSettings(temperature=1.3, top_k=40, repetition_penalty=1.3, seed=2),
        SamplingSettings(temperature=1.0, mirostat_tau=3.0, seed=3),
        SamplingSettings(temperature=1.0, xtc_probability=0.5, seed=4),
    ],
)
@pytest.mark.parametrize("at_hand", [True, False])
def test_the_same_token_gives_the_same_text_under_every_kind_of_stage(
    sampling: SamplingSettings, at_hand: bool
) -> None:
    backend = LocalBackend(HashModel())
    backend.pasts = Pasts() if at_hand else None
    settings = ReplySettings(sampling, 40)
    whole = tokens_of(list(backend.reply(ASKED, settings)))
    assert len(whole) > 6, "another seed is needed: the reply ended early"
    for place in (0, 3, len(whole) - 1):
        forked = list(backend.fork(ASKED, Beginning(whole[:place], (whole[place],)), settings))
        assert tokens_of(forked) == whole


def test_another_token_leads_elsewhere_and_the_rest_is_drawn(backend: LocalBackend) -> None:
    whole = steps_of(list(backend.reply(ASKED, SETTINGS)))
    other = next(row.token for row in whole[4].raw.top(5) if row.token not in (whole[4].token, 256, 257, 258))
    kept = tuple(step.token or 0 for step in whole[:4])
    forked = steps_of(list(backend.fork(ASKED, Beginning(kept, (other,)), SETTINGS)))
    assert tuple(step.token for step in forked[:5]) == (*kept, other)
    assert forked[4].log_prob == whole[4].raw.log_prob(other)
    assert forked[4].draw is not None
    assert forked[4].draw.by_hand, "the random number decided nothing at the token taken"
    assert len(forked) > 5
    assert forked[5].draw is not None
    assert not forked[5].draw.by_hand
    assert [step.position for step in forked] == list(range(len(forked)))


def test_a_taken_end_marker_ends_the_reply(backend: LocalBackend) -> None:
    whole = tokens_of(list(backend.reply(ASKED, SETTINGS)))
    forked = list(backend.fork(ASKED, Beginning(whole[:3], (258,)), SETTINGS))
    assert tokens_of(forked) == (*whole[:3], 258)
    assert forked[-1] == Finish("end", len(backend.prompt(ASKED).tokens))


def test_a_character_cut_by_the_fork_is_completed(backend: LocalBackend) -> None:
    first, second = "ã".encode()
    text = "".join(step.text for step in steps_of(list(backend.fork("n", Beginning((first,), (second,)), SETTINGS))))
    assert text.startswith("ã")


def test_a_reply_that_was_stopped_goes_on_as_if_it_had_not_been(backend: LocalBackend) -> None:
    whole = tokens_of(list(backend.reply(ASKED, SETTINGS)))
    backend.pasts = Pasts()
    stopped: list[Event] = []
    for event in backend.reply(ASKED, SETTINGS, lambda: len(steps_of(stopped)) >= 5):
        stopped.append(event)
    went_on = list(backend.fork(ASKED, Beginning(tokens_of(stopped)), SETTINGS))
    assert tokens_of(went_on) == whole
    assert not [event for event in went_on if isinstance(event, Notice)]


def test_a_past_that_was_let_go_is_read_again_and_that_is_said(backend: LocalBackend) -> None:
    whole = tokens_of(list(backend.reply(ASKED, SETTINGS)))
    backend.pasts = Pasts()
    forked = list(backend.fork(ASKED, Beginning(whole[:4], whole[4:5]), SETTINGS))
    count = len(backend.prompt(ASKED).tokens) + 4
    assert Notice("fork.read_again", {"tokens": count}) in forked
    assert tokens_of(forked) == whole


def test_pasts_keep_to_their_bound_and_the_oldest_go_first() -> None:
    model, pasts = HashModel(), Pasts(limit=60_000)
    first = [step for step in begun(model, [1], Beginning(), SETTINGS, pasts=pasts) if isinstance(step, Step)]
    assert 0 < pasts.size <= 60_000
    tokens = [step.token or 0 for step in first]
    assert pasts.at(model, SETTINGS.sampling, [1, *tokens[:2]]) is not None
    list(begun(model, [2], Beginning(), replace(SETTINGS, max_tokens=39), pasts=pasts))
    assert pasts.size <= 60_000
    assert pasts.at(model, SETTINGS.sampling, [1, *tokens[:2]]) is None


def test_a_reply_larger_than_the_bound_keeps_its_beginning() -> None:
    model, pasts = HashModel(), Pasts(limit=10_000)
    steps = [step for step in begun(model, [1], Beginning(), SETTINGS, pasts=pasts) if isinstance(step, Step)]
    tokens = [step.token or 0 for step in steps]
    assert pasts.size <= 10_000
    assert pasts.at(model, SETTINGS.sampling, [1, *tokens[:2]]) is not None
    assert pasts.at(model, SETTINGS.sampling, [1, *tokens[:-1]]) is None


def test_what_belongs_to_a_model_is_let_go_with_it() -> None:
    model, other, pasts = HashModel(), ScriptModel("abc"), Pasts()
    for each in (model, other):
        list(begun(each, [1], Beginning(), SETTINGS, pasts=pasts))
    pasts.forget(model)
    assert pasts.at(model, SETTINGS.sampling, [1]) is None
    assert pasts.at(other, SETTINGS.sampling, [1]) is not None


def test_other_settings_find_the_past_but_no_sampler_of_theirs() -> None:
    model, pasts = HashModel(), Pasts()
    list(begun(model, [1], Beginning(), SETTINGS, pasts=pasts))
    found = pasts.at(model, SamplingSettings(temperature=0.3, top_p=1.0, seed=5), [1])
    assert found is not None
    assert found[1] is None


def test_a_fork_beyond_the_context_says_that_the_model_no_longer_sees_the_beginning() -> None:
    backend = LocalBackend(tiny.model())  # it reads 16 tokens
    settings = ReplySettings(SamplingSettings(seed=3), 30)
    whole = tokens_of(list(backend.complete("abcdefgh", settings)))
    assert len(whole) > 13, "another seed is needed: the text ended early"
    forked = list(backend.fork("abcdefgh", Beginning(whole[:12], whole[12:13]), settings))
    assert Notice("chat.context_full", {"tokens": 16}) in forked
    assert tokens_of(forked) == whole
