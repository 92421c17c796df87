"""Which language the person reads: asked for by a setting, else by the environment."""

import os

LANGUAGES = {"en": "en", "pt-br": "pt_br"}  # the tag of a language, and the folder of its texts


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
