"""Keys and values of the past, so that one more token costs one more token.

A cache is a view of a buffer that only ever grows at its end. Forks share the buffer: whoever first writes past the
common end does so in place, and only a second writer at the same place copies. Forking itself costs nothing.
"""

import threading

import torch
from torch import Tensor

Layers = tuple[Tensor, ...]  # one tensor a layer


class _Buffer:
    """keys and values, each [layers, B, K, capacity, D]; `written` positions of it belong to some cache."""

    def __init__(self, shape: tuple[int, int, int, int, int], dtype: torch.dtype, device: torch.device) -> None:
        self.keys = torch.empty(shape, dtype=dtype, device=device)
        self.values = torch.empty(shape, dtype=dtype, device=device)
        self.written = 0
        self._lock = threading.Lock()

    def claim(self, start: int, end: int) -> bool:
        """Whether the caller may write start..end: nobody else has, and it fits. Asked for once by each writer."""
        with self._lock:
            if self.written != start or end > self.keys.shape[3]:
                return False
            self.written = end
            return True


class KvCache:
    """The past of one text. `length` positions are committed; `last_tokens` [B, 1] is the newest of them."""

    def __init__(
        self,
        layers: int,
        kv_heads: int,
        head_width: int,
        limit: int,
        dtype: torch.dtype = torch.float32,
        device: torch.device | None = None,
        batch: int = 1,
    ) -> None:
        self._shape = (layers, batch, kv_heads, head_width)
        self._dtype, self._device = dtype, device or torch.device("cpu")
        self.limit = limit
        self.length = 0
        self.last_tokens: Tensor | None = None
        self._buffer = self._allocate(min(limit, 64))

    def _allocate(self, capacity: int) -> _Buffer:
        layers, batch, kv_heads, head_width = self._shape
        return _Buffer((layers, batch, kv_heads, capacity, head_width), self._dtype, self._device)

    @property
    def bytes_per_token(self) -> int:
        """Memory one more position takes."""
        layers, batch, kv_heads, head_width = self._shape
        return 2 * layers * batch * kv_heads * head_width * self._dtype.itemsize

    def append(self, layer: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Write the new positions of one layer ([B, K, T, D]) and return all: two views [B, K, length + T, D]."""
        new = keys.shape[2]
        end = self.length + new
        if layer == 0:
            self._make_room(end)
        self._buffer.keys[layer, :, :, self.length : end] = keys
        self._buffer.values[layer, :, :, self.length : end] = values
        return self._buffer.keys[layer, :, :, :end], self._buffer.values[layer, :, :, :end]

    def next_position(self) -> tuple[Layers, Layers, Layers, Layers]:
        """Room for one more position of one text, by layer: where its keys and its values go ([K, D] each), and all
        keys and values up to and with it ([1, K, length + 1, D] each)."""
        place = self.length
        self._make_room(place + 1)
        held = (self._buffer.keys, self._buffer.values)
        here = [part[:, 0, :, place].unbind(0) for part in held]
        whole = [part[:, :, :, : place + 1].unbind(0) for part in held]
        return here[0], here[1], whole[0], whole[1]

    def _make_room(self, end: int) -> None:
        buffer = self._buffer
        if buffer.claim(self.length, end):
            return
        grown = self._allocate(min(self.limit, max(2 * end, buffer.keys.shape[3])))
        grown.written = end
        grown.keys[:, :, :, : self.length] = buffer.keys[:, :, :, : self.length]
        grown.values[:, :, :, : self.length] = buffer.values[:, :, :, : self.length]
        self._buffer = grown

    def commit(self, ids: Tensor) -> None:
        """The positions just appended are now the past. ids: [B, T]."""
        self.length += ids.shape[1]
        self.last_tokens = ids[:, -1:]

    def fork(self) -> "KvCache":
        """A second past that is the same up to here."""
        twin = object.__new__(KvCache)
        twin.__dict__.update(self.__dict__)
        return twin

    def fork_at(self, length: int) -> "KvCache":
        """A second past that ends after the first `length` of these positions; pairs with the token before are lost."""
        twin = self.fork()
        twin.length = length
        if length != self.length:
            twin.last_tokens = None
        return twin
