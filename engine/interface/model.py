"""An opened model: what could come next, how surprising a text is, continuations, replies, reasons."""

from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING

from genchat.engine.errors import TextUnusable, UsageError
from genchat.engine.interface.arguments import (
    Ids,
    Messages,
    checked_ids,
    count_of,
    ids_of,
    messages_of,
    text_ids_or_messages,
    text_or_ids,
)

if TYPE_CHECKING:
    from genchat.engine.contract import Backend, Capabilities, Event, LanguageModel, ModelInfo, ReplySettings, Tokenizer
    from genchat.engine.conversation import Message
    from genchat.engine.evidence import Evidence
    from genchat.engine.interface.explanation import Explanation
    from genchat.engine.interface.next_tokens import NextTokens
    from genchat.engine.interface.reply import Reply
    from genchat.engine.interface.score import Score
    from genchat.engine.interface.tokens import Tokens

_EXPLAINED = 3  # candidates that an explanation speaks about


class Model:
    """`genchat.open` makes a model. Close it, or use it in a `with` block, to give its memory back."""

    def __init__(self, backend: "Backend", settings: "ReplySettings") -> None:
        """`settings` are what a reply keeps to where a call says nothing else."""
        self._backend: Backend | None = backend
        self._settings = settings
        self._name = backend.info.name

    def next(self, text: "str | Ids | Messages", top: int = 10) -> "NextTokens":
        """The `top` likeliest tokens after a text, after token ids, or at the beginning of a reply to messages.

        Raises UsageError for a model that shows no exact distribution.
        """
        from genchat.engine.distribution import exact
        from genchat.engine.interface.next_tokens import NextTokens

        count, model = count_of("top", top), self._language_model()
        cursor = model.start(self._tokens_of(text, model.tokenizer))
        return NextTokens(exact(cursor.log_probs()), model.tokenizer, count)

    def score(self, text: "str | Ids", context: "str | Ids" = "") -> "Score":
        """The price of each token of a text in bits, after a `context` that is read but not priced.

        Raises UsageError for a model that shows no exact distribution, TextUnusable for an empty text.
        """
        from genchat.engine.interface.score import Score

        model = self._language_model()
        ids, before = self._encoded(text, model.tokenizer), self._encoded(context, model.tokenizer)
        if not ids:
            raise TextUnusable("text_empty_given", name="text")
        written = text if isinstance(text, str) else model.tokenizer.decode(ids)
        return Score(model, ids, written, before)

    def complete(
        self,
        text: "str | Ids",
        *,
        max_tokens: int | None = None,
        temperature: float | None = None,
        seed: int | None = None,
        **sampling: object,
    ) -> "Reply":
        """Go on with a text, or after token ids. `sampling` takes every other setting of sampling by its name."""
        from genchat.engine.interface.reply import Reply

        backend, prompt = self.backend, text_or_ids(text)
        settings = self._with(sampling, max_tokens, temperature, seed)
        if isinstance(prompt, str):
            return Reply(backend.complete(prompt, settings), backend.tokenizer, settings)
        model = self._language_model()
        ids = checked_ids(prompt, model.tokenizer)
        return Reply(_after_ids(model, ids, settings), model.tokenizer, settings)

    def chat(
        self,
        messages: "str | Message | Messages",
        *,
        max_tokens: int | None = None,
        temperature: float | None = None,
        seed: int | None = None,
        **sampling: object,
    ) -> "Reply":
        """Answer a message, or the last one of a conversation such as [{"role": "user", "content": "Hi"}, …]."""
        from genchat.engine.interface.reply import Reply

        backend, conversation = self.backend, messages_of(messages)
        settings = self._with(sampling, max_tokens, temperature, seed)
        return Reply(backend.reply(conversation, settings), backend.tokenizer, settings, conversation)

    def tokens(self, text: "str | Ids") -> "Tokens":
        """The tokens of a text; of token ids, what each of them stands for. Raises UsageError for a remote model."""
        from genchat.engine.interface.tokens import Tokens

        tokenizer = self.backend.tokenizer
        if tokenizer is None or self.capabilities.remote:
            raise UsageError("cannot_show_tokens", backend=self._name)
        return Tokens(self._encoded(text, tokenizer), tokenizer)

    def explain(self, text: "str | Ids | Message | Messages", reply: "str | Ids" = "") -> "Explanation":
        """The explanation says why the model expects what it expects after a text, or in the reply to messages.

        `reply` is how the reply (or the continuation of the text) begins; without it the reasons are those of its
        first token. Raises UsageError for a model that gives no reasons.
        """
        from genchat.engine.evidence import NoEvidence
        from genchat.engine.interface.explanation import Explanation

        backend = self.backend
        if not self.capabilities.can_explain:
            raise UsageError("cannot_explain", backend=self._name)
        model = self._language_model()
        begun, context = self._encoded(reply, model.tokenizer), text_ids_or_messages(text)
        before = self._tokens_of(context, model.tokenizer)
        evidence: Evidence | None
        if ids_of(context) is not None:
            evidence = model.start([*before, *begun]).evidence()
        else:
            evidence = backend.explain(context if isinstance(context, str) else messages_of(context), begun)
        likeliest = self.next([*before, *begun], _EXPLAINED)
        return Explanation(evidence or NoEvidence(), model.tokenizer, [row.id for row in likeliest])

    @property
    def info(self) -> "ModelInfo":
        """These facts say what the model is: family, size of the vocabulary, context length, number of parameters,
        checksum.
        """
        return self.backend.info

    @property
    def capabilities(self) -> "Capabilities":
        """These flags say what the model can honestly offer."""
        return self.backend.capabilities

    @property
    def settings(self) -> "ReplySettings":
        """A reply keeps to these settings where a call says nothing else: the person's own."""
        return self._settings

    @property
    def backend(self) -> "Backend":
        """The rest of genchat works with this backend. Raises UsageError once the model is closed."""
        if self._backend is None:
            raise UsageError("model_closed", name=self._name)
        return self._backend

    def close(self) -> None:
        """Let the model go. May be called twice; any later use raises UsageError."""
        self._backend = None

    def __enter__(self) -> "Model":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        if self._backend is None:
            return f"<genchat.Model {self._name!r}, closed=True>"
        info = self.info
        sizes = f"vocabulary_size={info.vocabulary_size}, parameters={info.parameters}"
        return f"<genchat.Model {info.name!r}, family={info.family!r}, {sizes}>"

    def _language_model(self) -> "LanguageModel":
        from genchat.engine.registry import language_model

        return language_model(self.backend)

    def _with(
        self, sampling: Mapping[str, object], max_tokens: int | None, temperature: float | None, seed: int | None
    ) -> "ReplySettings":
        from genchat.engine.interface.reply_options import with_options

        named = {"max_tokens": max_tokens, "temperature": temperature, "seed": seed}
        return with_options(self._settings, {**named, **sampling})

    def _encoded(self, value: object, tokenizer: "Tokenizer") -> tuple[int, ...]:
        text = text_or_ids(value)
        return tuple(tokenizer.encode(text)) if isinstance(text, str) else checked_ids(text, tokenizer)

    def _tokens_of(self, value: object, tokenizer: "Tokenizer") -> tuple[int, ...]:
        """A text or ids as they stand; messages as the prompt of the reply to them."""
        from genchat.engine.local_backend import LocalBackend

        context = text_ids_or_messages(value)
        if isinstance(context, str):
            return tuple(tokenizer.encode(context))
        ids = ids_of(context)
        if ids is not None:
            return checked_ids(ids, tokenizer)
        messages, backend = messages_of(context), self.backend
        if not isinstance(backend, LocalBackend):
            raise UsageError("cannot_score", backend=self._name)
        return backend.prompt(messages).tokens


def _after_ids(model: "LanguageModel", ids: Sequence[int], settings: "ReplySettings") -> "Iterator[Event]":
    from genchat.engine.contract import Finish
    from genchat.engine.decoding import generate
    from genchat.engine.sampling import Sampler

    stops = frozenset(model.tokenizer.special_tokens.values())
    last, limit, sampler = None, settings.max_tokens, Sampler(settings.sampling, model.tokenizer)
    for step in generate(model, ids, settings.sampling, max_tokens=limit, stop_tokens=stops, sampler=sampler):
        yield step
        last = step.token
    yield Finish("end" if last in stops or sampler.complete else "length", len(ids))
