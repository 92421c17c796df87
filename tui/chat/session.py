"""What a conversation does, without any widget: ask, regenerate, edit, switch versions, stop, take in what arrives."""

import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from genchat.engine.contract import Backend, ReplySettings
from genchat.engine.conversation import Message, Role
from genchat.engine.errors import GenchatError
from genchat.engine.history.protocol import History
from genchat.engine.history.records import Conversation
from genchat.tui.chat.backend_desk import BackendDesk
from genchat.tui.chat.dialogue import Dialogue, Status, Turn
from genchat.tui.chat.history_writer import Keeper, recall
from genchat.tui.chat.reply_stream import Batch, ReplyStream, Request, take_notice
from genchat.tui.chat.services import ModelListing, Progress

_NOT_LOCAL = ("gemini", "documents", "plugin")


@dataclass
class Live:
    """The reply that is being made."""

    turn: Turn
    stream: ReplyStream


class Session:
    """One conversation at a time, and the model it is held with."""

    def __init__(self, desk: BackendDesk, history: History, settings: ReplySettings, model: str) -> None:
        self.desk = desk
        self.history = history
        self.settings = settings
        self.model = model
        self.free_text = False
        self.pace = 0.0  # tokens a second at most; 0 is as fast as the model goes
        self.live: Live | None = None
        self.listings: tuple[ModelListing, ...] = ()
        self.dialogue = Dialogue()
        self._keeper: Keeper | None = None
        self._progress: Progress | None = None

    # -- models -------------------------------------------------------------------------------------------------

    @property
    def backend(self) -> Backend | None:
        """The backend in use, once it is open."""
        return self.desk.ready(self.model)

    def list_models(self) -> Sequence[ModelListing]:
        """The models of this machine; none where they cannot be listed. Reads the disk: for a worker thread."""
        try:
            self.listings = tuple(self.desk.source.models())
        except (GenchatError, OSError):
            self.listings = ()
        return self.listings

    def family_of(self, name: str) -> str:
        """The family of a model, as far as is known without reading the disk."""
        backend = self.desk.ready(name)
        if backend is not None:
            return backend.info.family
        return next((each.family for each in self.listings if each.name == name), "plugin")

    # -- conversations ------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """A new, empty conversation."""
        self.dialogue = Dialogue()
        self._keeper = None

    def resume(self, dialogue: Dialogue, conversation: Conversation) -> None:
        """Go on with a kept one."""
        self.dialogue = dialogue
        self.free_text = conversation.kind == "text"
        self._keeper = Keeper(self.history, conversation=conversation)

    @property
    def stored_id(self) -> str | None:
        """The kept conversation's id, once something of it was said."""
        return self._keeper.conversation.id if self._keeper is not None else None

    def set_free_text(self, free_text: bool) -> None:
        """Answer, or continue a text. A conversation is of one kind, so another kind begins a new one."""
        if free_text != self.free_text:
            self.free_text = free_text
            if self.dialogue.path:
                self.begin()

    def _keeper_now(self) -> Keeper:
        if self._keeper is None:
            self._keeper = Keeper(self.history, self.free_text)
        return self._keeper

    # -- turns --------------------------------------------------------------------------------------------------

    def ask(self, text: str) -> Turn:
        """Add what the person says."""
        return self._ask_after(text, self.dialogue.leaf)

    def _ask_after(self, text: str, parent: Turn | None) -> Turn:
        question = self.dialogue.add(Turn(Role.USER, text, free_text=self.free_text), parent)
        self._keeper_now().keep_question(question, parent)
        if not self.dialogue.title:
            self.dialogue.title = text
        return question

    def edit(self, question: Turn, text: str) -> Turn:
        """Say something else in its place; what was said before stays as another version."""
        return self._ask_after(text, self.dialogue.parent_of(question))

    def answer(self, question: Turn, *, with_documents: bool = True) -> Live:
        """Begin a reply to `question`; a second one becomes a version beside the first.

        Without documents, the model that would answer from them answers by itself; where there is none, a local one.
        """
        settings = self._settings_for(question)
        turn = Turn(
            Role.ASSISTANT,
            status=Status.WAITING if self.backend is None else Status.STREAMING,
            backend=self.model,
            free_text=self.free_text,
            settings=settings,
        )
        self._sign(turn)
        self.dialogue.add(turn, question)
        name, open_backend = self._opener(with_documents)
        request = Request(
            tuple(self.dialogue.messages_before(turn)), settings, question.text if self.free_text else None
        )
        stream = ReplyStream(
            request,
            open_backend,
            self.desk.model_lock(name),
            self._keeper_now().listener(turn, question, settings),
            self.pace,
        )
        self.live = Live(turn, stream)
        return self.live

    def _opener(self, with_documents: bool) -> tuple[str, Callable[[], Backend]]:
        """The name of the model in use and how it is opened; without documents, what stands behind them."""
        desk, progress, name = self.desk, self._progress, self.model
        backend = self.backend
        plain = None if backend is None else getattr(backend, "without_documents", None)
        if with_documents or backend is None:
            return name, lambda: desk.open(name, progress)
        if plain is not None:
            return name, lambda: plain
        local = self.local_model()
        return local, lambda: desk.open(local, progress)

    def local_model(self) -> str:
        """The name of a model that runs here and shows its numbers: an open one, else the first that can be opened."""
        found = self.desk.local()
        if found is not None:
            return found
        chatty = [each for each in self.listings if each.chat and not each.problem and each.family not in _NOT_LOCAL]
        return chatty[0].name if chatty else self.model

    def _settings_for(self, question: Turn) -> ReplySettings:
        """The settings with a seed: chosen here rather than by the sampler, so that the history knows it.

        A fixed seed is counted up for each version of a reply; the same once more would be no other version.
        """
        wanted = self.settings.sampling.seed
        seed = secrets.randbits(32) if wanted is None else wanted + len(question.children)
        return replace(self.settings, sampling=replace(self.settings.sampling, seed=seed))

    def _sign(self, turn: Turn) -> None:
        if self.backend is not None:
            turn.speaker, turn.family = self.backend.info.name, self.backend.info.family
        else:
            turn.speaker, turn.family = self.model, self.family_of(self.model)

    def stop(self) -> bool:
        """End the running reply; False when there is none."""
        if self.live is None:
            return False
        self.live.stream.stop()
        return True

    def abandon(self) -> Turn | None:
        """Let go of a reply whose model does not come to its senses; what was written stays."""
        if self.live is None:
            return None
        turn = self.live.turn
        turn.status = Status.STOPPED
        self.live = None
        return turn

    def take(self, stream: ReplyStream, batch: Batch) -> Turn | None:
        """Put what arrived into the turn it belongs to; None if that reply was let go."""
        if self.live is None or self.live.stream is not stream:
            return None
        turn = self.live.turn
        turn.text += batch.text
        turn.records += batch.records
        for notice in batch.notices:
            take_notice(turn, notice)
        turn.passages = batch.passages or turn.passages
        turn.data = turn.data if batch.data is None else batch.data
        turn.tokens_per_second = batch.tokens_per_second
        if batch.backend is not None:
            turn.speaker, turn.family = batch.backend.info.name, batch.backend.info.family
            turn.status = Status.STREAMING
        if batch.status is not None:
            turn.status, turn.error = batch.status, batch.error
            turn.retry_at = None if batch.retry_after is None else time.monotonic() + batch.retry_after
            self.live = None
        return turn

    def show_sibling(self, turn: Turn, by: int) -> Turn | None:
        """Another version of `turn`; None when there is none that way."""
        found = self.dialogue.show_sibling(turn, by)
        if found is None:
            return None
        for each in self.dialogue.path:
            recall(self.history, each)
        if self._keeper is not None and self.dialogue.leaf is not None:
            self._keeper.show(self.dialogue.leaf)
        return found

    def use_progress(self, progress: Progress) -> None:
        """Who wants to hear how far the opening of a model has come."""
        self._progress = progress

    # -- why ----------------------------------------------------------------------------------------------------

    def backend_of(self, turn: Turn) -> Backend | None:
        """The backend that wrote `turn`, if it is open."""
        found = self.desk.made_by(turn.speaker)
        return found[1] if found is not None else None

    def explainer(self, turn: Turn) -> tuple[Backend, threading.Lock] | None:
        """The open backend that wrote `turn`, and its lock, if it can say why."""
        found = self.desk.made_by(turn.speaker)
        if found is None or not found[1].capabilities.can_explain:
            return None
        return found[1], self.desk.model_lock(found[0])

    def prompt_of(self, turn: Turn) -> tuple[Message, ...] | str:
        """What the model was given to write `turn`: messages, or the beginning of a free text."""
        if turn.free_text and turn.parent is not None:
            return turn.parent.text
        return tuple(self.dialogue.messages_before(turn))
