"""The state of the chat, without any widget: the conversation, the model it is held with, the settings.

A reply is made by tui/chat/live_reply.py; other conversations are opened by tui/chat/conversation_manager.py.
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
from genchat.tui.chat.backend_pool import BackendPool
from genchat.tui.chat.dialogue import Dialogue, Status, Turn
from genchat.tui.chat.kept_conversations import recall
from genchat.tui.chat.reply_stream import ReplyStream, unkept
from genchat.tui.chat.services import ModelListing, Progress

_NOT_LOCAL = ("gemini", "documents", "plugin")


@dataclass
class Live:
    """The turn that is being written, and the stream that it comes from."""

    turn: Turn
    stream: ReplyStream


class Session:
    """A session holds one conversation at a time, and the model in use."""

    def __init__(self, pool: BackendPool, history: History, settings: ReplySettings, model: str) -> None:
        self.pool = pool
        self.history = history
        self.settings = settings
        self.model = model
        self.free_text = False
        self.pace = 0.0  # tokens a second at most; 0 is as fast as the model goes
        self.live: Live | None = None
        self.listings: tuple[ModelListing, ...] = ()
        self.dialogue = Dialogue()
        self.conversation: Conversation | None = None
        self.progress: Progress | None = None  # who wants to hear how far the opening of a model has come

    # -- models -------------------------------------------------------------------------------------------------

    @property
    def backend(self) -> Backend | None:
        """Return the backend in use, once it is open."""
        return self.pool.ready(self.model)

    def list_models(self) -> Sequence[ModelListing]:
        """Return the models of this machine, or none if they cannot be listed.

        This reads the disk, so call it in a worker thread.
        """
        try:
            self.listings = tuple(self.pool.source.models())
        except (GenchatError, OSError):
            self.listings = ()
        return self.listings

    def family_of(self, name: str) -> str:
        """Return the family of a model, as far as it is known without reading the disk."""
        backend = self.pool.ready(name)
        if backend is not None:
            return backend.info.family
        return next((listing.family for listing in self.listings if listing.name == name), "plugin")

    def local_model(self) -> str:
        """Return a model that runs here and shows its probabilities: an open one, else the first that can be opened."""
        open_model = self.pool.local()
        if open_model is not None:
            return open_model
        chatty = [
            listing
            for listing in self.listings
            if listing.chat and not listing.problem and listing.family not in _NOT_LOCAL
        ]
        return chatty[0].name if chatty else self.model

    def opener(self, with_documents: bool) -> tuple[str, Callable[[], Backend]]:
        """Return the name of the model to use, and a function that opens it.

        Without documents, that is the model behind them.
        """
        pool, progress, name = self.pool, self.progress, self.model
        backend = self.backend
        if with_documents or backend is None:
            return name, lambda: pool.open(name, progress)
        plain = backend.without_documents if isinstance(backend, AnswersFromDocuments) else None
        if plain is not None:
            return name, lambda: plain
        local = self.local_model()
        return local, lambda: pool.open(local, progress)

    # -- conversations ------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Begin a new, empty conversation."""
        self.dialogue = Dialogue()
        self.conversation = None

    def resume(self, dialogue: Dialogue, conversation: Conversation) -> None:
        """Continue a stored conversation."""
        self.dialogue = dialogue
        self.free_text = conversation.kind == "text"
        self.conversation = conversation

    @property
    def stored_id(self) -> str | None:
        """Return the id of the stored conversation, once it has a message."""
        return self.conversation.id if self.conversation is not None else None

    def conversation_to_write(self) -> Conversation:
        """Return the conversation that messages are stored in. Raises HistoryError."""
        if self.conversation is None:
            begun = self.history.new_conversation("text" if self.free_text else "chat")
            self.conversation = replace(begun, system=self.dialogue.system)
        return self.conversation

    def set_system(self, text: str) -> None:
        """Set the system prompt of the replies to come. Raises HistoryError."""
        if self.conversation is None:
            self.dialogue.system = text.strip()  # and is written with the first message
        else:
            self.conversation = self.history.set_system(self.conversation, text.strip())
            self.dialogue.system = self.conversation.system

    @property
    def reads_system(self) -> bool | None:
        """Return whether the model in use reads a system prompt, or None until it is open."""
        return None if self.backend is None else self.backend.capabilities.reads_system

    def set_free_text(self, free_text: bool) -> None:
        """Choose between answers and continuing a text.

        A conversation is of one kind, so another kind begins a new one.
        """
        if free_text != self.free_text:
            self.free_text = free_text
            if self.dialogue.path:
                self.begin()

    def show_sibling(self, turn: Turn, by: int) -> Turn | None:
        """Show another version of `turn`; returns None if there is none in that direction."""
        sibling = self.dialogue.show_sibling(turn, by)
        if sibling is None:
            return None
        self._recall_shown()
        return sibling

    def show_branch(self, turn: Turn) -> None:
        """Show the branch that `turn` lies on."""
        self.dialogue.show_branch(turn)
        self._recall_shown()

    def _recall_shown(self) -> None:
        for shown_turn in self.dialogue.path:
            recall(self.history, shown_turn)
        leaf = self.dialogue.leaf
        if leaf is not None and leaf.stored is not None:
            try:
                self.history.show(leaf.stored)
            except GenchatError as problem:
                leaf.notes.append(unkept(problem))

    # -- a reply to come ----------------------------------------------------------------------------------------

    def settings_for(self, question: Turn) -> ReplySettings:
        """Return the settings with a seed, which is chosen here rather than by the sampler so that the history knows
        it.

        A fixed seed is counted up for each version of a reply; the same seed again would give the same text.
        """
        fixed_seed = self.settings.sampling.seed
        seed = secrets.randbits(32) if fixed_seed is None else fixed_seed + len(question.children)
        return replace(self.settings, sampling=replace(self.settings.sampling, seed=seed))

    def new_reply(self, settings: ReplySettings) -> Turn:
        """Return an empty reply, signed with the name of the model in use."""
        backend = self.backend
        return Turn(
            Role.ASSISTANT,
            status=Status.WAITING if backend is None else Status.STREAMING,
            speaker=self.model if backend is None else backend.info.name,
            backend=self.model,
            family=self.family_of(self.model),
            free_text=self.free_text,
            settings=settings,
            system="" if self.free_text else self.dialogue.system,
        )

    # -- why ----------------------------------------------------------------------------------------------------

    def backend_of(self, turn: Turn) -> Backend | None:
        """Return the backend that wrote `turn`, if it is open."""
        named_backend = self.pool.made_by(turn.speaker)
        return named_backend[1] if named_backend is not None else None

    def explainer(self, turn: Turn) -> tuple[Backend, threading.Lock] | None:
        """Return the open backend that wrote `turn` and its lock, if it can say why it chose a token."""
        named_backend = self.pool.made_by(turn.speaker)
        if named_backend is None or not named_backend[1].capabilities.can_explain:
            return None
        return named_backend[1], self.pool.model_lock(named_backend[0])

    def prompt_of(self, turn: Turn) -> tuple[Message, ...] | str:
        """Return what the model read to write `turn`: messages, or the beginning of a free text."""
        if turn.free_text and turn.parent is not None:
            return turn.parent.text
        return tuple(self.dialogue.messages_before(turn))
