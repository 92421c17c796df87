"""The chat template that came with a checkpoint, run in a sandbox.

The template is somebody else's program (Jinja): it reaches no attribute that leads to Python, may not run on for ever
and may not build a giant text. What a person or a document says is never read as one of the template's control
tokens: before rendering, a mark is put inside every control token that stands in a message and at both of its ends;
the rendered text is cut at the control tokens that are still whole, and the marks are taken out of the rest.
"""

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, wraps
from types import FrameType
from typing import Any, Protocol

from engine.conversation import Message, Prompt, Role
from engine.errors import ModelDamaged

LONGEST_TEMPLATE = 200_000  # characters
_LONGEST_TEXT = 1 << 22  # characters a template may build, whatever it is told
_MOST_LINES = 400_000  # lines of its program it may run
_FORBIDDEN_METHODS = frozenset({"center", "ljust", "rjust", "zfill", "expandtabs", "translate", "format", "format_map"})
_FORBIDDEN_FILTERS = ("center", "format", "indent", "wordwrap", "pprint", "xmlattr", "urlize", "random")
_TRAINING_TAG = re.compile(r"(\{%[-+]?\s*)(end)?generation(\s*[-+]?%\})")
# White space to Python, so that a template's `trim` takes it away together with the space it hides.
_MARKS = ("\x1c", "\x1d", "\x1e", "\x1f", *(chr(code) for code in range(0xE000, 0xE080)))


class TemplateTokenizer(Protocol):
    """The part of a tokenizer that the template needs."""

    @property
    def special_tokens(self) -> Mapping[str, int]: ...

    def encode(self, text: str) -> list[int]: ...

    def encode_after_control(self, text: str) -> list[int]: ...


class _Refused(Exception):
    """The template did what it may not, or said so itself (`raise_exception`)."""


@dataclass(frozen=True)
class CheckpointTemplate:
    """See engine.conversation.ChatTemplate.

    `literals` are whole words, such as "<think>", that are one token wherever they stand; `stops` end a reply.
    """

    name: str  # of the model, for errors
    source: str
    tokenizer: TemplateTokenizer
    stops: frozenset[int]
    literals: Mapping[str, int]
    variables: Mapping[str, str]  # bos_token, eos_token

    def render(self, messages: Sequence[Message], limit: int | None) -> Prompt:
        """See ChatTemplate. Oldest turns go first, a question with its answer; system messages stay."""
        system = [message for message in messages if message.role is Role.SYSTEM]
        turns = [message for message in messages if message.role is not Role.SYSTEM]
        dropped = 0 if limit is None else self._surely_too_many(system, turns, limit)
        tokens = self.tokens([*system, *turns[dropped:]])
        while limit is not None and len(tokens) > limit and dropped < len(turns) - 1:
            dropped = _next_question(turns, dropped)
            tokens = self.tokens([*system, *turns[dropped:]])
        if limit is not None and len(tokens) > limit:
            tokens = self._cut([*system, *turns[dropped:]], limit)
        return Prompt(tuple(tokens), self.stops, dropped)

    def _surely_too_many(self, system: list[Message], turns: list[Message], limit: int) -> int:
        """How many oldest turns go because the words alone are too many, the template's own tokens not counted."""
        sizes = [len(self.tokenizer.encode(message.text)) for message in turns]
        size = sum(sizes) + sum(len(self.tokenizer.encode(message.text)) for message in system)
        dropped = 0
        while size > limit and dropped < len(turns) - 1:
            further = _next_question(turns, dropped)
            size -= sum(sizes[dropped:further])
            dropped = further
        return dropped

    def _cut(self, messages: list[Message], limit: int) -> list[int]:
        """The newest message shortened on the left until all fits; if nothing fits, the end of everything."""
        newest = messages[-1] if messages else Message(Role.USER, "")
        low, high = 0, len(newest.text)  # characters kept: `low` fits or nothing does
        best = self.tokens([*messages[:-1], Message(newest.role, "")])
        while low < high:
            middle = (low + high + 1) // 2
            tried = self.tokens([*messages[:-1], Message(newest.role, newest.text[-middle:])])
            if len(tried) <= limit:
                low, best = middle, tried
            else:
                high = middle - 1
        return best[-limit:]

    def tokens(self, messages: Sequence[Message]) -> list[int]:
        """The prompt of `messages`, up to where the reply begins. Raises ModelDamaged for a template that fails."""
        said = "".join(message.text for message in messages)
        mark = next((mark for mark in _MARKS if mark not in said), None)
        if mark is None:
            raise ModelDamaged("template_failed", name=self.name, reason="U+E000")
        given = [{"role": str(message.role), "content": self._guard(message.text, mark)} for message in messages]
        rendered = self._run(given)
        found: list[int] = []
        for piece in self._splitter(rendered):
            token = self._whole.get(piece)
            encode = self.tokenizer.encode_after_control if found else self.tokenizer.encode
            found.extend(encode(piece.replace(mark, "")) if token is None else (token,))
        return found

    def _guard(self, text: str, mark: str) -> str:
        for name in self.tokenizer.special_tokens:
            if name in text:
                text = text.replace(name, name[0] + mark + name[1:])
        return f"{mark}{text}{mark}"

    @cached_property
    def _whole(self) -> dict[str, int]:
        return {**self.literals, **self.tokenizer.special_tokens}

    @cached_property
    def _splitter(self) -> Callable[[str], list[str]]:
        longest_first = sorted(self._whole, key=len, reverse=True)
        cut = re.compile("(" + "|".join(map(re.escape, longest_first)) + ")") if longest_first else None
        return lambda text: [piece for piece in (cut.split(text) if cut else [text]) if piece]

    @cached_property
    def _template(self) -> Any:
        # A tag by which transformers finds the replies to train on; what is inside stays.
        source = _TRAINING_TAG.sub(lambda tag: tag[1] + ("endif" if tag[2] else "if true") + tag[3], self.source)
        return _environment().from_string(source)

    def _run(self, messages: list[dict[str, str]]) -> str:
        from jinja2 import TemplateError

        pieces: list[str] = []
        size = 0
        try:
            with _budget():
                for piece in self._template.generate(
                    messages=messages, add_generation_prompt=True, tools=None, **self.variables
                ):
                    size += len(piece)
                    if size > _LONGEST_TEXT:
                        raise _Refused(f"> {_LONGEST_TEXT} characters")
                    pieces.append(piece)
        except (TemplateError, _Refused, MemoryError, RecursionError, ArithmeticError) as error:
            raise ModelDamaged("template_failed", name=self.name, reason=error) from None
        except (
            TypeError,
            ValueError,
            LookupError,
            AttributeError,
        ) as error:  # what the template's own operations raise
            raise ModelDamaged("template_failed", name=self.name, reason=error) from None
        return "".join(pieces)

    def check(self) -> None:
        """Raise ModelDamaged unless the template can render a short conversation."""
        turns = [Message(Role.USER, "a"), Message(Role.ASSISTANT, "b"), Message(Role.USER, "c")]
        self.tokens(turns[:1])
        self.tokens(turns)


def _next_question(turns: Sequence[Message], place: int) -> int:
    """The first turn after `place` that a person said, or the newest turn."""
    last = len(turns) - 1
    return next((later for later in range(place + 1, last) if turns[later].role is Role.USER), last)


def _environment() -> Any:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Sandbox(ImmutableSandboxedEnvironment):
        """Jinja's own sandbox, and no operation that makes much out of little."""

        intercepted_binops = frozenset({"+", "*", "**", "%"})

        def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
            return attr not in _FORBIDDEN_METHODS and super().is_safe_attribute(obj, attr, value)

        def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
            if operator == "**" or (operator == "%" and isinstance(left, str)):
                raise _Refused(operator)
            sizes = [len(side) for side in (left, right) if isinstance(side, str | list | tuple)]
            numbers = [side for side in (left, right) if isinstance(side, int)]
            grown = sum(sizes) if operator == "+" else max([*sizes, 0]) * max([*numbers, 1])
            if sizes and grown > _LONGEST_TEXT:
                raise _Refused(f"> {_LONGEST_TEXT} characters")
            return super().call_binop(context, operator, left, right)

        def call(__self, __context: Any, __obj: Any, *args: Any, **kwargs: Any) -> Any:
            owner = getattr(__obj, "__self__", None)
            if isinstance(owner, str) and getattr(__obj, "__name__", "") in ("replace", "join"):
                sizes = [len(each) for each in args if isinstance(each, str | list | tuple)]
                if (len(owner) + 1) * max([*sizes, 1]) > 16 * _LONGEST_TEXT:
                    raise _Refused(f"> {_LONGEST_TEXT} characters")
            return super().call(__context, __obj, *args, **kwargs)

    environment = Sandbox(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"], finalize=_weighed
    )
    environment.filters = {
        name: _careful(work) for name, work in environment.filters.items() if name not in _FORBIDDEN_FILTERS
    }
    environment.globals.clear()
    from jinja2.sandbox import safe_range
    from jinja2.utils import Namespace

    environment.globals.update(
        range=safe_range,
        namespace=Namespace,
        raise_exception=_raise,
        strftime_now=lambda form: f"{datetime.now():{form}}",
    )
    return environment


def _weigh(value: Any) -> None:
    """Raise where a value holds more than a template may build. Lists within lists count as often as they are told."""
    left = _LONGEST_TEXT
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str | list | tuple | dict):
            left -= len(each) + 1
            if left < 0:
                raise _Refused(f"> {_LONGEST_TEXT} characters")
            if not isinstance(each, str):
                waiting.extend(each.values() if isinstance(each, dict) else each)


def _weighed(value: Any) -> Any:
    _weigh(value)
    return value


def _careful(work: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that looks at what it is given first."""

    @wraps(work)
    def careful(*given: Any, **named: Any) -> Any:
        for each in given:
            _weigh(each)
        return work(*given, **named)

    return careful


def _raise(reason: object) -> None:
    raise _Refused(str(reason)[:200])


@contextmanager
def _budget() -> Iterator[None]:
    """Count the lines of the template's program as it runs, and look at the texts it builds."""
    from jinja2.utils import Namespace

    left = _MOST_LINES

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal left
        if frame.f_code.co_filename != "<template>":
            return None
        if event == "line":
            left -= 1
            if left < 0:
                raise _Refused(f"> {_MOST_LINES} steps")
            for value in frame.f_locals.values():
                held = value._Namespace__attrs.values() if isinstance(value, Namespace) else (value,)
                if any(isinstance(each, str) and len(each) > _LONGEST_TEXT for each in held):
                    raise _Refused(f"> {_LONGEST_TEXT} characters")
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)
