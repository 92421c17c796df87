"""The name that is installed and imported: `import genchat`. The code lives in its engine, tui and corpora.

Names are fetched when first asked for, so that `import genchat` costs next to nothing.
"""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genchat.engine import __version__
    from genchat.engine.contract import (
        CONTRACT_VERSION,
        Backend,
        BatchScorer,
        Capabilities,
        Cursor,
        Event,
        Finish,
        LanguageModel,
        MessageData,
        ModelInfo,
        Notice,
        Passage,
        Passages,
        ReplySettings,
        Step,
        StopSignal,
        Tokenizer,
    )
    from genchat.engine.conversation import ChatTemplate, Message, Prompt, Role, TranscriptTemplate, TurnTemplate
    from genchat.engine.decoding import generate, score
    from genchat.engine.distribution import Candidate, Distribution, exact, top_k, unknown
    from genchat.engine.errors import GenchatError, RemoteError, UsageError
    from genchat.engine.evidence import (
        CorpusPlace,
        Evidence,
        GptEvidence,
        LensRow,
        LstmEvidence,
        MixtureEvidence,
        NgramEvidence,
        NgramLevel,
        NgramShare,
        NoEvidence,
        RecalledReply,
        RecallEvidence,
    )
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
    from genchat.engine.keys import ApiKey, find_key
    from genchat.engine.local_backend import LocalBackend
    from genchat.engine.sampling import SamplingSettings

__all__ = [
    "CONTRACT_VERSION",
    "ApiKey",
    "Backend",
    "BatchScorer",
    "Candidate",
    "Candidates",
    "Capabilities",
    "ChatTemplate",
    "CorpusPlace",
    "Cursor",
    "Distribution",
    "Documents",
    "Event",
    "Evidence",
    "Explanation",
    "Finish",
    "GenchatError",
    "GptEvidence",
    "LanguageModel",
    "LensRow",
    "LocalBackend",
    "LstmEvidence",
    "Message",
    "MessageData",
    "MixtureEvidence",
    "Model",
    "ModelInfo",
    "NextTokens",
    "NgramEvidence",
    "NgramLevel",
    "NgramShare",
    "NoEvidence",
    "Notice",
    "Passage",
    "Passages",
    "Prompt",
    "RecallEvidence",
    "RecalledReply",
    "RemoteError",
    "Reply",
    "ReplySettings",
    "Role",
    "SamplingSettings",
    "SavedConversation",
    "SavedHistory",
    "SavedMessage",
    "Score",
    "Step",
    "StopSignal",
    "Tokenizer",
    "Tokens",
    "TranscriptTemplate",
    "TurnTemplate",
    "UsageError",
    "__version__",
    "documents",
    "exact",
    "find_key",
    "generate",
    "history",
    "models",
    "score",
    "top_k",
    "train",
    "unknown",
]

_HOMES = {
    "genchat.engine": ("__version__",),
    "genchat.engine.contract": (
        "CONTRACT_VERSION",
        "Backend",
        "BatchScorer",
        "Capabilities",
        "Cursor",
        "Event",
        "Finish",
        "LanguageModel",
        "MessageData",
        "ModelInfo",
        "Notice",
        "Passage",
        "Passages",
        "ReplySettings",
        "Step",
        "StopSignal",
        "Tokenizer",
    ),
    "genchat.engine.conversation": ("ChatTemplate", "Message", "Prompt", "Role", "TranscriptTemplate", "TurnTemplate"),
    "genchat.engine.decoding": ("generate", "score"),
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
    "genchat.engine.distribution": ("Candidate", "Distribution", "exact", "top_k", "unknown"),
    "genchat.engine.errors": ("GenchatError", "RemoteError", "UsageError"),
    "genchat.engine.evidence": (
        "CorpusPlace",
        "Evidence",
        "GptEvidence",
        "LensRow",
        "LstmEvidence",
        "MixtureEvidence",
        "NgramEvidence",
        "NgramLevel",
        "NgramShare",
        "NoEvidence",
        "RecallEvidence",
        "RecalledReply",
    ),
    "genchat.engine.keys": ("ApiKey", "find_key"),
    "genchat.engine.local_backend": ("LocalBackend",),
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
