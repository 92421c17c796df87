"""The mini GPT as a LanguageModel: cursors over a key/value cache that fork for free, batches for scoring, evidence.

The model reads at most `context_length` tokens. A text that outgrows this window goes on from the window's last half,
and so on each time it is full: where the window begins depends on the number of tokens alone (`window_start`), so that
a cursor that came token by token, one that started there and a batch all see the same past.
"""

from collections.abc import Sequence

import numpy as np
import torch

from genchat.engine.contract import ModelInfo, Tokenizer
from genchat.engine.distribution import LN2, FloatArray, known_numbers, top_ids
from genchat.engine.errors import UsageError
from genchat.engine.evidence import GptEvidence, LensRow
from genchat.engine.gpt.inside import look_inside
from genchat.engine.gpt.kv_cache import KvCache
from genchat.engine.gpt.transformer import Gpt, Trace
from genchat.engine.inside import InsideGpt

_LENS_CANDIDATES = 5
_POSITIONS_A_BATCH = 8192  # scored at once; bounds the memory of the logits


def window_start(length: int, limit: int) -> int:
    """Index of the first token the model still reads after `length` tokens, when it can read `limit`."""
    step = limit - limit // 2
    return 0 if length <= limit else -(-(length - limit) // step) * step


class GptModel:
    """See engine.contract.LanguageModel and BatchScorer."""

    def __init__(self, network: Gpt, tokenizer: Tokenizer, info: ModelInfo) -> None:
        self.network = network.eval()
        self.tokenizer = tokenizer
        self.info = info
        self.limit = network.config.context_length

    @property
    def device(self) -> torch.device:
        return self.network.embedding.weight.device

    def check(self, tokens: Sequence[int]) -> None:
        """Raise UsageError for an id that does not exist."""
        last = self.network.config.vocabulary_size - 1
        for token in tokens:
            if not 0 <= token <= last:
                raise UsageError("token_outside_vocabulary", token=token, last=last)

    def start(self, tokens: Sequence[int]) -> "GptCursor":
        """A cursor after `tokens`; an empty text begins at the configured start token."""
        self.check(tokens)
        return GptCursor(self, tuple(tokens))

    def new_cache(self) -> KvCache:
        """An empty past."""
        config = self.network.config
        dtype = self.network.compute_dtype
        return KvCache(config.layers, config.kv_heads, config.head_width, self.limit, dtype, self.device)

    def whole(self, tokens: Sequence[int]) -> tuple[int, ...]:
        """`tokens` with whatever the model wants to stand before every text."""
        return tuple(tokens)

    def look_inside(self, tokens: Sequence[int], chosen: int | None = None, first: int = 0) -> InsideGpt:
        """See engine.inside.LooksInside."""
        self.check(tokens if chosen is None else [*tokens, chosen])
        return look_inside(self.network, self.window(self.whole(tokens)), self.new_cache(), chosen)

    def window(self, tokens: Sequence[int]) -> list[int]:
        """The tokens the model reads to predict what follows `tokens`; never empty."""
        return list(tokens[window_start(len(tokens), self.limit) :]) or [self.network.config.start_token]

    def ids(self, tokens: Sequence[int]) -> torch.Tensor:
        """int64 [1, T] on the model's device."""
        return torch.tensor([tokens], dtype=torch.int64, device=self.device)

    @torch.inference_mode()
    def score_tokens(self, tokens: Sequence[int]) -> FloatArray:
        """float32 [len(tokens)]: natural log p(tokens[i] | tokens[:i])."""
        self.check(tokens)
        count, limit = len(tokens), self.limit
        found = np.empty(count, dtype=np.float32)
        if not count:
            return found
        found[0] = self._next_log_probs([[self.network.config.start_token]])[0, 0, tokens[0]]
        waiting = spans(count, limit)
        rows = max(1, _POSITIONS_A_BATCH // limit)
        while waiting:
            # Windows of one length are scored together; only the last of a text may be shorter.
            length = waiting[0][1] - waiting[0][0]
            batch = [span for span in waiting[:rows] if span[1] - span[0] == length]
            waiting = waiting[len(batch) :]
            log_probs = self._next_log_probs([tokens[start:end] for start, end, _ in batch])
            for row, (start, end, first) in zip(log_probs, batch, strict=True):
                targets = np.asarray(tokens[first : end + 1], dtype=np.int64)
                found[first : end + 1] = row[np.arange(first - 1 - start, end - start), targets]
        return found

    def _next_log_probs(self, windows: Sequence[Sequence[int]]) -> FloatArray:
        ids = torch.tensor(windows, dtype=torch.int64, device=self.device)
        found: FloatArray = self.network(ids).log_softmax(-1).cpu().numpy()
        return known_numbers(found, self.info.name)


def spans(count: int, limit: int) -> list[tuple[int, int, int]]:
    """(start, end, first) for each window over `count` tokens: tokens[start:end] predict tokens[first:end + 1]."""
    found = []
    first = 1
    while first < count:
        start = window_start(first, limit)
        end = min(start + limit, count - 1)
        found.append((start, end, first))
        first = end + 1
    return found


class GptCursor:
    """See engine.contract.Cursor. The network runs only when its belief is asked for."""

    def __init__(self, model: GptModel, tokens: tuple[int, ...]) -> None:
        self._model = model
        self._tokens = tokens
        self._cache = model.new_cache()
        self._read_from = 0  # index in the text of the cache's first position
        self._log_probs: FloatArray | None = None

    @property
    def cache(self) -> KvCache:
        """The past, for measuring."""
        return self._cache

    @torch.inference_mode()
    def log_probs(self) -> FloatArray:
        if self._log_probs is None:
            model, tokens = self._model, self._tokens
            start = window_start(len(tokens), model.limit)
            if start != self._read_from:
                self._cache, self._read_from = model.new_cache(), start
            unread = list(tokens[start + self._cache.length :])
            # An empty text is read as the start token, in a cache that the first real token does not see.
            cache = self._cache if tokens else model.new_cache()
            logits = model.network(model.ids(unread or [model.network.config.start_token]), cache, last_only=True)
            self._log_probs = known_numbers(logits[0, 0].log_softmax(-1).cpu().numpy(), model.info.name)
        return self._log_probs

    def advance(self, token: int) -> None:
        self._model.check((token,))
        self._tokens = (*self._tokens, token)
        self._log_probs = None

    def fork(self) -> "GptCursor":
        twin = object.__new__(GptCursor)
        twin.__dict__.update(self.__dict__)
        twin._cache = self._cache.fork()
        return twin

    @property
    def held_bytes(self) -> int:
        """See engine.forking.KnowsItsSize: a position of the shared cache, which has room for as much again, the
        tokens, and what the model believes after them.
        """
        believed = 0 if self._log_probs is None else self._log_probs.nbytes
        return 2 * self._cache.bytes_per_token + 8 * len(self._tokens) + believed

    @torch.inference_mode()
    def evidence(self) -> GptEvidence:
        """Attention of this position and the logit lens of every layer; reads the window once more."""
        model = self._model
        window = model.window(self._tokens)
        trace = Trace()
        model.network(model.ids(window), trace=trace, last_only=True)
        attention = np.stack([weights[:, -1].float().cpu().numpy() for weights in trace.attention])
        lens = tuple(
            lens_row(layer, model.network.logits(stream[-1]).log_softmax(-1).cpu().numpy())
            for layer, stream in enumerate(trace.residual)
        )
        return GptEvidence(tuple(window), attention, lens)


def lens_row(layer: int, log_probs: FloatArray) -> LensRow:
    """What float32 [V] of one layer says, in short."""
    wide = log_probs.astype(np.float64)
    top = tuple((int(token), float(np.exp(wide[token]))) for token in top_ids(log_probs, _LENS_CANDIDATES))
    return LensRow(layer, top, float(-(np.exp(wide) * wide).sum() / LN2))
