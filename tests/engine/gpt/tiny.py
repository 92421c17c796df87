"""Tiny random GPTs."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from genchat.engine.contract import ModelInfo
from genchat.engine.gpt.config import GptConfig
from genchat.engine.gpt.model import GptModel
from genchat.engine.gpt.transformer import Gpt
from genchat.engine.model_card import ModelCard, write_model
from genchat.engine.tokenizers.characters import CharacterTokenizer
from genchat.engine.training.weights import WEIGHTS_FILE, write_tensors

TOKENIZER = CharacterTokenizer("abcdefgh \n")
HOME = GptConfig(
    vocabulary_size=TOKENIZER.vocabulary_size,
    context_length=16,
    layers=2,
    heads=4,
    kv_heads=4,
    width=32,
    head_width=8,
    hidden=64,
    norm="layer",
    bigram_buckets=997,
    bigram_stride=31,
    start_token=TOKENIZER.encode("\n")[0],
)
GPT2 = replace(
    HOME,
    norm="layer",
    norm_weight=True,
    positions="learned",
    activation="gelu",
    qk_norm="none",
    qkv_bias=True,
    bias=True,
    tied_head=True,
    bigram_buckets=0,
)
LLAMA = replace(HOME, norm="rms", norm_weight=True, activation="swiglu", qk_norm="none", kv_heads=2, bigram_buckets=0)
QWEN3 = replace(LLAMA, qk_norm="weight", tied_head=True)
EXTRAS = replace(HOME, value_embeddings=True, input_residual=True, logit_softcap=15.0, kv_heads=2)
SHAPES = {"home": HOME, "gpt2": GPT2, "llama": LLAMA, "qwen3": QWEN3, "extras": EXTRAS}


def network(config: GptConfig = HOME, seed: int = 1) -> Gpt:
    """Random weights everywhere, also where a fresh model has zeros."""
    generator = torch.Generator().manual_seed(seed)
    found = Gpt(config)
    found.initialise(generator)
    with torch.no_grad():
        for weight in found.parameters():
            weight.add_(torch.randn(weight.shape, generator=generator) * 0.2)
    return found.eval()


def model(config: GptConfig = HOME) -> GptModel:
    """A language model around `network`."""
    made = network(config)
    info = ModelInfo("tiny", "gpt", config.vocabulary_size, config.context_length, made.parameter_count(), "0" * 64)
    return GptModel(made, TOKENIZER, info)


def write(folder: Path, config: GptConfig = HOME, **tensors: Any) -> ModelCard:
    """A model folder; `tensors` replace (None: remove) those of the network."""
    state = {**network(config).state_dict(), **{name.replace("__", "."): held for name, held in tensors.items()}}
    card = ModelCard(folder.name, "gpt", "2026-01-01T00:00:00+00:00", "test", settings={"network": config.to_json()})

    def files(inside: Path) -> None:
        write_tensors(inside / WEIGHTS_FILE, {name: held for name, held in state.items() if held is not None})
        TOKENIZER.save(inside)

    return write_model(folder, card, files)
