"""What a Transformer shows of itself is what it computed: by transformers, by hand and by finite differences."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from genchat.engine.errors import UsageError
from genchat.engine.gpt import inside
from genchat.engine.gpt.config import GptConfig
from genchat.engine.gpt.kv_cache import KvCache
from genchat.engine.gpt.loading import load_checkpoint
from genchat.engine.gpt.transformer import Trace
from genchat.engine.inside import InsideGpt, LooksInside
from genchat.engine.model_card import read_card
from tests.engine.gpt.tiny import EXTRAS, GPT2, HOME, SHAPES, TOKENIZER, model, network

TEXT = TOKENIZER.encode("abc def gab")
CHOSEN = TOKENIZER.encode("h")[0]


def opened(config: GptConfig = HOME) -> InsideGpt:
    return model(config).look_inside(TEXT, CHOSEN)


@pytest.mark.parametrize("architecture", ["llama", "gpt2", "qwen3"])
def test_attention_and_stream_are_those_of_transformers(architecture: str, tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    from genchat.engine.checkpoints.importing import import_checkpoint
    from tests.engine.checkpoints.folders import make_folder

    reference = make_folder(tmp_path / "published", architecture)
    reference.set_attn_implementation("eager")
    import_checkpoint(tmp_path / "published", tmp_path / "model", command="genchat import published")
    backend = load_checkpoint(tmp_path / "model", read_card(tmp_path / "model"), "fp32")
    ids = torch.randint(0, backend.info.vocabulary_size, (30,), generator=torch.Generator().manual_seed(2)).tolist()
    assert isinstance(backend.model, LooksInside)
    data = backend.model.look_inside(ids, ids[3])
    assert isinstance(data, InsideGpt)
    with torch.no_grad():
        wanted = reference(torch.tensor([list(data.tokens)]), output_attentions=True, output_hidden_states=True)
    attention = np.stack([layer[0].numpy() for layer in wanted.attentions])
    np.testing.assert_allclose(data.attention.astype(np.float32), attention, atol=2e-3)
    # The last of its states has gone through the final norm already.
    for layer, state in enumerate(wanted.hidden_states[:-1]):
        np.testing.assert_allclose(data.norms[layer], state[0].square().mean(-1).sqrt().numpy(), rtol=1e-3)
    last = wanted.logits[0].softmax(-1).numpy()
    np.testing.assert_allclose(data.lens_probabilities[-1], last.max(-1), atol=1e-3)
    np.testing.assert_allclose(data.lens_entropies[-1], -(last * np.log2(last)).sum(-1), atol=2e-2)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_last_row_is_the_evidence_of_the_cursor(shape: str) -> None:
    made = model(SHAPES[shape])
    data, evidence = made.look_inside(TEXT, CHOSEN), made.start(TEXT).evidence()
    np.testing.assert_allclose(data.attention[:, :, -1].astype(np.float32), evidence.attention, atol=1e-3)
    assert data.tokens == evidence.tokens
    for layer, row in enumerate(evidence.lens):
        assert data.lens_tokens[layer, -1] == row.top[0][0]
        assert data.lens_probabilities[layer, -1] == pytest.approx(row.top[0][1], abs=1e-4)
        assert data.lens_entropies[layer, -1] == pytest.approx(row.entropy, abs=1e-3)


def test_no_head_looks_ahead_and_every_row_sums_to_one() -> None:
    data = opened()
    assert not np.triu(data.attention, 1).any()
    np.testing.assert_allclose(data.attention.astype(np.float32).sum(-1), 1, atol=5e-3)


def test_focus_is_the_distance_from_uniform() -> None:
    data = opened()
    weights = data.attention.astype(np.float64)[1, 2, 5, :6]
    entropy = -(weights[weights > 0] * np.log(weights[weights > 0])).sum()
    assert data.focus[1, 2, 5] == pytest.approx(1 - entropy / np.log(6), abs=5e-3)
    assert not data.focus[:, :, 0].any()


@pytest.mark.parametrize("shape", SHAPES)
def test_gradient_times_input_agrees_with_finite_differences(shape: str) -> None:
    made = network(SHAPES[shape]).double()
    made.compute_dtype = torch.float64
    given, rival = inside.gradient_times_input(made, TEXT, CHOSEN)
    tables: list[Any] = [made.dropout, *made.value_embeddings.values()]

    def odds(position: int, scale: float) -> float:
        def scaled(module: object, arguments: object, output: torch.Tensor) -> torch.Tensor:
            output = output.clone()
            output[:, position] *= scale
            return output

        handles = [table.register_forward_hook(scaled) for table in tables]
        with torch.no_grad():
            log_probs = made(torch.tensor([TEXT]), last_only=True)[0, -1].double().log_softmax(-1)
        for handle in handles:
            handle.remove()
        return float(log_probs[CHOSEN] - log_probs[rival])

    step = 1e-2  # the logits are fp32
    best = np.argsort(-made(torch.tensor([TEXT]))[0, -1].detach().numpy()).tolist()
    assert rival == next(token for token in best if token != CHOSEN)
    for position in range(len(TEXT)):
        slope = (odds(position, 1 + step) - odds(position, 1 - step)) / (2 * step)
        assert given[position] == pytest.approx(slope, rel=2e-2, abs=2e-3)
    assert np.abs(given).max() > 0.1


@pytest.mark.parametrize("config", [GPT2, replace(EXTRAS, logit_softcap=0.0)])
def test_what_neurons_push_is_their_part_of_the_logits(config: GptConfig) -> None:
    """Of the last layer all neurons together, and the bias, push what the layer's MLP adds, seen through the norm."""
    made = model(config)
    found: list[torch.Tensor] = []
    block: Any = made.network.blocks[-1]
    handle = block.mlp.down.register_forward_pre_hook(lambda module, arguments: found.append(arguments[0][0, -1]))
    data = made.look_inside(TEXT, CHOSEN)
    handle.remove()
    active = found[0]
    strongest = [neuron for neuron in data.neurons if neuron.layer == config.layers]
    assert strongest
    weight = block.mlp.down.weight
    trace = Trace()
    with torch.no_grad():
        made.network(torch.tensor([TEXT]), trace=trace)
        stream = trace.residual[-1][-1]
        for neuron in strongest:
            assert neuron.activation == pytest.approx(float(active[neuron.unit]), rel=1e-4)
            added = active[neuron.unit] * weight[:, neuron.unit]
            assert neuron.strength == pytest.approx(float(added.norm()), rel=1e-4)
            # The derivative of the logits along `added`, with the norm's scale held: (stream + added) less stream.
            centred = stream - stream.mean()
            scale = torch.sqrt((centred**2).mean() + config.norm_epsilon)
            normed = (added - added.mean()) / scale
            normed = normed if made.network.norm.weight is None else normed * made.network.norm.weight
            matrix = made.network.embedding.weight if made.network.head is None else made.network.head.weight
            for token, pushed in neuron.pushes:
                assert pushed == pytest.approx(float(matrix[token] @ normed), rel=1e-3)


def test_neurons_are_the_strongest_first() -> None:
    strengths = [neuron.strength for neuron in opened().neurons]
    assert strengths == sorted(strengths, reverse=True)


def test_of_a_long_text_the_newest_rows_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = opened()
    monkeypatch.setattr(inside, "_ATTENTION_BYTES", 1)
    monkeypatch.setattr(inside, "_FEWEST_ROWS", 4)
    monkeypatch.setattr(inside, "_FEWEST_LENS", 2)
    monkeypatch.setattr(inside, "_LENS_WORK", 1)
    part = opened()
    assert (part.first, part.lens_first) == (len(TEXT) - 4, len(TEXT) - 2)
    np.testing.assert_allclose(part.attention, whole.attention[:, :, -4:], atol=2e-3)
    np.testing.assert_allclose(part.focus, whole.focus[:, :, -4:], atol=1e-3)
    np.testing.assert_allclose(part.norms, whole.norms[:, -4:], rtol=1e-3)
    np.testing.assert_array_equal(part.lens_tokens, whole.lens_tokens[:, -2:])
    assert [neuron.unit for neuron in part.neurons] == [neuron.unit for neuron in whole.neurons]


def test_what_is_not_known_is_said() -> None:
    data = model().look_inside(TEXT)
    assert data.influence is None
    assert data.missing == ("inside.no_gradient_unchosen",)


def test_an_empty_text_is_the_start_token() -> None:
    data = model().look_inside([], CHOSEN)
    assert data.tokens == (HOME.start_token,)
    assert data.attention.shape[2:] == (1, 1)


def test_a_token_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UsageError):
        model().look_inside(TEXT, 10**6)


def test_looking_leaves_the_network_as_it_was() -> None:
    made = model()
    before = made.score_tokens(TEXT)
    made.look_inside(TEXT, CHOSEN)
    np.testing.assert_array_equal(made.score_tokens(TEXT), before)
    assert not made.network.dropout._forward_hooks
    config = made.network.config
    assert KvCache(config.layers, config.kv_heads, config.head_width, 4).length == 0


def test_a_model_in_whole_numbers_says_what_it_cannot_tell(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    from genchat.engine.checkpoints.importing import import_checkpoint
    from tests.engine.checkpoints.folders import make_folder

    make_folder(tmp_path / "published", "llama", hidden_size=64, intermediate_size=64, head_dim=16)
    import_checkpoint(tmp_path / "published", tmp_path / "model", command="genchat import published")
    backend = load_checkpoint(tmp_path / "model", read_card(tmp_path / "model"), "int8")
    assert isinstance(backend.model, LooksInside)
    data = backend.model.look_inside(list(range(5, 25)), 7)
    assert isinstance(data, InsideGpt)
    assert data.influence is None
    assert data.missing == ("inside.no_gradient_whole",)
    exact = load_checkpoint(tmp_path / "model", read_card(tmp_path / "model"), "fp32").model
    assert isinstance(exact, LooksInside)
    reference = exact.look_inside(list(range(5, 25)), 7)
    assert isinstance(reference, InsideGpt)
    first, wanted = data.neurons[0], reference.neurons[0]
    assert (first.layer, first.unit) == (wanted.layer, wanted.unit)
    assert first.activation == pytest.approx(wanted.activation, rel=0.05)
    assert first.pushes[0][1] == pytest.approx(wanted.pushes[0][1], rel=0.05)
    one = backend.model.look_inside([5], 7)
    assert isinstance(one, InsideGpt)
    assert one.neurons
    np.testing.assert_allclose(data.attention.astype(np.float32).sum(-1), 1, atol=2e-2)
