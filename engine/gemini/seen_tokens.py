"""The tokens of a model whose vocabulary is not known: learned one by one from what the service shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from genchat.engine.contract import Step
from genchat.engine.distribution import top_k, unknown
from genchat.engine.errors import UsageError
from genchat.engine.gemini.client import DecodingStep, TokenChoice

_FIRST_OWN_ID = 2**31  # ids the service gives lie below


class SeenTokens:
    """See engine.contract.Tokenizer, of which it can only say what known tokens mean.

    Where the service gives a token no id, or one that already means something else, it gets one of its own.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._texts: dict[int, str] = {}
        self._own_ids: dict[str, int] = {}

    @property
    def name(self) -> str:
        return self._name

    @property
    def vocabulary_size(self) -> int:
        """This is how many tokens have been seen."""
        return len(self._texts)

    @property
    def special_tokens(self) -> Mapping[str, int]:
        return {}

    def learn(self, choice: TokenChoice) -> int:
        """The method gives the id of a token."""
        service_id = choice.token
        if (
            isinstance(service_id, int)
            and 0 <= service_id < _FIRST_OWN_ID
            and self._texts.get(service_id, choice.text) == choice.text
        ):
            self._texts[service_id] = choice.text
            return service_id
        own = self._own_ids.setdefault(choice.text, _FIRST_OWN_ID + len(self._own_ids))
        self._texts[own] = choice.text
        return own

    def encode(self, text: str) -> list[int]:
        """Encoding cannot be done, since how the service cuts a text is not known. Raises UsageError."""
        raise UsageError("cannot_score", backend=self._name)

    def decode(self, tokens: Sequence[int]) -> str:
        return "".join(self._texts.get(token, "") for token in tokens)

    def token_bytes(self, token: int) -> bytes:
        return self._texts.get(token, "").encode("utf-8", "replace")

    def unknown_in(self, text: str) -> list[str]:
        return []


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece is part of an answer: what it adds to the text, and the token it is; None for several."""

    text: str
    step: DecodingStep | None


def aligned(text: str, steps: Sequence[DecodingStep]) -> list[Piece] | None:
    """The function cuts `text` at its tokens; the result is None where the tokens do not spell it.

    Tokens after the end of the text (an end marker) write nothing; text after the last token is a piece by itself.
    """
    pieces = []
    position = 0
    for step in steps:
        written = step.chosen.text
        if text.startswith(written, position):
            pieces.append(Piece(written, step))
            position += len(written)
        elif position == len(text) or (position and not text[position:].strip()):
            pieces.append(Piece("", step))
        else:
            return None
    if position < len(text):
        pieces.append(Piece(text[position:], None))
    return pieces


def shared(text: str, pieces: Sequence[Piece]) -> list[Piece]:
    """The first of `pieces` as far as they spell `text`, and what is left of the text as a piece by itself."""
    same: list[Piece] = []
    position = 0
    for piece in pieces:
        writes_nothing_within = not piece.text and position < len(text)
        if writes_nothing_within or not text.startswith(piece.text, position):
            break
        same.append(piece)
        position += len(piece.text)
    if position < len(text):
        same.append(Piece(text[position:], None))
    return same


def as_step(position: int, piece: Piece, tokens: SeenTokens) -> Step:
    """A piece of an answer becomes a step. The service does not say what the draw was made from."""
    drawn_from = unknown("gemini.draw_not_told")
    if piece.step is None:
        return Step(position, None, piece.text, None, unknown("gemini.text_without_token"), drawn_from)
    chosen, top = piece.step.chosen, piece.step.top
    token = tokens.learn(chosen)
    by_token = {tokens.learn(choice): choice.log_prob for choice in top}
    raw = top_k(list(by_token.items())) if by_token else unknown("gemini.no_candidates")
    return Step(position, token, piece.text, chosen.log_prob, raw, drawn_from, special=not piece.text)
