"""Which candidate of the open token is marked: the one that Enter would take. It knows tokens by id, never by place."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genchat.tui.chat.token_records import Row


class CandidateWalk:
    """A walk goes over the candidates that are listed; it begins at the token that the reply has."""

    def __init__(self) -> None:
        self._rows: Sequence[Row] = ()
        self._top = 0  # the line of the first candidate
        self._token: int | None = None
        self._moved = False
        self._window: Sequence[Row] = ()  # what a strip shows of them

    @property
    def token(self) -> int | None:
        """Return the token that is marked; None where no candidate is listed."""
        return self._token if self._rows else None

    @property
    def line(self) -> int | None:
        """Return the line on which it stands; None where no candidate is listed."""
        index = self._index
        return None if index is None else self._top + index

    @property
    def _index(self) -> int | None:
        return next((index for index, row in enumerate(self._rows) if row.token == self._token), None)

    def restart(self) -> None:
        """Begin anew, because another token is open."""
        self._rows, self._token, self._moved, self._window = (), None, False, ()

    def shown(self, rows: "Sequence[Row]", chosen: int | None, top: int = 0) -> None:
        """Take note of the candidates that are listed, from line `top` on; `chosen` is the token of the reply."""
        self._rows, self._top = rows, top
        if self._index is None:
            self._token = next((row.token for row in rows if row.token == chosen), rows[0].token if rows else None)

    def window(self, rows: "Sequence[Row]", chosen: int | None, room: int) -> "Sequence[Row]":
        """Return the `room` candidates of all `rows` that a strip shows: the best, or those around the marked one."""
        self.shown(rows, chosen)
        index = self._index or 0
        if not self._moved:
            self._window = [*rows[: room - 1], rows[index]] if index >= room else rows[:room]
        elif all(row.token != self._token for row in self._window):
            first = max(min(index - room // 2, len(rows) - room), 0)
            self._window = rows[first : first + room]
        return self._window

    def step(self, by: int) -> bool:
        """Mark the next candidate; returns False where there is none in that direction."""
        index = self._index
        if index is None or not 0 <= index + by < len(self._rows):
            return False
        self._token, self._moved = self._rows[index + by].token, True
        return True

    def point(self, line: int) -> bool:
        """Mark the candidate on that line; returns False where none stands there."""
        return self._mark(self._rows, line - self._top)

    def point_in_window(self, index: int) -> bool:
        """Mark that candidate of the window; returns False where there is none."""
        return self._mark(self._window, index)

    def _mark(self, rows: "Sequence[Row]", index: int) -> bool:
        if not 0 <= index < len(rows):
            return False
        self._token, self._moved = rows[index].token, True
        return True
