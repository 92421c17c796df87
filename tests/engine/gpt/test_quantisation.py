"""Matrices in whole numbers: what is stored, and what the kernels make of it."""

import pytest
import torch
from torch import Tensor

from genchat.engine.gpt.huge_pages import HugePages
from genchat.engine.gpt.quantisation import SCALE, FourBits, Matrix4, Matrix8, WholeMatrix, in_8_bits, quantise, unpack

ROWS, COLUMNS = 48, 96


def four_bits(rows: int = ROWS) -> FourBits:
    """Random levels; scales and offsets that bf16 holds exactly."""
    generator = torch.Generator().manual_seed(2)
    levels = torch.randint(0, 16, (rows, COLUMNS), dtype=torch.uint8, generator=generator)
    scales = torch.randint(1, 9, (rows, COLUMNS // 32), generator=generator) / 64
    return FourBits(levels, scales, -7 * scales)


def as_floats(held: FourBits) -> Tensor:
    runs = held.levels.view(len(held.levels), -1, 32).float()
    return (runs * held.scales[..., None] + held.offsets[..., None]).view(held.levels.shape)


def matrix(bits: int, bias: Tensor | None = None) -> tuple[WholeMatrix, Tensor]:
    """A matrix and the floats it stands for."""
    held = four_bits()
    weight = as_floats(held)
    if bits == 8:
        stored, scale = in_8_bits(weight)
        return Matrix8(stored, scale, bias, torch.float32, HugePages()), stored.float() * scale.float()[:, None]
    name = "blocks.0.mlp.up.weight"
    found = quantise({name: weight}, {name: held})
    return Matrix4(found[name], found[name + SCALE], bias, torch.float32, HugePages()), weight


def test_4_bits_are_stored_as_they_are() -> None:
    held = four_bits()
    name = "blocks.0.mlp.up.weight"
    found = quantise({name: as_floats(held)}, {name: held})
    assert found[name].dtype == torch.uint8
    assert found[name].shape == (ROWS, COLUMNS // 2)
    torch.testing.assert_close(unpack(found[name], found[name + SCALE]).float(), as_floats(held), atol=0, rtol=0)


def test_what_stands_for_tokens_and_what_the_kernel_does_not_take_has_8_bits() -> None:
    tall, odd = four_bits(), four_bits(rows=40)
    weights = {"embedding.weight": as_floats(tall), "blocks.0.mlp.up.weight": as_floats(odd)}
    found = quantise(weights, {"embedding.weight": tall, "blocks.0.mlp.up.weight": odd})
    assert [found[name].dtype for name in weights] == [torch.int8, torch.int8]


def test_rounding_keeps_every_weight_within_a_step() -> None:
    weight = torch.randn(7, 64, generator=torch.Generator().manual_seed(1))
    stored, scale = in_8_bits(weight)
    steps = scale.float()[:, None]
    assert stored.dtype == torch.int8
    assert ((stored.float() * steps - weight).abs() <= steps).all()


@pytest.mark.parametrize("bits", [4, 8])
@pytest.mark.parametrize("positions", [1, 3, 40])
def test_a_product_is_that_of_the_weights_stood_for(bits: int, positions: int) -> None:
    bias = torch.arange(ROWS) / 8
    held, weight = matrix(bits, bias)
    x = torch.randn(positions, COLUMNS, generator=torch.Generator().manual_seed(4)).to(torch.bfloat16)
    wanted = x.float() @ weight.T + bias
    torch.testing.assert_close(held(x).float(), wanted, atol=0.05, rtol=0.01)
    if positions == 1:
        torch.testing.assert_close(held.one(x), held(x))


def test_tensors_are_placed_one_after_the_other_and_keep_their_values() -> None:
    pages = HugePages()
    made = [torch.arange(size, dtype=torch.float32) + size for size in (5, 1, 100, 1 << 23, 7, 0)]
    placed = [pages.place(tensor) for tensor in made]
    for tensor, there in zip(made, placed, strict=True):
        assert torch.equal(tensor, there)
        assert there.data_ptr() % 64 == 0
