"""Every sentence genchat shows, in one place a language.

`say("chat.stopped", tokens=3)` gives the text of that key in the language in use. Texts stand in `en/` and `pt_br/`,
one module an area (errors, cli, chat, …), each a dict `TEXTS` whose keys begin with the area's name; an area is
imported when one of its keys is first said. Both languages must hold the same keys with the same placeholders
(tests/engine/test_language.py).
"""

import os
import re
from collections.abc import Mapping
from functools import cache
from importlib import import_module

LANGUAGES = {"en": "en", "pt-br": "pt_br"}
_AREA_OF_PREFIX = {"error": "errors"}
_KEY = re.compile(r"[a-z_]+(\.[a-z0-9_]+)+")


class _Choice:
    """The one process-wide setting: which language the person reads."""

    tag: str | None = None


def language_from_environment(environment: dict[str, str] | None = None) -> str:
    """The tag ("en" or "pt-br") that GENCHAT_LANGUAGE, LC_ALL, LC_MESSAGES or LANG ask for; English otherwise."""
    variables = os.environ if environment is None else environment
    for name in ("GENCHAT_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = variables.get(name, "").lower().replace("_", "-")
        if value:
            return "pt-br" if value.startswith("pt") else "en"
    return "en"


def use_language(tag: str) -> None:
    """Make `tag` the language of everything said from now on. Unknown tags mean English."""
    _Choice.tag = tag if tag in LANGUAGES else "en"


def language_in_use() -> str:
    """The tag of the language in use: "en" or "pt-br"."""
    if _Choice.tag is None:
        _Choice.tag = language_from_environment()
    return _Choice.tag


@cache
def texts(tag: str, area: str) -> dict[str, str]:
    """All texts of one area in one language, by key."""
    module = import_module(f"genchat.engine.language.{LANGUAGES[tag]}.{area}")
    found: dict[str, str] = module.TEXTS
    return found


def say(key: str, **values: object) -> str:
    """The text of `key` ("area.name") in the language in use, its placeholders filled with `values`.

    Raises KeyError for a key that no language has: a fault of the program, found by the tests.
    """
    prefix = key.partition(".")[0]
    template = texts(language_in_use(), _AREA_OF_PREFIX.get(prefix, prefix))[key]
    return template.format(**values) if values else template


def words_of(key: str, values: Mapping[str, object] | None = None, *, area: str = "") -> str:
    """The text of `key` (of `area.key`, where an area is given) where there is one; anything else is words that the
    author of a plug-in wrote, returned as they stand, made safe to show. Never raises.

    Values that do not fit a text leave its placeholders standing; nothing is ever filled into an author's words.
    """
    template = _template(f"{area}.{key}" if area else key)
    if template is None:
        from genchat.engine.text import safe

        return safe(str(key))
    try:
        return template.format(**values) if values else template
    except (KeyError, IndexError, ValueError, TypeError, AttributeError):
        return template


def is_key(text: str) -> bool:
    """Whether `text` is formed like the key of a text, "area.name", rather than like words."""
    return _KEY.fullmatch(text) is not None


def _template(key: str) -> str | None:
    if not is_key(key):
        return None
    prefix = key.partition(".")[0]
    try:
        return texts(language_in_use(), _AREA_OF_PREFIX.get(prefix, prefix))[key]
    except (KeyError, ImportError, AttributeError):
        return None
