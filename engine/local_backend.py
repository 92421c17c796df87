"""A language model of this machine as something to talk to: the model, a chat template and the decoding loop."""

from collections.abc import Callable, Iterator, Sequence

from genchat.engine.contract import (
    AnswersFromDocuments,
    Backend,
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
from genchat.engine.evidence import Evidence
from genchat.engine.forking import Beginning, Pasts, begun
from genchat.engine.inside import InsideData, LooksInside
from genchat.engine.sampling import SamplingSettings
from genchat.engine.stop_texts import until_text

# Tokens of the context kept free for the reply when old turns are dropped: an eighth of a long context, within these.
_LEAST_ROOM, _MOST_ROOM = 64, 512


class LocalBackend:
    """See engine.contract.Backend."""

    def __init__(self, model: LanguageModel, template: ChatTemplate | None = None) -> None:
        self.model = model
        self.template: ChatTemplate = template or template_for(model.tokenizer)
        self.pasts: Pasts | None = None

    @property
    def info(self) -> ModelInfo:
        return self.model.info

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(reads_system=getattr(self.template, "reads_system", False))

    @property
    def tokenizer(self) -> Tokenizer:
        return self.model.tokenizer

    def keep_pasts(self, pasts: Pasts) -> None:
        """Keep the places of its replies in `pasts` from now on, so that forks of them need not read the past again."""
        self.pasts = pasts

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
        if prompt.dropped_messages:
            yield Notice("chat.oldest_turns_dropped", {"count": prompt.dropped_messages})
        if prompt.newest_cut:
            yield Notice("chat.newest_message_cut")
        yield from self._run(prompt, settings, should_stop)

    def complete(self, text: str, settings: ReplySettings, should_stop: StopSignal | None = None) -> Iterator[Event]:
        unknown = self.tokenizer.unknown_in(text)
        if unknown:
            yield Notice("chat.unknown_pieces", {"pieces": " ".join(unknown[:8])})
        yield from self._run(self.text_prompt(text), settings, should_stop)

    def text_prompt(self, text: str) -> Prompt:
        """The tokens the model starts from to go on with a text."""
        return Prompt(tuple(self.tokenizer.encode(text)), frozenset(self.tokenizer.special_tokens.values()))

    def fork(
        self,
        context: Sequence[Message] | str,
        beginning: Beginning,
        settings: ReplySettings,
        should_stop: StopSignal | None = None,
    ) -> Iterator[Event]:
        """The reply to messages, or the continuation of a text, that begins with the tokens of `beginning`.

        See engine.forking.begun for the steps of these tokens.
        """
        prompt = self.text_prompt(context) if isinstance(context, str) else self.prompt(context)
        yield from self._run(prompt, settings, should_stop, beginning)

    def _run(
        self,
        prompt: Prompt,
        settings: ReplySettings,
        should_stop: StopSignal | None,
        beginning: Beginning | None = None,
    ) -> Iterator[Event]:
        stopped = False

        def stop() -> bool:
            nonlocal stopped
            stopped = should_stop is not None and should_stop()
            return stopped

        last, length = None, self.info.context_length
        used, asked = settings.sampling, settings.sampling

        def steering() -> SamplingSettings:
            nonlocal asked
            asked = settings.sampling if settings.steering is None else settings.steering()
            return asked

        steers = None if settings.steering is None else steering
        notices: list[Notice] = []
        if beginning is not None:
            steps = self._forked(prompt, settings, stop, beginning, steers, notices)
        else:
            steps = generate(
                self.model,
                prompt.tokens,
                settings.sampling,
                max_tokens=settings.max_tokens,
                stop_tokens=prompt.stop_tokens,
                should_stop=stop,
                steering=steers,
                watch=None if self.pasts is None else self.pasts.keep(self.model),
            )
        for step in until_text(steps, prompt.stop_texts) if prompt.stop_texts else steps:
            yield from notices
            notices.clear()
            if asked != used:
                used = asked
                yield Notice("chat.settings_changed", {"place": step.position + 1})
            if length is not None and step.position == max(length - len(prompt.tokens) + 1, 0):
                yield Notice("chat.context_full", {"tokens": length})
            yield step
            last = step
        yield from notices
        if stopped:
            yield Finish("stopped", len(prompt.tokens))
        elif last is not None and (last.token in prompt.stop_tokens or last.position + 1 < settings.max_tokens):
            yield Finish("end", len(prompt.tokens))
        else:
            yield Finish("length", len(prompt.tokens))

    def _forked(
        self,
        prompt: Prompt,
        settings: ReplySettings,
        should_stop: StopSignal,
        beginning: Beginning,
        steering: Callable[[], SamplingSettings] | None,
        notices: list[Notice],
    ) -> Iterator[Step]:
        """The steps alone; what else is to be told goes into `notices`."""
        events = begun(
            self.model,
            prompt.tokens,
            beginning,
            settings,
            stop_tokens=prompt.stop_tokens,
            should_stop=should_stop,
            pasts=self.pasts,
            steering=steering,
        )
        for event in events:
            if isinstance(event, Notice):
                notices.append(event)
            else:
                yield event

    def explain(self, messages: Sequence[Message] | str, reply_tokens: Sequence[int]) -> Evidence | None:
        context = self.tokenizer.encode(messages) if isinstance(messages, str) else self.prompt(messages).tokens
        return self.model.start([*context, *reply_tokens]).evidence()

    def look_inside(
        self, messages: Sequence[Message] | str, reply_tokens: Sequence[int], chosen: int | None
    ) -> InsideData | None:
        """See engine.inside.ShowsInside."""
        if not isinstance(self.model, LooksInside):
            return None
        context = self.tokenizer.encode(messages) if isinstance(messages, str) else self.prompt(messages).tokens
        return self.model.look_inside([*context, *reply_tokens], chosen, len(context))


def local_backend_of(backend: Backend | None) -> LocalBackend | None:
    """This is the backend itself where it is a model of this machine, or the one behind documents; None for others."""
    if isinstance(backend, AnswersFromDocuments):
        backend = backend.without_documents
    return backend if isinstance(backend, LocalBackend) else None
