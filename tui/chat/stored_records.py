"""The records of a reply from the history, made when they are first looked at: a conversation of thousands of messages
opens at once, for what is not on the screen is not unfolded.
"""

from collections.abc import Callable, Iterable, MutableSequence
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from genchat.tui.chat.token_records import TokenRecord


class StoredRecords(MutableSequence["TokenRecord"]):
    """A list of `count` records that `load` makes; asking how many there are does not make them."""

    def __init__(self, count: int, load: "Callable[[], list[TokenRecord]]") -> None:
        self._count = count
        self._load: Callable[[], list[TokenRecord]] | None = load
        self._made: list[TokenRecord] = []

    @property
    def all(self) -> "list[TokenRecord]":
        """Return the records themselves."""
        if self._load is not None:
            load, self._load = self._load, None
            self._made = load()
        return self._made

    def __len__(self) -> int:
        return self._count if self._load is not None else len(self._made)

    @overload
    def __getitem__(self, index: int) -> "TokenRecord": ...

    @overload
    def __getitem__(self, index: slice) -> "list[TokenRecord]": ...

    def __getitem__(self, index: int | slice) -> "TokenRecord | list[TokenRecord]":
        return self.all[index]

    def __setitem__(self, index: int | slice, value: "TokenRecord | Iterable[TokenRecord]") -> None:
        self.all[index] = value  # type: ignore[index, assignment]

    def __delitem__(self, index: int | slice) -> None:
        del self.all[index]

    def insert(self, index: int, value: "TokenRecord") -> None:
        """Put one more record in."""
        self.all.insert(index, value)

    def __eq__(self, other: object) -> bool:
        return self.all == (other.all if isinstance(other, StoredRecords) else other)

    __hash__ = None  # type: ignore[assignment]
