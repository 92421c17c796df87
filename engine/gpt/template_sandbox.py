"""Runs a stranger's chat template (a Jinja program): it reaches nothing of Python, does not run on, builds no giant.

What there is, is what chat templates are written with: some filters, some methods of texts, lists and mappings, and
four functions. Jinja's own sandbox bounds neither time nor memory, so everything that can make much out of little
tells what it made, and all of it together is bounded: literals, operations, methods, filters, what is compared and
what is written, the template's own long texts included. The lines of the program are counted as they run.
"""

import json
import re
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property, wraps
from time import thread_time
from types import FrameType
from typing import Any

from jinja2 import TemplateError, nodes, pass_context
from jinja2.sandbox import ImmutableSandboxedEnvironment, safe_range
from jinja2.utils import Namespace
from jinja2.visitor import NodeTransformer

LONGEST_TEXT = 1 << 22  # characters a template may write, whatever it is told
_ELEMENT = 8  # characters that an element of a list counts as, besides its own
_MOST_MADE = 1 << 25  # characters that it may make on the way
_MOST_LINES = 400_000  # of its program
_MOST_SECONDS = 10.0  # of the processor
_LARGEST_NUMBER = 1 << 64
_SHORT = 64  # characters of the template's own text that may be written without being counted
_LONGEST_DATE_FORMAT = 200
_FILTERS = {
    "abs", "capitalize", "count", "d", "default", "dictsort", "e", "escape", "first", "float", "int", "items",
    "join", "last", "length", "list", "lower", "map", "max", "min", "reject", "rejectattr", "replace",
    "reverse", "safe", "select", "selectattr", "sort", "string", "title", "trim", "unique", "upper",
}  # fmt: skip
_COMPARING_TESTS = ("eq", "equalto", "==", "ne", "!=", "lt", "lessthan", "<", "le", "<=", "gt", ">", "ge", ">=", "in")
_TEXT_METHODS = {
    "strip", "lstrip", "rstrip", "split", "rsplit", "splitlines", "startswith", "endswith", "replace", "join",
    "lower", "upper", "title", "capitalize", "casefold", "find", "rfind", "index", "rindex", "count",
    "removeprefix", "removesuffix", "partition", "rpartition", "isdigit", "isalpha", "isalnum", "isspace",
    "isupper", "islower", "isnumeric", "isdecimal",
}  # fmt: skip
_METHODS: Mapping[type, Set[str]] = {
    str: _TEXT_METHODS,
    dict: {"get", "items", "keys", "values"},
    list: {"index", "count"},
    tuple: {"index", "count"},
    int: set(),
    float: set(),
}
_TRAINING_TAG = re.compile(r"(\{%[-+]?\s*)(end)?generation(\s*[-+]?%\})")


class TemplateRefused(Exception):
    """The template cannot be used: it is broken, did what it may not, or said so itself (`raise_exception`)."""


class SandboxedTemplate:
    """A template that can be rendered again and again, from any thread."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._lock = threading.Lock()

    @cached_property
    def _environment(self) -> "_Sandbox":
        return _Sandbox()

    @cached_property
    def _template(self) -> Any:
        # A tag by which transformers finds the replies to train on; what is inside stays.
        plain = _TRAINING_TAG.sub(lambda tag: tag[1] + ("endif" if tag[2] else "if true") + tag[3], self._source)
        return self._environment.from_string(plain)

    def render(self, messages: Sequence[Mapping[str, str]], variables: Mapping[str, str]) -> str:
        """The prompt up to where the reply begins, as the template writes it. Raises TemplateRefused."""
        given = {"messages": list(messages), "add_generation_prompt": True, "tools": None, **variables}
        pieces: list[str] = []
        size = 0
        with self._lock:
            try:
                self._environment.begin()
                with _counted_lines(self._environment):
                    for piece in self._template.generate(given):
                        size += len(piece)
                        if size > LONGEST_TEXT:
                            raise _too_long()
                        pieces.append(piece)
            # Of Jinja; of Python's parser, for a template nested too deeply; of the template's own operations.
            except (TemplateError, MemoryError, RecursionError, ArithmeticError, SyntaxError) as error:
                raise TemplateRefused(str(error) or type(error).__name__) from None
            except (TypeError, ValueError, LookupError, AttributeError) as error:
                raise TemplateRefused(str(error)) from None
        return "".join(pieces)


def _too_long() -> TemplateRefused:
    return TemplateRefused(f"> {LONGEST_TEXT} characters")


def weight(value: Any) -> int:
    """The size of a value in characters. Lists within lists count as often as they are told.

    Raises TemplateRefused above LONGEST_TEXT, before it has counted on.
    """
    found, waiting = 1, [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str | list | tuple | dict):
            found += len(each) * (1 if isinstance(each, str) else _ELEMENT)
            if found > LONGEST_TEXT:
                raise _too_long()
            if not isinstance(each, str):
                waiting.extend(each.values() if isinstance(each, dict) else each)
    return found


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's own sandbox, with a short list of what there is, and with what is made counted."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(self) -> None:
        super().__init__(
            trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"], finalize=self.made
        )
        self.begin()
        known: dict[str, Any] = self.filters
        tests: dict[str, Any] = self.tests
        self.filters = {name: self._careful(known[name]) for name in _FILTERS}
        self.filters |= {"join": self._join, "replace": self._replace, "tojson": self._careful(_to_json)}
        self.filters[_Weighing.FILTER] = pass_context(lambda _context, value: self.made(value))
        self.tests |= {name: self._careful(tests[name]) for name in _COMPARING_TESTS}
        self.globals = {
            "range": safe_range,
            "namespace": Namespace,
            "raise_exception": _raise,
            "strftime_now": _now,
        }

    def begin(self) -> None:
        """A new rendering may make as much again."""
        self._left = _MOST_MADE
        self._end = thread_time() + _MOST_SECONDS

    def made(self, value: Any) -> Any:
        """`value`, counted. Raises TemplateRefused where it or all together is too much."""
        self.room(weight(value))
        return value

    def room(self, size: int) -> None:
        """Count what is about to be made."""
        self._left -= size
        if size > LONGEST_TEXT or self._left < 0:
            raise _too_long()
        self.check_time()

    def check_time(self) -> None:
        """Raise TemplateRefused for a template that has run too long."""
        if thread_time() > self._end:
            raise TemplateRefused(f"> {_MOST_SECONDS:.0f} s")

    def _careful(self, work: Callable[..., Any]) -> Callable[..., Any]:
        """A filter or test that looks at what it is given and counts what it makes."""

        @wraps(work)
        def careful(*given: Any, **named: Any) -> Any:
            for each in given:
                weight(each)
            return self.made(work(*given, **named))

        return careful

    def _join(self, parts: Any, between: str = "", attribute: str | None = None) -> str:
        if attribute is not None:
            parts = [self.getitem(part, attribute) for part in parts]
        listed = list(parts)
        self.room(weight(listed) + len(listed) * len(str(between)))
        return str(between).join(map(str, listed))

    def _replace(self, text: Any, old: str, new: str, count: int | None = None) -> str:
        written = str(self.made(text))
        self.room(len(written) + written.count(old) * len(new))
        return written.replace(old, new, -1 if count is None else count)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree: nodes.Template = _Weighing().visit(super()._parse(source, name, filename))
        tree.set_environment(self)
        return tree

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        allowed = next((methods for kind, methods in _METHODS.items() if isinstance(obj, kind)), None)
        return super().is_safe_attribute(obj, attr, value) and (allowed is None or attr in allowed)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "**" or (operator == "%" and isinstance(left, str)):
            raise TemplateRefused(operator)
        sizes = [weight(side) - 1 for side in (left, right) if isinstance(side, str | list | tuple)]
        numbers = [abs(side) for side in (left, right) if isinstance(side, int)]
        if max([*numbers, 0]) > _LARGEST_NUMBER:
            raise TemplateRefused(f"> {_LARGEST_NUMBER}")
        if operator in "+*" and sizes:
            self.room(sum(sizes) if operator == "+" else sizes[0] * max([*numbers, 1]))
        return super().call_binop(context, operator, left, right)

    def call(__self, __context: Any, __obj: Any, *args: Any, **kwargs: Any) -> Any:
        owner, method = getattr(__obj, "__self__", None), getattr(__obj, "__name__", "")
        if isinstance(owner, str) and method == "join":
            return __self._join(args[0], owner)
        if isinstance(owner, str) and method == "replace":
            return __self._replace(owner, *args, **kwargs)
        found = super().call(__context, __obj, *args, **kwargs)
        return __self.made(found) if isinstance(owner, str | list | tuple | dict) else found


class _Weighing(NodeTransformer):
    """Has everything counted that makes or compares values without a filter, a method or an operation of numbers."""

    FILTER = " made"  # no name that a template could write

    def _made(self, node: nodes.Expr) -> nodes.Expr:
        return nodes.Filter(node, self.FILTER, [], [], None, None, lineno=node.lineno)

    def visit_Concat(self, node: nodes.Concat) -> nodes.Expr:
        self.generic_visit(node)
        return nodes.Filter(nodes.List(node.nodes), "join", [], [], None, None, lineno=node.lineno)

    def visit_List(self, node: nodes.List) -> nodes.Expr:
        self.generic_visit(node)
        return self._made(node)

    def visit_Dict(self, node: nodes.Dict) -> nodes.Expr:
        self.generic_visit(node)
        return self._made(node)

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Expr:
        self.generic_visit(node)
        return self._made(node) if node.ctx == "load" else node

    def visit_Compare(self, node: nodes.Compare) -> nodes.Compare:
        self.generic_visit(node)
        node.expr = self._made(node.expr)
        return node

    def visit_Operand(self, node: nodes.Operand) -> nodes.Operand:
        self.generic_visit(node)
        node.expr = self._made(node.expr)
        return node

    def visit_Output(self, node: nodes.Output) -> nodes.Output:
        self.generic_visit(node)
        node.nodes = [
            self._made(nodes.Const(each.data, lineno=node.lineno))
            if isinstance(each, nodes.TemplateData) and len(each.data) > _SHORT
            else each
            for each in node.nodes
        ]
        return node


def _to_json(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    """As transformers has it: no signs of HTML are written in another way."""
    room = 0 if indent is None else min(int(indent), 16)
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=room or None, separators=separators, sort_keys=sort_keys)


def _raise(reason: object) -> None:
    raise TemplateRefused(str(reason)[:200])


def _now(form: str) -> str:
    return datetime.now().strftime(str(form)[:_LONGEST_DATE_FORMAT])


@contextmanager
def _counted_lines(environment: _Sandbox) -> Iterator[None]:
    left = _MOST_LINES

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal left
        if frame.f_code.co_filename != "<template>":
            return None
        if event == "line":
            left -= 1
            if left < 0:
                raise TemplateRefused(f"> {_MOST_LINES} steps")
            if left % 1000 == 0:
                environment.check_time()
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)
