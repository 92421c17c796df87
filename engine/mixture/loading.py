"""A mixture from its model folder: the card names its parts and their shares; the parts are models of their own."""

import hashlib
from pathlib import Path

from genchat import engine
from genchat.engine.contract import Family, HasLanguageModel, LanguageModel, ModelInfo
from genchat.engine.errors import ModelDamaged
from genchat.engine.mixture.model import MixtureModel
from genchat.engine.mixture.shares import Shares
from genchat.engine.model_card import CARD_FILE, ModelCard, read_card
from genchat.engine.open_request import FolderRequest, ModelOpener

FAMILY: Family = "mixture"
_SHIPPED = Path(engine.__file__).parent / "pretrained"


def open_model(request: FolderRequest) -> MixtureModel:
    """The mixture of a request's folder. Raises ModelDamaged."""
    return load(request.folder, request.card, request.models)


def load(folder: Path, card: ModelCard, models: ModelOpener) -> MixtureModel:
    """The mixture of `folder`, its parts taken from the folders beside it or from those that ship with genchat.

    `models` opens the parts.

    Raises ModelDamaged when a part is missing, is not what it was when the shares were fitted, or is damaged.
    """
    try:
        settings = card.settings[FAMILY]
        first, second = (_part(models, folder, card, part["name"], part["checksum"]) for part in settings["parts"])
        shares = Shares(tuple(float(share) for share in settings["shares"]))
        if not shares.by_length or not all(0.0 < share < 1.0 for share in shares.by_length):
            raise ValueError(f"shares {settings['shares']}")
    except (KeyError, TypeError, ValueError) as error:
        raise ModelDamaged("model_damaged", name=card.name, reason=error) from None
    return combine(first, second, shares, card.name, str(card.results.get("description", "")))


def combine(
    first: LanguageModel, second: LanguageModel, shares: Shares, name: str, description: str = ""
) -> MixtureModel:
    """The result is two models as one. Raises UsageError unless they share one vocabulary."""
    lengths = [length for length in (first.info.context_length, second.info.context_length) if length is not None]
    made_of = f"{first.info.checksum} {second.info.checksum} {shares.by_length}"
    info = ModelInfo(
        name=name,
        family=FAMILY,
        vocabulary_size=first.info.vocabulary_size,
        context_length=min(lengths, default=None),
        parameters=first.info.parameters + second.info.parameters + len(shares.by_length),
        checksum=hashlib.sha256(made_of.encode()).hexdigest(),
        description=description,
    )
    return MixtureModel(first, second, shares, info)


def _part(models: ModelOpener, folder: Path, card: ModelCard, name: str, checksum: str) -> LanguageModel:
    folders = [candidate for candidate in (folder.parent / name, _SHIPPED / name) if (candidate / CARD_FILE).is_file()]
    if Path(name).name != name or not folders:
        raise ModelDamaged("mixture_part_missing", name=card.name, part=name)
    part = read_card(folders[0])
    if part.family == FAMILY or part.checksum != checksum:
        raise ModelDamaged("mixture_part_changed", name=card.name, part=name)
    opened = models.open_folder(folders[0], part)
    if not isinstance(opened, HasLanguageModel):
        raise ModelDamaged("mixture_part_changed", name=card.name, part=name)
    return opened.model
