"""Whether what a plug-in gave has the shape that the contract asks for; an older one lacks what came later."""

import inspect
from dataclasses import replace
from typing import get_args

from genchat.engine.contract import CONTRACT_VERSION, Capabilities, ModelInfo
from genchat.engine.errors import PluginError
from genchat.engine.plugins.values import Checker

_ABSENT = object()


def require(given: object, protocol: type, name: str) -> None:
    """Raise PluginError where `given` lacks a member of `protocol`; it names all that are missing."""
    missing = [member for member in members_of(protocol) if getattr(given, member, _ABSENT) is _ABSENT]
    if missing:
        wanted = ", ".join(f"{protocol.__name__}.{member}" for member in missing)
        kind = type(given).__name__
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
    given = check.of_kind(info, ModelInfo, "info")
    length = given.context_length
    return replace(
        given,
        name=check.text(given.name, "ModelInfo.name"),
        family=check.text(given.family, "ModelInfo.family"),
        vocabulary_size=check.whole(given.vocabulary_size, "ModelInfo.vocabulary_size"),
        context_length=None if length is None else check.whole(length, "ModelInfo.context_length", 1),
        parameters=check.whole(given.parameters, "ModelInfo.parameters"),
        checksum=check.text(given.checksum, "ModelInfo.checksum"),
        description=check.text(given.description, "ModelInfo.description"),
    )


def checked_capabilities(capabilities: object, name: str) -> Capabilities:
    """Capabilities whose values are what they should be. Raises PluginError."""
    from genchat.engine.distribution import Kind

    check = Checker(name)
    given = check.of_kind(capabilities, Capabilities, "capabilities")
    kinds = get_args(Kind)
    if given.distribution not in kinds:
        check.wrong("Capabilities.distribution", given.distribution, " | ".join(f'"{kind}"' for kind in kinds))
    for flag in ("can_fork", "can_score", "can_explain", "remote"):
        check.flag(getattr(given, flag), f"Capabilities.{flag}")
    return given
