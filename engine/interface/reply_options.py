"""Settings of a reply given by name: any field of ReplySettings or SamplingSettings, checked and put over one's own."""

import secrets
from collections.abc import Mapping
from dataclasses import fields, replace
from difflib import get_close_matches
from numbers import Integral, Real
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from genchat.engine.contract import ReplySettings
from genchat.engine.errors import UsageError
from genchat.engine.language import say
from genchat.engine.sampling.settings import SamplingSettings

_KINDS: dict[object, tuple[type, str]] = {
    int: (Integral, "interface.whole_number"),
    float: (Real, "interface.number"),
    bool: (bool, "interface.true_or_false"),
    str: (str, "interface.text"),
}


def with_options(base: ReplySettings, options: Mapping[str, object]) -> ReplySettings:
    """`base` with the settings `options`; None leaves one as it is. A seed is drawn where there is none.

    Raises UsageError for a name that is not a setting, a value of the wrong kind, or one outside what is allowed.
    """
    sampling = {spec.name for spec in fields(SamplingSettings)}
    reply = {spec.name for spec in fields(ReplySettings)} - {"sampling"}
    chosen = {name: value for name, value in options.items() if value is not None}
    for name in options:
        if name not in sampling | reply:
            raise _unknown(name, sorted(sampling | reply))
    drawn = {"seed": secrets.randbits(32)} if base.sampling.seed is None else {}
    inner = drawn | _checked(SamplingSettings, {name: chosen[name] for name in chosen if name in sampling})
    outer = _checked(ReplySettings, {name: chosen[name] for name in chosen if name in reply})
    if outer.get("max_tokens", 1) < 1:
        raise UsageError("max_tokens_out_of_range", value=outer["max_tokens"])
    return replace(base, sampling=replace(base.sampling, **inner), **outer)


def _checked(owner: type, options: Mapping[str, object]) -> dict[str, Any]:
    hints = get_type_hints(owner)
    for name, value in options.items():
        hint = hints[name]
        if get_origin(hint) in (Union, UnionType):
            hint = next(part for part in get_args(hint) if part is not type(None))
        if get_origin(hint) is Literal:
            fits, allowed = value in get_args(hint), " | ".join(map(str, get_args(hint)))
        elif hint in _KINDS:
            kind, key = _KINDS[hint]
            fits, allowed = isinstance(value, kind) and (hint is bool or not isinstance(value, bool)), say(key)
        else:
            continue
        if not fits or value != value:
            raise UsageError("reply_setting_wrong", name=name, value=repr(value), allowed=allowed)
    return dict(options)


def _unknown(name: str, known: list[str]) -> UsageError:
    near = get_close_matches(name, known, 1, 0.6)
    if near:
        return UsageError("reply_setting_unknown_near", name=name, near=near[0])
    return UsageError("reply_setting_unknown", name=name, known=", ".join(known))
