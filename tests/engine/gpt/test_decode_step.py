"""The short way for one more position gives what the Transformer gives."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from genchat.engine.gpt.config import GptConfig
from genchat.engine.gpt.kv_cache import KvCache
from genchat.engine.gpt.packed import ImportedGpt
from genchat.engine.gpt.transformer import Gpt, Trace
from tests.engine.gpt import tiny

SHAPES = {
    "gpt2": tiny.GPT2,
    "llama": tiny.LLAMA,
    "qwen2": replace(tiny.LLAMA, qkv_bias=True, tied_head=True),
    "qwen3": replace(tiny.QWEN3, head_width=16),
    "stretched": replace(tiny.LLAMA, rope_divisors=(1.0, 2.0, 4.0, 4.0)),
}
EVERY_SHAPE = pytest.mark.parametrize("config", SHAPES.values(), ids=SHAPES)


def both(config: GptConfig) -> tuple[Gpt, ImportedGpt]:
    reference = tiny.network(config)
    quick = ImportedGpt(config).eval()
    quick.load_state_dict(reference.state_dict())
    return reference, quick


def cache_of(config: GptConfig, dtype: torch.dtype = torch.float32) -> KvCache:
    return KvCache(config.layers, config.kv_heads, config.head_width, config.context_length, dtype)


def some_ids(config: GptConfig, length: int = 14) -> Tensor:
    return torch.randint(config.vocabulary_size, (1, length), generator=torch.Generator().manual_seed(3))


@EVERY_SHAPE
@torch.inference_mode()
def test_position_by_position_the_logits_are_those_of_reading_at_once(config: GptConfig) -> None:
    reference, quick = both(config)
    ids, cache = some_ids(config), cache_of(config)
    whole = reference(ids)
    found = [quick(ids[:, place : place + 1], cache, last_only=True) for place in range(ids.shape[1])]
    torch.testing.assert_close(torch.cat(found, 1), whole, atol=1e-4, rtol=1e-4)


@EVERY_SHAPE
@torch.inference_mode()
def test_both_ways_share_one_cache(config: GptConfig) -> None:
    reference, quick = both(config)
    ids, cache = some_ids(config), cache_of(config)
    whole = reference(ids)
    pieces = [quick(ids[:, a:b], cache) for a, b in ((0, 5), (5, 6), (6, 10), (10, 11), (11, 14))]
    torch.testing.assert_close(torch.cat(pieces, 1), whole, atol=1e-4, rtol=1e-4)


@EVERY_SHAPE
@torch.inference_mode()
def test_looking_inside_shows_the_same_and_changes_nothing(config: GptConfig) -> None:
    reference, quick = both(config)
    ids = some_ids(config)
    cache, plain = cache_of(config), cache_of(config)
    for past in (cache, plain):
        quick(ids[:, :-1], past)
    trace, wanted = Trace(), Trace()
    logits = quick(ids[:, -1:], cache, trace)
    torch.testing.assert_close(logits, quick(ids[:, -1:], plain), atol=1e-5, rtol=1e-5)
    reference(ids, trace=wanted)
    assert len(trace.attention) == config.layers
    assert len(trace.residual) == config.layers + 1
    for seen, expected in zip(trace.attention, wanted.attention, strict=True):
        torch.testing.assert_close(seen, expected[:, -1:], atol=1e-5, rtol=1e-4)
    for seen, expected in zip(trace.residual, wanted.residual, strict=True):
        torch.testing.assert_close(seen, expected[-1:], atol=1e-4, rtol=1e-4)


@torch.inference_mode()
def test_forks_part_without_disturbing_each_other() -> None:
    config = tiny.LLAMA
    reference, quick = both(config)
    ids, cache = some_ids(config), cache_of(config)
    quick(ids[:, :6], cache)
    other = cache.fork()
    for place in range(6, 12):
        quick(ids[:, place : place + 1], cache)
        quick((ids[:, place : place + 1] + 1) % config.vocabulary_size, other)
    torch.testing.assert_close(quick(ids[:, 12:13], cache), reference(ids)[:, 12:13], atol=1e-4, rtol=1e-4)
    changed = ids.clone()
    changed[:, 6:12] = (changed[:, 6:12] + 1) % config.vocabulary_size
    torch.testing.assert_close(quick(ids[:, 12:13], other), reference(changed)[:, 12:13], atol=1e-4, rtol=1e-4)
