"""Who may import whom: what the table in pyproject.toml does not allow is not there, and what it allows is sensible."""

import tomllib
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.rooms import House, Table

ROOT = Path(__file__).parents[1]
PYPROJECT = ROOT / "pyproject.toml"


@pytest.fixture(scope="module")
def house() -> House:
    return House.of("genchat", Table.read(PYPROJECT))


def test_every_import_is_one_that_its_room_lists(house: House) -> None:
    assert house.violations() == []


def test_the_rooms_of_the_engine_form_no_circle(house: House) -> None:
    engine = {room: [used for used in uses if used.startswith("engine.")] for room, uses in house.table.uses.items()}
    try:
        TopologicalSorter(engine).prepare()
    except CycleError as error:
        pytest.fail(f"a circle: {error.args[1]}")


@pytest.mark.parametrize(
    ("library", "rooms"),
    [
        ("google", {"engine.gemini"}),
        ("textual", {"tui.app", "tui.base", "tui.chat", "tui.screens", "tui.tour", "tui.widgets"}),
        ("torch", {"engine.checkpoints", "engine.gpt", "engine.lstm", "engine.pretrained", "engine.training"}),
    ],
)
def test_the_heavy_libraries_stand_in_few_rooms(house: House, library: str, rooms: set[str]) -> None:
    assert {room for room, uses in house.table.uses.items() if library in uses} <= rooms


def test_the_families_are_seen(house: House) -> None:
    assert {"engine.gemini", "engine.gpt", "engine.lstm", "engine.mixture", "engine.ngram"} <= house.families


def test_nothing_that_is_installed_imports_what_is_not(house: House) -> None:
    wheel = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    left_out = tuple("genchat." + folder.replace("/", ".") for folder in wheel["exclude"])
    assert "genchat.engine.pretrained.making" in left_out
    importing = {
        module
        for module, imported in house.modules.items()
        if not module.startswith(left_out) and any(name.startswith(left_out) for name in imported)
    }
    assert importing == set()


# -- a small house with a new family in it -----------------------------------------------------------------------------

SMALL = {
    "__init__": "",
    "engine/__init__": "",
    "engine/errors": "",
    "engine/history/__init__": "",
    "engine/ngram/__init__": "",
    "engine/ngram/loading": "from small.engine import errors",
    "tui/__init__": "",
    "corpora/__init__": "",
}
GROUPS = {"engine.base": ["engine", "engine.errors"], "tui.base": ["tui"]}
USES: dict[str, list[str]] = {
    "corpora": [],
    "door": [],
    "engine.base": [],
    "engine.history": [],
    "engine.ngram": ["engine.base"],
    "tui.base": [],
}
NEW_FAMILY = {
    "engine/mlp/__init__": "",
    "engine/mlp/loading": (
        "from small.engine import errors\nfrom small.engine.ngram import loading\nimport json\n"
        "def open_model(request):\n    import torch.nn\n    from small.engine import history\n"
    ),
}


def small_house(
    folder: Path, monkeypatch: pytest.MonkeyPatch, more: dict[str, str], uses: dict[str, list[str]]
) -> House:
    for name, content in {**SMALL, **more}.items():
        path = folder / "small" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    monkeypatch.syspath_prepend(str(folder))
    return House.of("small", Table(GROUPS, {**USES, **uses}))


def test_a_house_that_keeps_to_its_table_has_no_violation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert small_house(tmp_path, monkeypatch, {}, {}).violations() == []


def test_a_new_room_without_an_entry_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house = small_house(tmp_path, monkeypatch, {"engine/mlp/__init__": "", "tui/extra": ""}, {})
    assert house.violations() == ["engine.mlp has no entry", "tui.extra has no entry"]


def test_a_new_family_that_imports_torch_history_and_another_family_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = small_house(tmp_path, monkeypatch, NEW_FAMILY, {"engine.mlp": ["engine.base"]})
    assert house.violations() == [
        f"engine.mlp may not use {used} (small.engine.mlp.loading)"
        for used in ("engine.history", "engine.ngram", "torch")
    ]


def test_a_family_cannot_list_history_or_another_family(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = ["engine.base", "engine.history", "engine.ngram", "torch"]
    house = small_house(tmp_path, monkeypatch, NEW_FAMILY, {"engine.mlp": listed})
    assert house.violations() == [
        f"engine.mlp is a family and may not list {used}" for used in ("engine.history", "engine.ngram")
    ]


def test_an_entry_without_its_room_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house = small_house(tmp_path, monkeypatch, {}, {"engine.gone": []})
    assert house.violations() == ["engine.gone has an entry and is not there"]


def test_whatever_else_stands_in_the_package_is_the_door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house = small_house(tmp_path, monkeypatch, {"testing": "from small.engine import errors"}, {})
    assert house.violations() == ["door may not use engine.base (small.testing)"]
