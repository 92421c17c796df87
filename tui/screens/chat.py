"""The chat screen: conversations, transcript, prompt and probability panel, and what happens between them."""

import time
from functools import partial
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Static
from textual.worker import get_current_worker

from genchat.engine.language import say
from genchat.tui.chat.dialogue import Turn
from genchat.tui.chat.evidence_requests import DEBOUNCE, Question
from genchat.tui.chat.inspector import Inspector
from genchat.tui.chat.messages import CursorMoved, EvidenceArrived, ReplyArrived, TokenPicked
from genchat.tui.chat.reply_stream import ReplyStream
from genchat.tui.chat.session import Live, Session
from genchat.tui.keys import bind
from genchat.tui.screens.afterwards import AfterwardsScreen
from genchat.tui.screens.layout import Arrangement, arrange
from genchat.tui.widgets.conversation_list import ConversationList
from genchat.tui.widgets.header import Header
from genchat.tui.widgets.key_bar import KeyBar
from genchat.tui.widgets.panel import CandidateStrip, Panel
from genchat.tui.widgets.prompt import Prompt
from genchat.tui.widgets.surprise import SurpriseLine
from genchat.tui.widgets.transcript import Transcript

_PAUSE = (0.05, 0.25)  # least and most seconds between two paintings of a growing reply
_PAINTING_SHARE = 3  # a painting that took t seconds is followed by a pause of this times t, which belongs to the keys
_PATIENCE = 0.6  # seconds a stopped reply has to end by itself


class ChatScreen(AfterwardsScreen):
    """See the module."""

    AUTO_FOCUS = "#prompt"
    HELP_TITLE = "tui.help.chat"
    HELP_TEXTS = ("tui.help.reading", "tui.help.why")
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("escape", "stop", "stop", show=True, priority=True),
        bind("escape", "home", "home", show=True),
        bind("f2", "models", "models", show=True, priority=True),
        bind("f3", "sampling", "sampling", show=True, priority=True),
        bind("f4", "tokens", "tokens", show=True, priority=True),
        bind("f5,ctrl+r", "regenerate", "regenerate", show=True, priority=True),
        bind("f6", "heat", "heat", priority=True),
        bind("f7", "edit", "edit", priority=True),
        bind("f8", "mode", "mode", priority=True),
        bind("f9,ctrl+b", "list", "list", priority=True),
        bind("f10", "panel", "panel", show=True, priority=True),
        bind("alt+left,left_square_bracket", "sibling(-1)", "sibling_previous"),
        bind("alt+right,right_square_bracket", "sibling(1)", "sibling_next"),
        bind("tab", "next_place(1)", "next_place"),
        bind("shift+tab", "next_place(-1)", "previous_place"),
        bind("ctrl+n", "new", "new", priority=True),
        bind("ctrl+f", "search", "search", show=True, priority=True),
        bind("y", "copy", "copy_reply"),
    ]

    def __init__(self, session: Session, conversation: str | None = None) -> None:
        """`conversation` is a kept one to begin with."""
        super().__init__(session)
        self.conversation = conversation
        self.header = Header(id="header")
        self.conversations = ConversationList(id="conversations")
        self.transcript = Transcript(id="transcript")
        self.prompt = Prompt(id="prompt")
        self.panel = Panel(id="panel")
        self._strip = CandidateStrip(id="strip")
        self._surprise = SurpriseLine(id="surprise")
        self._mark = Static("›", id="prompt-mark", markup=False)
        self.inspector = Inspector(
            session, self.panel, self._strip, self._surprise, self._ask_why, self._poll_evidence_soon
        )
        self._arrangement = Arrangement()
        self._paint_next_at = 0.0
        self._editing: Turn | None = None

    def compose(self) -> ComposeResult:
        self._arrange(update=False)  # the parts below are styled for it when they are mounted
        yield self.header
        with Horizontal(id="body"):
            yield self.conversations
            with Vertical(id="middle"):
                yield self.transcript
                yield self._surprise
                yield self._strip
                with Horizontal(id="prompt-row"):
                    yield self._mark
                    yield self.prompt
            yield self.panel
        yield KeyBar(id="keys")
        yield Static(say("tui.too_small"), id="too-small", markup=False)

    def on_mount(self) -> None:
        self._show_settings()
        self.session.use_progress(self.load_progress)
        self.app.theme_changed_signal.subscribe(self, lambda theme: self.repaint_all())
        # A model that loads at once would hold up the first frame.
        self.call_after_refresh(self.call_after_refresh, self._begin)

    def _begin(self) -> None:
        self.load_backend(self.session.model)
        self.list_models()
        self.refresh_list()
        notices = self.session.history.notices
        self.header.show_kept(all(notice.key != "history.not_kept" for notice in notices))
        for notice in notices:
            self.note(say(notice.key, **dict(notice.values)), lasting=True)
        if self.conversation is not None:
            self.open_conversation(self.conversation)

    def on_resize(self, event: events.Resize) -> None:
        self._arrange()

    def _arrange(self, *, update: bool = True) -> None:
        self.update_classes(arrange(self.app.size.width, self.app.size.height, self._arrangement), update=update)

    def repaint_all(self) -> None:
        """Colours or language have changed."""
        self.transcript.repaint_all()
        self.panel.repaint_all()
        self._strip.repaint_all()
        for part in (self.header, self._surprise, self.query_one(KeyBar)):
            part.refresh()

    def _show_settings(self) -> None:
        self.header.show_settings(self.session.settings, self.session.free_text)
        mode = "editing" if self._editing else "free_text" if self.session.free_text else "chat"
        self.prompt.suggest(say(f"tui.prompt.{mode}"))
        self.transcript.invite(free_text=self.session.free_text)
        self._mark.update("✎" if self._editing else "¶" if self.session.free_text else "›")

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
        self.warn_of_keys(text)
        self._show_settings()
        self.answer(question)

    def answer(self, question: Turn, *, with_documents: bool = True) -> None:
        live = self.session.answer(question, with_documents=with_documents)
        self.transcript.show(self.session.dialogue.path)
        self.inspector.token = None
        self.inspector.follow(live.turn)
        self.show_progress()
        self.refresh_bindings()
        self.refresh_list()
        self.run_worker(partial(self._produce, live), thread=True, exit_on_error=False, group="reply")

    def _produce(self, live: Live) -> None:
        worker = get_current_worker()
        stream = live.stream
        stream.run(lambda: self.post_message(ReplyArrived(stream)), lambda: worker.is_cancelled)

    @on(ReplyArrived)
    def _reply_arrived(self, message: ReplyArrived) -> None:
        wait = self._paint_next_at - time.monotonic()
        if wait <= 0:
            self._drain(message.stream)
        else:
            self.set_timer(wait, partial(self._drain, message.stream))

    def _drain(self, stream: ReplyStream) -> None:
        started = time.monotonic()
        self._paint_next_at = started + _PAUSE[0]
        self.call_after_refresh(self._painted, started)
        batch = stream.drain()
        turn = self.session.take(stream, batch)
        if turn is None:
            return
        if batch.records:
            self.transcript.grow(turn, batch.records)
        if batch.changes_more_than_text:
            self.transcript.refresh_turn(turn)
        if self.inspector.following:
            self.inspector.follow(turn)
        self.show_progress()
        if batch.status is not None:
            self.reply_ended(turn)
            self.refresh_bindings()
            self.refresh_list()

    def _painted(self, started: float) -> None:
        """On a slow or busy machine paint less often."""
        spent = time.monotonic() - started
        self._paint_next_at = started + min(max(_PAINTING_SHARE * spent, _PAUSE[0]), _PAUSE[1])

    # -- the open token -----------------------------------------------------------------------------------------

    def _poll_evidence_soon(self) -> None:
        self.set_timer(1.05 * DEBOUNCE, self.inspector.poll)

    def _ask_why(self, question: Question) -> None:
        self.run_worker(partial(self._explain, question), thread=True, exit_on_error=False, group="evidence")

    def _explain(self, question: Question) -> None:
        started = time.monotonic()
        try:
            evidence = question.ask()
        except Exception:  # a model that cannot say why is no reason to end anything
            evidence = None
        spent = time.monotonic() - started
        self.post_message(EvidenceArrived(question.turn, question.index, evidence, spent))

    @on(EvidenceArrived)
    def _evidence_arrived(self, message: EvidenceArrived) -> None:
        self.inspector.answered(message)

    @on(CursorMoved)
    def _cursor_moved(self) -> None:
        cursor = self.transcript.cursor
        if cursor is None:
            self.inspector.follow(self.session.dialogue.last_reply)
        else:
            self.inspector.following = False
            self.inspector.open(*cursor)

    @on(TokenPicked)
    def _token_picked(self, message: TokenPicked) -> None:
        self.transcript.select(message.turn, message.index)

    # -- actions ------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        running = self.session.live is not None
        dialogue = self.session.dialogue
        match action:
            case "stop":
                return running
            case "home":
                return not running and (self._editing is not None or not self.prompt.has_focus)
            case "regenerate" | "edit":
                return not running and dialogue.last_question is not None
            case "new" | "mode":
                return not running
            case "copy":
                return dialogue.last_reply is not None
            case "tokens":
                return any(turn.records for turn in dialogue.path)
            case "rename" | "delete" | "export":
                return not running and self.session.stored_id is not None
        return super().check_action(action, parameters)

    def action_stop(self) -> None:
        """End the reply; what was written stays."""
        if self.session.stop():
            live = self.session.live
            self.set_timer(_PATIENCE, lambda: self._give_up(live))

    def _give_up(self, live: Live | None) -> None:
        if live is None or self.session.live is not live:
            return
        self._drain(live.stream)
        turn = self.session.abandon()
        if turn is not None:
            self.transcript.refresh_turn(turn)
            self.show_progress()
            self.refresh_bindings()

    def action_home(self) -> None:
        """Back to the prompt."""
        if self._editing is not None:
            self._editing = None
            self.prompt.write("")
            self._show_settings()
        self._leave_panel()
        self.prompt.focus()

    def _leave_panel(self) -> None:
        """Where the panel fills a narrow screen, bring the conversation back: what is hidden takes no keys."""
        if self.has_class("-panel-only"):
            self._arrangement.panel = None
            self._arrange()

    def action_next_place(self, by: int) -> None:
        """Prompt, conversation, panel, list: round and round."""
        order: list[Widget] = [self.prompt, self.transcript, self.panel, self.conversations]
        there = [place for place in order if place.display and place.region]
        here = there.index(self.focused) if self.focused in there else -by
        there[(here + by) % len(there)].focus()

    def action_tokens(self) -> None:
        """Walk the tokens."""
        self._leave_panel()
        self.transcript.focus()
        if self.transcript.cursor is None:
            self.transcript.action_token(-1)

    def action_sampling(self) -> None:
        """Change how tokens are drawn."""
        from genchat.tui.screens.sampling import Choices, SamplingScreen

        def chosen(choices: Choices | None) -> None:
            if choices is not None:
                self.session.settings, self.session.pace = choices.settings, choices.pace
                self._show_settings()

        self.app.push_screen(SamplingScreen(Choices(self.session.settings, self.session.pace)), chosen)

    def action_regenerate(self) -> None:
        """Another version of the last reply."""
        question = self.session.dialogue.last_question
        if question is not None:
            self.answer(question)

    def action_edit(self) -> None:
        """Say something else in place of the last message."""
        question = self.session.dialogue.last_question
        if question is not None:
            self._editing = question
            self._leave_panel()
            self.prompt.write(question.text)
            self._show_settings()
            self.prompt.focus()
            self.refresh_bindings()

    def action_heat(self) -> None:
        """Colour tokens by surprise, or not."""
        self.transcript.heat = not self.transcript.heat

    def action_mode(self) -> None:
        """Answer, or continue a text."""
        self.session.set_free_text(not self.session.free_text)
        self.show_conversation()
        self.action_home()

    def action_new(self) -> None:
        """A new conversation."""
        self.session.begin()
        self.show_conversation()
        self.action_home()

    def show_conversation(self) -> None:
        self._editing = None
        self._show_settings()
        self.transcript.show(self.session.dialogue.path)
        self.inspector.clear()
        self.inspector.follow(self.session.dialogue.last_reply)
        self.show_progress()
        self.refresh_list()
        self.refresh_bindings()

    def show_message(self, stored: int) -> None:
        turn = next((turn for turn in self.session.dialogue.path if turn.stored == stored), None)
        if turn is not None:
            self.transcript.reveal_turn(turn)

    def action_list(self) -> None:
        """Show or hide the conversations."""
        self._arrangement.list = self.has_class("-no-list") or self.has_class("-panel-only")
        self._leave_panel()
        self._arrange()
        (self.conversations if self._arrangement.list else self.prompt).focus()

    def action_panel(self) -> None:
        """Show or hide the panel."""
        self._arrangement.panel = self.has_class("-no-panel")
        self._arrange()
        if self.has_class("-panel-only"):
            self.panel.focus()
        elif not self.focused or not self.focused.region:
            self.prompt.focus()

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
            self.show_conversation()
