"""A language model of this machine as something to talk to: the model, a chat template and the decoding loop."""

from collections.abc import Iterator, Sequence

from genchat.engine.contract import (
    Capabilities,
    Event,
    Finish,
    LanguageModel,
    ModelInfo,
    Notice,
    ReplySettings,
    Step,
    StopSignal,
    Tokenizer,
)
from genchat.engine.conversation import ChatTemplate, Message, Prompt, template_for
from genchat.engine.decoding import generate
from genchat.engine.errors import UsageError
from genchat.engine.evidence import Evidence
from genchat.engine.forking import Pasts
from genchat.engine.stop_texts import until_text

# Tokens of the context kept free for the reply when old turns are dropped: an eighth of a long context, within these.
_LEAST_ROOM, _MOST_ROOM = 64, 512


class LocalBackend:
    """See engine.contract.Backend."""

    def __init__(self, model: LanguageModel, template: ChatTemplate | None = None) -> None:
        self.model = model
        self.template: ChatTemplate = template or template_for(model.tokenizer)
        self.pasts: Pasts | None = None  # what remembers replies, where somebody may go on from within one

    @property
    def info(self) -> ModelInfo:
        return self.model.info

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities()

    @property
    def tokenizer(self) -> Tokenizer:
        return self.model.tokenizer

    def prompt(self, messages: Sequence[Message]) -> Prompt:
        """The tokens the model starts from for the next reply."""
        length = self.info.context_length
        if length is None:
            return self.template.render(messages, None)
        room = min(max(length // 8, _LEAST_ROOM), _MOST_ROOM, length // 2)
        return self.template.render(messages, max(length - room, 1))

    def reply(
        self, messages: Sequence[Message], settings: ReplySettings, should_stop: StopSignal | None = None
    ) -> Iterator[Event]:
        prompt = self.prompt(messages)
        yield from self._cut_notices(prompt)
        yield from self._run(prompt, settings, should_stop)

    def complete(self, text: str, settings: ReplySettings, should_stop: StopSignal | None = None) -> Iterator[Event]:
        unknown = self.tokenizer.unknown_in(text)
        if unknown:
            yield Notice("chat.unknown_pieces", {"pieces": " ".join(unknown[:8])})
        yield from self._run(self._text_prompt(text), settings, should_stop)

    def resume(
        self,
        asked: Sequence[Message] | str,
        tokens: Sequence[int],
        settings: ReplySettings,
        should_stop: StopSignal | None = None,
    ) -> Iterator[Event]:
        """See engine.contract.Resumes."""
        prompt = self._text_prompt(asked) if isinstance(asked, str) else self.prompt(asked)
        length = self.info.context_length
        if length is not None and len(prompt.tokens) + len(tokens) > length:
            raise UsageError("fork_beyond_context", tokens=length)
        yield from self._cut_notices(prompt)
        yield from self._run(prompt, settings, should_stop, tokens)

    def _text_prompt(self, text: str) -> Prompt:
        return Prompt(tuple(self.tokenizer.encode(text)), frozenset(self.tokenizer.special_tokens.values()))

    @staticmethod
    def _cut_notices(prompt: Prompt) -> Iterator[Event]:
        if prompt.dropped_messages:
            yield Notice("chat.oldest_turns_dropped", {"count": prompt.dropped_messages})
        if prompt.newest_cut:
            yield Notice("chat.newest_message_cut")

    def _steps(
        self, prompt: Prompt, settings: ReplySettings, should_stop: StopSignal, given: Sequence[int]
    ) -> Iterator[Step]:
        """The tokens of a reply, which begins with those of `given`; what is remembered of them is not read again."""
        places = () if self.pasts is None else self.pasts.best(prompt.tokens, settings.sampling, given)
        remembered = max(len(places) - 1, 0)
        past = None if self.pasts is None else self.pasts.begin(prompt.tokens, settings.sampling)
        before, after = (None, None) if self.pasts is None or past is None else self.pasts.recorder(past)
        for place in places[:remembered]:
            if past is not None and self.pasts is not None:
                self.pasts.add(past, place)
            yield place.step
        fork = places[remembered] if places else None
        for step in generate(
            self.model,
            [*prompt.tokens, *given[:remembered]],
            settings.sampling,
            max_tokens=settings.max_tokens - remembered,
            stop_tokens=prompt.stop_tokens,
            should_stop=should_stop,
            cursor=None if fork is None else fork.cursor.fork(),
            sampler=None if fork is None else fork.sampler.fork(),
            position=remembered,
            given=given[remembered:],
            written=[step.token for step in (place.step for place in places[:remembered]) if step.token is not None],
            remember=before,
        ):
            if after is not None:
                after(step)
            yield step

    def _run(
        self,
        prompt: Prompt,
        settings: ReplySettings,
        should_stop: StopSignal | None,
        given: Sequence[int] = (),
    ) -> Iterator[Event]:
        stopped = False

        def stop() -> bool:
            nonlocal stopped
            stopped = should_stop is not None and should_stop()
            return stopped

        last, length = None, self.info.context_length
        steps = self._steps(prompt, settings, stop, given)
        for step in until_text(steps, prompt.stop_texts) if prompt.stop_texts else steps:
            if length is not None and step.position == max(length - len(prompt.tokens) + 1, 0):
                yield Notice("chat.context_full", {"tokens": length})
            yield step
            last = step
        if stopped:
            yield Finish("stopped", len(prompt.tokens))
        elif last is not None and (
            last.token in prompt.stop_tokens or (prompt.stop_texts and last.position + 1 < settings.max_tokens)
        ):
            yield Finish("end", len(prompt.tokens))
        else:
            yield Finish("length", len(prompt.tokens))

    def explain(self, messages: Sequence[Message] | str, reply_tokens: Sequence[int]) -> Evidence | None:
        context = self.tokenizer.encode(messages) if isinstance(messages, str) else self.prompt(messages).tokens
        return self.model.start([*context, *reply_tokens]).evidence()
