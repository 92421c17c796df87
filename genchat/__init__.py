"""The name that is installed and imported: `import genchat`. The code lives in its engine, tui and corpora.

Names are fetched when first asked for, so that `import genchat` costs next to nothing.
"""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genchat.engine import __version__
    from genchat.engine.contract import Backend, Capabilities, Cursor, LanguageModel, ModelInfo, Step, Tokenizer
    from genchat.engine.conversation import Message, Role
    from genchat.engine.decoding import generate, score
    from genchat.engine.distribution import Candidate, Distribution
    from genchat.engine.errors import GenchatError
    from genchat.engine.interface.documents import Documents, documents
    from genchat.engine.interface.explanation import Explanation
    from genchat.engine.interface.model import Model
    from genchat.engine.interface.next_tokens import Candidates, NextTokens
    from genchat.engine.interface.opening import models
    from genchat.engine.interface.opening import open as open
    from genchat.engine.interface.reply import Reply
    from genchat.engine.interface.saved import SavedConversation, SavedHistory, SavedMessage, history
    from genchat.engine.interface.score import Score
    from genchat.engine.interface.tokens import Tokens
    from genchat.engine.interface.training import train
    from genchat.engine.sampling import SamplingSettings

__all__ = [
    "Backend",
    "Candidate",
    "Candidates",
    "Capabilities",
    "Cursor",
    "Distribution",
    "Documents",
    "Explanation",
    "GenchatError",
    "LanguageModel",
    "Message",
    "Model",
    "ModelInfo",
    "NextTokens",
    "Reply",
    "Role",
    "SamplingSettings",
    "SavedConversation",
    "SavedHistory",
    "SavedMessage",
    "Score",
    "Step",
    "Tokenizer",
    "Tokens",
    "__version__",
    "documents",
    "generate",
    "history",
    "models",
    "score",
    "train",
]

_HOMES = {
    "genchat.engine": ("__version__",),
    "genchat.engine.contract": ("Backend", "Capabilities", "Cursor", "LanguageModel", "ModelInfo", "Step", "Tokenizer"),
    "genchat.engine.conversation": ("Message", "Role"),
    "genchat.engine.decoding": ("generate", "score"),
    "genchat.engine.distribution": ("Candidate", "Distribution"),
    "genchat.engine.errors": ("GenchatError",),
    "genchat.engine.interface.documents": ("Documents", "documents"),
    "genchat.engine.interface.explanation": ("Explanation",),
    "genchat.engine.interface.model": ("Model",),
    "genchat.engine.interface.next_tokens": ("Candidates", "NextTokens"),
    "genchat.engine.interface.opening": ("models", "open"),
    "genchat.engine.interface.reply": ("Reply",),
    "genchat.engine.interface.saved": ("SavedConversation", "SavedHistory", "SavedMessage", "history"),
    "genchat.engine.interface.score": ("Score",),
    "genchat.engine.interface.tokens": ("Tokens",),
    "genchat.engine.interface.training": ("train",),
    "genchat.engine.sampling": ("SamplingSettings",),
}


def _find_the_folders_beside() -> None:
    """Let a checkout whose symbolic links came out as plain files (git on Windows) import the folders they name."""
    here = Path(__file__).parent
    checkout = here.parent
    if not (here / "engine").is_dir() and (checkout / "engine" / "contract.py").is_file():
        __path__.append(str(checkout))


_find_the_folders_beside()


if not TYPE_CHECKING:  # type checkers read the imports above, and so find a mistyped name

    def __getattr__(name: str) -> Any:
        for home, names in _HOMES.items():
            if name in names:
                value = globals()[name] = getattr(import_module(home), name)
                return value
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    # `open` is not in __all__, so that `from genchat import *` leaves Python's own open alone.
    return sorted({*__all__, "open"})
