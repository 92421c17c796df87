"""The model everyone starts with: trained at first start from the dialogues that ship with genchat, then cached."""

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path

from genchat import corpora
from genchat.engine.claim import one_at_a_time
from genchat.engine.errors import GenchatError, ModelDamaged
from genchat.engine.model_card import read_card
from genchat.engine.ngram.loading import load
from genchat.engine.ngram.model import NgramModel
from genchat.engine.ngram.progress import Progress
from genchat.engine.ngram.sources import DialogueSource, dialogue_sources
from genchat.engine.ngram.training import build_ngram, train_ngram
from genchat.engine.open_request import OpenRequest

NAME = "ngram"  # also what the registry calls it
_ORDER = 5
_MIN_COUNT = 2  # words seen once are spelled, so that the model has an idea of words it never saw
_RECIPE = "8"  # raised when the same text would give another model


def open_model(request: OpenRequest) -> NgramModel:
    """The chat model, with progress told by the texts of this room."""
    return default_chat_model(request.paths.cache, lambda phase, share: request.tell(f"ngram.phase_{phase}", share))


def default_chat_model(cache_folder: Path, progress: Progress | None = None) -> NgramModel:
    """The chat model in English and Portuguese, from the cache or trained now.

    The cache is keyed by the text itself. Of several processes that start at once one trains and the others wait for
    what it made. Where the cache cannot be written, the model lives in memory.
    """
    dialogues = corpora.dialogues()
    key = hashlib.sha256(repr((_RECIPE, dialogues)).encode()).hexdigest()[:16]
    folder = cache_folder / f"{NAME}-{key}" / NAME
    cached = _from_cache(folder)
    if cached is not None:
        return cached
    with one_at_a_time(cache_folder / f".{NAME}.lock"):
        return _from_cache(folder) or _trained(dialogue_sources(dialogues), folder, progress)


def _trained(sources: Sequence[DialogueSource], folder: Path, progress: Progress | None) -> NgramModel:
    try:
        train_ngram(
            sources,
            folder,
            order=_ORDER,
            min_count=_MIN_COUNT,
            languages=("en", "pt-BR"),
            licence=corpora.LICENCE,
            progress=progress,
        )
    except (GenchatError, OSError):
        return _in_memory(sources)
    _remove_older(folder.parent.parent, keep=folder.parent)
    return _from_cache(folder) or _in_memory(sources)


def _from_cache(folder: Path) -> NgramModel | None:
    try:
        return load(folder, read_card(folder))
    except ModelDamaged:
        return None


def _in_memory(sources: Sequence[DialogueSource]) -> NgramModel:
    return build_ngram(sources, NAME, order=_ORDER, min_count=_MIN_COUNT)


def _remove_older(cache_folder: Path, keep: Path) -> None:
    for other in cache_folder.glob(f"{NAME}-*"):
        if other != keep:
            shutil.rmtree(other, ignore_errors=True)
