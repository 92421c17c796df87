"""The Transformer laid open: one pass over a text that keeps every head, a logit lens of every layer, the size of the
stream and the strongest neurons, and one pass back for what the chosen token rests on.

Logit lens: nostalgebraist 2020. What a neuron pushes: its row of the output matrix through the final norm, whose scale
is kept as it was (Geva et al. 2022; Elhage et al. 2021). Gradient x input: Shrikumar et al. 2016, of the chosen token
against the most likely other one (Yin & Neubig 2022), since the slope of a probability near 1 says next to nothing.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from genchat.engine.distribution import LN2, FloatArray
from genchat.engine.gpt.kv_cache import KvCache
from genchat.engine.gpt.packed import WholeGpt
from genchat.engine.gpt.quantisation import WholeMatrix
from genchat.engine.gpt.transformer import Gpt, Norm, Trace
from genchat.engine.inside import InsideGpt, Neuron

_ATTENTION_BYTES = 128 * 1024 * 1024  # of what is kept; of longer texts the newest rows
_FEWEST_ROWS = 32
_LENS_WORK = 4e10  # multiplications; a large vocabulary has a lens of its newest positions only
_FEWEST_LENS = 16
_LENS_AT_ONCE = 2**23  # logits held at once
_NEURONS = 12
_PUSHED = 4  # tokens a neuron
_LONGEST_GRADIENT = 1024  # tokens; the pass back holds every layer's activations


class _Halves(list[Tensor]):
    """Attention as it comes, with its focus, in half the memory."""

    def __init__(self) -> None:
        super().__init__()
        self.focus: list[Tensor] = []

    def append(self, weights: Tensor) -> None:
        """Keep one layer, [H, R, T]."""
        self.focus.append(_focus(weights.float()))
        super().append(weights.to(torch.float16))


def _focus(weights: Tensor) -> Tensor:
    """[H, R, T] -> [H, R]: 1 - entropy / log(tokens seen); the first token, which sees only itself, has 0."""
    rows, tokens = weights.shape[1:]
    entropy = torch.special.entr(weights).sum(-1)
    seen = torch.arange(tokens - rows + 1, tokens + 1, dtype=torch.float32, device=weights.device)
    return torch.where(seen > 1, 1 - entropy / seen.clamp(min=2).log(), torch.zeros(())).clamp(0, 1)


def look_inside(network: Gpt, window: Sequence[int], past: KvCache, chosen: int | None) -> InsideGpt:
    """What `network` computed over `window`; `past` is an empty cache."""
    started = time.perf_counter()
    config, count = network.config, len(window)
    a_row = 2 * config.layers * config.heads * count
    rows = min(count, max(_ATTENTION_BYTES // a_row, _FEWEST_ROWS))
    trace, kept = Trace(), _Halves()
    trace.attention = kept
    device = network.embedding.weight.device
    ids = torch.tensor([list(window)], dtype=torch.int64, device=device)
    with torch.inference_mode(), _activations(network) as hidden:
        if count > rows:
            network(ids[:, : count - rows], past, last_only=True)
        # Without a past, one position too goes the way of many, which can be watched.
        network(ids[:, count - rows :], past if count > rows else None, trace, last_only=True)
        a_position = 2 * len(trace.residual) * config.width * config.vocabulary_size
        lensed = min(rows, max(int(_LENS_WORK // a_position), _FEWEST_LENS))
        lens = [_lens(network, stream[rows - lensed :]) for stream in trace.residual]
        norms = torch.stack([stream.float().square().mean(-1).sqrt() for stream in trace.residual])
        neurons = _neurons(network, hidden[-config.layers :], trace.residual[-1][-1])
    plain = not isinstance(network, WholeGpt)
    missing = ["inside.only_newest"] if count > rows else []
    missing += [] if plain else ["inside.no_gradient_whole"]
    influence, rival = None, None
    if chosen is None:
        missing.append("inside.no_gradient_unchosen")
    elif plain and count > _LONGEST_GRADIENT:
        missing.append("inside.no_gradient_long")
    elif plain:
        influence, rival = gradient_times_input(network, window, chosen)
    return InsideGpt(
        tokens=tuple(window),
        chosen=chosen,
        first=count - rows,
        attention=torch.stack(list(kept)).cpu().numpy(),
        focus=torch.stack(kept.focus).cpu().numpy(),
        lens_first=count - lensed,
        lens_tokens=np.stack([tokens for tokens, _, _ in lens]),
        lens_probabilities=np.stack([likeliest for _, likeliest, _ in lens]),
        lens_entropies=np.stack([entropy for _, _, entropy in lens]),
        norms=norms.cpu().numpy(),
        neurons=neurons,
        influence=influence,
        rival=rival,
        missing=tuple(missing),
        seconds=time.perf_counter() - started,
    )


def _lens(network: Gpt, stream: Tensor) -> tuple[Any, FloatArray, FloatArray]:
    """[P, C] -> the most likely token, its probability and the entropy in bits, [P] each."""
    found = []
    at_once = max(_LENS_AT_ONCE // network.config.vocabulary_size, 1)
    for start in range(0, len(stream), at_once):
        log_probs = network.logits(stream[start : start + at_once]).log_softmax(-1)
        best, token = log_probs.max(-1)
        entropy = -(log_probs.exp() * log_probs).nan_to_num(0.0).sum(-1) / LN2
        found.append((token.to(torch.int32), best.exp(), entropy))
    tokens, likeliest, entropies = (torch.cat(pieces).cpu().numpy() for pieces in zip(*found, strict=True))
    return tokens, likeliest, entropies


@contextmanager
def _activations(network: Gpt) -> Iterator[list[Tensor]]:
    """What goes into each layer's last matrix at the last position, [hidden]: the activations of its neurons."""
    found: list[Tensor] = []

    def keep(module: nn.Module, arguments: tuple[Tensor, ...]) -> None:
        found.append(arguments[0][0, -1].float())

    blocks: Any = network.blocks
    handles = [block.mlp.down.register_forward_pre_hook(keep) for block in blocks]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()


def _neurons(network: Gpt, hidden: Sequence[Tensor], last: Tensor) -> tuple[Neuron, ...]:
    """The strongest neurons. `hidden`: activations, [hidden] for each layer; `last`: the final stream, [C]."""
    blocks: Any = network.blocks
    active = torch.stack(list(hidden)) * _carried(network)[:, None]
    lengths = torch.stack([_numbers(block.mlp.down).norm(dim=0) for block in blocks])
    strength = active.abs() * lengths
    chosen = strength.flatten().topk(min(_NEURONS, strength.numel())).indices.tolist()
    places = [divmod(index, strength.shape[1]) for index in chosen]
    added = torch.stack([active[place] * _numbers(blocks[place[0]].mlp.down)[:, place[1]] for place in places])
    top = _unembed(network, _through_norm(network.norm, added, last.float())).topk(_PUSHED)
    return tuple(
        Neuron(
            layer=layer + 1,
            unit=unit,
            activation=float(hidden[layer][unit]),
            strength=float(strength[layer, unit]),
            pushes=tuple(zip(tokens, values, strict=True)),
        )
        for (layer, unit), tokens, values in zip(places, top.indices.tolist(), top.values.tolist(), strict=True)
    )


def _numbers(matrix: Any) -> Tensor:
    """fp32 [N, K]."""
    if isinstance(matrix, WholeMatrix):
        return matrix.numbers()
    weight: Tensor = matrix.weight.float()
    return weight


def _unembed(network: Gpt, normed: Tensor) -> Tensor:
    """fp32 [N, C], after the final norm -> [N, V]."""
    if isinstance(network, WholeGpt):
        return network.unembed(normed)
    weight = network.embedding.weight if network.head is None else network.head.weight
    return normed @ weight.float().T


def _carried(network: Gpt) -> Tensor:
    """[layers]: how much of what a layer adds is left at the end, where later layers scale the stream."""
    blocks: Any = network.blocks
    scales = [1.0 if block.shares is None else float(block.shares[0]) for block in blocks]
    return torch.tensor([float(np.prod(scales[layer + 1 :])) for layer in range(len(scales))])


def _through_norm(norm: Norm, added: Tensor, stream: Tensor) -> Tensor:
    """What `added` [N, C], parts of `stream` [C], are after the norm, whose scale is that of the whole stream."""
    if norm.kind == "layer":
        added, stream = added - added.mean(-1, keepdim=True), stream - stream.mean()
    scaled = added / (stream.square().mean() + norm.epsilon).sqrt()
    return scaled if norm.weight is None else scaled * norm.weight.float()


def gradient_times_input(network: Gpt, window: Sequence[int], chosen: int) -> tuple[FloatArray, int]:
    """float32 [T], and the rival, the most likely other token.

    The array is d ln(p(chosen) / p(rival)) / da at a = 1, where a scales the beginning of the stream at a position and
    the values that the token brings to later layers. Nearer to the token, at its row of the table, a norm of the input
    would undo any scale.
    """
    tables: list[Any] = [network.dropout, *network.value_embeddings.values()]
    rows: list[Tensor] = []

    def watch(module: nn.Module, arguments: object, output: Tensor) -> Tensor:
        leaf = output.detach().requires_grad_()
        rows.append(leaf)
        return leaf.clone()  # which the network may write to

    handles = [table.register_forward_hook(watch) for table in tables]
    try:
        with torch.inference_mode(False), torch.enable_grad():
            ids = torch.tensor([list(window)], dtype=torch.int64, device=network.embedding.weight.device)
            logits = network(ids, last_only=True)[0, -1]
            rival = next(token for token in logits.topk(2).indices.tolist() if token != chosen)
            slopes = torch.autograd.grad(logits[chosen] - logits[rival], rows, allow_unused=True)
    finally:
        for handle in handles:
            handle.remove()
    found = torch.zeros(len(window))
    for row, slope in zip(rows, slopes, strict=True):
        if slope is not None:
            found += (row.detach() * slope)[0].sum(-1).float().cpu()
    influence: FloatArray = found.numpy()
    return influence, rival
