"""What the screen needs from the rest of genchat, as Protocols: which models there are, and a way to open one."""

from collections.abc import Callable, Sequence
from typing import Protocol

from genchat.engine.contract import Backend

# A text key that names the work, and the share done from 0 to 1, NaN where it is not known.
Progress = Callable[[str, float], None]


class ModelListing(Protocol):
    """A listing describes one model that can be chosen. All strings are untrusted: they may be file names."""

    @property
    def name(self) -> str:
        """Return the name by which `open` finds the model."""
        ...

    @property
    def family(self) -> str: ...

    @property
    def description(self) -> str: ...

    @property
    def chat(self) -> bool:
        """Return whether the model was trained on turns; others can only continue a text."""
        ...

    @property
    def problem(self) -> str:
        """Return why the model cannot be opened; this is empty for a sound one."""
        ...


class BackendSource(Protocol):
    """A source lists and opens the models of this machine. `open` may take seconds and is called in a worker thread."""

    def models(self) -> Sequence[ModelListing]: ...

    def open(self, name: str, progress: Progress | None = None) -> Backend: ...
