"""Training from Python: the same runs as `genchat train ngram|lstm|gpt`, on a text or on files."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genchat.engine.errors import TextUnusable, UsageError
from genchat.engine.interface.arguments import kind_of, text_of
from genchat.engine.interface.model import Model
from genchat.engine.interface.opening import home

if TYPE_CHECKING:
    from genchat.engine.paths import Paths
    from genchat.engine.registry import Registry
    from genchat.engine.training.events import Phase, TrainingEvent
    from genchat.engine.training.warm_start import Beginning

Listener = Callable[["TrainingEvent | Phase"], object]
Stop = Callable[[], bool]
TextOrPaths = str | Path | Sequence[str | Path]
_COUNTING = {"order": int, "tokens": ("word", "char"), "min_count": int}
_NETWORKS = ("lstm", "gpt")
_ONLY_NETWORKS = ("held_out", "resume", "begin_from")
_IN_MEMORY = "text"  # what a text is called that has no file


@dataclass(frozen=True)
class _Order:
    """What is to be trained, and how it is told of."""

    kind: str
    name: str
    files: tuple[Path, ...]
    texts: tuple[str, ...]
    folder: Path
    command: str
    languages: tuple[str, ...]
    licence: str
    tell: Listener
    should_stop: Stop


def train(
    kind: str,
    text: TextOrPaths,
    *,
    name: str,
    replace: bool = False,
    languages: str | Sequence[str] = (),
    licence: str = "",
    progress: Listener | None = None,
    should_stop: Stop | None = None,
    **choices: Any,
) -> Model:
    """Train a model on a text or on files, keep it under `name`, and open it.

    kind: "ngram", "lstm" or "gpt". text: a str of several lines is the text itself; a str of one line, like a Path, is
    a file or a folder of .txt files; or a list of these. choices: of "ngram" order, tokens and min_count; of the others
    every setting of a recipe (minutes, steps, layers, width, …), and `held_out` (files), `begin_from` (the name of a
    model), `resume`. progress: called with every event of the run. should_stop: asked again and again; True ends a
    network's training, which keeps what it has learned, and abandons a counting one.
    Raises UsageError, TextUnusable, TrainingFailed.
    """
    if kind not in ("ngram", *_NETWORKS):
        raise UsageError("train_kind_unknown", kind=kind, known="ngram, lstm, gpt")
    from genchat.engine.registry import Registry

    where, settings = home()
    models = Registry(where, settings)
    _check_names(kind, choices)
    files, texts = _sources_of(text)
    folder = models.new_folder(text_of(name))
    if folder.exists() and not (replace or choices.get("resume")):
        raise UsageError("model_exists_here", name=name)
    order = _Order(
        kind,
        name,
        files,
        texts,
        folder,
        _command(kind, files, name, choices),
        (languages,) if isinstance(languages, str) else tuple(languages),
        licence,
        progress or _tell_nobody,
        should_stop or _never,
    )
    if kind == "ngram":
        _count(order, choices)
    else:
        _learn(order, choices, where, models)
    return Model(models.open(name), settings.reply_settings())


def _check_names(kind: str, choices: Mapping[str, Any]) -> None:
    if kind == "ngram":
        known = list(_COUNTING)
    else:
        from genchat.engine.training.recipes import Recipe

        known = [*(spec.name for spec in fields(Recipe) if spec.name != "family"), *_ONLY_NETWORKS]
    for name in choices:
        if name not in known:
            raise UsageError("train_choice_unknown", kind=kind, name=name, known=", ".join(known))


def _sources_of(text: object) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """Files and texts. A str of one line is never taken for a text: a mistyped name would be trained on in silence."""
    sources = [text] if isinstance(text, str | Path) else text
    if not isinstance(sources, Sequence) or isinstance(sources, bytes | bytearray):
        raise UsageError("train_text_expected", found=kind_of(text))
    files, texts = [], []
    for source in sources:
        if not isinstance(source, str | Path):
            raise UsageError("train_text_expected", found=kind_of(text))
        if isinstance(source, str) and "\n" in source:
            texts.append(text_of(source))
        elif not _exists(Path(source)):
            raise TextUnusable("train_no_such_file", name=str(source)[:100])
        else:
            files.append(Path(source))
    if not files and not texts:
        raise TextUnusable("text_none")
    return tuple(files), tuple(texts)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # too long for a name, or with a NUL in it
        return False


def _count(order: _Order, choices: Mapping[str, Any]) -> None:
    from genchat.engine.ngram.sources import read_source, source_of
    from genchat.engine.ngram.training import DEFAULT_MIN_COUNT, train_ngram
    from genchat.engine.training.events import Phase

    for name, value in choices.items():
        allowed = _COUNTING[name]
        if isinstance(allowed, tuple) and value not in allowed:
            raise UsageError("train_choice_wrong", name=name, value=repr(value), allowed=" | ".join(allowed))
        if allowed is int and value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            raise UsageError("count_wrong", name=name, value=repr(value))

    def tell(phase: str, done: float) -> None:
        order.tell(Phase(phase, done))

    files = [file for path in order.files for file in (sorted(path.rglob("*.txt")) if path.is_dir() else [path])]
    least = choices.get("min_count")
    train_ngram(
        [*map(read_source, files), *(source_of(_IN_MEMORY, text.encode("utf-8")) for text in order.texts)],
        order.folder,
        order=choices.get("order"),
        unit=choices.get("tokens", "word"),
        min_count=DEFAULT_MIN_COUNT if least is None else least,
        command=order.command,
        languages=order.languages,
        licence=order.licence,
        progress=tell,
        should_stop=order.should_stop,
    )


def _learn(order: _Order, choices: dict[str, Any], where: "Paths", models: "Registry") -> None:
    from genchat.engine.training.data import Source, read_sources
    from genchat.engine.training.recipes import recipe_from
    from genchat.engine.training.run import plan

    recipe_values = {name: value for name, value in choices.items() if name not in _ONLY_NETWORKS and value is not None}
    recipe = recipe_from({**recipe_values, "family": order.kind}, "genchat.train")
    held_out, _ = _sources_of(choices["held_out"]) if choices.get("held_out") else ((), ())
    sources = read_sources(order.files, held_out, order.licence)
    sources += [Source(_IN_MEMORY, text, licence=order.licence) for text in order.texts]
    run = plan(
        sources,
        recipe,
        order.folder,
        where.data / "training" / order.name / "checkpoint.safetensors",
        order.command,
        resume=bool(choices.get("resume")),
        samples=order.tell is not _tell_nobody,
        beginning=_beginning(models, choices.get("begin_from"), order.kind),
        languages=order.languages,
    )
    for event in run.events(order.should_stop):
        order.tell(event)
    if run.leads:
        run.keep()


def _beginning(models: "Registry", name: str | None, kind: str) -> "Beginning | None":
    if name is None:
        return None
    from genchat.engine.training.warm_start import read_beginning

    entry = models.entry(name)
    if entry.folder is None or entry.card is None:
        raise UsageError("cannot_begin_from", model=entry.name, family=kind)
    return read_beginning(entry.folder, entry.card, kind)


def _command(kind: str, files: Sequence[Path], name: str, choices: Mapping[str, Any]) -> str:
    """How the model was made, as its card tells it."""
    sources = ", ".join(repr(str(file)) for file in files) or "…"
    rest = "".join(f", {key}={value!r}" for key, value in choices.items())
    return f"genchat.train({kind!r}, [{sources}], name={name!r}{rest})"


def _tell_nobody(_event: object) -> None:
    return None


def _never() -> bool:
    return False
