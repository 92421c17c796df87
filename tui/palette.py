"""The command palette: everything that can be done now, as "area: Verb object"."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from engine.language import say
from engine.text import safe_line
from tui.keys import description

if TYPE_CHECKING:
    from tui.screens.chat import ChatScreen

_SCREEN_ACTIONS = (
    "new", "rename", "delete", "export", "search", "regenerate", "edit", "copy", "mode", "sampling",
    "models", "tokens", "heat", "list", "panel", "stop",
)  # fmt: skip
_APP_ACTIONS = ("documents", "words", "train", "theme", "help", "quit")


@dataclass(frozen=True)
class Command:
    """One line of the palette; `name` is plain text."""

    name: str
    run: Callable[[], object]


def commands_of(screen: "ChatScreen") -> Iterator[Command]:
    """What can be done on the chat screen as it stands."""
    for action in _SCREEN_ACTIONS:
        if screen.check_action(action, ()):
            yield Command(say(f"tui.command.{action}"), partial(screen.run_action, action))
    for listing in screen.session.listings:
        if not listing.problem and listing.name != screen.session.model:
            name = say("tui.command.switch", name=safe_line(listing.name))
            yield Command(name, partial(screen.load_backend, listing.name))
    for action in _APP_ACTIONS:
        yield Command(say(f"tui.command.{action}"), partial(screen.app.run_action, action))


class GenchatCommands(Provider):
    """Offers them to the palette."""

    def _commands(self) -> list[Command]:
        from tui.screens.chat import ChatScreen
        from tui.screens.help import bindings_of

        screen = self.screen
        if isinstance(screen, ChatScreen):
            return list(commands_of(screen))
        return [
            Command(description(binding), partial(screen.run_action, binding.action))
            for binding in bindings_of(type(screen))
            if screen.check_action(binding.action, ())
        ]

    async def discover(self) -> Hits:
        for command in self._commands():
            yield DiscoveryHit(Content(command.name), command.run, command.name)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for command in self._commands():
            score = matcher.match(command.name)
            if score > 0:
                shown = Content(command.name)
                yield Hit(score, shown, command.run, command.name)
