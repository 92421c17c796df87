"""The Transformer, from token ids to logits, in one sitting.

A decoder-only stack (Vaswani et al. 2017; Radford et al. 2019): embedding, then blocks of attention and MLP that each
add to a running sum (the residual stream), then a norm and the output matrix. Options by GptConfig: rotary positions
(Su et al. 2021), RMSNorm (Zhang & Sennrich 2019), grouped-query attention (Ainslie et al. 2023), squared ReLU (So et
al. 2021), queries and keys of unit length (Henry et al. 2020), and for small character models a table of token pairs
and value embeddings, which give a network the counts of an n-gram model from its first step.

Letters in comments: B sequences, T positions, C width, H heads, K key/value heads, D head width, V vocabulary.
Weights are kept in fp32; activations run in the dtype of `compute_dtype` (bf16 where the processor gains by it).
Training and cached generation are one `forward`.
"""

import math
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genchat.engine.contract import Family
from genchat.engine.gpt.config import GptConfig
from genchat.engine.gpt.kv_cache import KvCache
from genchat.engine.training.trainable import ParameterGroup, Role

_SHARPNESS = 1.44  # unit queries and keys give a plain cosine; attention learns faster when it starts sharper


@dataclass
class Trace:
    """Filled by `forward` when asked for: what the microscope shows. Costs nothing when absent."""

    attention: list[Tensor] = field(default_factory=list)  # a layer: [H, T_new, T_all]
    residual: list[Tensor] = field(default_factory=list)  # after the embedding and after each layer: [T_new, C]


class Linear(nn.Linear):
    """Weights in fp32, product in the dtype of the input."""

    def reset_parameters(self) -> None:
        """Nothing is drawn for a shape without memory: torch would load its whole compiler for that, seconds long."""
        if not self.weight.is_meta:
            super().reset_parameters()

    def forward(self, x: Tensor) -> Tensor:
        bias = None if self.bias is None else self.bias.to(x.dtype)
        return F.linear(x, self.weight.to(x.dtype), bias)


class Embedding(nn.Embedding):
    """A row a token."""

    def reset_parameters(self) -> None:
        """See Linear."""
        if not self.weight.is_meta:
            super().reset_parameters()


class Norm(nn.Module):
    """RMSNorm or LayerNorm, with or without a learned gain."""

    def __init__(self, config: GptConfig, width: int, weight: bool | None = None) -> None:
        super().__init__()
        self.kind, self.epsilon, self.width = config.norm, config.norm_epsilon, width
        has_weight = config.norm_weight if weight is None else weight
        self.weight = nn.Parameter(torch.ones(width)) if has_weight else None
        self.bias = nn.Parameter(torch.zeros(width)) if config.norm == "layer" and config.bias else None

    def forward(self, x: Tensor) -> Tensor:
        weight = None if self.weight is None else self.weight.to(x.dtype)
        if self.kind == "rms":
            return F.rms_norm(x, (self.width,), weight, self.epsilon)
        return F.layer_norm(
            x, (self.width,), weight, None if self.bias is None else self.bias.to(x.dtype), self.epsilon
        )


def rotary_tables(config: GptConfig, length: int) -> tuple[Tensor, Tensor]:
    """cos and signed sin, fp32 [length, D] each."""
    half = config.head_width // 2
    # Named, since shapes without memory ("meta") would have torch load its whole compiler for these few numbers.
    device = torch.device("cpu")
    frequencies = config.rope_base ** -(torch.arange(half, dtype=torch.float32, device=device) / half)
    if config.rope_divisors:
        frequencies = frequencies / torch.tensor(config.rope_divisors, device=device)
    angles = torch.outer(torch.arange(length, dtype=torch.float32, device=device), frequencies)
    cos, sin = config.rope_scale * angles.cos(), config.rope_scale * angles.sin()
    return torch.cat([cos, cos], dim=-1), torch.cat([-sin, sin], dim=-1)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn each pair (x[i], x[i + D/2]) by its position's angle. x: [B, H, T, D]; cos, sin: [T, D]."""
    return x * cos + x.roll(x.shape[-1] // 2, dims=-1) * sin


class _SquaredRelu(torch.autograd.Function):
    """max(x, 0)^2 with a backward pass of two products: the composed one costs three times as much on a processor."""

    @staticmethod
    def forward(context: Any, x: Tensor) -> Tensor:
        positive = F.relu(x)
        context.save_for_backward(positive)
        squared: Tensor = positive * positive
        return squared

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> Tensor:
        (positive,) = context.saved_tensors
        slope: Tensor = (gradient * positive).mul_(2)
        return slope


def squared_relu(x: Tensor) -> Tensor:
    """max(x, 0)^2."""
    found: Tensor = _SquaredRelu.apply(x)  # type: ignore[no-untyped-call]
    return found


class Attention(nn.Module):
    """Every position asks (q), every earlier one answers (k) and gives (v)."""

    def __init__(self, config: GptConfig, layer: int) -> None:
        super().__init__()
        self.heads, self.kv_heads, self.head_width = config.heads, config.kv_heads, config.head_width
        self.layer = layer
        self.qkv = Linear(config.width, (config.heads + 2 * config.kv_heads) * config.head_width, bias=config.qkv_bias)
        self.out = Linear(config.heads * config.head_width, config.width, bias=config.bias)
        self.rotary = config.positions == "rope"
        self.qk_norm = config.qk_norm
        self.scale = 1 / math.sqrt(config.head_width)
        if config.qk_norm == "unit":
            self.unit_norm = Norm(config, config.head_width, weight=False)
            self.scale *= _SHARPNESS
        elif config.qk_norm == "weight":
            self.q_norm, self.k_norm = Norm(config, config.head_width, True), Norm(config, config.head_width, True)
        self.value_share = nn.Parameter(torch.tensor(0.5)) if _has_value_embedding(config, layer) else None

    def forward(
        self,
        x: Tensor,
        cos: Tensor,
        sin: Tensor,
        value: Tensor | None,
        cache: KvCache | None,
        trace: Trace | None,
        mask: Tensor | None = None,
    ) -> Tensor:
        b, t, _ = x.shape
        h, g, d = self.heads, self.kv_heads, self.head_width
        qkv = self.qkv(x).view(b, t, h + 2 * g, d).transpose(1, 2)
        qk, v = qkv[:, : h + g], qkv[:, h + g :]  # [B, H + K, T, D] and [B, K, T, D]
        if value is not None and self.value_share is not None:
            v = v + self.value_share.to(x.dtype) * value.view(b, t, g, d).transpose(1, 2)
        if self.qk_norm == "unit":
            qk = self.unit_norm(qk)
        elif self.qk_norm == "weight":
            qk = torch.cat([self.q_norm(qk[:, :h]), self.k_norm(qk[:, h:])], dim=1)
        if self.rotary:
            qk = rotate(qk, cos, sin)
        q, k = qk[:, :h], qk[:, h:]
        if cache is not None:
            k, v = cache.append(self.layer, k, v)
        mixed = attend(q, k, v, self.scale, trace, mask)
        out: Tensor = self.out(mixed.transpose(1, 2).reshape(b, t, h * d))
        return out


def attend(q: Tensor, k: Tensor, v: Tensor, scale: float, trace: Trace | None, mask: Tensor | None = None) -> Tensor:
    """softmax(scale q k^T + mask) v. q: [B, H, T, D]; k, v: [B, K, S, D] with the T newest positions last.

    `mask`: added to the scores, [B, 1, T, S]; by default every position sees all before it.
    """
    b, h, t, d = q.shape
    groups, s = k.shape[1], k.shape[2]
    if trace is None and t == 1:
        # One query sees everything before it: no mask, and the query heads of a group share their keys unexpanded.
        return F.scaled_dot_product_attention(q.view(b, groups, h // groups, d), k, v, scale=scale).view(b, h, 1, d)
    if h != groups:
        k, v = k.repeat_interleave(h // groups, dim=1), v.repeat_interleave(h // groups, dim=1)
    if trace is None and not (q.requires_grad and q.dtype == torch.bfloat16):
        if mask is not None:
            return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, scale=scale)
        if s == t:
            return F.scaled_dot_product_attention(q, k, v, is_causal=True, scale=scale)
        return F.scaled_dot_product_attention(q, k, v, attn_mask=causal_mask(t, s, q), scale=scale)
    # The fused kernel's backward pass in bf16 is several times slower on processors than these three products.
    weights = (q * scale @ k.transpose(-1, -2) + (causal_mask(t, s, q) if mask is None else mask)).softmax(-1)
    if trace is not None:
        trace.attention.append(weights[0])
    return weights @ v


def causal_mask(t: int, s: int, like: Tensor) -> Tensor:
    """[t, s]: 0 where the i-th of the t newest positions may look, -inf for its future."""
    return torch.full((t, s), -math.inf, dtype=like.dtype, device=like.device).triu(s - t + 1)


def segment_mask(segments: Tensor, dtype: torch.dtype) -> Tensor:
    """[B, 1, T, T]: 0 where a position may look, -inf for its future and for other segments. segments: [B, T]."""
    t = segments.shape[1]
    apart = segments[:, None, :, None] != segments[:, None, None, :]
    future = torch.ones(t, t, dtype=torch.bool, device=segments.device).triu(1)
    return torch.zeros(apart.shape, dtype=dtype, device=segments.device).masked_fill_(apart | future, -math.inf)


class Mlp(nn.Module):
    """What each position does by itself."""

    def __init__(self, config: GptConfig) -> None:
        super().__init__()
        self.activation = config.activation
        factor = 2 if config.activation == "swiglu" else 1  # gate and up in one matrix
        self.up = Linear(config.width, factor * config.hidden, bias=config.bias)
        self.down = Linear(config.hidden, config.width, bias=config.bias)

    def forward(self, x: Tensor) -> Tensor:
        x = self.up(x)
        if self.activation == "relu2":
            x = squared_relu(x)
        elif self.activation == "gelu":
            x = F.gelu(x, approximate="tanh")
        else:
            gate, x = x.chunk(2, dim=-1)
            x = F.silu(gate) * x
        out: Tensor = self.down(x)
        return out


class Dropout(nn.Module):
    """Silences whole channels of a window at once (Gal & Ghahramani 2016).

    A mask a window costs next to nothing; one a number would cost more than a matrix product on a processor.
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or not self.share:
            return x
        kept = 1 - self.share
        mask = torch.empty(x.shape[0], 1, x.shape[2], device=x.device).bernoulli_(kept).div_(kept)
        return x * mask.to(x.dtype)


class Block(nn.Module):
    """Attention, then MLP; each reads the normed stream and adds to it."""

    def __init__(self, config: GptConfig, layer: int, dropout: float) -> None:
        super().__init__()
        self.attention_norm, self.attention = Norm(config, config.width), Attention(config, layer)
        self.mlp_norm, self.mlp = Norm(config, config.width), Mlp(config)
        self.shares = nn.Parameter(torch.tensor([1.0, 0.0])) if config.input_residual else None
        self.dropout = Dropout(dropout)

    def forward(
        self,
        x: Tensor,
        embedded: Tensor,
        cos: Tensor,
        sin: Tensor,
        value: Tensor | None,
        cache: KvCache | None,
        trace: Trace | None,
        mask: Tensor | None = None,
    ) -> Tensor:
        if self.shares is not None:
            stream, again = self.shares.to(x.dtype)
            x = stream * x + again * embedded
        x = x + self.dropout(self.attention(self.attention_norm(x), cos, sin, value, cache, trace, mask))
        x = x + self.dropout(self.mlp(self.mlp_norm(x)))
        return x


def _has_value_embedding(config: GptConfig, layer: int) -> bool:
    return config.value_embeddings and layer % 2 == 1


def _role(name: str, weight: Tensor) -> Role:
    if weight.dim() < 2:
        return "vector"
    if name.startswith("bigrams"):
        return "pairs"
    if name.startswith("head"):
        return "head"
    if name.startswith("blocks"):
        return "stacked" if name.endswith("qkv.weight") else "matrix"
    return "table"


class Gpt(nn.Module):
    """Token ids [B, T] in, logits fp32 [B, T, V] out. An engine.training.trainable.TrainableModel."""

    family: Family = "gpt"
    carries_state = False
    cos: Tensor
    sin: Tensor

    def __init__(self, config: GptConfig, dropout: float = 0.0) -> None:
        """`dropout`: share of the channels silenced while learning, in what each layer adds and in its input."""
        super().__init__()
        self.config = config
        self.compute_dtype = torch.float32
        c = config.width
        self.embedding = Embedding(config.vocabulary_size, c)
        self.position_embedding = Embedding(config.context_length, c) if config.positions == "learned" else None
        self.bigrams = Embedding(config.bigram_buckets, c) if config.bigram_buckets else None
        self.value_embeddings = nn.ModuleDict(
            {
                str(layer): Embedding(config.vocabulary_size, config.kv_heads * config.head_width)
                for layer in range(config.layers)
                if _has_value_embedding(config, layer)
            }
        )
        self.input_norm = Norm(config, c, weight=False) if config.bigram_buckets or config.input_residual else None
        self.dropout = Dropout(dropout)
        self.blocks = nn.ModuleList(Block(config, layer, dropout) for layer in range(config.layers))
        self.norm = Norm(config, c)
        self.head = None if config.tied_head else Linear(c, config.vocabulary_size, bias=False)
        self.build_rotary_tables()

    def build_rotary_tables(self) -> None:
        """Made, not stored."""
        cos, sin = rotary_tables(self.config, self.config.context_length)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)

    def initialise(self, generator: torch.Generator) -> None:
        """Fresh weights. Matrices uniform with deviation 1/sqrt(C); what writes to the stream and the pair and value
        tables start at 0, so that at first every block passes its input on."""
        bound = math.sqrt(3 / self.config.width)
        zero = ("attention.out.weight", "mlp.down.weight", "bigrams.weight")
        with torch.no_grad():
            for name, weight in self.named_parameters():
                if name.endswith("bias"):
                    weight.zero_()
                elif weight.dim() < 2:
                    continue  # gains and shares keep the values they are made with
                elif name.endswith(zero) or name.startswith("value_embeddings"):
                    weight.zero_()
                elif name == "head.weight":
                    weight.normal_(0, 0.001, generator=generator)
                elif "embedding" in name:
                    weight.normal_(0, 0.02 if self.config.tied_head else 1.0, generator=generator)
                else:
                    weight.uniform_(-bound, bound, generator=generator)

    def parameter_groups(self) -> list[ParameterGroup]:
        """What learns alike; see engine.training.trainable."""
        config = self.config
        stacked = [config.heads * config.head_width, *[config.kv_heads * config.head_width] * 2]
        found: dict[Role, list[nn.Parameter]] = {}
        for name, weight in self.named_parameters():
            found.setdefault(_role(name, weight), []).append(weight)
        return [
            ParameterGroup(role, tuple(weights), tuple(stacked) if role == "stacked" else ())
            for role, weights in found.items()
        ]

    def to_card_settings(self) -> dict[str, Any]:
        """What `engine.gpt.loading` needs to build this shape again."""
        return self.config.to_json()

    def carried_state(self) -> dict[str, Tensor]:
        """Nothing: every window is read afresh."""
        return {}

    def carry(self, state: dict[str, Tensor]) -> None:
        """See `carried_state`."""

    def parameter_count(self) -> int:
        """Numbers learned."""
        return sum(weight.numel() for weight in self.parameters())

    def embed(self, ids: Tensor, before: Tensor | None, start: int, segments: Tensor | None = None) -> Tensor:
        """[B, T] -> [B, T, C], the beginning of the stream. `before` [B, 1]: the tokens before, if known."""
        x: Tensor = self.embedding(ids)
        if self.position_embedding is not None:
            x = x + self.position_embedding.weight[start : start + ids.shape[1]]
        if self.bigrams is not None:
            first = ids[:, :1] if before is None else before
            previous = torch.cat([first, ids[:, :-1]], dim=1)
            pairs = self.bigrams((previous * self.config.bigram_stride + ids) % self.config.bigram_buckets)
            if before is None:
                pairs[:, 0] = 0  # no known predecessor, no pair
            if segments is not None:
                pairs[:, 1:] = pairs[:, 1:] * (segments[:, 1:] == segments[:, :-1])[..., None]
            x = x + pairs
        x = x.to(self.compute_dtype)
        return x if self.input_norm is None else self.input_norm(x)

    def forward(
        self,
        ids: Tensor,
        cache: KvCache | None = None,
        trace: Trace | None = None,
        last_only: bool = False,
        segments: Tensor | None = None,
    ) -> Tensor:
        """Logits for every position, or with `last_only` [B, 1, V] for the newest. `cache` holds the past and grows.

        `segments` [B, T], without a cache: positions of different numbers belong to different texts.
        """
        start = 0 if cache is None else cache.length
        embedded = self.embed(ids, None if cache is None else cache.last_tokens, start, segments)
        mask = None if segments is None else segment_mask(segments, embedded.dtype)
        here = slice(start, start + ids.shape[1])
        cos, sin = self.cos[here].to(embedded.dtype), self.sin[here].to(embedded.dtype)
        x = embedded = self.dropout(embedded)
        if trace is not None:
            trace.residual.append(x[0])
        for layer, block in enumerate(self.blocks):
            value = self.value_embeddings[str(layer)](ids).to(x.dtype) if str(layer) in self.value_embeddings else None
            x = block(x, embedded, cos, sin, value, cache, trace, mask)
            if trace is not None:
                trace.residual.append(x[0])
        if cache is not None:
            cache.commit(ids)
        return self.logits(x[:, -1:] if last_only else x)

    def logits(self, x: Tensor) -> Tensor:
        """[…, C] of the residual stream -> fp32 [..., V]; also the logit lens (nostalgebraist 2020) of any layer."""
        normed = self.norm(x)
        weight = self.embedding.weight if self.head is None else self.head.weight
        logits = F.linear(normed, weight.to(normed.dtype)).float()
        cap = self.config.logit_softcap
        return cap * torch.tanh(logits / cap) if cap else logits
