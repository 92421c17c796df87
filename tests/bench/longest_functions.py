"""The 20 longest functions of genchat, from `def` to their last line, and how many are longer than 40 lines.

`python -m tests.bench.longest_functions [FOLDER]` reads another checkout, so that two of them can be compared.
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LONG = 40  # lines
SHOWN = 20
_ROOMS = ("engine", "tui", "corpora", "genchat")


@dataclass(frozen=True, order=True)
class Function:
    """One function; `lines` includes its signature and docstring, not its decorators."""

    lines: int
    where: str
    name: str


def functions(root: Path) -> Iterator[Function]:
    """Every function and method below the rooms of the checkout at `root`."""
    for room in _ROOMS:
        for path in sorted((root / room).rglob("*.py")):
            relative = path.relative_to(root)
            if path.is_symlink() or any((root / part).is_symlink() for part in relative.parents):
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    length = (node.end_lineno or node.lineno) - node.lineno + 1
                    yield Function(length, f"{relative}:{node.lineno}", node.name)


def main(root: Path = Path()) -> None:
    """Print them, longest first."""
    found = sorted(functions(root), reverse=True)
    for function in found[:SHOWN]:
        print(f"{function.lines:4}  {function.where}  {function.name}")
    long = sum(function.lines > LONG for function in found)
    print(f"{long} of {len(found)} functions are longer than {LONG} lines, {100 * long / len(found):.1f} %")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path())
