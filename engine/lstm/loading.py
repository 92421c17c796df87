"""An LSTM from its model folder. Nothing here loads torch, so that the model can be talked to at once."""

from pathlib import Path

from genchat.engine.contract import ModelInfo
from genchat.engine.errors import ModelDamaged
from genchat.engine.lstm.cell import LstmCell
from genchat.engine.lstm.config import LstmConfig
from genchat.engine.lstm.model import LstmModel
from genchat.engine.model_card import ModelCard
from genchat.engine.open_request import FolderRequest
from genchat.engine.tokenizers.reading import read_tokenizer
from genchat.engine.weight_files import WEIGHTS_FILE, read_arrays


def open_model(request: FolderRequest) -> LstmModel:
    """The model of a request's folder. Raises ModelDamaged."""
    return load(request.folder, request.card)


def load(folder: Path, card: ModelCard) -> LstmModel:
    """The model of `folder`. Raises ModelDamaged naming the file, tensor or setting that is not as it must be."""
    config = LstmConfig.from_json(card.settings.get("network"), card.name)
    tokenizer = read_tokenizer(folder)
    if tokenizer.vocabulary_size != config.vocabulary_size:
        sizes = f"vocabulary {tokenizer.vocabulary_size} is not {config.vocabulary_size}"
        raise ModelDamaged("model_damaged", name=card.name, reason=sizes)
    tensors = read_arrays(folder / WEIGHTS_FILE, config.shapes(), card.name)
    info = ModelInfo(
        name=card.name,
        family="lstm",
        vocabulary_size=config.vocabulary_size,
        context_length=None,
        parameters=sum(array.size for array in tensors.values()),
        checksum=card.checksum,
        description=str(card.results.get("description", "")),
    )
    return LstmModel(LstmCell(config, tensors), tensors, tokenizer, info)
