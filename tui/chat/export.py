"""A conversation as a file of the kind its name ends in: where it goes by default, and never over one there is."""

import re
from pathlib import Path

from genchat.engine.errors import GenchatError, UsageError
from genchat.engine.history.protocol import ExportFormat, History
from genchat.engine.text import fold

_LONGEST_NAME = 40
_FORMS: dict[str, ExportFormat] = {".html": "html", ".htm": "html", ".json": "json"}


def suggested_path(title: str, folder: Path | None = None, suffix: str = ".md") -> Path:
    """Return a free file name, in the working folder unless another folder is given."""
    name = re.sub(r"[^a-z0-9]+", "-", fold(title)).strip("-")[:_LONGEST_NAME].strip("-") or "genchat"
    directory = Path.cwd() if folder is None else folder
    candidates = (directory / f"{name}{f'-{number}' if number else ''}{suffix}" for number in range(1000))
    return next((path for path in candidates if not path.exists()), directory / f"{name}{suffix}")


def write_export(history: History, conversation: str, path: Path) -> None:
    """Write a web page or JSON of all branches, or else the shown branch as Markdown, as the file's name ends.

    Raises UsageError if the file exists, GenchatError if it cannot be written.
    """
    text = history.export(conversation, _FORMS.get(path.suffix.lower(), "markdown"))
    try:
        with path.open("x", encoding="utf-8", errors="replace") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError("export_exists", path=path) from None
    except (OSError, ValueError) as error:
        raise GenchatError("export_failed", path=path, reason=error) from None
