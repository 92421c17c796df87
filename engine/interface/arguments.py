"""What a caller gives where a text, token ids or messages are meant, checked before a model sees it.

The wrong kind raises UsageError with a text that says what was given and what can be used.
"""

from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any, Protocol

from genchat.engine.contract import Tokenizer
from genchat.engine.conversation import Message, Role
from genchat.engine.errors import UsageError


class ArrayOfIds(Protocol):
    """A numpy array or a tensor of whole numbers, with one dimension."""

    def tolist(self) -> Any: ...


Ids = Sequence[int] | ArrayOfIds
MessageLike = Message | Mapping[str, str] | tuple[str, str]
Messages = Sequence[MessageLike]


def text_of(value: object) -> str:
    """The result is `value`, which must be a str without half characters. Raises UsageError."""
    if not isinstance(value, str):
        raise UsageError("text_expected", found=kind_of(value))
    half = next((character for character in value if "\ud800" <= character <= "\udfff"), None)
    if half is not None:
        raise UsageError("text_half_character", code=f"{ord(half):04X}")
    return value


def ids_of(value: object) -> tuple[int, ...] | None:
    """The result is `value` as token ids, or None where it is anything else. Arrays of whole numbers count as lists."""
    plain: Any = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(plain, str | bytes | bytearray) or not isinstance(plain, Sequence):
        return None
    if any(isinstance(item, bool) or not isinstance(item, Integral) for item in plain):
        return None
    return tuple(int(item) for item in plain)


def checked_ids(ids: Sequence[int], tokenizer: Tokenizer) -> tuple[int, ...]:
    """The result is `ids`, each of the vocabulary. Raises UsageError for one that is not."""
    for token in ids:
        if not 0 <= token < tokenizer.vocabulary_size:
            raise UsageError("token_outside_vocabulary", token=token, last=tokenizer.vocabulary_size - 1)
    return tuple(ids)


def text_or_ids(value: object) -> str | tuple[int, ...]:
    """The value must be a text or token ids. Raises UsageError."""
    ids = ids_of(value)
    if ids is not None:
        return ids
    if isinstance(value, str):
        return text_of(value)
    raise UsageError("text_or_ids_expected", found=kind_of(value))


def text_ids_or_messages(value: object) -> str | tuple[int, ...] | tuple[Message, ...]:
    """The value must be a text, token ids or a conversation. Raises UsageError."""
    ids = ids_of(value)
    if ids is not None:
        return ids
    return text_of(value) if isinstance(value, str) else messages_of(value, "text_ids_or_messages_expected")


def messages_of(value: object, otherwise: str = "messages_expected") -> tuple[Message, ...]:
    """The value must be a conversation; a text is one message of the person. Raises UsageError, for another kind the
    one `otherwise`.
    """
    if isinstance(value, str):
        return (Message(Role.USER, text_of(value)),)
    if isinstance(value, Message):
        return (value,)
    if isinstance(value, bytes | bytearray | Mapping) or not isinstance(value, Sequence):
        raise UsageError(otherwise, found=kind_of(value))
    if not value:
        raise UsageError("messages_none")
    for item in value:
        if not _is_message(item):
            raise UsageError(otherwise, found=kind_of(value))
    return tuple(map(_message, value))


def _is_message(item: object) -> bool:
    if isinstance(item, Mapping):
        return "role" in item and ("content" in item or "text" in item)
    return isinstance(item, Message) or (isinstance(item, tuple) and len(item) == 2)


def _message(item: Any) -> Message:
    if isinstance(item, Message):
        role, text = item.role, item.text
    elif isinstance(item, Mapping):
        role, text = item["role"], item.get("content", item.get("text"))
    else:
        role, text = item
    if role not in list(Role):
        raise UsageError("role_unknown", role=role, known=", ".join(Role))
    return Message(Role(role), text_of(text))


def count_of(name: str, value: object) -> int:
    """A count is a whole number, 1 or more. Raises UsageError."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
        raise UsageError("count_wrong", name=name, value=repr(value))
    return int(value)


def kind_of(value: object) -> str:
    """The kind of a value as Python writes it: "bytes", "None", "list[int | str]"."""
    if value is None:
        return "None"
    name = type(value).__name__
    if isinstance(value, list | tuple) and value:
        return f"{name}[{' | '.join(sorted({kind_of(item) for item in value}))}]"
    return name
