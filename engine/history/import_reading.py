"""A JSON export read back as values, each checked: the file may come from anyone.

Sizes and types are checked before anything is kept, and what does not fit raises a HistoryError that names the place,
such as messages[3].role. What is unknown is passed over: a later genchat may write more.
"""

import base64
import binascii
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn, get_args

from genchat.engine.contract import ENDING_OF, Passage, Passages
from genchat.engine.conversation import Role
from genchat.engine.errors import HistoryError
from genchat.engine.history.export import FORMAT
from genchat.engine.history.records import ConversationKind, PackedTrace, Status
from genchat.engine.history.rows import moment

LARGEST_FILE = 512 * 2**20  # bytes
_MOST_TOKENS = 4_000_000  # ids of a vocabulary
_LARGEST = 2**63 - 1  # SQLite's integers
_ID = re.compile("[2-9a-z]{12}")


@dataclass(frozen=True, slots=True)
class ExportedRun:
    """This is the run of a message as an export tells it. `notices` and `settings` are JSON."""

    family: str
    model: str
    checksum: str
    version: str
    settings: str
    seed: int | None
    prompt_tokens: int | None
    completion_tokens: int | None
    seconds_to_first: float | None
    seconds: float | None
    finish_reason: str | None
    detail: str
    error: str
    notices: str
    system: str = ""


@dataclass(frozen=True, slots=True)
class ExportedMessage:
    """This is a message of an export. `trace` names a vocabulary of the export instead of a digest."""

    id: int
    parent: int | None
    role: Role
    status: Status
    created: datetime
    text: str
    data: str | None = None
    run: ExportedRun | None = None
    passages: Passages | None = None
    trace: PackedTrace | None = None


@dataclass(frozen=True, slots=True)
class Export:
    """This is a whole export. A vocabulary is the bytes of token ids and the names of the special ones."""

    id: str
    title: str
    kind: ConversationKind
    created: datetime
    updated: datetime
    head: int | None
    messages: tuple[ExportedMessage, ...]
    vocabularies: Mapping[str, tuple[Mapping[int, bytes], Mapping[str, int]]] = field(default_factory=dict)
    system: str = ""


def read_file(path: Path) -> str:
    """The text of a file to be imported. Raises HistoryError for one that cannot be read, or is too large."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise HistoryError("import_too_large", path=path, most=LARGEST_FILE // 2**20)
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise HistoryError("import_not_json", reason="UTF-8") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise HistoryError("import_unreadable", path=path, reason=reason) from None


def read_export(document: str) -> Export:
    """The values of an export. Raises HistoryError."""
    try:
        written = json.loads(document, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise HistoryError("import_not_json", reason=error) from None
    if not isinstance(written, dict) or "genchat" not in written or "conversation" not in written:
        raise HistoryError("import_foreign")
    top = _Object(written, "")
    form = top.integer("format", 1)
    if form > FORMAT:
        raise HistoryError("import_newer", format=form, known=FORMAT)
    about = top.object("conversation")
    name = about.text("id")
    if not _ID.fullmatch(name):
        about.refuse("id")
    messages = tuple(_message(each) for each in top.objects("messages"))
    _check_tree(messages)
    head = about.optional("head", about.integer)
    return Export(
        name,
        about.text("title"),
        "text" if about.one_of("kind", get_args(ConversationKind)) == "text" else "chat",
        about.time("created"),
        about.time("updated"),
        head if any(message.id == head for message in messages) else None,
        messages,
        {key: _vocabulary(entry) for key, entry in top.members("vocabularies")},
        about.optional("system", about.text) or "",
    )


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


class _Object:
    """An object of the document, its members taken out with their types. `place` is where it stands."""

    def __init__(self, values: object, place: str) -> None:
        if not isinstance(values, dict):
            raise HistoryError("import_broken", place=place)
        self._values: dict[str, Any] = values
        self._place = place

    def refuse(self, name: str) -> NoReturn:
        """Raise the error for the member of this name."""
        raise HistoryError("import_broken", place=f"{self._place}.{name}".lstrip("."))

    def has(self, name: str) -> bool:
        return self._values.get(name) is not None

    def optional(self, name: str, read: Any) -> Any:
        """What `read` makes of a member, or None where there is none."""
        return read(name) if self.has(name) else None

    def text(self, name: str) -> str:
        value = self._values.get(name)
        return value if isinstance(value, str) else self.refuse(name)

    def integer(self, name: str, low: int = 0, high: int = _LARGEST) -> int:
        value = self._values.get(name)
        fits = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
        return int(value) if fits and value is not None else self.refuse(name)

    def seed(self, name: str) -> int:
        """A whole number of any size."""
        value = self._values.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else self.refuse(name)

    def number(self, name: str) -> float:
        value = self._values.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.refuse(name)
        try:
            number = float(value)
        except OverflowError:
            self.refuse(name)
        return number if math.isfinite(number) else self.refuse(name)

    def numbers(self, name: str) -> dict[str, float]:
        inner = _Object(self._values.get(name, {}), f"{self._place}.{name}")
        return {key: inner.number(key) for key in inner._values}

    def time(self, name: str) -> datetime:
        written = self.text(name)
        try:
            datetime.fromisoformat(written)
            return moment(written)
        except (ValueError, OverflowError):
            self.refuse(name)

    def one_of(self, name: str, allowed: tuple[str, ...]) -> str:
        value = self.text(name)
        return value if value in allowed else self.refuse(name)

    def json(self, name: str) -> str:
        """A member as JSON again."""
        try:
            return json.dumps(self._values.get(name), ensure_ascii=False, allow_nan=False)
        except (ValueError, RecursionError):
            self.refuse(name)

    def object(self, name: str) -> "_Object":
        return _Object(self._values.get(name), f"{self._place}.{name}".lstrip("."))

    def objects(self, name: str) -> list["_Object"]:
        """A list of objects; none where the member is missing."""
        listed = self._values.get(name, [])
        if not isinstance(listed, list):
            self.refuse(name)
        place = f"{self._place}.{name}".lstrip(".")
        return [_Object(each, f"{place}[{index}]") for index, each in enumerate(listed)]

    def texts(self, name: str) -> tuple[str, ...]:
        listed = self._values.get(name, [])
        if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
            self.refuse(name)
        return tuple(listed)

    def members(self, name: str) -> list[tuple[str, "_Object"]]:
        """The members of a member, all of them objects; none where it is missing."""
        inner = _Object(self._values.get(name, {}), f"{self._place}.{name}".lstrip("."))
        return [(key, inner.object(key)) for key in inner._values]

    def items(self) -> list[tuple[str, Any]]:
        return list(self._values.items())


def _message(read: _Object) -> ExportedMessage:
    status = read.one_of("status", get_args(Status))
    return ExportedMessage(
        read.integer("id"),
        read.optional("parent", read.integer),
        Role(read.one_of("role", tuple(Role))),
        # Nobody is writing it here.
        "interrupted" if status == "streaming" else status,  # type: ignore[arg-type]
        read.time("created"),
        read.text("text"),
        _data(read),
        _run(read.object("run")) if read.has("run") else None,
        _passages(read) if read.has("retriever") else None,
        _trace(read.object("trace")) if read.has("trace") else None,
    )


def _data(read: _Object) -> str | None:
    if not read.has("data"):
        return None
    read.object("data")
    return read.json("data")


def _run(read: _Object) -> ExportedRun:
    read.object("settings")
    notices = [
        [notice.text("key"), dict(notice.object("values").items()) if notice.has("values") else {}]
        for notice in read.objects("notices")
    ]
    return ExportedRun(
        read.text("family"),
        read.text("model"),
        read.text("checksum"),
        read.text("version"),
        read.json("settings"),
        read.optional("seed", read.seed),
        read.optional("prompt_tokens", read.integer),
        read.optional("completion_tokens", read.integer),
        read.optional("seconds_to_first", read.number),
        read.optional("seconds", read.number),
        read.one_of("finish_reason", tuple(ENDING_OF)) if read.has("finish_reason") else None,
        read.text("detail"),
        read.text("error"),
        json.dumps(notices, ensure_ascii=False),
        read.optional("system", read.text) or "",
    )


def _passages(read: _Object) -> Passages:
    listed = [_passage(each) for each in read.objects("passages")]
    if len({passage.number for passage in listed}) != len(listed):
        read.refuse("passages")
    return Passages(tuple(listed), read.text("retriever"), read.texts("missing"))


def _passage(read: _Object) -> Passage:
    text = read.text("text")
    highlight = None
    if read.has("highlight"):
        marked = json.loads(read.json("highlight"))
        if not isinstance(marked, list) or len(marked) != 2 or not all(type(end) is int for end in marked):
            read.refuse("highlight")
        if not 0 <= marked[0] <= marked[1] <= len(text):
            read.refuse("highlight")
        highlight = (marked[0], marked[1])
    return Passage(
        read.integer("number"),
        read.text("source"),
        read.text("locator"),
        text,
        read.number("score"),
        highlight,
        read.numbers("parts"),
        read.numbers("matched"),
        read.text("warning"),
    )


def _trace(read: _Object) -> PackedTrace:
    try:
        data = base64.b64decode(read.text("data"), validate=True)
    except (binascii.Error, ValueError):
        read.refuse("data")
    return PackedTrace(read.integer("codec", 1, 255), data, read.optional("vocabulary", read.text))


def _vocabulary(read: _Object) -> tuple[dict[int, bytes], dict[str, int]]:
    pieces: dict[int, bytes] = {}
    written = read.object("pieces")
    for token, _ in written.items():
        if not (token.isascii() and token.isdecimal() and len(token) <= len(str(_MOST_TOKENS))):
            read.refuse("pieces")
        try:
            pieces[int(token)] = written.text(token).encode("latin-1")
        except UnicodeEncodeError:
            read.refuse("pieces")
    specials = read.object("special")
    named = {name: specials.integer(name, 0, _MOST_TOKENS - 1) for name, _ in specials.items()}
    if pieces and max(pieces) >= _MOST_TOKENS:
        read.refuse("pieces")
    return pieces, named


def _check_tree(messages: tuple[ExportedMessage, ...]) -> None:
    """A parent stands before its children, which rules out knots; no id stands twice."""
    seen: set[int] = set()
    for index, message in enumerate(messages):
        if message.id in seen:
            raise HistoryError("import_broken", place=f"messages[{index}].id")
        if message.parent is not None and message.parent not in seen:
            raise HistoryError("import_broken", place=f"messages[{index}].parent")
        seen.add(message.id)
