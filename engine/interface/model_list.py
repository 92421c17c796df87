"""The models there are, as a table."""

from collections.abc import Iterable

from genchat.engine.interface.tables import Rows, Table
from genchat.engine.language import say
from genchat.engine.registry import ModelEntry


class ModelList(Rows[ModelEntry]):
    """The list has every model that can be opened; `chosen` is the one of the settings."""

    def __init__(self, entries: Iterable[ModelEntry], chosen: str) -> None:
        super().__init__(entries)
        self.chosen = chosen

    @property
    def names(self) -> list[str]:
        """These are the names that `genchat.open` takes."""
        return [entry.name for entry in self]

    def _table(self) -> Table:
        columns = ("name", "family", "origin", "use", "description")
        return Table(tuple(say(f"interface.column_{name}") for name in columns), [self._row(entry) for entry in self])

    def _row(self, entry: ModelEntry) -> tuple[str, ...]:
        origin = say(f"cli.origin.{entry.origin.replace('-', '_')}")
        use = say("cli.models.talks" if entry.chat else "cli.models.completes")
        if entry.problem:
            use = say("cli.models.damaged", reason=entry.problem)
        mark = "▸ " if entry.name == self.chosen else ""
        return mark + entry.name, entry.family, origin, use, entry.description
