"""The table of keys in docs/keys.md: read from it, and made from the bindings. `python -m tests.docs.key_table` writes
the sections of the modes in MODES again.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from textual.binding import Binding

from genchat.engine.language import say, use_language
from genchat.tui.app import GenchatApp
from genchat.tui.key_modes import MODES, Modes
from genchat.tui.keys import key_name

DOCUMENT = Path(__file__).parents[2] / "docs" / "keys.md"
STEP_BACK = "escape"  # leads one step back wherever it is pressed, so it has a name in each place
Row = tuple[tuple[str, ...], str]  # keys, id of the binding


def lines_of(mode: str) -> list[str]:
    """The rows of a mode, made from its bindings."""
    use_language("en")
    bindings = Modes(GenchatApp).own(mode)
    return [f"| {_names(binding)} | {binding.id} | {say(binding.description)} |" for binding in bindings]


def _names(binding: Binding) -> str:
    return " ".join(f"`{key_name(Binding(key, '', ''))}`" for key in binding.key.split(","))


def sections(text: str) -> dict[str, list[str]]:
    """The rows of every section of the document that has a table, by the name of its mode."""
    found: dict[str, list[str]] = {}
    for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        name, _, rest = part.partition("\n")
        rows = [line for line in rest.splitlines() if line.startswith("| `")]
        if rows:
            found[name.strip().casefold()] = rows
    return found


def keys_of(rows: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(key, id of the binding) of every row."""
    for row in rows:
        _, keys, name, *_ = (cell.strip() for cell in row.split("|"))
        for key in re.findall(r"`([^`]+)`", keys):
            yield key, name


def written_again(text: str) -> str:
    """The document with the rows of MODES made anew."""
    for mode in MODES:
        heading = re.search(rf"^## {mode}\n", text, flags=re.MULTILINE | re.IGNORECASE)
        if heading is None:
            raise ValueError(f"no section for {mode}")
        before, rest = text[: heading.end()], text[heading.end() :]
        end = rest.find("\n## ")
        own, after = (rest, "") if end < 0 else (rest[:end], rest[end:])
        kept = [line for line in own.splitlines() if not line.startswith("| `")]
        place = next(index for index, line in enumerate(kept) if line.startswith("|---")) + 1
        text = before + "\n".join([*kept[:place], *lines_of(mode), *kept[place:]]) + "\n" * own.endswith("\n") + after
    return text


if __name__ == "__main__":
    DOCUMENT.write_text(written_again(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
