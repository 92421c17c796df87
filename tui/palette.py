"""The command palette: everything that can be done now, as "area: Verb object", with its key where it has one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from genchat.engine.language import say
from genchat.engine.text import safe_line
from genchat.tui.keymap import Keymap, keymap_in_force, remapped
from genchat.tui.keys import bindings_of, description, key_name

if TYPE_CHECKING:
    from genchat.tui.screens.chat import ChatScreen

_SCREEN_ACTIONS = (
    "new", "rename", "delete", "export", "export_page", "search", "regenerate", "without_documents", "opinion",
    "type_token", "go_on", "undo_fork", "open_writer", "edit", "copy", "mode", "sampling", "models", "tokens", "inside",
    "columns", "several_models", "heat", "list", "tree", "panel", "stop", "system_prompt",
    "export_everything", "picture", "tour",
)  # fmt: skip
_NO_KEYMAP: Keymap = MappingProxyType({})
_APP_ACTIONS = ("documents", "words", "train", "theme", "choose_theme", "help", "quit")


@dataclass(frozen=True)
class Command:
    """A command is one line of the palette. `name` is plain text; `key` is the name of a key that does the same."""

    name: str
    run: Callable[[], object]
    key: str = ""

    @property
    def shown(self) -> Content:
        """Return the name, and the key in a fainter colour."""
        return Content.assemble(self.name, (f"   {self.key}", "$genchat-faint") if self.key else "")


def commands_of(screen: "ChatScreen", keymap: Keymap = _NO_KEYMAP) -> Iterator[Command]:
    """Return what can be done on the chat screen as it stands."""
    keys = _keys_of(keymap, type(screen.transcript), type(screen), type(screen.app))
    for action in _SCREEN_ACTIONS:
        if screen.check_action(action, ()):
            yield Command(say(f"tui.command.{action}"), partial(screen.run_action, action), keys.get(action, ""))
    for listing in screen.session.listings:
        if not listing.problem and listing.name != screen.session.model:
            name = say("tui.command.switch", name=safe_line(listing.name))
            yield Command(name, partial(screen.models.load, listing.name))
    for action in _APP_ACTIONS:
        yield Command(say(f"tui.command.{action}"), partial(screen.app.run_action, action), keys.get(action, ""))


def _nothing() -> None:
    return None


def _keys_of(keymap: Keymap, *owners: type) -> dict[str, str]:
    """Return the name of the first key of each action."""
    return {
        binding.action.removeprefix("screen."): key_name(remapped(binding, keymap))
        for owner in owners
        for binding in bindings_of(owner)
    }


class GenchatCommands(Provider):
    """This provider offers the commands to the palette."""

    def _commands(self) -> list[Command]:
        from genchat.tui.screens.chat import ChatScreen

        screen = self.screen
        if isinstance(screen, ChatScreen):
            return list(commands_of(screen, keymap_in_force(self.app)))
        keymap = keymap_in_force(self.app)
        return [
            Command(
                description(binding), partial(screen.run_action, binding.action), key_name(remapped(binding, keymap))
            )
            for binding in bindings_of(type(screen))
            if screen.check_action(binding.action, ())
        ]

    async def discover(self) -> Hits:
        for command in self._commands():
            yield DiscoveryHit(command.shown, command.run, command.name)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        matched = False
        for command in self._commands():
            score = matcher.match(command.name)
            if score > 0:
                matched = True
                yield Hit(score, command.shown, command.run, command.name)
        if not matched:  # else Textual says so itself, always in English
            nothing = say("tui.palette.nothing")
            yield Hit(0, Content.styled(nothing, "$genchat-muted"), _nothing, nothing)
