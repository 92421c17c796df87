"""How an answer ended: the service's own words for it, and what they mean for the person.

The words change over time; one that is not known is shown as it is.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from genchat.engine.contract import Event, Finish, FinishReason, Notice
from genchat.engine.gemini.client import Chunk
from genchat.engine.text import safe_line

_BLOCKS = frozenset(
    (
        *("SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MODEL_ARMOR", "JAILBREAK"),
        *("IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION"),
    )
)


@dataclass(frozen=True, slots=True)
class Ending:
    """An ending is what is known so far of how the answer ended."""

    word: str = ""
    message: str = ""
    prompt_block: str = ""
    wrote: bool = False
    prompt_tokens: int | None = None
    answer_tokens: int | None = None
    thought_tokens: int | None = None
    version: str = ""

    def after(self, chunk: Chunk) -> "Ending":
        """The result takes in what one more chunk says."""
        return Ending(
            word=chunk.finish or self.word,
            message=chunk.finish_message or self.message,
            prompt_block=chunk.prompt_block or self.prompt_block,
            wrote=self.wrote or bool(chunk.text),
            prompt_tokens=chunk.prompt_tokens or self.prompt_tokens,
            answer_tokens=chunk.answer_tokens or self.answer_tokens,
            thought_tokens=chunk.thought_tokens or self.thought_tokens,
            version=chunk.model_version or self.version,
        )

    @property
    def ended(self) -> bool:
        """This is true once the service said that, or why, there is no more."""
        return bool(self.word or self.prompt_block)

    @property
    def is_whole(self) -> bool:
        """This is true where nothing but the length, if anything, held the answer up."""
        return self.word in ("", "STOP", "MAX_TOKENS") and not self.prompt_block

    def finish(self, reason: FinishReason, detail: str = "") -> Finish:
        """The last event; its detail is the version of the model where there is nothing else to say."""
        return Finish(reason, self.prompt_tokens, detail or safe_line(self.version, 80))

    def events(self, limit_reached: bool) -> Iterator[Event]:
        """These are the notices about the end, and the Finish."""
        word = safe_line(self.word, 60)
        values = {"reason": word, "message": safe_line(self.message, 200)}
        if self.prompt_block:
            blocked = safe_line(self.prompt_block, 60)
            yield Notice("gemini.question_blocked", {"reason": blocked})
            yield self.finish("blocked", blocked)
        elif limit_reached:
            yield self.finish("length")
        elif self.word == "MAX_TOKENS":
            if not self.wrote:
                thoughts = self.thought_tokens
                key = "gemini.only_thoughts" if thoughts else "gemini.no_room"
                yield Notice(key, {"tokens": thoughts} if thoughts else {})
            yield self.finish("length")
        elif self.word in _BLOCKS:
            yield Notice("gemini.answer_blocked", values)
            yield self.finish("blocked", word)
        elif self.word in ("STOP", ""):
            if not self.wrote:
                yield Notice("gemini.empty_answer")
            yield self.finish("end")
        else:
            yield Notice("gemini.ended_otherwise", values)
            yield self.finish("end", word)
