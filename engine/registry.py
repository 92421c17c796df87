"""Which models exist here (built in, shipped, trained, imported, plugged in) and how to open one.

A model on disk is a folder with a card; `open_model` of `engine.<family>.loading` turns it into a LanguageModel or,
where it brings its own chat template, into a Backend. `engine.rooms` says which module opens what; rooms are imported
only when one of their models is opened. A plug-in is an entry point of the group "genchat.backends": a callable that
gives a LanguageModel or a Backend, which stays behind a border (`engine/plugins`).
"""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from genchat.engine import rooms
from genchat.engine.claim import claimed
from genchat.engine.contract import HasLanguageModel
from genchat.engine.errors import GenchatError, ModelDamaged, ModelNotFound, PluginError, UsageError
from genchat.engine.language import say, words_of
from genchat.engine.model_card import CARD_FILE, ModelCard, read_card
from genchat.engine.open_request import FolderRequest, OpenRequest, Progress
from genchat.engine.paths import Paths
from genchat.engine.settings import Settings
from genchat.engine.verified import verify_once

if TYPE_CHECKING:
    from genchat.engine.contract import Backend, LanguageModel
    from genchat.engine.plugins.discovery import Plugin

Origin = Literal["built-in", "shipped", "trained", "imported", "plug-in"]
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_IMPORTING = ("genchat import", "genchat pull")


@dataclass(frozen=True)
class ModelEntry:
    """This is one model; `problem` says why it cannot be opened."""

    name: str
    family: str
    origin: Origin
    chat: bool
    size: int | None = None  # bytes on disk
    description: str = ""
    folder: Path | None = None
    card: ModelCard | None = None
    plugin: "Plugin | None" = None
    problem: str = ""


class Registry:
    """The models of one home."""

    def __init__(self, paths: Paths, settings: Settings) -> None:
        self._paths = paths
        self._settings = settings

    def models(self) -> list[ModelEntry]:
        """The list is built-in models first, then shipped, then those of the person, then plug-ins. The first of a name
        counts.
        """
        by_name: dict[str, ModelEntry] = {}
        for entry in self._all():
            by_name.setdefault(entry.name, entry)
        return list(by_name.values())

    def names(self) -> list[str]:
        """The names of all models."""
        return [entry.name for entry in self.models()]

    def _all(self) -> Iterator[ModelEntry]:
        for name in rooms.built_in():
            yield ModelEntry(name, name, "built-in", chat=True, description=say(f"{name}.built_in"))
        yield from _folders(Path(__file__).parent / "pretrained", shipped=True)
        yield from _folders(self._paths.models, shipped=False)
        for plugin in self._plugins:
            if _NAME.fullmatch(plugin.name):
                yield _entry_of(plugin)

    @cached_property
    def _plugins(self) -> "list[Plugin]":
        from genchat.engine.plugins.discovery import installed_plugins

        return installed_plugins()

    def unusable_plugins(self) -> list[ModelEntry]:
        """Plug-ins that nobody can ask for: of a name that no model can have, or that another model has already."""
        unusable = []
        by_name = {entry.name: entry for entry in self.models()}
        for plugin in self._plugins:
            owner = by_name.get(plugin.name)
            if owner is None:
                problem = say("plugins.name_invalid", name=plugin.name, package=plugin.package)
            elif owner.plugin is None:
                problem = say("plugins.name_shadowed", name=plugin.name, package=plugin.package)
            elif owner.plugin != plugin:
                first = owner.plugin.package
                problem = say("plugins.name_twice", name=plugin.name, package=plugin.package, first=first)
            else:
                continue
            unusable.append(replace(_entry_of(plugin), problem=problem))
        return unusable

    def entry(self, name: str) -> ModelEntry:
        """The model of that name. Raises ModelNotFound, which lists what there is and the nearest name."""
        for entry in self._all():
            if entry.name == name:
                return entry
        for entry in self.unusable_plugins():
            if entry.name == name:
                return entry
        from difflib import get_close_matches

        names = self.names()
        installed = ", ".join(names)
        near = get_close_matches(name, names, 1, 0.5)
        if near:
            raise ModelNotFound("model_not_found_near", name=name, installed=installed, near=near[0])
        raise ModelNotFound("model_not_found", name=name, installed=installed)

    def open(self, name: str, progress: Progress | None = None) -> "Backend":
        """Load a model, or the one to use for a family, as something to talk to.

        Raises ModelNotFound, ModelDamaged, or what the room raises.
        """
        wrapped = rooms.wrapper_of(name)
        if wrapped is not None:
            inner, wrap = wrapped
            return wrap(self.open(inner, progress), self._request(progress))
        entry = (None if name in self.names() else self.default_for(name)) or self.entry(name)
        if entry.plugin is not None:
            return self._open_plugin(entry.plugin, entry.problem, progress)
        if entry.problem:
            raise ModelDamaged("model_damaged", name=name, reason=entry.problem)
        if entry.folder is not None and entry.card is not None:
            return self.open_folder(entry.folder, entry.card, progress)
        return _as_backend(rooms.built_in_opener(entry.name)(self._request(progress)))

    def open_folder(self, folder: Path, card: ModelCard, progress: Progress | None = None) -> "Backend":
        """Load the model of a folder, wherever it stands. Raises ModelDamaged, or what the room raises."""
        opener = rooms.family_opener(card.family)
        if opener is None:
            raise ModelDamaged("family_unknown", name=card.name, family=card.family)
        verify_once(folder, card, self._paths.cache)
        return _as_backend(opener(FolderRequest(self._settings, self._paths, self, progress, folder, card)))

    def _request(self, progress: Progress | None) -> OpenRequest:
        return OpenRequest(self._settings, self._paths, self, progress)

    def _open_plugin(self, plugin: "Plugin", problem: str, progress: Progress | None) -> "Backend":
        from genchat.engine.plugins.opening import open_plugin
        from genchat.engine.plugins.options import Options

        if problem:
            raise PluginError(problem)
        options = Options(self._paths.settings, self._settings.plugins.get(plugin.name, {}))
        return open_plugin(plugin, options, self._settings.plugin_timeout, progress)

    def remove(self, name: str) -> Path:
        """Delete a trained or imported model's folder, with the checkpoint of its run, and return where it was.

        A run that was cut short before it kept a model is removed by its name too.
        """
        run = self._paths.training / check_name(name)
        folder = run if name not in self.names() and run.is_dir() else self._removable(name)
        try:
            with claimed(self._paths.training, name):
                for each in (folder, run):
                    if each.exists():
                        shutil.rmtree(each)
        except OSError as error:
            raise GenchatError("model_not_removed", name=name, reason=error.strerror or error) from None
        return folder

    def _removable(self, name: str) -> Path:
        entry = self.entry(name)
        if entry.folder is None or entry.origin not in ("trained", "imported"):
            raise UsageError("model_not_removable", name=name)
        return entry.folder

    def default_for(self, family: str) -> ModelEntry | None:
        """The model to use when only a family is asked for: the chosen one, else a chat model, newest first."""
        kin = [entry for entry in self.models() if entry.family == family and not entry.problem]
        chosen = [entry for entry in kin if entry.name == self._settings.model]
        own = sorted(
            (entry for entry in kin if entry.origin in ("trained", "imported")),
            key=lambda entry: entry.card.created if entry.card else "",
            reverse=True,
        )
        rest = [entry for entry in kin if entry not in own]
        ordered = [*chosen, *(entry for entry in [*rest, *own] if entry.chat), *rest, *own]
        return ordered[0] if ordered else None

    def new_folder(self, name: str) -> Path:
        """The result is where a model to be made goes. Raises UsageError for a name that cannot be or is taken by
        genchat.
        """
        check_name(name)
        taken = [entry.name for entry in self.models() if entry.origin not in ("trained", "imported")]
        if name in taken:
            raise UsageError("model_name_taken", name=name)
        return self._paths.models / name


def check_name(name: str) -> str:
    """`name` itself if it can name a model. Raises UsageError: letters, digits, dot, dash, underscore; 64 at most."""
    if not _NAME.fullmatch(name):
        raise UsageError("model_name_invalid", name=name)
    return name


def language_model(backend: "Backend") -> "LanguageModel":
    """The model inside a local backend. Raises UsageError for one that shows no exact distribution."""
    if not isinstance(backend, HasLanguageModel):
        raise UsageError("cannot_score", backend=backend.info.name)
    return backend.model


def _entry_of(plugin: "Plugin") -> ModelEntry:
    return ModelEntry(plugin.name, "plugin", "plug-in", chat=True, description=plugin.package, plugin=plugin)


def _folders(root: Path, *, shipped: bool) -> Iterator[ModelEntry]:
    if not root.is_dir():
        return
    try:
        folders = sorted(root.iterdir())
    except OSError as error:
        raise GenchatError("models_unreadable", path=root, reason=error.strerror or error) from None
    for folder in folders:
        if not _NAME.fullmatch(folder.name) or not (folder / CARD_FILE).exists():
            continue
        size = sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
        try:
            card = read_card(folder)
        except ModelDamaged as error:
            origin: Origin = "shipped" if shipped else "trained"
            problem = str(error.values.get("reason", error))
            yield ModelEntry(folder.name, "?", origin, chat=False, size=size, folder=folder, problem=problem)
            continue
        made: Origin = "imported" if card.command.startswith(_IMPORTING) else "trained"
        described = str(card.results.get("description", "") or ", ".join(card.languages))
        if shipped:
            key = f"pretrained.{folder.name.replace('-', '_')}"
            known = words_of(key)
            described = described if known == key else known
        yield ModelEntry(
            folder.name, card.family, "shipped" if shipped else made, card.chat, size, described, folder, card
        )


def _as_backend(opened: Any) -> "Backend":
    if hasattr(opened, "reply"):
        backend: Backend = opened
        return backend
    from genchat.engine.local_backend import LocalBackend

    return LocalBackend(opened)
