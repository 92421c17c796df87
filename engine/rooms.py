"""Which module opens what: the models that are built in, what wraps a model, and the families, by convention.

Rooms stand here as text, so that none is imported before one of its models is wanted, and none has to be known here.
"""

import importlib
import re
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genchat.engine.contract import Backend
    from genchat.engine.open_request import FolderRequest, Opened, OpenRequest

# The name of a model -> the module whose `open_model` opens it.
BUILT_IN: Mapping[str, str] = {
    "ngram": "genchat.engine.ngram.builtin",
    "gemini": "genchat.engine.gemini.backend",
    "documents": "genchat.engine.answering.opening",
}
# What may stand after a model's name -> the module whose `wrap` puts something around that model.
WRAPPERS: Mapping[str, str] = {"+docs": "genchat.engine.answering.opening"}
_FAMILY = re.compile(r"[a-z][a-z_]{0,31}")


def built_in() -> list[str]:
    """The names of the built-in models whose rooms are installed."""
    return [name for name, module in BUILT_IN.items() if find_spec(module) is not None]


def built_in_opener(name: str) -> "Callable[[OpenRequest], Opened]":
    """The result opens the built-in model of that name."""
    opener: Callable[[OpenRequest], Opened] = _attribute(BUILT_IN[name], "open_model")
    return opener


def family_opener(family: str) -> "Callable[[FolderRequest], Opened] | None":
    """The result opens a family's models: `open_model` of `genchat.engine.<family>.loading`; None without a room."""
    room = f"genchat.engine.{family}"
    if not _FAMILY.fullmatch(family) or find_spec(room) is None or find_spec(f"{room}.loading") is None:
        return None
    opener: Callable[[FolderRequest], Opened] = _attribute(f"{room}.loading", "open_model")
    return opener


def wrapper_of(name: str) -> "tuple[str, Callable[[Backend, OpenRequest], Backend]] | None":
    """The result is the inner model's name and what wraps it, for a name such as "smollm2+docs"; None for any other."""
    for ending, module in WRAPPERS.items():
        if name.endswith(ending):
            return name.removesuffix(ending), _attribute(module, "wrap")
    return None


def _attribute(module: str, name: str) -> Any:
    return getattr(importlib.import_module(module), name)
