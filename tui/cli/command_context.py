"""What every command works in: the settings in force, the paths, the models and the two output streams."""

import sys
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from genchat.engine.errors import SettingsError
from genchat.engine.paths import Paths, paths
from genchat.engine.settings import Settings, load_settings
from genchat.tui.cli.output import Output

if TYPE_CHECKING:
    import typer

    from genchat.engine.contract import Backend
    from genchat.engine.history.protocol import History
    from genchat.engine.registry import Registry

PROGRAM = "genchat"


class Surroundings:
    """Everything is made when first asked for, so that a command pays only for what it uses."""

    def __init__(self, arguments: tuple[str, ...] = ()) -> None:
        self.arguments = arguments
        self.quiet = False
        self.safe = False
        self.conversation: str | None = None  # the one the screen should open
        self.continue_latest = False
        self._flags: dict[str, Any] = {}

    def take_flags(self, flags: Mapping[str, Any]) -> None:
        """Settings given on the command line by dotted name; None means not given."""
        self._flags |= {name: value for name, value in flags.items() if value is not None}
        self.__dict__.pop("settings", None)

    @cached_property
    def paths(self) -> Paths:
        return paths()

    @cached_property
    def settings(self) -> Settings:
        """Raises SettingsError."""
        return load_settings(self.paths.settings, flags=self._flags)

    @cached_property
    def output(self) -> Output:
        """Made after the options are read. A broken settings file does not keep genchat from saying so."""
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
        """The history file, made if need be. Raises HistoryError. The caller closes it."""
        from genchat.engine.history.store import HistoryStore

        return HistoryStore.open(self.paths.history)

    def open_model(self, name: str | None = None) -> "Backend":
        """The backend of that name, or the one of the settings; progress goes to stderr."""
        from genchat.engine.language import say

        def tell(key: str, done: float) -> None:
            self.output.progress(say(key), done)

        try:
            return self.registry.open(name or self.settings.model, tell)
        finally:
            self.output.end_progress()


def surroundings(context: "typer.Context") -> Surroundings:
    """The surroundings of this run."""
    return context.find_root().ensure_object(Surroundings)
