"""Opening a model by its name, and the list of models there are: with the person's own settings and folders."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from genchat.engine.errors import UsageError
from genchat.engine.interface.arguments import kind_of
from genchat.engine.interface.model import Model

if TYPE_CHECKING:
    from genchat.engine.contract import Backend, LanguageModel
    from genchat.engine.interface.model_list import ModelList
    from genchat.engine.paths import Paths
    from genchat.engine.registry import Registry
    from genchat.engine.settings import Settings

Progress = Callable[[float], None]  # the share done, from 0 to 1


def home(settings: Mapping[str, Any] | None = None) -> "tuple[Paths, Settings]":
    """The result is where things are kept, and the person's settings with `settings` put over them. Raises
    SettingsError.

    Where the settings name a language, results and errors speak it from here on.
    """
    from genchat.engine.language import use_language
    from genchat.engine.paths import paths
    from genchat.engine.settings import load_settings

    where = paths()
    chosen = load_settings(where.settings, flags=settings)
    if chosen.language != "auto":
        use_language(chosen.language)
    return where, chosen


def registry(settings: Mapping[str, Any] | None = None) -> "tuple[Registry, Settings]":
    """The result is the models of this home, and the settings in force."""
    from genchat.engine.registry import Registry

    where, chosen = home(settings)
    return Registry(where, chosen), chosen


def open(
    model: "str | Backend | LanguageModel | None" = None,
    *,
    precision: str | None = None,
    progress: Progress | None = None,
) -> Model:
    """Open a model: one of `genchat.models()` by its name, the one of the person's settings, or one's own object.

    `precision` is that of an imported model ("fp32", "bf16", "int8"); `progress` is told the share done while a model
    is made ready. Raises ModelNotFound, ModelDamaged, SettingsError.
    """
    models, settings = registry({"precision": precision})
    if model is None or isinstance(model, str):

        def tell(_work: str, share: float) -> None:
            if progress is not None:
                progress(share)

        return Model(models.open(settings.model if model is None else model, tell), settings.reply_settings())
    return Model(_as_backend(model), settings.reply_settings())


def models() -> "ModelList":
    """The list is all models that can be opened; it prints as a table."""
    from genchat.engine.interface.model_list import ModelList

    installed, settings = registry()
    return ModelList(installed.models(), settings.model)


def _as_backend(model: Any) -> "Backend":
    if hasattr(model, "reply") and hasattr(model, "info"):
        backend: Backend = model
        return backend
    if hasattr(model, "start") and hasattr(model, "tokenizer"):
        from genchat.engine.local_backend import LocalBackend

        return LocalBackend(model)
    raise UsageError("model_expected", found=kind_of(model))
