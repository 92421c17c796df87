"""The part of ARCHITECTURE.md that follows from pyproject.toml: `python -m tests.architecture` writes it again.

Rooms of the engine stand on floors: a room uses rooms of lower floors alone. Two rooms that nearly all may use are not
listed; the page says so.
"""

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

from tests.rooms import DOOR, Table

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "ARCHITECTURE.md"
_LIST = re.compile(r"(?<=```text uses\n).*?(?=```\n)", re.DOTALL)
_NAME_WIDTH = 18
_WIDTH = 118
_LEFT_OUT = ("engine.base", "engine.contract")


def floors(table: Table) -> dict[str, int]:
    """Each room of the engine, and corpora, with the number of its floor; 0 uses no other room."""
    found: dict[str, int] = {}

    def floor(room: str) -> int:
        if room not in found:
            found[room] = 1 + max((floor(used) for used in table.uses[room] if used in table.uses), default=-1)
        return found[room]

    for room in table.uses:
        if room.startswith("engine.") or room == "corpora":
            floor(room)
    return found


def lines(table: Table) -> Iterator[str]:
    """One room after another, lower floors first: what it may use besides `engine.base` and `engine.contract`."""
    floor = floors(table)
    storeys = (sorted(floor, key=lambda room: (floor[room], room)), [room for room in table.uses if room[:4] == "tui."])
    for room in (*storeys[0], *sorted(storeys[1]), DOOR):
        used = [name.removeprefix("engine.") for name in table.uses[room] if name not in _LEFT_OUT]
        number = str(floor[room]) if room in floor else ""
        start = f"{number:<3}{room.removeprefix('engine.'):<{_NAME_WIDTH}}"
        yield from textwrap.wrap(
            start + (" ".join(used) or "-"),
            _WIDTH,
            subsequent_indent=" " * len(start),
            break_on_hyphens=False,
        )


def with_fresh_list(page: str) -> str:
    """The page with the list as pyproject.toml has it now."""
    listed = "".join(f"{line}\n" for line in lines(Table.read(ROOT / "pyproject.toml")))
    return _LIST.sub(lambda _: listed, page, count=1)


if __name__ == "__main__":
    PAGE.write_text(with_fresh_list(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(PAGE)
