"""The Transformer: one forward for training, caching and looking inside."""

import pytest
import torch
from torch import Tensor

from genchat.engine.gpt.config import GptConfig
from genchat.engine.gpt.kv_cache import KvCache
from genchat.engine.gpt.transformer import Gpt, Trace, squared_relu
from tests.engine.gpt import tiny

SHAPES = pytest.mark.parametrize("config", tiny.SHAPES.values(), ids=tiny.SHAPES)


def some_ids(config: GptConfig, rows: int = 2, length: int = 12) -> Tensor:
    return torch.randint(config.vocabulary_size, (rows, length), generator=torch.Generator().manual_seed(3))


def cache_of(net: Gpt, rows: int = 1) -> KvCache:
    config = net.config
    return KvCache(config.layers, config.kv_heads, config.head_width, config.context_length, batch=rows)


@SHAPES
def test_reading_in_pieces_gives_the_logits_of_reading_at_once(config: GptConfig) -> None:
    net, ids = tiny.network(config), some_ids(config)
    with torch.inference_mode():
        whole = net(ids)
        cache = cache_of(net, 2)
        pieces = [net(ids[:, :5], cache), net(ids[:, 5:6], cache), net(ids[:, 6:10], cache), net(ids[:, 10:], cache)]
    torch.testing.assert_close(torch.cat(pieces, 1), whole, atol=1e-4, rtol=1e-4)


@SHAPES
def test_a_position_never_sees_its_future(config: GptConfig) -> None:
    net, ids = tiny.network(config), some_ids(config)
    other = ids.clone()
    other[:, 7:] = (other[:, 7:] + 1) % config.vocabulary_size
    with torch.inference_mode():
        torch.testing.assert_close(net(ids)[:, :7], net(other)[:, :7], atol=1e-5, rtol=1e-5)


@SHAPES
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_texts_in_one_window_do_not_know_each_other(config: GptConfig, dtype: torch.dtype) -> None:
    if config.positions == "learned":
        pytest.skip("a learned position tells how much stood before")
    net, ids = tiny.network(config), some_ids(config)
    net.compute_dtype = dtype
    segments = torch.tensor([[1] * 5 + [2] * 7, [4] * 9 + [6] * 3])
    together = net(ids, segments=segments)  # with gradients, as in training
    close = 1e-4 if dtype is torch.float32 else 0.1
    for row, cut in enumerate((5, 9)):
        for piece in (slice(0, cut), slice(cut, None)):
            torch.testing.assert_close(together[row, piece], net(ids[row : row + 1, piece])[0], atol=close, rtol=close)


@SHAPES
def test_looking_inside_changes_nothing(config: GptConfig) -> None:
    net, ids = tiny.network(config), some_ids(config, rows=1)
    trace = Trace()
    with torch.inference_mode():
        torch.testing.assert_close(net(ids, trace=trace), net(ids), atol=1e-4, rtol=1e-4)
        last = net.logits(trace.residual[-1])
        torch.testing.assert_close(last, net(ids)[0], atol=1e-4, rtol=1e-4)
    assert len(trace.attention) == config.layers
    assert len(trace.residual) == config.layers + 1
    for weights in trace.attention:
        assert weights.shape == (config.heads, 12, 12)
        torch.testing.assert_close(weights.sum(-1), torch.ones(config.heads, 12))
        assert not weights.triu(1).any()


@SHAPES
def test_coarse_numbers_give_nearly_the_same_and_learn(config: GptConfig) -> None:
    net, ids = tiny.network(config), some_ids(config)
    fine = net(ids)
    net.compute_dtype = torch.bfloat16
    coarse = net(ids)
    assert coarse.dtype == torch.float32
    # The plain composition of the training path against the fused kernel of the fine one.
    agreement = torch.nn.functional.cosine_similarity(fine.flatten(), coarse.flatten(), dim=0)
    assert float(agreement.detach()) > 0.995
    coarse.logsumexp(-1).sum().backward()
    assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in net.parameters())


def test_shared_keys_equal_keys_repeated() -> None:
    config = tiny.LLAMA
    net = tiny.network(config)
    wide = Gpt(GptConfig.from_json({**config.to_json(), "kv_heads": config.heads}, "wide")).eval()
    state = net.state_dict()
    for name, held in state.items():
        if name.endswith("qkv.weight"):
            q, k, v = torch.split(held, [32, 16, 16])
            doubled = [part.view(2, 8, -1).repeat_interleave(2, 0).reshape(32, -1) for part in (k, v)]
            state[name] = torch.cat([q, *doubled])
    wide.load_state_dict(state)
    with torch.inference_mode():
        torch.testing.assert_close(net(some_ids(config)), wide(some_ids(config)), atol=1e-4, rtol=1e-4)


def test_a_rotation_depends_on_distance_alone() -> None:
    net = tiny.network(tiny.LLAMA)
    ids = some_ids(tiny.LLAMA, rows=1, length=6)
    with torch.inference_mode():
        near = net(ids)
        net.cos, net.sin = net.cos.roll(-5, 0), net.sin.roll(-5, 0)
        torch.testing.assert_close(net(ids), near, atol=1e-4, rtol=1e-4)


def test_the_squared_relu_has_the_right_slope() -> None:
    x = torch.linspace(-2, 2, 41, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(squared_relu, (x + 0.013,))


def test_one_seed_gives_one_network() -> None:
    first, second, third = (Gpt(tiny.HOME) for _ in range(3))
    for net, seed in ((first, 5), (second, 5), (third, 6)):
        net.initialise(torch.Generator().manual_seed(seed))
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(first.parameters(), third.parameters(), strict=True))


@SHAPES
def test_every_parameter_learns_in_exactly_one_group(config: GptConfig) -> None:
    net = tiny.network(config)
    grouped = [weight for group in net.parameter_groups() for weight in group.parameters]
    assert {id(weight) for weight in grouped} == {id(weight) for weight in net.parameters()}
    assert len(grouped) == len(list(net.parameters()))
    for group in net.parameter_groups():
        assert all(sum(group.rows) == len(weight) for weight in group.parameters if group.rows)


def test_every_pair_of_an_alphabet_has_a_row_of_its_own() -> None:
    letters = 10
    config = GptConfig(
        vocabulary_size=270, layers=1, width=8, heads=1, kv_heads=1, head_width=8, bigram_buckets=letters**2,
        bigram_stride=letters,
    )  # fmt: skip
    rows = {(a * config.bigram_stride + b) % config.bigram_buckets for a in range(260, 270) for b in range(260, 270)}
    assert len(rows) == letters**2
