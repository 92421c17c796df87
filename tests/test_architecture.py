"""ARCHITECTURE.md says what is there: its paths, its rooms, who may use whom, and the way of a prompt."""

import re
from pathlib import Path

import pytest

from tests.architecture import PAGE, ROOT, floors, with_fresh_list
from tests.bench.prompt_path import ON_THE_SCREEN, screen_way
from tests.rooms import DOOR, Table

TEXT = PAGE.read_text(encoding="utf-8")
_TREE = re.search(r"## The rooms\n.*?```text\n(.*?)```", TEXT, re.DOTALL)
_FOLDERS = ("engine/", "tui/", "corpora/", "tests/", "docs/", "genchat/")


def tree() -> list[str]:
    """The paths of the file tree, those inside a folder with the folder's name before them."""
    assert _TREE is not None
    found: list[str] = []
    folder = ""
    for line in _TREE[1].splitlines():
        name = line.split()[0]
        if not line.startswith(" "):
            folder = name
            found.append(name)
        elif line[:3] != "   ":
            found.append(folder + name)
    return found


def test_it_is_short_enough_to_be_read() -> None:
    assert len(TEXT.splitlines()) <= 230
    assert "](ARCHITECTURE.md)" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_room_of_the_table_is_in_the_file_tree() -> None:
    table = Table.read(ROOT / "pyproject.toml")
    named = set(tree())
    for room in table.uses:
        if room == DOOR:
            continue
        members = table.groups.get(room) or [room]
        paths = {member.replace(".", "/") for member in members if "." in member or room == member}
        assert named & {form for path in paths for form in (f"{path}/", f"{path}.py")}, f"{room} is not in the tree"


def test_every_path_that_is_named_is_there() -> None:
    inline = re.findall(r"`([\w/.-]+)`", TEXT)
    way = re.findall(r"^(\S+\.py) ", TEXT, re.MULTILINE)
    paths = {name for name in (*tree(), *inline, *way) if name.startswith(_FOLDERS)}
    assert len(paths) > 60
    assert [name for name in sorted(paths) if not (ROOT / name).exists()] == []


def test_a_short_name_of_a_file_is_one_of_the_rooms_told_of() -> None:
    """Such as `quoting.py` after a path of its room."""
    short = set(re.findall(r"`([a-z_]+\.py|commands/[a-z_]+\.py)`", TEXT))
    there = {path.name for folder in ("engine", "tui") for path in (ROOT / folder).rglob("*.py")}
    assert {Path(name).name for name in short} <= there


def test_the_list_of_uses_is_that_of_the_table() -> None:
    assert with_fresh_list(TEXT) == TEXT, "python -m tests.architecture writes it again"


def test_a_floor_stands_on_lower_ones() -> None:
    table = Table(
        {}, {"corpora": [], "engine.a": ["numpy"], "engine.b": ["engine.a"], "engine.c": ["engine.b", "corpora"]}
    )
    assert floors(table) == {"corpora": 0, "engine.a": 0, "engine.b": 1, "engine.c": 2}


def test_the_way_of_a_prompt_is_the_measured_one() -> None:
    told = re.search(r"```text way\n(.*?)```", TEXT, re.DOTALL)
    assert told is not None
    files = [line.split()[0] for line in told[1].splitlines()]
    assert sorted(files) == sorted(screen_way().rooms[ON_THE_SCREEN])
    assert f"history file: {len(files)} files" in TEXT


@pytest.mark.parametrize("heading", ["a training text", "a question to documents"])
def test_the_other_ways_are_told(heading: str) -> None:
    assert f"## The way of {heading}\n" in TEXT
