"""The catalogue of freely licensed texts a person can fetch (catalogue.toml), and how each is put together.

Nothing here touches the network: engine/text_store.py fetches the files, this module assembles them. What comes out
must have the catalogue's sha256, whatever the sender did.
"""

import csv
import io
import tarfile
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

_FEWEST_TURNS = 4
_LEFT_OUT_TOPIC = "transition_music_movies"


@dataclass(frozen=True)
class CatalogueEntry:
    """One text. `bytes` and `sha256` are of the assembled text; `conversion` names what makes it fit for training."""

    name: str
    title: str
    language: str
    licence: str
    attribution: str
    bytes: int
    sha256: str
    base: str
    files: tuple[str, ...]
    recipe: str
    conversion: str

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where each file is fetched from."""
        return tuple(quote(self.base + name, safe=":/") for name in self.files)


def read_catalogue(path: Path | None = None) -> dict[str, CatalogueEntry]:
    """All entries by name, in the order of the file."""
    with (path or Path(__file__).with_name("catalogue.toml")).open("rb") as stream:
        raw = tomllib.load(stream)
    return {
        name: CatalogueEntry(name=name, **{**fields, "files": tuple(fields["files"])}) for name, fields in raw.items()
    }


def _as_is(files: Sequence[bytes]) -> str:
    return b"".join(files).decode("utf-8")


def _join(files: Sequence[bytes]) -> str:
    """Each file ends in one newline; a blank line stands between two."""
    return "\n".join(content.decode("utf-8").rstrip("\n") + "\n" for content in files)


def _self_dialogue_archive(files: Sequence[bytes]) -> str:
    """The corpus's CSV tables -> `### topic` and one turn a line; blocked workers and fragments left out."""
    with tarfile.open(fileobj=io.BytesIO(files[0]), mode="r:gz") as archive:
        members = {member.name.partition("/")[2]: member for member in archive.getmembers() if member.isfile()}

        def content(name: str) -> str:
            stream = archive.extractfile(members[name])
            return "" if stream is None else stream.read().decode("utf-8")

        blocked = frozenset(content("blocked_workers.txt").split())
        tables = sorted(name for name in members if name.startswith("corpus/") and name.endswith(".csv"))
        return "\n".join(
            dialogue for name in tables for dialogue in _table_dialogues(content(name), name.split("/")[1], blocked)
        )


def _table_dialogues(table: str, topic: str, blocked: frozenset[str]) -> list[str]:
    if topic == _LEFT_OUT_TOPIC:
        return []
    found = []
    for row in csv.DictReader(io.StringIO(table, newline="")):
        if row["WorkerId"] in blocked:
            continue
        answers = sorted(
            (column for column in row if column and column.startswith("Answer.sentence")),
            key=lambda column: int(column.removeprefix("Answer.sentence")),
        )
        turns = [" ".join((row[column] or "").split()) for column in answers]
        turns = [turn for turn in turns if turn not in ("", "{}")]
        if len(turns) >= _FEWEST_TURNS:
            found.append("\n".join([f"### {topic}", *turns]) + "\n")
    return found


RECIPES: Mapping[str, Callable[[Sequence[bytes]], str]] = {
    "as-is": _as_is,
    "join": _join,
    "self-dialogue-archive": _self_dialogue_archive,
}
