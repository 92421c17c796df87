"""A text that a person types at a place in a reply: the tokens it becomes, and how likely the model finds them."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genchat.engine.errors import UsageError
from genchat.engine.token_labels import Labels

if TYPE_CHECKING:
    from genchat.engine.local_backend import LocalBackend

_PRICED = 64  # tokens; a longer text is taken without its probability


@dataclass(frozen=True)
class Priced:
    """The tokens of a typed text by their labels, and the natural log of their probability; None if not computed."""

    labels: tuple[str, ...]
    log_prob: float | None


class TypedText:
    """Texts typed after the tokens of `before`. Any thread may ask; the lock is held while the model works."""

    def __init__(self, backend: "LocalBackend", lock: threading.Lock, before: Sequence[int]) -> None:
        self._backend = backend
        self._lock = lock
        self._before = tuple(before)
        self._labels = Labels(backend.tokenizer)

    def tokens(self, text: str) -> tuple[int, ...]:
        """Return the tokens of `text`.

        Raises UsageError for no text at all, for one that the vocabulary cannot write, and for one that is too long.
        """
        from genchat.tui.chat.fork_request import check_room

        tokenizer = self._backend.tokenizer
        if not text:
            raise UsageError("fork_nothing_typed")
        unknown = tokenizer.unknown_in(text)
        if unknown:
            raise UsageError("fork_unwritable", name=self._backend.info.name, pieces=" ".join(unknown[:8]))
        found = tuple(tokenizer.encode(text))
        check_room(self._backend, len(found))
        return found

    def price(self, text: str) -> Priced:
        """Return what the model thinks of `text` at this place. Raises what `tokens` raises."""
        tokens = self.tokens(text)
        labels = tuple(self._labels(token) for token in tokens)
        if len(tokens) > _PRICED:
            return Priced(labels, None)
        model, total = self._backend.model, 0.0
        with self._lock:
            kept = None if self._backend.pasts is None else self._backend.pasts.cursor_at(model, self._before)
            cursor = model.start(self._before) if kept is None else kept
            for index, token in enumerate(tokens):
                total += float(cursor.log_probs()[token])
                if index + 1 < len(tokens):
                    cursor.advance(token)
        return Priced(labels, total)
