"""A plug-in's LanguageModel, its cursors and its tokenizer behind the border: what they give is checked as it comes."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from genchat.engine.contract import BatchScorer, Cursor, LanguageModel, ModelInfo, Tokenizer
from genchat.engine.distribution import FloatArray
from genchat.engine.errors import PluginError
from genchat.engine.evidence import Evidence
from genchat.engine.plugins.conformance import checked_info, require
from genchat.engine.plugins.events import EventChecker
from genchat.engine.plugins.evidence import EvidenceChecker
from genchat.engine.plugins.guard import Guard
from genchat.engine.plugins.values import Checker

_UNKNOWN_BYTES = "\N{REPLACEMENT CHARACTER}".encode()


class CheckedTokenizer:
    """See engine.contract.Tokenizer.

    Bytes of a token are also asked for while the screen is painted, where nothing may fail: a token whose bytes cannot
    be had is shown as U+FFFD, and `fault` holds what went wrong until somebody can be told.
    """

    def __init__(self, inner: Tokenizer, name: str) -> None:
        """Raises PluginError for one that lacks what the contract asks for."""
        self._inner = inner
        self._plugin = name
        self._check = Checker(name)
        self.fault: PluginError | None = None
        with Guard(name):
            require(inner, Tokenizer, name)
            self.name: str = self._check.text(inner.name, "Tokenizer.name")
            self._size = self._check.whole(inner.vocabulary_size, "Tokenizer.vocabulary_size")
            self._special = self._checked_special(inner.special_tokens)

    def _checked_special(self, value: object) -> dict[str, int]:
        special = self._check.of_kind(value, Mapping, "Tokenizer.special_tokens")  # type: ignore[type-abstract]
        where = "Tokenizer.special_tokens"
        return {self._check.text(key, where): self._check.whole(token, where) for key, token in special.items()}

    @property
    def vocabulary_size(self) -> int:
        """The vocabulary of a remote service may grow; this is the last size known where it cannot be had."""
        try:
            with Guard(self._plugin):
                self._size = self._check.whole(self._inner.vocabulary_size, "Tokenizer.vocabulary_size")
        except PluginError as error:
            self.fault = error
        return self._size

    @property
    def special_tokens(self) -> Mapping[str, int]:
        """A remote service may add to them; these are the last ones known where they cannot be had."""
        try:
            with Guard(self._plugin):
                self._special = self._checked_special(self._inner.special_tokens)
        except PluginError as error:
            self.fault = error
        return self._special

    def encode(self, text: str) -> list[int]:
        """Raises PluginError."""
        with Guard(self._plugin):
            tokens: Any = self._inner.encode(text)
            if isinstance(tokens, str | bytes) or not isinstance(tokens, Sequence | np.ndarray):
                self._check.wrong("Tokenizer.encode(…)", tokens, "list[int]")
        last = self._size - 1
        return [self._check.whole(token, "Tokenizer.encode(…)", 0, last) for token in tokens]

    def decode(self, tokens: Sequence[int]) -> str:
        """Raises PluginError."""
        with Guard(self._plugin):
            return self._check.text(self._inner.decode(tokens), "Tokenizer.decode(…)")

    def token_bytes(self, token: int) -> bytes:
        """The bytes are those of U+FFFD where they cannot be had."""
        try:
            with Guard(self._plugin):
                return self._check.of_kind(self._inner.token_bytes(token), bytes, "Tokenizer.token_bytes(…)")
        except PluginError as error:
            self.fault = error
            return _UNKNOWN_BYTES

    def unknown_in(self, text: str) -> list[str]:
        """Raises PluginError."""
        with Guard(self._plugin):
            pieces = self._inner.unknown_in(text)
            if not isinstance(pieces, list | tuple):
                self._check.wrong("Tokenizer.unknown_in(…)", pieces, "list[str]")
        return [self._check.text(piece, "Tokenizer.unknown_in(…)") for piece in pieces]


class CheckedCursor:
    """See engine.contract.Cursor."""

    def __init__(self, inner: Cursor, name: str, size: int) -> None:
        """Raises PluginError for one that lacks what the contract asks for."""
        require(inner, Cursor, name)
        self._inner = inner
        self._plugin = name
        self._size = size

    def log_probs(self) -> FloatArray:
        """Raises PluginError."""
        with Guard(self._plugin):
            values = self._inner.log_probs()
        EventChecker(self._plugin, None).log_probs(values, "Cursor.log_probs()", self._size)
        return values if values.dtype == np.float32 else values.astype(np.float32)

    def advance(self, token: int) -> None:
        """Raises PluginError."""
        with Guard(self._plugin):
            self._inner.advance(token)

    def fork(self) -> "CheckedCursor":
        """Raises PluginError."""
        with Guard(self._plugin):
            forked = self._inner.fork()
        return CheckedCursor(forked, self._plugin, self._size)

    def evidence(self) -> Evidence:
        """Raises PluginError."""
        with Guard(self._plugin):
            evidence = self._inner.evidence()
        return EvidenceChecker(self._plugin).evidence(evidence)


class CheckedModel:
    """See engine.contract.LanguageModel."""

    def __init__(self, inner: LanguageModel, name: str) -> None:
        """Raises PluginError for one that lacks what the contract asks for."""
        self._inner = inner
        self._plugin = name
        with Guard(name):
            require(inner, LanguageModel, name)
            self.info: ModelInfo = checked_info(inner.info, name)
            tokenizer = inner.tokenizer
        self.tokenizer = CheckedTokenizer(tokenizer, name)

    @staticmethod
    def around(model: LanguageModel, name: str) -> "CheckedModel":
        """`model` behind the border, once; one that scores whole texts still does."""
        if isinstance(model, CheckedModel):
            return model
        return (CheckedScorer if isinstance(model, BatchScorer) else CheckedModel)(model, name)

    def start(self, tokens: Sequence[int]) -> CheckedCursor:
        """Raises PluginError."""
        with Guard(self._plugin):
            cursor = self._inner.start(tokens)
        return CheckedCursor(cursor, self._plugin, self.info.vocabulary_size)


class CheckedScorer(CheckedModel):
    """A CheckedModel that is also an engine.contract.BatchScorer."""

    def score_tokens(self, tokens: Sequence[int]) -> FloatArray:
        """Raises PluginError."""
        with Guard(self._plugin):
            values: Any = self._inner.score_tokens(tokens)  # type: ignore[attr-defined]
        if not isinstance(values, np.ndarray) or values.shape != (len(tokens),) or np.isnan(values).any():
            Checker(self._plugin).wrong("score_tokens(…)", values, f"float32 [{len(tokens)}]")
        return values.astype(np.float32, copy=False)
