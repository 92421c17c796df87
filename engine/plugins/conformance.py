"""Whether what a plug-in gave has the shape that the contract asks for; an older one lacks what came later."""

import inspect
from dataclasses import replace
from typing import get_args

from genchat.engine.contract import CONTRACT_VERSION, Capabilities, ModelInfo
from genchat.engine.errors import PluginError
from genchat.engine.plugins.values import Checker

_ABSENT = object()


def require(instance: object, protocol: type, name: str) -> None:
    """Raise PluginError where `instance` lacks a member of `protocol`; it names all that are missing."""
    missing = [member for member in members_of(protocol) if getattr(instance, member, _ABSENT) is _ABSENT]
    if missing:
        wanted = ", ".join(f"{protocol.__name__}.{member}" for member in missing)
        kind = type(instance).__name__
        raise PluginError("plugin_lacks", name=name, kind=kind, missing=wanted, version=CONTRACT_VERSION)


def members_of(protocol: type) -> list[str]:
    """The names that a Protocol asks for, in the order they are written."""
    return [
        member
        for member, value in vars(protocol).items()
        if not member.startswith("_") and (inspect.isfunction(value) or isinstance(value, property))
    ]


def checked_info(info: object, name: str) -> ModelInfo:
    """A ModelInfo whose values are what they should be. Raises PluginError."""
    check = Checker(name)
    checked = check.of_kind(info, ModelInfo, "info")
    length = checked.context_length
    return replace(
        checked,
        name=check.text(checked.name, "ModelInfo.name"),
        family=check.text(checked.family, "ModelInfo.family"),
        vocabulary_size=check.whole(checked.vocabulary_size, "ModelInfo.vocabulary_size"),
        context_length=None if length is None else check.whole(length, "ModelInfo.context_length", 1),
        parameters=check.whole(checked.parameters, "ModelInfo.parameters"),
        checksum=check.text(checked.checksum, "ModelInfo.checksum"),
        description=check.text(checked.description, "ModelInfo.description"),
    )


def checked_capabilities(capabilities: object, name: str) -> Capabilities:
    """Capabilities whose values are what they should be. Raises PluginError."""
    from genchat.engine.distribution import Kind

    check = Checker(name)
    checked = check.of_kind(capabilities, Capabilities, "capabilities")
    kinds = get_args(Kind)
    if checked.distribution not in kinds:
        check.wrong("Capabilities.distribution", checked.distribution, " | ".join(f'"{kind}"' for kind in kinds))
    for flag in ("can_fork", "can_score", "can_explain", "remote"):
        check.flag(getattr(checked, flag), f"Capabilities.{flag}")
    return checked
