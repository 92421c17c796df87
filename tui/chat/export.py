"""A conversation, or the screen, as a file: where it goes by default, and never over a file that is there."""

import errno
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from genchat.engine.errors import GenchatError, UsageError
from genchat.engine.history.protocol import History
from genchat.engine.text import fold

_LONGEST_NAME = 40
_ENDINGS = {"markdown": ".md", "page": ".html", "everything": ".json"}


def suggested_path(title: str, folder: Path | None = None, ending: str = ".md") -> Path:
    """Return a free file name, in the working folder unless another folder is given."""
    name = re.sub(r"[^a-z0-9]+", "-", fold(title)).strip("-")[:_LONGEST_NAME].strip("-") or "genchat"
    directory = Path.cwd() if folder is None else folder
    candidates = (directory / f"{name}{f'-{number}' if number else ''}{ending}" for number in range(1000))
    return next((path for path in candidates if not path.exists()), directory / f"{name}{ending}")


def ending_of(form: str) -> str:
    """Return how the name of a file of this form ends: that of "markdown", "page" or "everything"."""
    return _ENDINGS[form]


def document(history: History, conversation: str, form: str) -> str:
    """Return the conversation in one of the three forms. The last two hold every branch and may take seconds."""
    return _WRITERS[form](history, conversation)


def _page(history: History, conversation: str) -> str:
    from genchat.engine.sharing.page import as_page

    return as_page(history, history.conversation(conversation))


_WRITERS: Mapping[str, Callable[[History, str], str]] = {
    "markdown": lambda history, conversation: history.export(conversation, "markdown"),
    "page": _page,
    "everything": lambda history, conversation: history.export(conversation, "json"),
}


def check_free(path: Path) -> None:
    """Raise UsageError if there is a file already, GenchatError if its folder is missing."""
    if path.exists():
        raise UsageError("export_exists", path=path)
    if not path.parent.is_dir():
        raise GenchatError("export_failed", path=path, reason=os.strerror(errno.ENOENT))


def make_folder(folder: Path) -> None:
    """Make the folder if it is not there. Raises GenchatError if that cannot be done."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GenchatError("export_failed", path=folder, reason=error) from None


def write_text(path: Path, text: str) -> None:
    """Write a new file. Raises UsageError if it exists, GenchatError if it cannot be written."""
    try:
        with path.open("x", encoding="utf-8", errors="replace") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError("export_exists", path=path) from None
    except (OSError, ValueError) as error:
        raise GenchatError("export_failed", path=path, reason=error) from None
