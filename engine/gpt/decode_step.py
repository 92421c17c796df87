"""One more position through an imported network, in as few operations as it takes.

With a single position the matrices cost what it takes to read them, and all else is the price of calling some twenty
small operations a layer. So here the forward of `Gpt` stands once more, for one position of one text and the parts
that published checkpoints have: the stream stays in fp32 and is added to in place, a norm is one length and one
product, all heads are turned by one small matrix, and room in the cache is found once for all layers.
`Gpt.forward` is its reference; tests hold the two together.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from genchat.engine.gpt.kv_cache import KvCache
from genchat.engine.gpt.transformer import Gpt, Norm, Trace, attend

_Map = Callable[[Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class _Layer:
    attention_norm: _Map
    qkv: _Map
    head_gains: Tensor | None  # [H + K, D], of queries and keys
    out: _Map
    mlp_norm: _Map
    up: _Map
    down: _Map


class OnePosition:
    """`network` for one position after a cached past. Holds its weights; keeps nothing from one call to the next."""

    def __init__(self, network: Gpt) -> None:
        config = network.config
        self._network = network
        self._dtype = network.compute_dtype  # of products and of the cache
        self._heads, self._kv_heads, self._width = config.heads, config.kv_heads, config.head_width
        self._epsilon = config.norm_epsilon
        self._activate: _Map = partial(F.gelu, approximate="tanh") if config.activation == "gelu" else self._gate
        blocks: Any = network.blocks
        self._layers = [
            _Layer(
                attention_norm=_norm(block.attention_norm),
                qkv=_product(block.attention.qkv),
                head_gains=_head_gains(block.attention) if config.qk_norm == "weight" else None,
                out=_product(block.attention.out),
                mlp_norm=_norm(block.mlp_norm),
                up=_product(block.mlp.up),
                down=_product(block.mlp.down),
            )
            for block in blocks
        ]
        self._scale = blocks[0].attention.scale

    def __call__(self, ids: Tensor, cache: KvCache, trace: Trace | None = None) -> Tensor:
        """int64 [1, 1] -> fp32 [1, C], the stream after the last layer. `cache` grows by this position."""
        dtype, width = self._dtype, self._width
        asking, answering = self._heads, self._heads + self._kv_heads  # heads of queries, and of queries and keys
        x = self._embed(ids, cache.length)
        turn = self._turn(cache.length)
        new_keys, new_values, keys, values = cache.next_position()
        if trace is not None:
            trace.residual.append(x.clone())
        for index, layer in enumerate(self._layers):
            qkv = layer.qkv(layer.attention_norm(x).to(dtype)).view(-1, width)
            qk = qkv[:answering].float()
            if layer.head_gains is not None:
                qk = F.rms_norm(qk, (width,), None, self._epsilon) * layer.head_gains
            if turn is not None:
                qk = qk @ turn
            new_keys[index].copy_(qk[asking:])
            new_values[index].copy_(qkv[answering:])
            q = qk[:asking].to(dtype).view(1, asking, 1, width)
            x.add_(layer.out(attend(q, keys[index], values[index], self._scale, trace).view(1, -1)))
            x.add_(layer.down(self._activate(layer.up(layer.mlp_norm(x).to(dtype)))))
            if trace is not None:
                trace.residual.append(x.clone())
        cache.commit(ids)
        return x

    def _embed(self, ids: Tensor, place: int) -> Tensor:
        x: Tensor = self._network.embedding(ids)[0].float()
        learned = self._network.position_embedding
        return x.clone() if learned is None else x + learned.weight[place]

    def _turn(self, place: int) -> Tensor | None:
        """[D, D]: x @ it is `engine.gpt.transformer.rotate` at that position."""
        if self._network.position_embedding is not None:
            return None
        cos, sin = self._network.cos[place], self._network.sin[place]
        return torch.diag(cos) + torch.diag(sin).roll(self._width // 2, 0)

    def _gate(self, x: Tensor) -> Tensor:
        gate, up = x.chunk(2, dim=1)
        return F.silu(gate).mul_(up)


def _product(matrix: Any) -> _Map:
    """[1, K] -> [1, N], by the shortest way a matrix offers."""
    one: _Map | None = getattr(matrix, "one", None)
    return one or partial(F.linear, weight=matrix.weight, bias=matrix.bias)


def _norm(norm: Norm) -> _Map:
    """fp32 [1, C] -> fp32 [1, C]."""
    width, epsilon = norm.width, norm.epsilon
    weight = torch.ones(width) if norm.weight is None else norm.weight.detach().float()
    if norm.kind == "layer":
        bias = None if norm.bias is None else norm.bias.detach().float()
        return lambda x: F.layer_norm(x, (width,), weight, bias, epsilon)

    def rms(x: Tensor) -> Tensor:
        length = float(torch.linalg.vector_norm(x))
        return (x * weight).mul_(1 / math.sqrt(length * length / width + epsilon))

    return rms


def _head_gains(attention: Any) -> Tensor:
    """fp32 [H + K, D]."""
    query, key = attention.q_norm.weight.detach().float(), attention.k_norm.weight.detach().float()
    return torch.cat([query.expand(attention.heads, -1), key.expand(attention.kv_heads, -1)])
