"""Which room of genchat a module belongs to, and which imports the table in pyproject.toml does not allow.

A room is a folder directly under engine/ or tui/, a group of the loose modules beside those folders, the whole of
corpora/, or the door: whatever else stands in genchat/. `[tool.genchat.room-groups]` names the groups and their
modules; `[tool.genchat.rooms]` lists for every room the rooms and the third-party packages that it may import, typing
included. What is not listed is not allowed, and a room that is not listed may not be there.
"""

import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grimp

DOOR = "door"
_STOREYS = ("engine", "tui")
_REMOTE_FAMILIES = ("engine.gemini",)  # families whose models are no folders on disk
_NOT_FOR_FAMILIES = frozenset(
    {"engine.history", "engine.retrieval", "engine.answering", "engine.nutrition", "engine.registry"}
)


@dataclass(frozen=True)
class Table:
    """What pyproject.toml says of the rooms."""

    groups: Mapping[str, Sequence[str]]  # a group -> its modules, such as "engine.errors"
    uses: Mapping[str, Sequence[str]]  # a room -> rooms and packages it may import

    @classmethod
    def read(cls, pyproject: Path) -> "Table":
        """The tables of a file."""
        content: dict[str, Any] = tomllib.loads(pyproject.read_text(encoding="utf-8"))["tool"]["genchat"]
        return cls(content["room-groups"], content["rooms"])

    def room_of(self, module: str) -> str:
        """The room of a module of the package, such as "genchat.engine.gpt.model"."""
        _, *parts = module.split(".")
        if not parts or parts[0] not in (*_STOREYS, "corpora"):
            return DOOR
        if parts[0] == "corpora":
            return "corpora"
        name = ".".join(parts[:2])
        return next((group for group, modules in self.groups.items() if name in modules), name)


@dataclass(frozen=True)
class House:
    """The rooms of a package as its imports show them."""

    table: Table
    modules: Mapping[str, frozenset[str]]  # a module -> what it imports: modules of the package, names of others

    @classmethod
    def of(cls, package: str, table: Table) -> "House":
        """Read the sources of a package that can be imported, without importing it."""
        graph = grimp.build_graph(package, include_external_packages=True, cache_dir=None)
        own = [module for module in graph.modules if module.split(".")[0] == package]
        return cls(table, {module: frozenset(graph.find_modules_directly_imported_by(module)) for module in own})

    @property
    def rooms(self) -> set[str]:
        """The rooms that there are."""
        return {self.table.room_of(module) for module in self.modules}

    @property
    def families(self) -> set[str]:
        """The rooms whose models can be opened from a folder, and those of remote models."""
        loading = {
            ".".join(parts[1:3])
            for module in self.modules
            if len(parts := module.split(".")) == 4 and (parts[1], parts[3]) == ("engine", "loading")
        }
        return loading | (self.rooms & set(_REMOTE_FAMILIES))

    def violations(self) -> list[str]:
        """What is not allowed, a line each; sorted."""
        return sorted({*self._without_entry(), *self._imports(), *self._of_families()})

    def _without_entry(self) -> Iterator[str]:
        yield from (f"{room} has no entry" for room in self.rooms - self.table.uses.keys())
        yield from (f"{room} has an entry and is not there" for room in self.table.uses.keys() - self.rooms)

    def _imports(self) -> Iterator[str]:
        for module, imported in self.modules.items():
            room = self.table.room_of(module)
            for name in imported:
                used = self.table.room_of(name) if name in self.modules else name.split(".")[0]
                if used != room and used not in sys.stdlib_module_names and used not in self.table.uses.get(room, ()):
                    yield f"{room} may not use {used} ({module})"

    def _of_families(self) -> Iterator[str]:
        """Families know neither each other nor what is built on them, whatever their entries say."""
        for family in self.families:
            for used in set(self.table.uses.get(family, ())) & (_NOT_FOR_FAMILIES | self.families):
                yield f"{family} is a family and may not list {used}"
