"""The name others import: `from genchat import LanguageModel`. Re-exports only; code lives in `engine`.

Names are fetched when first asked for, so that `python -m genchat` costs no more than the `genchat` command.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine import __version__
    from engine.contract import Backend, Capabilities, Cursor, LanguageModel, ModelInfo, Step, Tokenizer
    from engine.conversation import Message, Role
    from engine.decoding import generate, score
    from engine.distribution import Candidate, Distribution
    from engine.errors import GenchatError
    from engine.sampling import SamplingSettings

__all__ = [
    "Backend",
    "Candidate",
    "Capabilities",
    "Cursor",
    "Distribution",
    "GenchatError",
    "LanguageModel",
    "Message",
    "ModelInfo",
    "Role",
    "SamplingSettings",
    "Step",
    "Tokenizer",
    "__version__",
    "generate",
    "score",
]

_HOMES = {
    "engine": ("__version__",),
    "engine.contract": ("Backend", "Capabilities", "Cursor", "LanguageModel", "ModelInfo", "Step", "Tokenizer"),
    "engine.conversation": ("Message", "Role"),
    "engine.decoding": ("generate", "score"),
    "engine.distribution": ("Candidate", "Distribution"),
    "engine.errors": ("GenchatError",),
    "engine.sampling": ("SamplingSettings",),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            found = globals()[name] = getattr(import_module(home), name)
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
