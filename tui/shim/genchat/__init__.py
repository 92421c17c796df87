"""The name others import: `from genchat import LanguageModel`. Re-exports only; code lives in `engine`."""

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
