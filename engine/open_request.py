"""What a room is given to open one of its models, and what it may ask for in turn.

Every room opens a model by one signature, `open_model(request) -> Backend | LanguageModel`. A room that needs another
model (a mixture its parts, the documents the one that writes) asks `request.models`, so that no room has to know the
registry or another family.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from genchat.engine.contract import Backend, LanguageModel
from genchat.engine.model_card import ModelCard
from genchat.engine.paths import Paths
from genchat.engine.settings import Settings

# A text key that names the work, and the share done from 0 to 1, NaN where it is not known.
Progress = Callable[[str, float], None]
Opened = Backend | LanguageModel  # a model without a chat template of its own gets the plain one


class ListedModel(Protocol):
    """This is one model as far as it is known before it is opened."""

    @property
    def name(self) -> str: ...

    @property
    def origin(self) -> str:
        """The origin says where it comes from: "built-in", "shipped", "trained", "imported" or "plug-in"."""
        ...

    @property
    def chat(self) -> bool: ...

    @property
    def problem(self) -> str:
        """The problem says why it cannot be opened; empty for a sound one."""
        ...


class ModelOpener(Protocol):
    """The models of this home, for a room that builds on others."""

    def models(self) -> Sequence[ListedModel]: ...

    def open(self, name: str, progress: Progress | None = None) -> Backend:
        """Open a model by name. Raises ModelNotFound, ModelDamaged, or what the room raises."""
        ...

    def open_folder(self, folder: Path, card: ModelCard, progress: Progress | None = None) -> Backend:
        """Open the model of a folder, wherever it stands. Raises ModelDamaged, or what the room raises."""
        ...


@dataclass(frozen=True)
class OpenRequest:
    """Every room is given this."""

    settings: Settings
    paths: Paths
    models: ModelOpener
    progress: Progress | None

    def tell(self, key: str, share: float) -> None:
        """Say how far the work called by that text key has come, to whoever wants to know."""
        if self.progress is not None:
            self.progress(key, share)


@dataclass(frozen=True)
class FolderRequest(OpenRequest):
    """A family is given a model on disk besides."""

    folder: Path
    card: ModelCard
