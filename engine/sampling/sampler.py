"""Draws tokens: runs the stages that are switched on, one after another, and keeps a record of what each did."""

import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from genchat.engine.distribution import FloatArray
from genchat.engine.sampling.candidates import Candidates
from genchat.engine.sampling.definition import StageInput
from genchat.engine.sampling.draws import Draw, Stage
from genchat.engine.sampling.random_numbers import random_number
from genchat.engine.sampling.settings import SamplingSettings
from genchat.engine.sampling.table import stages

if TYPE_CHECKING:
    from genchat.engine.contract import Tokenizer


class Sampler:
    """Draws the tokens of one reply. Two samplers of one seed draw alike, at any position.

    `tokenizer` is what stages read tokens with; without one, none is a marker and none breaks a sequence.
    """

    def __init__(self, settings: SamplingSettings, tokenizer: "Tokenizer | None" = None) -> None:
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

    @property
    def remembers(self) -> bool:
        """The answer is true where a stage that is switched on goes by what was drawn before, as mirostat does."""
        return any(stage.remembers for stage in self._stages)

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
        candidates, adjusted = Candidates(log_probs), log_probs
        removed = np.full(len(log_probs), -1, dtype=np.int8)
        done: list[Stage] = []
        seen: list[StageInput] = []
        for stage in self._stages:
            now = self._input(stage.name, candidates, before, at)
            outcome = stage.apply(now)
            share = 1.0
            if outcome.log_probs is not None:
                candidates = Candidates.rescaled(outcome.log_probs)
                adjusted = candidates.log_probs
            if outcome.kept is not None:
                left = candidates.keep(outcome.kept)
                if left is not candidates:
                    candidates.mark(removed, len(done))
                    left.mark(removed, -1)
                    share = candidates.share_of(left)
                candidates = left
            done.append(
                Stage(stage.name, stage.shown_value(self.settings), candidates.count, share, outcome.kept is not None)
            )
            seen.append(now)
            if stage.ends:
                break
        uniform: float | None = None
        span: tuple[float, float] | None = None
        if seen and self._stages[len(seen) - 1].ends:
            token = int(candidates.likeliest(1)[0])
        else:
            uniform = random_number(self.seed, at, "draw")
            token, span = candidates.draw(uniform)
        by_hand = taken is not None and taken != token
        if taken is not None and by_hand:
            token, span = taken, None
        for stage, now in zip(self._stages, seen, strict=False):
            self._states[stage.name] = stage.after(now, token)
        self.position = at + 1
        return Draw(token, uniform, tuple(done), adjusted, removed, candidates.count, span, by_hand)

    def _input(self, name: str, candidates: Candidates, before: Sequence[int], position: int) -> StageInput:
        return StageInput(
            candidates,
            before,
            self.tokenizer,
            self.settings,
            self._states[name],
            lambda: random_number(self.seed, position, name),
        )
