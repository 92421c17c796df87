"""A draw taken apart, against the same stages written out on Python's floats."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from genchat.engine.distribution import FloatArray
from genchat.engine.sampling import Sampler, SamplingSettings
from genchat.engine.sampling.waterfall import waterfall
from tests.engine.sampling.cases import EDGE, distributions, probabilities, quick


def bits(shares: dict[int, float]) -> float:
    whole = sum(shares.values())
    return -sum(share / whole * math.log2(share / whole) for share in shares.values())


@given(distributions(), st.sampled_from([0.5, 0.7, 1.5]), st.integers(1, 8), st.sampled_from([0.3, 0.6, 0.9]))
@quick
def test_every_stage_says_what_it_scaled_what_it_cut_and_what_is_left(
    values: FloatArray, temperature: float, top_k: int, top_p: float
) -> None:
    given_shares = probabilities(values)
    warmed = {token: share ** (1 / temperature) for token, share in given_shares.items()}
    warmed = {token: share / sum(warmed.values()) for token, share in warmed.items()}
    order = sorted(warmed, key=lambda token: -warmed[token])
    few = {token: warmed[token] for token in order[:top_k]}
    held, nucleus = 0.0, dict[int, float]()
    for token in few:
        held_before, held = held, held + few[token] / sum(few.values())
        assume(abs(held - top_p) > EDGE)
        if held_before < top_p:
            nucleus[token] = few[token]

    settings = SamplingSettings(temperature=temperature, top_k=top_k, top_p=top_p, seed=9)
    found = waterfall(Sampler(settings), values, [], 4)

    assert found.count == len(given_shares)
    assert found.entropy == pytest.approx(bits(given_shares), abs=1e-3)
    assert [step.name for step in found.steps] == ["temperature", "top-k", "top-p"]
    expected = [
        (True, 0, len(warmed), 1.0, bits(warmed)),
        (False, len(warmed) - len(few), len(few), sum(few.values()), bits(few)),
        (False, len(few) - len(nucleus), len(nucleus), sum(nucleus.values()), bits(nucleus)),
    ]
    for step, (scaled, cut, left, mass, entropy) in zip(found.steps, expected, strict=True):
        assert (step.scaled, step.cut, step.left) == (scaled, cut, left)
        assert step.mass == pytest.approx(mass, abs=1e-4)
        assert step.entropy == pytest.approx(entropy, abs=1e-3)
    assert found.order.tolist() == list(nucleus)
    assert found.shares.tolist() == pytest.approx(
        [share / sum(nucleus.values()) for share in nucleus.values()], abs=1e-4
    )


@given(distributions())
@quick
def test_it_is_the_draw_that_the_sampler_then_makes_and_moves_nothing(values: FloatArray) -> None:
    sampler = Sampler(SamplingSettings(temperature=1, top_p=1, mirostat_tau=2, seed=3))
    for _ in range(3):
        position = sampler.position
        before = waterfall(sampler, values, [], position).draw
        drawn = sampler.draw(values)
        assert (before.token, before.uniform, before.span) == (drawn.token, drawn.uniform, drawn.span)


def test_a_token_taken_by_hand_is_remembered_like_one_that_was_drawn() -> None:
    values = np.log(np.array([0.5, 0.25, 0.25])).astype(np.float32)
    settings = SamplingSettings(temperature=1, top_p=1, mirostat_tau=1, mirostat_eta=0.5, seed=3)
    drawn, taken = Sampler(settings), Sampler(settings)
    for _ in range(4):
        taken.take(drawn.draw(values).token, values)
    assert (taken._states, taken.position) == (drawn._states, drawn.position)


def test_a_token_that_another_stage_had_cut_does_not_lead_mirostat_astray() -> None:
    values = np.log(np.array([0.5, 0.3, 0.2])).astype(np.float32)
    sampler = Sampler(SamplingSettings(temperature=1, top_p=1, top_k=2, mirostat_tau=1, seed=3))
    sampler.take(2, values)
    assert math.isfinite(sampler._states["mirostat"])


def test_other_settings_keep_the_seed_and_what_unchanged_stages_remember() -> None:
    values = np.log(np.array([0.5, 0.25, 0.25])).astype(np.float32)
    settings = SamplingSettings(temperature=1, top_p=1, mirostat_tau=1, seed=3)
    sampler = Sampler(settings)
    sampler.draw(values)
    remembered, uniform = sampler._states["mirostat"], sampler.fork().draw(values).uniform
    sampler.use(SamplingSettings(temperature=0.5, top_p=0.9, mirostat_tau=1, seed=3))
    assert sampler._states["mirostat"] == remembered
    assert sampler.fork().draw(values).uniform == uniform
    sampler.use(SamplingSettings(temperature=0.5, top_p=0.9, mirostat_tau=2, seed=3))
    assert sampler._states["mirostat"] == 4.0


def test_settings_that_cannot_begin_change_nothing() -> None:
    sampler = Sampler(SamplingSettings(seed=3))
    kept = sampler.settings
    with pytest.raises(Exception, match="not both"):
        sampler.use(SamplingSettings(regex="a", json_schema="{}", seed=3))
    assert sampler.settings is kept
    assert [stage.name for stage in sampler._stages] == ["temperature", "top-p"]
