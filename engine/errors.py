"""The errors genchat raises: few, named, and each says what to do next.

An error carries the key of its text and the values to fill in, so that a screen can show it in the reader's
language; `str(error)` is that text in the language in use. Texts live in `engine/language/*/errors.py`.
"""

from genchat.engine.language import words_of


class ExitCode:
    """These codes are what the process tells its caller. 0 is success; the README documents the rest."""

    OK = 0
    FAILED = 1  # the work could not be done
    USAGE = 2  # a wrong flag, setting or input
    UNREACHABLE = 3  # a service could not be reached
    TIMEOUT = 4
    BUG = 70  # a fault of genchat itself
    INTERRUPTED = 130


class GenchatError(Exception):
    """Base of all errors that a person is meant to read.

    `key` names the text; `values` fill its placeholders. Values are untrusted: whoever prints them sanitises. What is
    no key is the text itself, in the words of the plug-in's author who raised it.
    """

    exit_code = ExitCode.FAILED

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key = key
        self.values = values

    def __str__(self) -> str:
        return words_of(self.key, self.values, area="error")


class UsageError(GenchatError):
    """A flag, a setting or a value outside what is allowed."""

    exit_code = ExitCode.USAGE


class ModelNotFound(GenchatError):
    """No installed model has the name that was asked for."""

    exit_code = ExitCode.USAGE


class ModelDamaged(GenchatError):
    """A model's files are missing, truncated, altered or of a format that is not read."""


class PluginError(GenchatError):
    """A plug-in failed, does not keep the contract, or is not one that this genchat can use."""


class TextUnusable(GenchatError):
    """A text cannot be trained on or scored: empty, binary, not UTF-8, too short."""

    exit_code = ExitCode.USAGE


class TrainingFailed(GenchatError):
    """Training stopped for a reason of its own: loss not a number, out of memory, disk full."""


class HistoryError(GenchatError):
    """The history file cannot be opened, read or written."""


class ConversationNotFound(HistoryError):
    """The history holds no conversation of the name that was asked for."""

    exit_code = ExitCode.USAGE


class ConversationExists(HistoryError):
    """The history holds a conversation of the id that an import would write."""

    exit_code = ExitCode.USAGE


class SettingsError(GenchatError):
    """The settings file or an environment variable holds something that is not understood."""

    exit_code = ExitCode.USAGE


class RemoteError(GenchatError):
    """A remote service refused, failed or could not be reached. `retry_after`: seconds to wait, if it said so."""

    exit_code = ExitCode.UNREACHABLE
    retry_after: float | None = None


class DocumentsError(GenchatError):
    """A document or a collection cannot be read or indexed."""


class DocumentNotFound(DocumentsError):
    """No file, or no document of the index, has the name that was asked for."""

    exit_code = ExitCode.USAGE
