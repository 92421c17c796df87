"""Where a person is on the tour, and whether it was offered: one small file beside the models and the history."""

import json
from dataclasses import dataclass
from pathlib import Path

from genchat.engine.files import write_atomically


@dataclass(frozen=True)
class Bookmark:
    """`stop` is the index of the stop to go on at; `offered` whether the first start has offered the tour."""

    stop: int = 0
    offered: bool = False

    @classmethod
    def read(cls, path: Path) -> "Bookmark":
        """Read it; what cannot be read counts as nothing."""
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            return cls(max(int(values.get("stop", 0)), 0), bool(values.get("offered", False)))
        except (OSError, ValueError, AttributeError, TypeError):
            return cls()

    def write(self, path: Path) -> None:
        """Write it; a folder that cannot be written is no reason to end anything."""
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_atomically(path, json.dumps({"stop": self.stop, "offered": self.offered}))
        except OSError:
            return
