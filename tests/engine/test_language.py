"""Both languages say the same things, with the same placeholders, and everything that is said exists."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from genchat.engine.language import LANGUAGES, language_from_environment, say, texts, use_language

ROOT = Path(__file__).parents[2]
AREAS = sorted(path.stem for path in (ROOT / "engine/language/en").glob("*.py") if path.stem != "__init__")
_PREFIX_OF_AREA = {"errors": "error"}
_KEY = re.compile(r"[a-z_]+(\.[a-z0-9_]+)+")


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_both_languages_have_the_same_areas() -> None:
    assert AREAS
    for folder in LANGUAGES.values():
        areas = sorted(path.stem for path in (ROOT / "engine/language" / folder).glob("*.py"))
        assert [name for name in areas if name != "__init__"] == AREAS


@pytest.mark.parametrize("area", AREAS)
def test_both_languages_hold_the_same_keys_with_the_same_placeholders(area: str) -> None:
    english, portuguese = texts("en", area), texts("pt-br", area)
    assert english.keys() == portuguese.keys()
    for key, text in english.items():
        assert placeholders(portuguese[key]) == placeholders(text), key
        assert key.startswith(_PREFIX_OF_AREA.get(area, area) + "."), key
        assert text.strip(), key
        assert portuguese[key].strip(), key


def sources() -> Iterator[tuple[Path, ast.AST]]:
    for folder in ("engine", "tui", "corpora"):
        for path in (ROOT / folder).rglob("*.py"):
            if "language" not in path.parts:
                yield path, ast.parse(path.read_text(encoding="utf-8"))


def keys_in(tree: ast.AST) -> Iterator[tuple[str, bool]]:
    """Every text key a module names, and whether it is only the beginning of one (an f-string)."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        arguments = node.args[:1] if name == "say" else []
        arguments += [word.value for word in node.keywords if word.arg in ("help", "epilog")]
        if name == "Notice":
            arguments += node.args[:1]
        for argument in arguments:
            beginnings = [part.values[0] for part in ast.walk(argument) if isinstance(part, ast.JoinedStr)]
            for part in ast.walk(argument):
                text = str(part.value) if isinstance(part, ast.Constant) else ""
                if "." in text and (part in beginnings or _KEY.fullmatch(text)):
                    yield text, part in beginnings


def error_keys_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            name = getattr(node.func, "id", "")
            if name in _ERRORS and isinstance(node.args[0].value, str):
                yield f"error.{node.args[0].value}"


_ERRORS = {
    node.name
    for node in ast.parse((ROOT / "engine/errors.py").read_text(encoding="utf-8")).body
    if isinstance(node, ast.ClassDef)
}


def test_every_text_that_the_code_says_exists() -> None:
    known = {key for area in AREAS for key in texts("en", area)}
    missing, seen = [], 0
    for path, tree in sources():
        for key, beginning in keys_in(tree):
            seen += 1
            exists = any(known_key.startswith(key) for known_key in known) if beginning else key in known
            if not exists:
                missing.append(f"{path.relative_to(ROOT)}: {key}")
        for key in error_keys_in(tree):
            seen += 1
            if key not in known:
                missing.append(f"{path.relative_to(ROOT)}: {key}")
    assert seen > 100
    assert not missing, "\n".join(missing)


def test_the_language_in_use_decides_what_is_said() -> None:
    use_language("pt-br")
    assert say("error.no_conversation_yet").startswith("o histórico")
    use_language("xx")
    assert say("error.no_conversation_yet").startswith("the history")


@pytest.mark.parametrize(
    ("variables", "tag"),
    [
        ({"LANG": "pt_BR.UTF-8"}, "pt-br"),
        ({"LANG": "pt_PT.UTF-8"}, "pt-br"),
        ({"LANG": "pt_BR.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "GENCHAT_LANGUAGE": "pt-br"}, "pt-br"),
        ({}, "en"),
    ],
)
def test_the_environment_chooses_the_language(variables: dict[str, str], tag: str) -> None:
    assert language_from_environment(variables) == tag
