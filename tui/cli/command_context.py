"""The context of every command: the settings in force, the paths, the models and the two output streams."""

import sys
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from genchat.engine.errors import SettingsError
from genchat.engine.paths import Paths, paths
from genchat.engine.settings import Settings, load_settings, set_setting
from genchat.tui.cli.output import Output

if TYPE_CHECKING:
    import typer

    from genchat.engine.contract import Backend
    from genchat.engine.history.protocol import History
    from genchat.engine.registry import Registry

PROGRAM = "genchat"


class CommandContext:
    """The context opens everything when it is first used, so that a command pays only for what it needs."""

    def __init__(self, arguments: tuple[str, ...] = ()) -> None:
        self.arguments = arguments
        self.quiet = False
        self.safe = False
        self.conversation: str | None = None  # the one the screen should open
        self.continue_latest = False
        self.system: str | None = None  # the system prompt that was given
        self._flags: dict[str, Any] = {}

    def take_flags(self, flags: Mapping[str, Any]) -> None:
        """Take settings given on the command line, by dotted name; None means that one was not given."""
        self._flags |= {name: value for name, value in flags.items() if value is not None}
        self.__dict__.pop("settings", None)

    @cached_property
    def paths(self) -> Paths:
        return paths()

    @cached_property
    def settings(self) -> Settings:
        """Return the settings in force. Raises SettingsError."""
        return load_settings(self.paths.settings, flags=self._flags)

    def keep_setting(self, name: str, value: str) -> None:
        """Write a setting into the settings file, for the next start. Raises GenchatError."""
        set_setting(self.paths.settings, name, value)

    @cached_property
    def output(self) -> Output:
        """Return the output streams, made after the options are read; a broken settings file does not prevent it."""
        try:
            color = self._flags.get("color") or self.settings.color
        except SettingsError:
            color = "auto"
        return Output(sys.stdout, sys.stderr, color=color, quiet=self.quiet, always_safe=self.safe)

    @property
    def registry(self) -> "Registry":
        from genchat.engine.registry import Registry

        return Registry(self.paths, self.settings)

    def open_history(self) -> "History":
        """Open the history file, and create it if needed. Raises HistoryError. The caller closes it."""
        from genchat.engine.history.store import HistoryStore

        return HistoryStore.open(self.paths.history)

    def open_model(self, name: str | None = None) -> "Backend":
        """Open the backend of that name, or the one in the settings; progress goes to stderr."""
        from genchat.engine.language import say

        def tell(key: str, done: float) -> None:
            self.output.progress(say(key), done)

        try:
            return self.registry.open(name or self.settings.model, tell)
        finally:
            self.output.end_progress()


def command_context(ctx: "typer.Context") -> CommandContext:
    """Return the context that the commands of this run share."""
    return ctx.find_root().ensure_object(CommandContext)
