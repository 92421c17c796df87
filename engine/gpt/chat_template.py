"""The chat template that came with a checkpoint, told a conversation.

What a person or a document says is never read as one of the template's control tokens: before rendering, every
character that a control token could begin with is put away in what is said, a character of private use in its place,
and a mark stands at both ends; the rendered text is cut at the control tokens in it, and what was put away comes back
in the rest. So it does not matter what the template does with what is said: lower it, cut it, take words out of it.
The template itself is somebody else's program; see engine.gpt.template_sandbox.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Protocol

from genchat.engine.conversation import Message, Prompt, Role
from genchat.engine.errors import ModelDamaged
from genchat.engine.tokenizers.added_tokens import stripped

if TYPE_CHECKING:
    from genchat.engine.gpt.template_sandbox import SandboxedTemplate

LONGEST_TEMPLATE = 200_000  # characters
# White space to Python, so that a template's `trim` takes it away together with the space it hides.
_MARKS = ("\x1c", "\x1d", "\x1e", "\x1f", *(chr(code) for code in range(0xE000, 0xE080)))
_HIDING = range(0xE080, 0xF900)  # characters of private use


class TemplateTokenizer(Protocol):
    """The part of a tokenizer that the template needs."""

    @property
    def special_tokens(self) -> Mapping[str, int]: ...

    def encode(self, text: str) -> list[int]: ...

    def encode_after_control(self, text: str) -> list[int]: ...


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
    flags: Mapping[str, str] = field(default_factory=dict)  # of tokens, see engine.tokenizers.added_tokens

    def render(self, messages: Sequence[Message], limit: int | None) -> Prompt:
        """See ChatTemplate. Oldest turns go first, a question with its answer; system messages stay."""
        system = [message for message in messages if message.role is Role.SYSTEM]
        turns = [message for message in messages if message.role is not Role.SYSTEM]
        if system and not self._has_system:
            system, turns = [], _told_by_the_person(system, turns)
        dropped = 0 if limit is None else self._surely_too_many(system, turns, limit)
        tokens = self.tokens([*system, *turns[dropped:]])
        while limit is not None and len(tokens) > limit and dropped < len(turns) - 1:
            dropped = _next_question(turns, dropped)
            tokens = self.tokens([*system, *turns[dropped:]])
        too_long = limit is not None and len(tokens) > limit
        if limit is not None and too_long:
            tokens = self._cut([*system, *turns[dropped:]], limit)
        return Prompt(tuple(tokens), self.stops, dropped, too_long)

    @property
    def reads_system(self) -> bool:
        """System messages are always read: where the template has no place for them, the person's words begin with
        them.
        """
        return True

    @cached_property
    def _has_system(self) -> bool:
        """Whether the template has a place for system messages: some leave them out, some refuse them."""
        asked = Message(Role.USER, "a")
        try:
            return self.tokens([Message(Role.SYSTEM, "b"), asked]) != self.tokens([asked])
        except ModelDamaged:
            return False

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
        from genchat.engine.gpt.template_sandbox import TemplateRefused

        used = frozenset("".join((self.source, *(message.text for message in messages))))
        mark = next((mark for mark in _MARKS if mark not in used), None)
        free = list(islice((code for code in _HIDING if chr(code) not in used), len(self._beginnings)))
        if mark is None or len(free) < len(self._beginnings):
            raise ModelDamaged("template_failed", name=self.name, reason="U+E000")
        hidden = {ord(letter): code for letter, code in zip(self._beginnings, free, strict=False)}
        shown = {code: letter for letter, code in hidden.items()} | {ord(mark): None}
        given = [
            {"role": str(message.role), "content": f"{mark}{self._hide(message.text, hidden)}{mark}"}
            for message in messages
        ]
        try:
            rendered = self._template.render(given, self.variables)
        except TemplateRefused as error:
            raise ModelDamaged("template_failed", name=self.name, reason=error) from None
        found: list[int] = []
        pieces = self._splitter(rendered)
        flags = self.flags
        for before, piece, after in zip(["", *pieces], pieces, [*pieces[1:], ""], strict=False):
            token = self._whole.get(piece)
            if token is not None:
                found.append(token)
                continue
            text = stripped(piece.translate(shown), flags.get(before, ""), flags.get(after, ""))
            encode = self.tokenizer.encode_after_control if found else self.tokenizer.encode
            found.extend(encode(text))
        return found

    @cached_property
    def _beginnings(self) -> tuple[str, ...]:
        """The characters that control tokens begin with."""
        return tuple(sorted({name[0] for name in self.tokenizer.special_tokens if name}))

    def _hide(self, text: str, hidden: Mapping[int, int]) -> str:
        """Whole words such as "<think>" stay: a template may look for them."""
        whole = self.literals.keys() - self.tokenizer.special_tokens.keys()
        return "".join(piece if piece in whole else piece.translate(hidden) for piece in self._splitter(text))

    @cached_property
    def _whole(self) -> dict[str, int]:
        return {**self.literals, **self.tokenizer.special_tokens}

    @cached_property
    def _splitter(self) -> Callable[[str], list[str]]:
        longest_first = sorted(self._whole, key=len, reverse=True)
        cut = re.compile("(" + "|".join(map(re.escape, longest_first)) + ")") if longest_first else None
        return lambda text: [piece for piece in (cut.split(text) if cut else [text]) if piece]

    @cached_property
    def _template(self) -> "SandboxedTemplate":
        from genchat.engine.gpt.template_sandbox import SandboxedTemplate

        return SandboxedTemplate(self.source)

    def check(self) -> None:
        """Raise ModelDamaged unless the template can render a short conversation."""
        turns = [Message(Role.USER, "a"), Message(Role.ASSISTANT, "b"), Message(Role.USER, "c")]
        self.tokens(turns[:1])
        self.tokens(turns)


def _told_by_the_person(system: Sequence[Message], turns: Sequence[Message]) -> list[Message]:
    """The turns, what the system says standing before the newest words of the person, which are never dropped."""
    newest = next((place for place in range(len(turns) - 1, -1, -1) if turns[place].role is Role.USER), None)
    if newest is None:
        return list(turns)
    text = "\n\n".join([*(message.text for message in system), turns[newest].text])
    return [*turns[:newest], Message(Role.USER, text, turns[newest].data), *turns[newest + 1 :]]


def _next_question(turns: Sequence[Message], place: int) -> int:
    """The first turn after `place` that a person said, or the newest turn."""
    last = len(turns) - 1
    return next((later for later in range(place + 1, last) if turns[later].role is Role.USER), last)
