"""Passages and a question as the prompt of a model: fenced, numbered, and unable to pass for anything but quotations.

The fence holds a random word for each request, so no document can know it. That is a hurdle, not a wall: what limits
the harm is that a model here can only write text, and that its citations are checked afterwards.
"""

import re
import secrets
from collections.abc import Sequence

from genchat.engine.contract import Passage, Tokenizer
from genchat.engine.conversation import Message, Role
from genchat.engine.retrieval.phrases import said
from genchat.engine.retrieval.terms import Language

_LONGEST = 4000  # characters of one passage
_MARKER = re.compile(r"\[(\s*\d+(?:\s*,\s*\d+)*\s*)\]")
_CONTROL = re.compile(r"<\|?/?[A-Za-z_][\w ]{0,40}\|?>|<\||\|>|\[/?INST\]|<<+|>>+|```+|~~~+", re.IGNORECASE)
_LOOKALIKES = str.maketrans({"<": "‹", ">": "›", "`": "ʼ", "~": "∼", "[": "(", "]": ")"})


def new_fence() -> str:
    """A word that no document can know."""
    return secrets.token_hex(6)


def neutralised(text: str, fence: str) -> str:
    """A passage that holds no fence, no chat markers and no numbers in brackets that would pass for citations."""
    cut = text if len(text) <= _LONGEST else text[:_LONGEST] + " …"
    without_fence = cut.replace(fence, "…")
    plain = _CONTROL.sub(lambda match: match[0].translate(_LOOKALIKES), without_fence)
    return _MARKER.sub(lambda match: f"({match[1]})", plain)


def rag_messages(
    messages: Sequence[Message],
    passages: Sequence[Passage],
    language: Language,
    fence: str,
    more_rules: Sequence[str] = (),
) -> list[Message]:
    """The conversation with the rules in front and the passages before its last question."""
    *before, last = (message for message in messages if message.role is not Role.SYSTEM)
    # The rules stand last, so that no system prompt of a person undoes them.
    given = [message.text for message in messages if message.role is Role.SYSTEM]
    rules = Message(Role.SYSTEM, "\n".join([*given, said(language, "prompt_rules", fence=fence), *more_rules]))
    blocks = "\n\n".join(_block(passage, fence) for passage in passages)
    told = "\n\n".join([blocks, *_strengths(passages, language)])
    question = said(language, "prompt_question", passages=told, question=last.text.replace(fence, "…"))
    return [rules, *before, Message(Role.USER, question)]


def _strengths(passages: Sequence[Passage], language: Language) -> list[str]:
    """How much of the question each passage holds, by its words; nothing where that is not known."""
    if not any(passage.matched for passage in passages):
        return []
    shares = ", ".join(f"[{passage.number}] {sum(passage.matched.values()):.0%}" for passage in passages)
    return [said(language, "prompt_strengths", shares=shares)]


def fitting(passages: Sequence[Passage], tokenizer: Tokenizer | None, room: int | None) -> list[Passage]:
    """As many of the first passages as take `room` tokens; the first is always kept."""
    if tokenizer is None or room is None:
        return list(passages)
    kept: list[Passage] = []
    for passage in passages:
        room -= len(tokenizer.encode(passage.text)) + 32
        if kept and room < 0:
            break
        kept.append(passage)
    return kept


def _block(passage: Passage, fence: str) -> str:
    where = neutralised(f"{passage.source} · {passage.locator}", fence).replace("\n", " ")
    return f"<<{fence} [{passage.number}] {where}>>\n{neutralised(passage.text, fence)}\n<<{fence} end>>"
