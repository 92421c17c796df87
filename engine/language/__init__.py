"""Every sentence genchat shows, in one place a language.

`say("chat.stopped", tokens=3)` gives the text of that key in the language in use. Texts stand in `en/` and `pt_br/`,
one module an area (errors, cli, chat, …), each a dict `TEXTS` whose keys begin with the area's name; an area is
imported when one of its keys is first said. Both languages must hold the same keys with the same placeholders
(tests/engine/test_language.py); `docs/terms.md` says which words each language uses (tests/engine/test_wording.py).
`filling.py` explains what may stand in a placeholder, `numbers.py` writes numbers that are part of no text.
"""

import re
from collections.abc import Mapping
from functools import cache
from importlib import import_module

from genchat.engine.language.chosen import LANGUAGES, language_from_environment, language_in_use, use_language
from genchat.engine.language.filling import filled

__all__ = [
    "LANGUAGES",
    "is_key",
    "language_from_environment",
    "language_in_use",
    "say",
    "texts",
    "use_language",
    "words_of",
]

_AREA_OF_PREFIX = {"error": "errors"}
_KEY = re.compile(r"[a-z_]+(\.[a-z0-9_]+)+")


@cache
def texts(tag: str, area: str) -> dict[str, str]:
    """The result is all texts of one area in one language, by key."""
    module = import_module(f"genchat.engine.language.{LANGUAGES[tag]}.{area}")
    entries: dict[str, str] = module.TEXTS
    return entries


def say(key: str, **values: object) -> str:
    """The text of `key` ("area.name") in the language in use, its placeholders filled with `values`.

    Raises KeyError for a key that no language has: a fault of the program, found by the tests.
    """
    prefix = key.partition(".")[0]
    tag = language_in_use()
    template = texts(tag, _AREA_OF_PREFIX.get(prefix, prefix))[key]
    return filled(template, values, tag) if values else template


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
        return filled(template, values, language_in_use()) if values else template
    except (KeyError, IndexError, ValueError, TypeError, AttributeError):
        return template


def is_key(text: str) -> bool:
    """The answer is true where `text` is formed like the key of a text, "area.name", rather than like words."""
    return _KEY.fullmatch(text) is not None


def _template(key: str) -> str | None:
    if not is_key(key):
        return None
    prefix = key.partition(".")[0]
    try:
        return texts(language_in_use(), _AREA_OF_PREFIX.get(prefix, prefix))[key]
    except (KeyError, ImportError, AttributeError):
        return None
