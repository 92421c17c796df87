"""The border: a plug-in's backend as the rest of genchat sees it.

Whatever the code behind it raises comes out as an error that names the plug-in; every event is checked. What the
backend is and can do is read once, when it is opened.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from genchat.engine.contract import (
    Backend,
    Capabilities,
    Event,
    Finish,
    ModelInfo,
    ReplySettings,
    StopSignal,
    Tokenizer,
)
from genchat.engine.conversation import Message, Prompt
from genchat.engine.evidence import Evidence
from genchat.engine.forking import Pasts
from genchat.engine.language import say
from genchat.engine.local_backend import LocalBackend
from genchat.engine.plugins.checked_model import CheckedModel, CheckedTokenizer
from genchat.engine.plugins.conformance import checked_capabilities, checked_info, require
from genchat.engine.plugins.events import EventChecker
from genchat.engine.plugins.evidence import EvidenceChecker
from genchat.engine.plugins.guard import Guard

_NOTHING = object()


class _Border:
    """What both kinds of backend share: how the calls of a plug-in's backend `inner` are made."""

    def __init__(self, inner: Backend, name: str, tokenizer: CheckedTokenizer | None) -> None:
        self.inner = inner
        self.name = name
        self.tokenizer = tokenizer

    def listen(self, events: object, should_stop: StopSignal | None) -> Iterator[Event]:
        """The method yields every event of a reply, checked. Raises PluginError, and what the plug-in raises in
        genchat's own classes.
        """
        checker = EventChecker(self.name, self.tokenizer)
        with Guard(self.name, should_stop):
            if isinstance(events, str) or not isinstance(events, Iterable):
                checker.wrong("reply(…)", events, "Iterator[Event]")
            coming = iter(events)
        try:
            while True:
                with Guard(self.name, should_stop):
                    event = next(coming, _NOTHING)
                if event is _NOTHING:
                    yield Finish("cut", detail=say("plugins.no_finish", name=self.name))
                    return
                checked = checker.event(event)
                self._raise_fault_of_tokenizer()
                yield checked
                if isinstance(checked, Finish):
                    return
        finally:
            # What goes wrong while a reply is left no longer concerns anybody.
            with suppress(Exception):
                getattr(coming, "close", lambda: None)()

    def _raise_fault_of_tokenizer(self) -> None:
        if self.tokenizer is not None and self.tokenizer.fault is not None:
            fault, self.tokenizer.fault = self.tokenizer.fault, None
            raise fault


class _Replying:
    """The calls that may run a plug-in's code for long."""

    _border: _Border

    def reply(
        self, messages: Sequence[Message], settings: ReplySettings, should_stop: StopSignal | None = None
    ) -> Iterator[Event]:
        """Raises PluginError, and what the plug-in raises in genchat's own classes."""
        border = self._border
        with Guard(border.name, should_stop):
            events = border.inner.reply(messages, settings, should_stop)
        yield from border.listen(events, should_stop)

    def complete(self, text: str, settings: ReplySettings, should_stop: StopSignal | None = None) -> Iterator[Event]:
        """Raises PluginError, and what the plug-in raises in genchat's own classes."""
        border = self._border
        with Guard(border.name, should_stop):
            events = border.inner.complete(text, settings, should_stop)
        yield from border.listen(events, should_stop)

    def explain(self, messages: Sequence[Message] | str, reply_tokens: Sequence[int]) -> Evidence | None:
        """Raises PluginError."""
        border = self._border
        with Guard(border.name):
            evidence = border.inner.explain(messages, reply_tokens)
        return None if evidence is None else EvidenceChecker(border.name).evidence(evidence)


class CheckedBackend(_Replying):
    """See engine.contract.Backend: a backend of a plug-in's own, behind the border."""

    def __init__(self, inner: Backend, name: str) -> None:
        """Raises PluginError for one that lacks what the contract asks for."""
        with Guard(name):
            require(inner, Backend, name)
            self.info: ModelInfo = checked_info(inner.info, name)
            self.capabilities: Capabilities = checked_capabilities(inner.capabilities, name)
            inner_tokenizer = inner.tokenizer
        tokenizer = None if inner_tokenizer is None else CheckedTokenizer(inner_tokenizer, name)
        self.tokenizer: Tokenizer | None = tokenizer
        if hasattr(getattr(inner, "model", None), "start"):
            self.model = CheckedModel.around(inner.model, name)  # type: ignore[attr-defined]
        self._border = _Border(inner, name, tokenizer)


class CheckedLocalBackend(_Replying, LocalBackend):
    """A LocalBackend that a plug-in made, or one that inherits from it, behind the border; so is the model inside."""

    def __init__(self, inner: LocalBackend, name: str) -> None:
        """Raises PluginError for one that lacks what the contract asks for."""
        model = CheckedModel.around(inner.model, name)
        if type(inner) is LocalBackend:
            inner = LocalBackend(model, inner.template)
        super().__init__(model, inner.template)
        with Guard(name):
            require(inner, Backend, name)
            self._info = checked_info(inner.info, name)
            self._capabilities = checked_capabilities(inner.capabilities, name)
        self._local = inner
        self._border = _Border(inner, name, model.tokenizer)

    @property
    def info(self) -> ModelInfo:
        return self._info

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    def keep_pasts(self, pasts: Pasts) -> None:
        super().keep_pasts(pasts)
        if type(self._local) is LocalBackend:  # its replies are those of the checked model
            self._local.keep_pasts(pasts)

    def prompt(self, messages: Sequence[Message]) -> Prompt:
        """Raises PluginError."""
        with Guard(self._border.name):
            return self._local.prompt(messages)
