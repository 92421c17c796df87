"""What the chat is about, without any widget: the conversation, the model it is held with, the settings.

A reply is made by tui/chat/live_reply.py; other conversations are opened by tui/chat/conversation_shelf.py.
"""

import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from genchat.engine.contract import AnswersFromDocuments, Backend, ReplySettings
from genchat.engine.conversation import Message, Role
from genchat.engine.errors import GenchatError
from genchat.engine.history.protocol import History
from genchat.engine.history.records import Conversation
from genchat.tui.chat.backend_desk import BackendDesk
from genchat.tui.chat.dialogue import Dialogue, Status, Turn
from genchat.tui.chat.kept_conversations import recall
from genchat.tui.chat.reply_stream import ReplyStream, unkept
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
        self._conversation: Conversation | None = None
        self.progress: Progress | None = None  # who wants to hear how far the opening of a model has come

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

    def local_model(self) -> str:
        """The name of a model that runs here and shows its numbers: an open one, else the first that can be opened."""
        found = self.desk.local()
        if found is not None:
            return found
        chatty = [each for each in self.listings if each.chat and not each.problem and each.family not in _NOT_LOCAL]
        return chatty[0].name if chatty else self.model

    def opener(self, with_documents: bool) -> tuple[str, Callable[[], Backend]]:
        """The name of the model in use and how it is opened; without documents, what stands behind them."""
        desk, progress, name = self.desk, self.progress, self.model
        backend = self.backend
        if with_documents or backend is None:
            return name, lambda: desk.open(name, progress)
        plain = backend.without_documents if isinstance(backend, AnswersFromDocuments) else None
        if plain is not None:
            return name, lambda: plain
        local = self.local_model()
        return local, lambda: desk.open(local, progress)

    # -- conversations ------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """A new, empty conversation."""
        self.dialogue = Dialogue()
        self._conversation = None

    def resume(self, dialogue: Dialogue, conversation: Conversation) -> None:
        """Go on with a kept one."""
        self.dialogue = dialogue
        self.free_text = conversation.kind == "text"
        self._conversation = conversation

    @property
    def stored_id(self) -> str | None:
        """The kept conversation's id, once something of it was said."""
        return self._conversation.id if self._conversation is not None else None

    def conversation_to_write(self) -> Conversation:
        """The conversation that what is said is kept in. Raises HistoryError."""
        if self._conversation is None:
            self._conversation = self.history.new_conversation("text" if self.free_text else "chat")
        return self._conversation

    def set_free_text(self, free_text: bool) -> None:
        """Answer, or continue a text. A conversation is of one kind, so another kind begins a new one."""
        if free_text != self.free_text:
            self.free_text = free_text
            if self.dialogue.path:
                self.begin()

    def show_sibling(self, turn: Turn, by: int) -> Turn | None:
        """Another version of `turn`; None when there is none that way."""
        found = self.dialogue.show_sibling(turn, by)
        if found is None:
            return None
        for each in self.dialogue.path:
            recall(self.history, each)
        leaf = self.dialogue.leaf
        if leaf is not None and leaf.stored is not None:
            try:
                self.history.show(leaf.stored)
            except GenchatError as problem:
                leaf.notes.append(unkept(problem))
        return found

    # -- a reply to come ----------------------------------------------------------------------------------------

    def settings_for(self, question: Turn) -> ReplySettings:
        """The settings with a seed: chosen here rather than by the sampler, so that the history knows it.

        A fixed seed is counted up for each version of a reply; the same once more would be no other version.
        """
        wanted = self.settings.sampling.seed
        seed = secrets.randbits(32) if wanted is None else wanted + len(question.children)
        return replace(self.settings, sampling=replace(self.settings.sampling, seed=seed))

    def new_reply(self, settings: ReplySettings) -> Turn:
        """An empty reply, signed by the model in use as far as it is known."""
        backend = self.backend
        return Turn(
            Role.ASSISTANT,
            status=Status.WAITING if backend is None else Status.STREAMING,
            speaker=self.model if backend is None else backend.info.name,
            backend=self.model,
            family=self.family_of(self.model),
            free_text=self.free_text,
            settings=settings,
        )

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
