"""A model on disk: a folder with `card.json` beside its files. The card says what it is, whence, and how it was made.

Folders appear whole or not at all.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from genchat.engine.errors import GenchatError, ModelDamaged
from genchat.engine.files import write_folder

CARD_FILE = "card.json"
FORMAT = 1  # raised when an older genchat could no longer read the folder


@dataclass(frozen=True)
class ModelCard:
    """A card says what is known of a trained or imported model. `files` maps file name to sha256."""

    name: str
    family: str  # which room of the engine loads it: "ngram", "lstm", "gpt"
    created: str  # ISO 8601, UTC
    command: str  # the command that made it
    languages: tuple[str, ...] = ()
    sources: tuple[dict[str, str], ...] = ()  # name, licence, sha256 of each text it learned from
    settings: dict[str, Any] = field(default_factory=dict)  # the family's own: sizes, order, optimiser, seed
    results: dict[str, Any] = field(default_factory=dict)  # held-out bits per byte, loss curve, seconds
    versions: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    chat: bool = False  # trained on turns, so it can hold a conversation
    format: int = FORMAT

    @property
    def checksum(self) -> str:
        """This is one hex sha256 for the whole model."""
        listing = "".join(f"{name}:{digest}\n" for name, digest in sorted(self.files.items()))
        return hashlib.sha256(listing.encode()).hexdigest()


def file_checksum(path: Path) -> str:
    """The result is the hex sha256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_card(folder: Path) -> ModelCard:
    """The card of a model folder. Raises ModelDamaged when it is missing or not understood."""
    try:
        raw = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
        if raw["format"] > FORMAT:
            raise ModelDamaged("model_too_new", name=folder.name, found=raw["format"])
        raw["languages"] = tuple(raw.get("languages", ()))
        raw["sources"] = tuple(raw.get("sources", ()))
        return ModelCard(**raw)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelDamaged("model_damaged", name=folder.name, reason=error) from None


def verify_files(folder: Path, card: ModelCard) -> None:
    """Raise ModelDamaged if a file of the model is missing or altered."""
    for name, digest in card.files.items():
        path = folder / name
        if Path(name).name != name or not path.is_file():
            raise ModelDamaged("model_damaged", name=card.name, reason=f"no file {name}")
        if file_checksum(path) != digest:
            raise ModelDamaged("checksum_differs", name=card.name, file=name)


def write_model(folder: Path, card: ModelCard, write_files: Callable[[Path], None]) -> ModelCard:
    """Write a model folder atomically: `write_files(temporary folder)`, then the card with the checksums.

    An existing folder of that name is replaced only when the new one is complete. Returns the card as written.
    """
    complete = card

    def fill(temporary: Path) -> None:
        nonlocal complete
        write_files(temporary)
        files = {path.name: file_checksum(path) for path in sorted(temporary.iterdir())}
        complete = ModelCard(**{**_fields(card), "files": files})
        (temporary / CARD_FILE).write_text(
            json.dumps(asdict(complete), ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
        )

    try:
        write_folder(folder, fill)
    except OSError as error:
        raise GenchatError("cannot_write_model", name=card.name, reason=error.strerror or error) from None
    return complete


def _fields(card: ModelCard) -> dict[str, Any]:
    return {name: getattr(card, name) for name in card.__dataclass_fields__}
