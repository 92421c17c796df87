"""No module imports, over however many others, itself: neither when it is loaded nor inside a function."""

from collections.abc import Iterable

import grimp
import pytest


@pytest.fixture(scope="module")
def imports() -> dict[str, set[str]]:
    """Each module of genchat and those of genchat it imports, save what only a type checker reads."""
    graph = grimp.build_graph("genchat", exclude_type_checking_imports=True, cache_dir=None)
    return {module: set(graph.find_modules_directly_imported_by(module)) for module in graph.modules}


def _never_ending(imports: dict[str, set[str]]) -> set[str]:
    """What is left when modules that import nothing (more) are taken away, again and again."""
    left = {module: set(wanted) for module, wanted in imports.items()}
    while free := [module for module, wanted in left.items() if not wanted]:
        for module in free:
            del left[module]
        for wanted in left.values():
            wanted.difference_update(free)
    return _imported_by_each_other(left)


def _imported_by_each_other(left: dict[str, set[str]]) -> set[str]:
    """Of modules that lead into a circle, those that stand in it."""
    return {module for module in left if module in _reached(left, left[module])}


def _reached(left: dict[str, set[str]], beginning: Iterable[str]) -> set[str]:
    seen: set[str] = set()
    waiting = list(beginning)
    while waiting:
        module = waiting.pop()
        if module not in seen:
            seen.add(module)
            waiting += left.get(module, ())
    return seen


def test_a_circle_is_found_and_what_only_leads_into_it_is_not() -> None:
    assert _never_ending({"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set()}) == {"b", "c"}


def test_no_module_imports_itself_over_others(imports: dict[str, set[str]]) -> None:
    assert len(imports) > 200
    assert _never_ending(imports) == set()


def test_the_screen_has_no_circle_even_for_a_type_checker() -> None:
    graph = grimp.build_graph("genchat", cache_dir=None)
    tui = [module for module in graph.modules if module.startswith("genchat.tui")]
    inside = {module: graph.find_modules_directly_imported_by(module) & set(tui) for module in tui}
    assert _never_ending(inside) == set()
