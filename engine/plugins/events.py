"""What a plug-in may yield while it replies, checked before anything else of genchat sees it.

The checks are those that the rest of genchat stands on: types, finite numbers, text that can be written as UTF-8,
tokens that exist, and distributions that are distributions.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, get_args

import numpy as np

from genchat.engine.contract import Event, Finish, FinishReason, MessageData, Notice, Passage, Passages, Step, Tokenizer
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
        self.refuse(say("plugins.no_event", found=type(event).__name__))

    def step(self, step: Step) -> Step:
        """One token."""
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

    def distribution(self, given: object, where: str, token: int | None = None) -> None:
        """One of the three kinds, and sound."""
        wanted = "exact(…), top_k(…) or unknown(…)"
        if isinstance(given, ExactDistribution):
            size = None if self._tokenizer is None else self._tokenizer.vocabulary_size
            self.log_probs(given.log_probs, where, size)
            if token is not None and token >= len(given.log_probs):
                self.wrong(f"{where}.log_probs", given.log_probs.shape, f"float32 [≥ {token + 1}]")
        elif isinstance(given, TopKDistribution):
            self._top_k(given, where)
        elif isinstance(given, NoDistribution):
            self.text(given.reason, f"{where}.reason")
        elif not isinstance(given, Distribution) or type(given) is Distribution:
            self.wrong(where, given, wanted)

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

    def _top_k(self, given: TopKDistribution, where: str) -> None:
        tokens, values, ranks = given.tokens, given.token_log_probs, given.ranks
        arrays = all(isinstance(each, np.ndarray) and each.ndim == 1 for each in (tokens, values, ranks))
        if not arrays or not len(tokens) == len(values) == len(ranks):
            self.wrong(where, given, "top_k([(token, log_prob), …])")
        last = self._last_token()
        for token, value in zip(tokens.tolist(), values.tolist(), strict=True):
            self.whole(token, f"{where}: token", 0, last)
            if value != -np.inf:
                self.number(value, f"{where}: log_prob", _ROUNDING)
        if given.whole_entropy is not None:
            self.number(given.whole_entropy, f"{where}.whole_entropy")
        if given.whole_vocabulary_size is not None:
            self.whole(given.whole_vocabulary_size, f"{where}.whole_vocabulary_size")

    def notice(self, notice: Notice) -> Notice:
        """A remark: a key, or words."""
        self.text(notice.key, "Notice.key")
        values = self.of_kind(notice.values, Mapping, "Notice.values")  # type: ignore[type-abstract]
        for name, value in values.items():
            self.text(name, "Notice.values")
            self.text(str(value), f"Notice.values[{name!r}]")
        return notice

    def data(self, data: MessageData) -> MessageData:
        """What is kept beside a message: it has to be what JSON can hold."""
        values = self.of_kind(data.values, Mapping, "MessageData.values")  # type: ignore[type-abstract]
        try:
            json.dumps(dict(values), allow_nan=False).encode("utf-8")
        except (TypeError, ValueError, RecursionError):
            self.wrong("MessageData.values", values, "JSON")
        return data

    def passages(self, passages: Passages) -> Passages:
        """What was looked up."""
        if not isinstance(passages.items, tuple | list):
            self.wrong("Passages.items", passages.items, "tuple[Passage, …]")
        if isinstance(passages.missing, str) or not isinstance(passages.missing, tuple | list):
            self.wrong("Passages.missing", passages.missing, "tuple[str, …]")
        return Passages(
            tuple(self._passage(each) for each in passages.items),
            self.text(passages.retriever, "Passages.retriever"),
            tuple(self.text(word, "Passages.missing") for word in passages.missing),
        )

    def _passage(self, given: object) -> Passage:
        passage = self.of_kind(given, Passage, "Passages.items")
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
        """The end."""
        if finish.reason not in _REASONS:
            self.wrong("Finish.reason", finish.reason, " | ".join(f'"{reason}"' for reason in _REASONS))
        if finish.prompt_tokens is not None:
            self.whole(finish.prompt_tokens, "Finish.prompt_tokens")
        self.text(finish.detail, "Finish.detail")
        return finish
