"""Token ids as a table shows them: readable, safe, each telling itself apart from the others."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from genchat.engine.contract import Step
from genchat.engine.text import decode_bytes, safe, token_label


class Vocabulary(Protocol):
    """A vocabulary says what token ids mean: a tokenizer, or what the history kept of one."""

    @property
    def special_tokens(self) -> Mapping[str, int]: ...

    def token_bytes(self, token: int) -> bytes: ...


class Labels:
    """Labels turn token ids into what a table shows for them."""

    def __init__(self, vocabulary: Vocabulary | None) -> None:
        self._vocabulary = vocabulary
        self._known: dict[int, str] = {}
        special = {} if vocabulary is None else vocabulary.special_tokens
        self._special = {token: name for name, token in special.items()}

    def __call__(self, token: int) -> str:
        label = self._known.get(token)
        if label is None:
            label = self._known[token] = self._label(token)
        return label

    def of(self, step: Step) -> str:
        """The label of the token of a step; where its meaning is not known, that of the text it brought."""
        if step.token is None or self._vocabulary is None:
            return token_label(step.text.encode("utf-8", "replace"))
        return self(step.token)

    def text(self, tokens: Iterable[int]) -> str:
        """Several tokens as one readable, safe piece of text; special ones by their names."""
        return safe(self.plain(tokens))

    def plain(self, tokens: Iterable[int]) -> str:
        """The same as it was written, which is not safe to show."""
        if self._vocabulary is None:
            return ""
        pieces = (
            self._special[token].encode() if token in self._special else self._vocabulary.token_bytes(token)
            for token in tokens
        )
        return decode_bytes(b"".join(pieces))

    def _label(self, token: int) -> str:
        if self._vocabulary is None:
            return f"#{token}"
        special = self._special.get(token)
        return token_label(b"" if special else self._vocabulary.token_bytes(token), special)
