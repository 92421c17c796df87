"""The order of a training run: it is read from a form, checked by the engine, and becomes a command of genchat."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from genchat.corpora import LICENCE, corpora_folder
from genchat.corpora.loader import HELD_OUT
from genchat.engine.errors import TextUnusable, UsageError
from genchat.engine.language import say
from genchat.engine.number_input import read_number, read_whole_number
from genchat.engine.paths import Paths
from genchat.engine.registry import Registry
from genchat.engine.settings import load_settings
from genchat.engine.text_store import TextStore
from genchat.tui.cli.watched import FLAG

Family = Literal["ngram", "lstm", "gpt"]
FAMILIES: tuple[Family, ...] = ("gpt", "lstm", "ngram")
LENGTHS = ("minutes", "epochs", "steps")
OPTIMIZERS = ("auto", "muon", "adamw", "adam", "rmsprop", "adagrad", "momentum", "sgd")
UNITS = ("word", "char")
OWN_FILE = ""  # the name of the choice that means a file of the person's own
_OWN_KINDS = ("dialogues", "stories")
_WHOLE = frozenset({"steps", "batch", "layers", "width", "order", "min_count"})
_NUMBERS: Mapping[bool, tuple[str, ...]] = {
    True: ("until_loss", "batch", "layers", "width"),  # of neural models
    False: ("order", "min_count"),
}


@dataclass(frozen=True)
class KnownText:
    """This text is on the machine: one of genchat's own, or one that was fetched or added. `title` is untrusted."""

    name: str
    title: str
    paths: tuple[Path, ...]
    licence: str = ""
    languages: tuple[str, ...] = ()


def known_texts(home: Paths) -> list[KnownText]:
    """Return genchat's own texts first, then the others by name."""
    texts = []
    for kind in _OWN_KINDS:
        folders = sorted(folder for folder in (corpora_folder() / kind).iterdir() if folder.is_dir())
        tags = tuple(folder.name for folder in folders)
        name = say(f"training_screen.own_{kind}")
        texts.append(KnownText(f"genchat/{kind}", f"{name} ({', '.join(tags)})", tuple(folders), LICENCE, tags))
        texts += [
            KnownText(f"genchat/{kind}/{folder.name}", f"{name} ({folder.name})", (folder,), LICENCE, (folder.name,))
            for folder in folders
        ]
    store = TextStore(home.data / "texts")
    return texts + [
        KnownText(card.name, card.name, (store.path(card.name),), card.licence, (card.language,) * bool(card.language))
        for card in store.cards()
    ]


@dataclass(frozen=True)
class TrainingOrder:
    """An order is a run that the engine would accept. `form` is what was typed, for a second attempt."""

    family: Family
    files: tuple[Path, ...]
    name: str
    flags: tuple[str, ...]
    form: Mapping[str, str]

    @property
    def learns(self) -> bool:
        """Return whether the run has a loss to watch; an n-gram model is only counted."""
        return self.family != "ngram"

    def arguments(self) -> list[str]:
        """Return the arguments after `genchat`."""
        return [
            "train", self.family, *map(str, self.files), "--name", self.name, *self.flags, FLAG, "--quiet"
        ]  # fmt: skip


def read_order(form: Mapping[str, str], texts: list[KnownText], home: Paths) -> TrainingOrder:
    """Read the order that was typed; a decimal comma counts as a point. This reads the texts, so it may take seconds.

    Raises a GenchatError that says what is wrong.
    """
    family: Family = next(candidate for candidate in FAMILIES if candidate == form["family"])
    learns = family != "ngram"
    flags = list(_length(form)) if learns else ["--tokens", form["unit"]]
    if learns and form["optimizer"] != "auto":
        flags += ["--optimizer", form["optimizer"]]
    numbers = {name: _number(name, form[name]) for name in _NUMBERS[learns] if form[name].strip()}
    for name, value in numbers.items():
        flags += ["--" + name.replace("_", "-"), str(value)]
    _check_numbers(family, numbers)
    name = form["name"].strip()
    folder = Registry(home, load_settings(home.settings)).new_folder(name)
    if folder.exists():
        raise UsageError("model_name_in_use", name=name)
    text = next((candidate for candidate in texts if candidate.name == form["text"]), None)
    paths = text.paths if text is not None else (_own_file(form["file"]),)
    files = tuple(_readable(paths, learns))
    if text is not None:
        flags += ["--licence", text.licence] if text.licence else []
        flags += [word for tag in text.languages for word in ("--language", tag)]
    return TrainingOrder(family, files, name, tuple(flags), dict(form))


def free_name(family: str, home: Paths) -> str:
    """Return a name that no trained model has yet."""
    number = 1
    while (home.models / f"my-{family}-{number}").exists():
        number += 1
    return f"my-{family}-{number}"


def _length(form: Mapping[str, str]) -> Iterator[str]:
    text = form["length"].strip()
    if not text and form["until_loss"].strip():
        return
    unit = form["length_unit"]
    value = _number(unit, text)
    _check_numbers("gpt", {unit: value})
    yield from ("--" + unit, str(value))


def _number(name: str, text: str) -> float | int:
    label = say(f"training_screen.field.{name}")
    return read_whole_number(label, text) if name in _WHOLE else read_number(label, text)


def _check_numbers(family: Family, numbers: Mapping[str, Any]) -> None:
    if family != "ngram":
        from genchat.engine.training.recipes import Recipe

        Recipe().with_values({**numbers, "family": family})
        return
    from genchat.engine.ngram.training import check_sizes

    check_sizes(numbers.get("order", 1), numbers.get("min_count", 1))


def _own_file(text: str) -> Path:
    if not text.strip():
        raise TextUnusable("text_none")
    name = text.strip()
    try:
        path = Path(name).expanduser().absolute()
        os.fsencode(path)
        if "\0" in name or (path.exists() and not (path.is_file() or path.is_dir())):
            raise TextUnusable("text_unreadable", name=name, reason=say("training_screen.no_file"))
    except OSError as error:
        raise TextUnusable("text_unreadable", name=name, reason=error.strerror or error) from None
    except (RuntimeError, UnicodeError) as error:  # "~nobody", half a character
        raise TextUnusable("text_unreadable", name=name, reason=error) from None
    return path


def _readable(paths: tuple[Path, ...], learns: bool) -> Iterator[Path]:
    """Yield the files to name in the command, all of them read once. Folders stay whole where possible."""
    from genchat.engine.ngram.sources import read_source

    any_file = False
    for path in paths:
        inner = sorted(entry for entry in path.rglob("*.txt") if entry.is_file()) if path.is_dir() else [path]
        used = [file for file in inner if learns or file is path or not file.name.startswith(HELD_OUT)]
        for file in used:
            read_source(file)
            any_file = True
        yield from [path] if learns else used
    if not any_file:
        raise TextUnusable("text_none")
