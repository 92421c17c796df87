"""genchat and its peers side by side: `python -m tests.bench [name …]` runs the modules of this folder.

Each module has `run() -> list[Row]`, a plain function that measures both sides in one process. Data is found under
the folder that GENCHAT_BENCH_DATA names (it holds `data/` and `bench/`); what is missing is said, never guessed.
"""

import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

DATA_VARIABLE = "GENCHAT_BENCH_DATA"


@dataclass(frozen=True)
class Row:
    """One measurement. `reference` is the peer's value (or the mark) and `better` says which way is good."""

    what: str
    value: float
    unit: str
    reference: float | None = None
    peer: str = ""
    better: str = "lower"
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times better than the reference genchat is; below 1 is worse."""
        if self.reference is None or not self.value or not self.reference:
            return None
        return self.reference / self.value if self.better == "lower" else self.value / self.reference


class DataMissing(Exception):
    """A file that a measurement needs is not there."""


def bench_data(relative: str) -> Path:
    """A file or folder of the bench data. Raises DataMissing, naming it."""
    root = os.environ.get(DATA_VARIABLE)
    if not root:
        raise DataMissing(f"{DATA_VARIABLE} is not set; it names the folder that holds {relative}")
    path = Path(root) / relative
    if not path.exists():
        raise DataMissing(f"{DATA_VARIABLE} has no {relative}")
    return path


def version(package: str) -> str:
    """ "name 1.2.3", or "" where it is not installed."""
    try:
        return f"{package} {metadata.version(package)}"
    except metadata.PackageNotFoundError:
        return ""


def machine() -> str:
    """The machine in a few words."""
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, {version('numpy')}"


def seconds(work: Callable[[], object], repeat: int = 3) -> float:
    """The best of `repeat` runs."""
    found = []
    for _ in range(repeat):
        started = time.perf_counter()
        work()
        found.append(time.perf_counter() - started)
    return min(found)


def median_seconds(works: list[Callable[[], object]]) -> float:
    """The median time of different works of one kind."""
    found = []
    for work in works:
        started = time.perf_counter()
        work()
        found.append(time.perf_counter() - started)
    return statistics.median(found)


def table(rows: list[Row]) -> str:
    """The rows as aligned text."""
    lines = [("what", "genchat", "reference", "ratio", "")]
    for row in rows:
        reference = "" if row.reference is None else f"{row.reference:.5g} {row.unit}"
        ratio = "" if row.ratio is None else f"{row.ratio:.3g}x"
        extra = " · ".join(filter(None, (row.peer, row.note)))
        lines.append((row.what, f"{row.value:.6g} {row.unit}", reference, ratio, extra))
    widths = [max(len(line[column]) for line in lines) for column in range(5)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )
