"""What a plug-in may yield while it replies, checked before anything else of genchat sees it.

The checks are those that the rest of genchat stands on: types, finite numbers, text that can be written as UTF-8,
tokens that exist, and distributions that are distributions.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, get_args

import numpy as np

from genchat.engine.contract import (
    Event,
    Finish,
    FinishReason,
    LateSteps,
    MessageData,
    Notice,
    Passage,
    Passages,
    Step,
    Tokenizer,
)
from genchat.engine.distribution import Distribution, ExactDistribution, NoDistribution, TopKDistribution
from genchat.engine.language import say
from genchat.engine.plugins.values import Checker
from genchat.engine.sampling import Draw

SUM_TOLERANCE = 0.02  # of probabilities: float16 weights and rounding stay well within, a mistake does not
_ROUNDING = 1e-3  # how far above 0 a log-probability may come out
_REASONS = get_args(FinishReason)


class EventChecker(Checker):
    """Checks the events of a plug-in whose tokens are those of `tokenizer`."""

    def __init__(self, name: str, tokenizer: Tokenizer | None) -> None:
        super().__init__(name)
        self._tokenizer = tokenizer

    def event(self, event: object) -> Event:
        """`event` as genchat wants it. Raises PluginError."""
        if isinstance(event, Step):
            return self.step(event)
        if isinstance(event, Notice):
            return self.notice(event)
        if isinstance(event, Passages):
            return self.passages(event)
        if isinstance(event, Finish):
            return self.finish(event)
        if isinstance(event, MessageData):
            return self.data(event)
        if isinstance(event, LateSteps):
            return LateSteps(tuple(self.step(step) for step in event.steps))
        self.refuse(say("plugins.no_event", found=type(event).__name__))

    def step(self, step: Step) -> Step:
        """The step must be a sound token of a reply."""
        token = None if step.token is None else self.whole(step.token, "Step.token", 0, self._last_token())
        log_prob = None if step.log_prob is None else self.number(step.log_prob, "Step.log_prob", _ROUNDING)
        if step.draw is not None:
            self.of_kind(step.draw, Draw, "Step.draw")
        checked: dict[str, Any] = {
            "position": self.whole(step.position, "Step.position"),
            "token": token,
            "text": self.text(step.text, "Step.text"),
            "log_prob": log_prob,
            "special": self.flag(step.special, "Step.special"),
        }
        self.distribution(step.raw, "Step.raw", token)
        self.distribution(step.drawn_from, "Step.drawn_from", token)
        same = all(type(getattr(step, name)) is type(value) for name, value in checked.items())
        return step if same else replace(step, **checked)

    def _last_token(self) -> int | None:
        return None if self._tokenizer is None else self._tokenizer.vocabulary_size - 1

    def distribution(self, distribution: object, where: str, token: int | None = None) -> None:
        """The distribution must be one of the three kinds, and sound."""
        wanted = "exact(…), top_k(…) or unknown(…)"
        if isinstance(distribution, ExactDistribution):
            size = None if self._tokenizer is None else self._tokenizer.vocabulary_size
            self.log_probs(distribution.log_probs, where, size)
            if token is not None and token >= len(distribution.log_probs):
                self.wrong(f"{where}.log_probs", distribution.log_probs.shape, f"float32 [≥ {token + 1}]")
        elif isinstance(distribution, TopKDistribution):
            self._top_k(distribution, where)
        elif isinstance(distribution, NoDistribution):
            self.text(distribution.reason, f"{where}.reason")
        elif not isinstance(distribution, Distribution) or type(distribution) is Distribution:
            self.wrong(where, distribution, wanted)

    def log_probs(self, values: Any, where: str, size: int | None) -> None:
        """Natural log-probabilities of a whole vocabulary of `size` tokens (of any number, where that is not known)."""
        wanted = f"float32 [{size if size is not None else 'vocabulary'}]"
        if not isinstance(values, np.ndarray) or values.ndim != 1 or not np.issubdtype(values.dtype, np.floating):
            self.wrong(where, values, wanted)
        if not len(values) or (size is not None and len(values) != size):
            self.wrong(where, f"[{len(values)}]", wanted)
        total = float(np.exp(values.astype(np.float64)).sum())
        if not abs(total - 1) <= SUM_TOLERANCE:  # also where it is NaN
            self.refuse(say("plugins.no_probabilities", where=where, total=f"{total:.4g}"))

    def _top_k(self, distribution: TopKDistribution, where: str) -> None:
        tokens, values, ranks = distribution.tokens, distribution.token_log_probs, distribution.ranks
        arrays = all(isinstance(array, np.ndarray) and array.ndim == 1 for array in (tokens, values, ranks))
        if not arrays or not len(tokens) == len(values) == len(ranks):
            self.wrong(where, distribution, "top_k([(token, log_prob), …])")
        last = self._last_token()
        for token, value in zip(tokens.tolist(), values.tolist(), strict=True):
            self.whole(token, f"{where}: token", 0, last)
            if value != -np.inf:
                self.number(value, f"{where}: log_prob", _ROUNDING)
        if distribution.whole_entropy is not None:
            self.number(distribution.whole_entropy, f"{where}.whole_entropy")
        if distribution.whole_vocabulary_size is not None:
            self.whole(distribution.whole_vocabulary_size, f"{where}.whole_vocabulary_size")

    def notice(self, notice: Notice) -> Notice:
        """The notice must be a remark: a key, or words."""
        self.text(notice.key, "Notice.key")
        values = self.of_kind(notice.values, Mapping, "Notice.values")  # type: ignore[type-abstract]
        for name, value in values.items():
            self.text(name, "Notice.values")
            self.text(str(value), f"Notice.values[{name!r}]")
        return notice

    def data(self, data: MessageData) -> MessageData:
        """The values kept beside a message must be what JSON can hold."""
        values = self.of_kind(data.values, Mapping, "MessageData.values")  # type: ignore[type-abstract]
        try:
            json.dumps(dict(values), allow_nan=False).encode("utf-8")
        except (TypeError, ValueError, RecursionError):
            self.wrong("MessageData.values", values, "JSON")
        return data

    def passages(self, passages: Passages) -> Passages:
        """The passages must be sound."""
        if not isinstance(passages.items, tuple | list):
            self.wrong("Passages.items", passages.items, "tuple[Passage, …]")
        if isinstance(passages.missing, str) or not isinstance(passages.missing, tuple | list):
            self.wrong("Passages.missing", passages.missing, "tuple[str, …]")
        return Passages(
            tuple(self._passage(passage) for passage in passages.items),
            self.text(passages.retriever, "Passages.retriever"),
            tuple(self.text(word, "Passages.missing") for word in passages.missing),
        )

    def _passage(self, value: object) -> Passage:
        passage = self.of_kind(value, Passage, "Passages.items")
        text = self.text(passage.text, "Passage.text")
        highlight = passage.highlight
        if highlight is not None:
            if not isinstance(highlight, tuple | list) or len(highlight) != 2:
                self.wrong("Passage.highlight", highlight, "(int, int)")
            start = self.whole(highlight[0], "Passage.highlight", 0, len(text))
            highlight = (start, self.whole(highlight[1], "Passage.highlight", start, len(text)))
        return Passage(
            self.whole(passage.number, "Passage.number", 1),
            self.text(passage.source, "Passage.source"),
            self.text(passage.locator, "Passage.locator"),
            text,
            self.number(passage.score, "Passage.score"),
            highlight,
            self.numbers_by_name(passage.parts, "Passage.parts"),
            self.numbers_by_name(passage.matched, "Passage.matched"),
            self.text(passage.warning, "Passage.warning"),
        )

    def finish(self, finish: Finish) -> Finish:
        """The end of a reply must have a known reason."""
        if finish.reason not in _REASONS:
            self.wrong("Finish.reason", finish.reason, " | ".join(f'"{reason}"' for reason in _REASONS))
        if finish.prompt_tokens is not None:
            self.whole(finish.prompt_tokens, "Finish.prompt_tokens")
        self.text(finish.detail, "Finish.detail")
        return finish
