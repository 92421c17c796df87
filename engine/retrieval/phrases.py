"""What is said in the language of the question, whichever language the screen speaks."""

from engine.language import texts
from engine.retrieval.terms import Language

_TAGS: dict[Language, str] = {"pt": "pt-br", "en": "en"}


def said(language: Language, name: str, **values: object) -> str:
    """The text "retrieval.<name>" in `language`, its placeholders filled."""
    return texts(_TAGS[language], "retrieval")[f"retrieval.{name}"].format(**values)


def whole_number(value: float, language: Language) -> str:
    """1350 as people write it: "1.350" or "1,350"."""
    grouped = f"{round(value):,}"
    return grouped.replace(",", ".") if language == "pt" else grouped
