"""The chat screen: conversations, transcript, prompt and probability panel, and what happens between them."""

import time
from functools import partial
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Static
from textual.worker import get_current_worker

from engine.errors import GenchatError
from engine.language import say
from engine.text import safe, safe_line
from tui.dialogue import Status, Turn
from tui.evidence_requests import DEBOUNCE, EvidenceRequests, Question
from tui.keys import bind
from tui.messages import (
    BackendFailed,
    BackendOpened,
    ConversationLoaded,
    EvidenceArrived,
    LoadProgress,
    ReplyArrived,
    TokenChosen,
)
from tui.reply_stream import ReplyStream
from tui.screens.layout import Arrangement, arrange
from tui.session import Live, Session
from tui.widgets.conversation_list import ConversationList
from tui.widgets.header import Header
from tui.widgets.key_bar import KeyBar
from tui.widgets.panel import CandidateStrip, Panel
from tui.widgets.prompt import Prompt
from tui.widgets.surprise import SurpriseLine
from tui.widgets.transcript import Transcript

_PAINT_EVERY = 0.035  # seconds between two paintings of a growing reply
_PATIENCE = 0.6  # seconds a stopped reply has to end by itself


class ChatScreen(Screen[None]):
    """See the module."""

    AUTO_FOCUS = "#prompt"
    HELP_TITLE = "tui.help.chat"
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("escape", "stop", "stop", show=True, priority=True),
        bind("escape", "home", "home"),
        bind("f2", "backends", "backends", show=True, priority=True),
        bind("f3", "sampling", "sampling", show=True, priority=True),
        bind("f4", "tokens", "tokens", show=True, priority=True),
        bind("f5,ctrl+r", "regenerate", "regenerate", show=True, priority=True),
        bind("f6", "heat", "heat", priority=True),
        bind("f7", "edit", "edit", priority=True),
        bind("f8", "mode", "mode", priority=True),
        bind("f9,ctrl+b", "list", "list", priority=True),
        bind("f10", "panel", "panel", priority=True),
        bind("alt+left,left_square_bracket", "sibling(-1)", "sibling_previous"),
        bind("alt+right,right_square_bracket", "sibling(1)", "sibling_next"),
        bind("ctrl+n", "new", "new", priority=True),
        bind("ctrl+f", "search", "search", show=True, priority=True),
        bind("y", "copy", "copy_reply"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._arrangement = Arrangement()
        self._last_painted = 0.0
        self._drain_planned = False
        self._open_token: tuple[Turn, int] | None = None
        self._following = True
        self._editing: Turn | None = None
        self._evidence = EvidenceRequests(self._ask_why)

    def compose(self) -> ComposeResult:
        yield Header(id="header")
        with Horizontal(id="body"):
            yield ConversationList(id="conversations")
            with Vertical(id="middle"):
                yield Transcript(id="transcript")
                yield SurpriseLine(id="surprise")
                yield CandidateStrip(id="strip")
                with Horizontal(id="prompt-row"):
                    yield Static("›", id="prompt-mark", markup=False)
                    yield Prompt(id="prompt")
            yield Panel(id="panel")
        yield KeyBar(id="keys")
        yield Static(say("tui.too_small"), id="too-small", markup=False)

    # -- the parts ----------------------------------------------------------------------------------------------

    @property
    def transcript(self) -> Transcript:
        return self.query_one("#transcript", Transcript)

    @property
    def prompt(self) -> Prompt:
        return self.query_one("#prompt", Prompt)

    @property
    def panel(self) -> Panel:
        return self.query_one("#panel", Panel)

    @property
    def header(self) -> Header:
        return self.query_one("#header", Header)

    def on_mount(self) -> None:
        self._arrange()
        self._show_settings()
        self.session.use_progress(lambda key, share: self.post_message(LoadProgress(say(key), share)))
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self.load_backend(self.session.model)
        self.refresh_list()
        for notice in self.session.history.notices:
            self.note(say(notice.key, **dict(notice.values)))

    def on_resize(self, event: events.Resize) -> None:
        self._arrange()

    def _arrange(self) -> None:
        for name, wanted in arrange(self.app.size.width, self.app.size.height, self._arrangement).items():
            self.set_class(wanted, name)

    def note(self, text: str, severity: str = "information") -> None:
        """A word to the person that is no part of the conversation."""
        level = "error" if severity == "error" else "information"
        self.notify(safe(text), severity=level, markup=False)

    def _show_settings(self) -> None:
        self.header.show_settings(self.session.settings, self.session.free_text)
        self.prompt.suggest(say("tui.prompt.free_text" if self.session.free_text else "tui.prompt.chat"))

    # -- models -------------------------------------------------------------------------------------------------

    def load_backend(self, name: str) -> None:
        """Talk to another model from the next turn on."""
        self.session.model = name
        listing = self.session.listing(name)
        self.header.show_backend(listing.family if listing is not None else "plugin", name, None)
        backend = self.session.backend
        if backend is not None:
            self.post_message(BackendOpened(name, backend))
            return
        self._show_progress()
        self.run_worker(partial(self._load, name), thread=True, exit_on_error=False, group="load")

    def _load(self, name: str) -> None:
        try:
            backend = self.session.desk.open(name, lambda key, share: self.post_message(LoadProgress(say(key), share)))
        except GenchatError as error:
            self.post_message(BackendFailed(name, safe(str(error))))
        except Exception as error:
            reason = safe(f"{type(error).__name__}: {error}")
            self.post_message(BackendFailed(name, say("tui.load_failed", name=safe_line(name), reason=reason)))
        else:
            self.post_message(BackendOpened(name, backend))

    @on(LoadProgress)
    def _load_progressed(self, message: LoadProgress) -> None:
        self.header.show_loading(message.name, message.share)

    @on(BackendOpened)
    def _backend_opened(self, message: BackendOpened) -> None:
        if message.name == self.session.model:
            info = message.backend.info
            self.header.show_backend(info.family, info.name, info)
            self._show_progress()
            if self._open_token is None:
                self.panel.show(None, 0, message.backend.capabilities)

    @on(BackendFailed)
    def _backend_failed(self, message: BackendFailed) -> None:
        if message.name == self.session.model:
            self.header.show_problem(say("tui.header.failed"))
            if self.session.live is None:
                self.note(message.error, "error")

    def _show_progress(self) -> None:
        live = self.session.live
        if live is not None:
            self.header.show_progress(live.turn.status, live.turn.tokens_per_second)
        elif self.session.backend is None:
            self.header.show_progress(Status.WAITING, None)
        else:
            last = self.session.dialogue.last_reply
            self.header.show_progress(None, last.tokens_per_second if last is not None else None)

    # -- asking -------------------------------------------------------------------------------------------------

    @on(Prompt.Sent)
    def _sent(self, message: Prompt.Sent) -> None:
        text = message.text
        if self.session.live is not None:
            self.note(say("tui.still_writing"))
            return
        if not text.strip():
            return
        editing, self._editing = self._editing, None
        question = self.session.edit(editing, text) if editing is not None else self.session.ask(text)
        self.prompt.accept(text)
        self._show_settings()
        self._answer(question)

    def _answer(self, question: Turn) -> None:
        live = self.session.answer(question)
        self._following = True
        self._open_token = None
        self.transcript.show(self.session.dialogue.path)
        self.query_one("#surprise", SurpriseLine).show(live.turn, 0)
        self._show_progress()
        self.refresh_bindings()
        self.run_worker(partial(self._produce, live), thread=True, exit_on_error=False, group="reply")

    def _produce(self, live: Live) -> None:
        worker = get_current_worker()
        stream = live.stream
        stream.run(lambda: self.post_message(ReplyArrived(stream)), lambda: worker.is_cancelled)

    @on(ReplyArrived)
    def _reply_arrived(self, message: ReplyArrived) -> None:
        wait = self._last_painted + _PAINT_EVERY - time.monotonic()
        if wait <= 0:
            self._drain(message.stream)
        else:
            self.set_timer(wait, partial(self._drain, message.stream))

    def _drain(self, stream: ReplyStream) -> None:
        self._last_painted = time.monotonic()
        batch = stream.drain()
        turn = self.session.take(stream, batch)
        if turn is None:
            return
        if batch.records:
            self.transcript.grow(turn, batch.records)
        if batch.status is not None or batch.notices or batch.passages is not None or batch.backend is not None:
            self.transcript.refresh_turn(turn)
        if self._following:
            self._open(turn, len(turn.records) - 1)
        self._show_progress()
        if batch.status is not None:
            self._reply_ended(turn)

    def _reply_ended(self, turn: Turn) -> None:
        self.refresh_bindings()
        self.refresh_list()
        if self._following and turn.records:
            self._open(turn, len(turn.records) - 1)

    # -- the open token -----------------------------------------------------------------------------------------

    def _open(self, turn: Turn, index: int) -> None:
        backend = self.session.backend
        capabilities = backend.capabilities if backend is not None else None
        if index < 0:
            self.panel.show(turn, 0, capabilities)
            return
        self._open_token = (turn, index)
        self.panel.show(turn, index, capabilities)
        self.query_one("#strip", CandidateStrip).show(turn, index)
        self.query_one("#surprise", SurpriseLine).show(turn, index)
        self._want_evidence(turn, index)

    def _want_evidence(self, turn: Turn, index: int) -> None:
        known, evidence = self._evidence.known(turn, index)
        if known:
            self.panel.show_evidence(turn, index, evidence)
            self._evidence.want(None)
            return
        found = self.session.explainer(turn)
        if found is None:
            self._evidence.want(None)
            return
        messages = tuple(self.session.dialogue.messages_before(turn))
        self._evidence.want(Question(turn, index, *found, messages))
        self.set_timer(DEBOUNCE, self._poll_evidence)

    def _poll_evidence(self) -> None:
        self._evidence.poll(self.session.live is not None)

    def _ask_why(self, question: Question) -> None:
        self.run_worker(partial(self._explain, question), thread=True, exit_on_error=False, group="evidence")

    def _explain(self, question: Question) -> None:
        started = time.monotonic()
        try:
            evidence = question.ask()
        except Exception:
            evidence = None
        spent = time.monotonic() - started
        self.post_message(EvidenceArrived(question.turn, question.index, evidence, spent))

    @on(EvidenceArrived)
    def _evidence_arrived(self, message: EvidenceArrived) -> None:
        self._evidence.answered(message.turn, message.index, message.evidence, message.seconds)
        if self._open_token is not None and self._open_token[0] is message.turn:
            self.panel.show_evidence(message.turn, message.index, message.evidence)
        self._poll_evidence()

    @on(TokenChosen)
    def _token_chosen(self, message: TokenChosen) -> None:
        if message.turn is None or message.index is None:
            self._following = True
            reply = self.session.dialogue.last_reply
            if reply is not None and reply.records:
                self._open(reply, len(reply.records) - 1)
            return
        self._following = False
        if self.transcript.cursor != (message.turn, message.index):
            self.transcript.select(message.turn, message.index)
            return
        self._open(message.turn, message.index)

    # -- actions ------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        running = self.session.live is not None
        if action == "stop":
            return running
        if action == "home":
            return not running and not self.prompt.has_focus or self._editing is not None
        if action == "regenerate":
            return not running and self.session.dialogue.last_question is not None
        if action in ("edit", "new", "mode"):
            return not running and (action != "edit" or self.session.dialogue.last_question is not None)
        if action == "tokens":
            return any(turn.records for turn in self.session.dialogue.path)
        return True

    def action_stop(self) -> None:
        """End the reply; what was written stays."""
        if self.session.stop():
            live = self.session.live
            self.set_timer(_PATIENCE, lambda: self._give_up(live))

    def _give_up(self, live: Live | None) -> None:
        if live is not None and self.session.live is live:
            self._drain(live.stream)
            turn = self.session.abandon()
            if turn is not None:
                self.transcript.refresh_turn(turn)
                self._show_progress()
                self._reply_ended(turn)

    def action_home(self) -> None:
        """Back to the prompt."""
        if self._editing is not None:
            self._editing = None
            self.prompt.write("")
            self._show_settings()
        if self.has_class("-panel-only"):
            self._arrangement.panel = None
            self._arrange()
        self.prompt.focus()

    def action_tokens(self) -> None:
        """Walk the tokens."""
        self.transcript.focus()
        if self.transcript.cursor is None:
            self.transcript.action_token(-1)

    def action_regenerate(self) -> None:
        """Another version of the last reply."""
        question = self.session.dialogue.last_question
        if question is not None:
            self._answer(question)

    def action_edit(self) -> None:
        """Say something else in place of the last message."""
        question = self.session.dialogue.last_question
        if question is not None:
            self._editing = question
            self.prompt.write(question.text)
            self.query_one("#prompt-mark", Static).update("✎")
            self.prompt.focus()

    def action_heat(self) -> None:
        """Colour tokens by surprise, or not."""
        self.transcript.heat = not self.transcript.heat

    def action_mode(self) -> None:
        """Answer, or continue a text."""
        self.session.set_free_text(not self.session.free_text)
        self._show_conversation()

    def action_new(self) -> None:
        """A new conversation."""
        self.session.begin()
        self._show_conversation()
        self.prompt.focus()

    def _show_conversation(self) -> None:
        self._evidence.forget()
        self._open_token = None
        self._following = True
        self._editing = None
        self._show_settings()
        self.transcript.show(self.session.dialogue.path)
        self.panel.show(None, 0)
        self.query_one("#strip", CandidateStrip).show(None, 0)
        self.query_one("#surprise", SurpriseLine).show(None, 0)
        reply = self.session.dialogue.last_reply
        if reply is not None:
            self._open(reply, len(reply.records) - 1)
        self._show_progress()
        self.refresh_list()
        self.refresh_bindings()

    def action_list(self) -> None:
        """Show or hide the conversations."""
        self._arrangement.list = self.has_class("-no-list")
        self._arrange()
        if self._arrangement.list:
            self.query_one(ConversationList).focus()

    def action_panel(self) -> None:
        """Show or hide the panel."""
        self._arrangement.panel = self.has_class("-no-panel")
        self._arrange()
        if self.has_class("-panel-only"):
            self.panel.focus()

    def action_sibling(self, by: int) -> None:
        """Another version of the reply under the cursor, or of the last one."""
        cursor = self.transcript.cursor
        turn = cursor[0] if cursor is not None else self.session.dialogue.last_reply
        if turn is not None:
            self._switch(turn, by)

    @on(Transcript.SiblingWanted)
    def _sibling_wanted(self, message: Transcript.SiblingWanted) -> None:
        self._switch(message.turn, message.by)

    def _switch(self, turn: Turn, by: int) -> None:
        if self.session.live is None and self.session.show_sibling(turn, by) is not None:
            self._show_conversation()

    def action_copy(self) -> None:
        """The last reply into the clipboard."""
        reply = self.session.dialogue.last_reply
        if reply is not None:
            self.app.copy_to_clipboard(safe(reply.text))
            self.note(say("tui.copied"))

    # -- kept conversations -------------------------------------------------------------------------------------

    def refresh_list(self) -> None:
        """Read the list of conversations anew."""
        try:
            kept = self.session.history.conversations(limit=200)
        except GenchatError as problem:
            self.note(str(problem), "error")
            kept = ()
        self.query_one(ConversationList).show(kept, self.session.stored_id)
