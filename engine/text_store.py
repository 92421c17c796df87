"""Texts to train on that a person has fetched or added: plain UTF-8 files in one folder, a card beside each."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from genchat.corpora.catalogue import CatalogueEntry, read_catalogue
from genchat.corpora.conversions import CONVERSIONS
from genchat.corpora.recipes import BadFiles, assemble
from genchat.engine.download import Progress, download
from genchat.engine.errors import GenchatError, RemoteError, TextUnusable, UsageError
from genchat.engine.files import write_atomically

_SAFE_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


@dataclass(frozen=True)
class TextCard:
    """A card says what is known of one text. sha256 and bytes are of the file as it stands here."""

    name: str
    title: str
    language: str
    licence: str
    attribution: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class TextStore:
    """The folder of texts."""

    folder: Path

    def path(self, name: str) -> Path:
        """The path is where the text of that name is or would be."""
        if not name or not _SAFE_NAME.issuperset(name) or name.startswith("."):
            raise UsageError("text_name_bad", name=name)
        return self.folder / f"{name}.txt"

    def cards(self) -> list[TextCard]:
        """The result is the card of every text that is here, by name."""
        cards = []
        for path in sorted(self.folder.glob("*.json")):
            try:
                cards.append(TextCard(**json.loads(path.read_text(encoding="utf-8"))))
            except (OSError, ValueError, TypeError):
                continue  # a stranger's file: not a card
        return cards

    def find(self, name: str) -> TextCard:
        """The card of a text that is here. Raises TextUnusable naming what is."""
        cards = {card.name: card for card in self.cards()}
        if name not in cards:
            if not cards:
                raise TextUnusable("text_none_here", name=name)
            raise TextUnusable("text_not_here", name=name, here=", ".join(cards))
        return cards[name]

    def pull(
        self, name: str, progress: Progress | None = None, should_stop: Callable[[], bool] | None = None
    ) -> TextCard:
        """Fetch a text of the catalogue, check it, and keep it in the form genchat trains on."""
        catalogue = read_catalogue()
        if name not in catalogue:
            raise UsageError("text_not_in_catalogue", name=name, known=", ".join(catalogue))
        return self.pull_entry(catalogue[name], progress, should_stop)

    def pull_entry(
        self,
        entry: CatalogueEntry,
        progress: Progress | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> TextCard:
        """`pull` for an entry of any catalogue."""
        parts = self.folder / ".parts" / entry.name
        fetched = []
        done = 0
        for number, address in enumerate(entry.addresses):

            def report(have: int, whole: int | None, before: int = done) -> None:
                if progress is not None:
                    progress(before + have, entry.bytes if len(entry.files) > 1 else whole)

            path = parts / str(number)
            download(address, path, sha256=None, progress=report, should_stop=should_stop)
            fetched.append(path)
            done += path.stat().st_size
        contents = [path.read_bytes() for path in fetched]
        for path in fetched:
            path.unlink()
        parts.rmdir()
        try:
            text = assemble(entry, contents)
        except BadFiles:
            raise RemoteError("text_not_as_expected", name=entry.name) from None
        digest = hashlib.sha256(text.encode()).hexdigest()
        if digest != entry.sha256:
            raise RemoteError("hash_differs", name=entry.name, found=digest[:12], wanted=entry.sha256[:12])
        converted = text if entry.conversion == "none" else CONVERSIONS[entry.conversion](text)
        return self._keep(entry.name, entry.title, entry.language, entry.licence, entry.attribution, converted)

    def add(self, source: Path, name: str | None = None, licence: str = "", language: str = "") -> TextCard:
        """Keep a copy of one's own file."""
        try:
            text = source.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            raise TextUnusable("text_not_utf8_file", name=source.name) from None
        except OSError as error:
            raise TextUnusable("text_unreadable", name=source.name, reason=error.strerror or error) from None
        if "\0" in text:
            raise TextUnusable("text_binary", name=source.name)
        if not text.strip():
            raise TextUnusable("text_empty", name=source.name)
        return self._keep(name or source.stem, source.name, language, licence, "", text.replace("\r\n", "\n"))

    def remove(self, name: str) -> None:
        """Delete a text and its card."""
        self.find(name)
        self.path(name).unlink(missing_ok=True)
        self.path(name).with_suffix(".json").unlink()

    def _keep(self, name: str, title: str, language: str, licence: str, attribution: str, text: str) -> TextCard:
        content = text.encode()
        card = TextCard(name, title, language, licence, attribution, len(content), hashlib.sha256(content).hexdigest())
        path = self.path(name)
        _write(path, content)
        _write(path.with_suffix(".json"), json.dumps(asdict(card), ensure_ascii=False, indent=2).encode() + b"\n")
        return card


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all."""
    try:
        write_atomically(path, content, mode=0o600)
    except OSError as error:
        raise GenchatError("cannot_write_file", path=path, reason=error.strerror or error) from None
