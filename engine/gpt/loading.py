"""A mini GPT from its model folder, and into one."""

from pathlib import Path
from typing import Literal

import torch

from genchat.engine.contract import ModelInfo
from genchat.engine.errors import ModelDamaged
from genchat.engine.gpt.config import GptConfig
from genchat.engine.gpt.model import GptModel
from genchat.engine.gpt.transformer import Gpt
from genchat.engine.local_backend import LocalBackend
from genchat.engine.model_card import ModelCard
from genchat.engine.open_request import FolderRequest
from genchat.engine.tokenizers.reading import read_tokenizer
from genchat.engine.training.weights import WEIGHTS_FILE, read_weights

Precision = Literal["auto", "fp32", "bf16", "int8"]


def open_model(request: FolderRequest) -> LocalBackend | GptModel:
    """The model of a request's folder, trained here or imported. Raises ModelDamaged."""
    if "checkpoint" in request.card.settings:
        return load_checkpoint(request.folder, request.card, request.settings.precision)
    return load(request.folder, request.card)


def load_checkpoint(folder: Path, card: ModelCard, precision: Precision = "auto") -> LocalBackend:
    """An imported checkpoint, which brings its own chat template. Raises ModelDamaged."""
    from genchat.engine.gpt.imported import load_imported

    return load_imported(folder, card, GptConfig.from_json(card.settings.get("network"), card.name), precision)


def load(folder: Path, card: ModelCard) -> GptModel:
    """The model of `folder`. Raises ModelDamaged naming the file, tensor or setting that is not as it must be."""
    config = GptConfig.from_json(card.settings.get("network"), card.name)
    tokenizer = read_tokenizer(folder)
    if tokenizer.vocabulary_size > config.vocabulary_size:
        sizes = f"vocabulary {tokenizer.vocabulary_size} > {config.vocabulary_size}"
        raise ModelDamaged("model_damaged", name=card.name, reason=sizes)
    network = load_network(folder / WEIGHTS_FILE, config, card.name)
    info = ModelInfo(
        name=card.name,
        family="gpt",
        vocabulary_size=config.vocabulary_size,
        context_length=config.context_length,
        parameters=network.parameter_count(),
        checksum=card.checksum,
        description=str(card.results.get("description", "")),
    )
    return GptModel(network, tokenizer, info)


def load_network(path: Path, config: GptConfig, name: str) -> Gpt:
    """A network of that shape with the weights of a file. Raises ModelDamaged."""
    with torch.device("meta"):  # the shape alone: nothing is drawn, no memory is taken
        network = Gpt(config)
    network.load_state_dict(read_weights(path, network.state_dict(), name), assign=True)
    network.build_rotary_tables()
    return network
