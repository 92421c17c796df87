"""Draws tokens: runs the stages that are switched on, one after another, and keeps a record of what each did."""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from genchat.engine.distribution import FloatArray
from genchat.engine.sampling.candidates import Candidates
from genchat.engine.sampling.definition import Outcome, StageDefinition, StageInput
from genchat.engine.sampling.draws import Draw, Stage
from genchat.engine.sampling.random_numbers import random_number
from genchat.engine.sampling.settings import SamplingSettings
from genchat.engine.sampling.table import stages

if TYPE_CHECKING:
    from genchat.engine.contract import Tokenizer


@dataclass(frozen=True)
class StagePass:
    """One stage at work at one position: what it saw, what it said, the candidates as it rescaled them, and those it
    left of them.
    """

    definition: StageDefinition
    now: StageInput
    outcome: Outcome
    scaled: Candidates
    left: Candidates


class Sampler:
    """Draws the tokens of one reply. Two samplers of one seed draw alike, at any position.

    `tokenizer` is what stages read tokens with; without one, none is a marker and none breaks a sequence.
    """

    def __init__(self, settings: SamplingSettings, tokenizer: "Tokenizer | None" = None) -> None:
        """Raises UsageError where a stage cannot begin under these settings."""
        self.settings = settings
        self.tokenizer = tokenizer
        self.seed = secrets.randbits(32) if settings.seed is None else settings.seed
        self.position = 0  # of the next draw
        self._stages = tuple(stage for stage in stages() if stage.is_on(settings))
        self._states: dict[str, Any] = {stage.name: stage.begin(settings) for stage in self._stages}

    def fork(self) -> "Sampler":
        """A second sampler at this place, with the same seed; drawing with one leaves the other as it is."""
        other = object.__new__(Sampler)  # with the same stages: one is made for every token of a reply
        other.__dict__.update(self.__dict__)
        other._states = dict(self._states)
        return other

    def use(self, settings: SamplingSettings) -> None:
        """Draw by other settings from here on, with the seed of before. A stage of which they ask the same keeps what
        it remembers; any other begins here. Raises UsageError, and then nothing has changed.
        """
        if settings is self.settings:
            return
        on = tuple(stage for stage in stages() if stage.is_on(settings))
        self._states = {
            stage.name: self._states[stage.name]
            if stage.name in self._states and stage.same(settings, self.settings)
            else stage.begin(settings)
            for stage in on
        }
        self.settings, self._stages = settings, on

    @property
    def remembers(self) -> bool:
        """The answer is true where a stage that is switched on goes by what was drawn before, as mirostat does."""
        return any(stage.remembers for stage in self._stages)

    @property
    def complete(self) -> bool:
        """The answer is true where a stage says that the text is finished and nothing may follow."""
        return any(stage.complete(self._states[stage.name]) for stage in self._stages)

    def passes(self, log_probs: FloatArray, before: Sequence[int], position: int) -> Iterator[StagePass]:
        """The stages at work on float32 [vocabulary] log-probabilities, one after another; nothing is drawn.

        Raises UsageError where a stage leaves nothing.
        """
        candidates = Candidates(log_probs)
        for stage in self._stages:
            now = self._input(stage.name, candidates, before, position)
            outcome = stage.apply(now)
            scaled = candidates if outcome.log_probs is None else Candidates.rescaled(outcome.log_probs)
            candidates = scaled if outcome.kept is None else scaled.keep(outcome.kept)
            yield StagePass(stage, now, outcome, scaled, candidates)
            if stage.ends:
                return

    def draw(
        self,
        log_probs: FloatArray,
        before: Sequence[int] = (),
        position: int | None = None,
        taken: int | None = None,
    ) -> Draw:
        """The sampler draws one token from float32 [vocabulary] log-probabilities.

        `taken` is a token that a person chose instead: the stages run all the same, and it stands
        whatever the number says.

        `before` are the tokens before it, prompt included. `position` counts from 0 at the beginning of the reply and
        fixes, with the seed, every random number; by default it is one more than at the last draw.
        """
        at = self.position if position is None else position
        done = tuple(self.passes(log_probs, before, at))
        draw = self.outcome(done, log_probs, at)
        if taken is not None and taken != draw.token:
            draw = replace(draw, token=taken, span=None, by_hand=True)
        self._remember(done, draw.token, at)
        return draw

    def take(self, token: int, log_probs: FloatArray, before: Sequence[int] = (), position: int | None = None) -> None:
        """The token was chosen by somebody else; the stages remember it as if it had been drawn."""
        at = self.position if position is None else position
        self._remember(tuple(self.passes(log_probs, before, at)), token, at)

    def outcome(self, done: Sequence[StagePass], log_probs: FloatArray, position: int) -> Draw:
        """What the draw after these passes gives; the sampler stays as it is."""
        adjusted, candidates = log_probs, Candidates(log_probs) if not done else done[-1].left
        removed = np.full(len(log_probs), -1, dtype=np.int8)
        record: list[Stage] = []
        for each in done:
            if each.outcome.log_probs is not None:
                adjusted = each.scaled.log_probs
            share = 1.0
            if each.left is not each.scaled:
                each.scaled.mark(removed, len(record))
                each.left.mark(removed, -1)
                share = each.scaled.share_of(each.left)
            value = each.definition.shown_value(self.settings)
            record.append(Stage(each.definition.name, value, each.left.count, share, each.outcome.kept is not None))
        uniform: float | None = None
        span: tuple[float, float] | None = None
        if done and done[-1].definition.ends:
            token = int(candidates.likeliest(1)[0])
        else:
            uniform = random_number(self.seed, position, "draw")
            token, span = candidates.draw(uniform)
        return Draw(token, uniform, tuple(record), adjusted, removed, candidates.count, span)

    def _remember(self, done: Sequence[StagePass], token: int, position: int) -> None:
        for each in done:
            self._states[each.definition.name] = each.definition.after(each.now, token)
        self.position = position + 1

    def _input(self, name: str, candidates: Candidates, before: Sequence[int], position: int) -> StageInput:
        return StageInput(
            candidates,
            before,
            self.tokenizer,
            self.settings,
            self._states[name],
            lambda: random_number(self.seed, position, name),
        )
