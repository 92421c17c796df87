"""The table of stages: every module of `stages/` that holds a STAGE, in the order in which they run."""

from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from genchat.engine.errors import UsageError
from genchat.engine.language import say
from genchat.engine.sampling import stages as rooms
from genchat.engine.sampling.definition import UNLISTED, StageDefinition, StageName, StageSetting
from genchat.engine.text import safe_line

if TYPE_CHECKING:
    from genchat.engine.sampling.settings import SamplingSettings


@cache
def stages() -> tuple[StageDefinition, ...]:
    """The result is all stages in the order in which they run."""
    modules = (import_module(f"{rooms.__name__}.{module_info.name}") for module_info in iter_modules(rooms.__path__))
    return tuple(sorted((module.STAGE for module in modules), key=lambda stage: (stage.order, stage.name)))


@cache
def stage_settings() -> tuple[StageSetting, ...]:
    """The settings of all stages in the order in which a person sees them."""
    listed = sorted(stages(), key=lambda stage: (stage.listed, stage.order, stage.name))
    return tuple(setting for stage in listed for setting in stage.settings)


def common_settings() -> tuple[StageSetting, ...]:
    """The result is those of `stage_settings` that most people change: the main settings of the stages that come first
    in lists.
    """
    listed = sorted((stage for stage in stages() if stage.listed < UNLISTED), key=lambda stage: stage.listed)
    return tuple(setting for stage in listed for setting in stage.settings[:1])


def stage_label(name: StageName) -> str:
    """The label is what the screen calls a stage; one that this version does not know, from a newer history, by its own
    name.
    """
    if any(stage.name == name for stage in stages()):
        return say(f"sampling.stage.{name.replace('-', '_')}")
    return safe_line(name)


def allowed_words(setting: StageSetting) -> str:
    """The words say which values a setting takes, and which of them switches its stage off."""
    if setting.kind is str:
        return say("sampling.bounds.text")
    kind = "whole" if setting.kind is int else "number"
    form = ("above" if setting.above else "from") + ("_to" if setting.high < float("inf") else "")
    words = say(f"sampling.bounds.{kind}_{form}", low=f"{setting.low:g}", high=f"{setting.high:g}")
    return words if setting.off is None else words + "; " + say("sampling.bounds.off", off=f"{setting.off:g}")


def file_value(setting: StageSetting, written: str) -> str:
    """What a person wrote for a setting that a file may hold: a JSON object is the value itself, anything else the name
    of the file. Raises UsageError where that cannot be read as UTF-8 text.
    """
    if not written or written.lstrip().startswith("{"):
        return written
    try:
        return Path(written).expanduser().read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError("grammar_file_unreadable", file=written, reason=error.reason) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise UsageError("grammar_file_unreadable", file=written, reason=reason) from None


def check(settings: "SamplingSettings") -> None:
    """Raises UsageError where a stage that is on cannot begin under these settings: an invalid pattern, say."""
    for stage in stages():
        if stage.is_on(settings):
            stage.begin(settings)
