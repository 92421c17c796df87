"""The statistical model as a LanguageModel: states that roll along suffix links, every number open to question."""

from collections.abc import Sequence

from genchat.engine.contract import ModelInfo
from genchat.engine.distribution import FloatArray
from genchat.engine.evidence import Evidence
from genchat.engine.inside import InsideNgram
from genchat.engine.ngram.corpus import TokenCorpus
from genchat.engine.ngram.evidence import explain
from genchat.engine.ngram.inside import level_shares, look_inside
from genchat.engine.ngram.tables import NgramTables, State
from genchat.engine.tokenizers.pieces import PieceTokenizer


class NgramModel:
    """See engine.contract.LanguageModel and BatchScorer."""

    def __init__(
        self, tables: NgramTables, tokenizer: PieceTokenizer, info: ModelInfo, corpus: TokenCorpus | None = None
    ) -> None:
        self.tables = tables
        self.tokenizer = tokenizer
        self.info = info
        self.corpus = corpus

    def start(self, tokens: Sequence[int]) -> "NgramCursor":
        return NgramCursor(self, self.tables.state_after(tokens), list(tokens))

    def score_tokens(self, tokens: Sequence[int]) -> FloatArray:
        return self.tables.score(tokens)

    def look_inside(self, tokens: Sequence[int], chosen: int | None = None, first: int = 0) -> InsideNgram:
        """See engine.inside.LooksInside."""
        text = list(tokens) if chosen is None else [*tokens, chosen]
        return look_inside(self.start(text[:first]), self.tables.order, self.corpus, text, first)


class NgramCursor:
    """See engine.contract.Cursor."""

    def __init__(self, model: NgramModel, state: State, past: list[int]) -> None:
        self._model = model
        self._state = state
        self._past = past

    def log_probs(self) -> FloatArray:
        return self._model.tables.log_probs(self._state)

    def advance(self, token: int) -> None:
        self._state = self._model.tables.advance(self._state, token)
        self._past.append(token)

    def match_length(self) -> int:
        """The length is how many of the last tokens stand together in the training text; at most order - 1."""
        return len(self._state)

    def split(self, token: int) -> tuple[FloatArray, float]:
        """See engine.ngram.inside.Walk."""
        return level_shares(self._model.tables, self._state, token), 0.0

    def fork(self) -> "NgramCursor":
        return NgramCursor(self._model, self._state, list(self._past))

    @property
    def held_bytes(self) -> int:
        """See engine.forking.KnowsItsSize: the tokens before, twice where a reply is recalled."""
        return 16 * len(self._past)

    def evidence(self) -> Evidence:
        return explain(self._model.tables, self._model.corpus, self._state, self._past, self.log_probs())
