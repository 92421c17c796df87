"""The chat screen: where its parts stand, which key does what, and which controller receives which message.

Every controller of tui/chat owns one thing. ModelSwitcher owns the model, ConversationManager the stored conversations,
Composer the message that is being written, LiveReply the reply that is being generated, Inspector the token that is
open, and SecondOpinion another model's view of a reply. This module puts them together. They do not know the internals
of one another, and they do not know this screen.
"""

from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Static

from genchat.engine.conversation import Role
from genchat.engine.language import say
from genchat.engine.text import safe, safe_line
from genchat.tui.chat import messages
from genchat.tui.chat.bench import Bench
from genchat.tui.chat.composer import Composer
from genchat.tui.chat.conversation_manager import ConversationManager
from genchat.tui.chat.dialogue import Turn
from genchat.tui.chat.forking import Forking
from genchat.tui.chat.host import Host
from genchat.tui.chat.inspector import Inspector
from genchat.tui.chat.live_reply import LiveReply, ReplyCallbacks
from genchat.tui.chat.model_switcher import ModelSwitcher
from genchat.tui.chat.second_opinion import SecondOpinion
from genchat.tui.chat.session import Session
from genchat.tui.chat.several_models import SeveralModels
from genchat.tui.chat.steering import Steering
from genchat.tui.keys import bind
from genchat.tui.screens.exchange_keys import ExchangeKeys
from genchat.tui.screens.explanations import explanations_of
from genchat.tui.screens.fork_keys import FORK_ACTIONS, ForkKeys
from genchat.tui.screens.layout import Arrangement, arrange
from genchat.tui.screens.sharing import SharingScreen
from genchat.tui.tour.card import TourCard
from genchat.tui.tour.guide import Guide
from genchat.tui.widgets.conversation_list import ConversationList
from genchat.tui.widgets.header import Header
from genchat.tui.widgets.key_bar import KeyBar
from genchat.tui.widgets.panel import CandidateStrip, Panel
from genchat.tui.widgets.prompt import Prompt
from genchat.tui.widgets.surprise import SurpriseLine
from genchat.tui.widgets.tint import following
from genchat.tui.widgets.transcript import Transcript

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from genchat.tui.screens.columns import Taken


class ChatScreen(ExchangeKeys, ForkKeys, SharingScreen):
    """The chat screen creates the widgets and the controllers and forwards keys and messages to them."""

    AUTO_FOCUS = "#prompt"
    HELP_TITLE = "tui.help.chat"
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("escape", "stop", "stop", show=True, priority=True),
        bind("escape", "home", "home", show=True),
        bind("ctrl+d", "without_documents", "without_documents", show=True, priority=True),
        bind("o", "opinion", "opinion", show=True),
        bind("f2", "models", "models", show=True, priority=True),
        bind("f3", "sampling", "sampling", show=True, priority=True),
        bind("f4", "tokens", "tokens", show=True, priority=True),
        bind("f5,ctrl+r", "regenerate", "regenerate", show=True, priority=True),
        bind("f6", "heat", "heat", priority=True),
        bind("ctrl+s", "tour_next", "tour_next", priority=True),
        bind("ctrl+x", "tour_leave", "tour_leave", priority=True),
        bind("f7", "edit", "edit", priority=True),
        bind("f8", "mode", "mode", priority=True),
        bind("f9,ctrl+b", "list", "list", priority=True),
        bind("f10", "panel", "panel", show=True, priority=True),
        bind("alt+left,left_square_bracket", "sibling(-1)", "sibling_previous"),
        bind("alt+right,right_square_bracket", "sibling(1)", "sibling_next"),
        bind("left_curly_bracket", "question_sibling(-1)", "question_previous"),
        bind("right_curly_bracket", "question_sibling(1)", "question_next"),
        bind("tab", "next_place(1)", "next_place"),
        bind("shift+tab", "next_place(-1)", "previous_place"),
        bind("g", "tree", "tree"),
        bind("ctrl+g", "tree", "tree_anywhere", priority=True),
        bind("ctrl+n", "new", "new", priority=True),
        bind("ctrl+f", "search", "search", show=True, priority=True),
        bind("y", "copy", "copy_reply"),
    ]

    def __init__(
        self,
        session: Session,
        conversation: str | None = None,
        inspected: str | None = None,
        *,
        tour: bool = False,
        bookmark: "Path | None" = None,
    ) -> None:
        """`conversation` is a stored one to begin with, `inspected` a text to be scored. `tour` begins the tour, whose
        place is kept in the file `bookmark`; without one it is not offered.
        """
        super().__init__()
        self.session = session
        self.conversation = conversation
        self._inspected = inspected
        self._begin_tour = tour
        self.header = Header(id="header")
        self.conversations = ConversationList(id="conversations")
        self.transcript = Transcript(id="transcript")
        self.prompt = Prompt(id="prompt")
        self.panel = Panel(id="panel")
        self.strip = CandidateStrip(id="strip")
        self._surprise = SurpriseLine(id="surprise")
        self._mark = Static("›", id="prompt-mark", markup=False)
        self._arrangement = Arrangement()
        self.host = host = Host(self)
        self.models = ModelSwitcher(session, host, self.header)
        self.conversation_manager = ConversationManager(session, host, self.conversations, self.show_conversation)
        self.composer = Composer(session, host, self.prompt, self._mark)
        self.inspector = Inspector(session, host, self.panel, self.strip, self._surprise)
        self.reply = LiveReply(
            session,
            host,
            self.transcript,
            self.inspector,
            ReplyCallbacks(self.models.show_progress, self._reply_changed),
        )
        self.opinion = SecondOpinion(session, host, self.transcript, self.inspector)
        self._focused_last: Widget | None = None
        self._card = TourCard(id="tour")
        self.tour = Guide(self, self._card, self._key_names, bookmark)
        self.several = SeveralModels(session, host, self.reply, self._several_replied)
        self.forking = Forking(
            session, host, self.transcript, self.inspector, self.reply, self.show_conversation, self.edit
        )
        self.bench: Bench = Bench(session, host, self.transcript, self.inspector, self.forking, self._show_settings)

        self.steering = Steering(session, host, self.transcript, self.inspector, self.marked)
        self.transcript.steer = self.steering.key

    @property
    def HELP_TEXTS(self) -> tuple[str, ...]:
        """Return the keys of the texts that explain this screen and the model in use."""
        return explanations_of(self.session, self.inspector.token)

    # -- the parts and where they stand -------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        self._arrange(update=False)  # the parts below are styled for it when they are mounted
        yield self.header
        yield self._card
        with Horizontal(id="body"):
            yield self.conversations
            with Vertical(id="middle"):
                yield self.transcript
                yield self._surprise
                yield self.strip
                yield self.bench.strip
                with Horizontal(id="prompt-row"):
                    yield self._mark
                    yield self.prompt
            yield self.panel
            yield self.bench.panel
        yield KeyBar(id="keys")
        yield Static(say("tui.too_small"), id="too-small", markup=False)

    def on_mount(self) -> None:
        self._show_settings()
        self.app.theme_changed_signal.subscribe(self, lambda theme: self._repaint_all())
        # A model that loads at once would hold up the first frame.
        self.call_after_refresh(self.call_after_refresh, self._begin)

    def _begin(self) -> None:
        self.models.load(self.session.model)
        self.models.list_models()
        self.conversation_manager.refresh()
        notices = self.session.history.notices
        self.header.show_kept(all(notice.key != "history.not_kept" for notice in notices))
        for notice in notices:
            self.host.note(say(notice.key, **dict(notice.values)), lasting=True)
        if self.conversation is not None:
            self.conversation_manager.open(self.conversation)
        if self._inspected is not None:
            self.forking.questions.lay_down(self._inspected)
            self.show_conversation()
            self.transcript.focus()
        if self._begin_tour:
            self.tour.start()
        elif self._inspected is None and self.conversation is None:
            self.tour.offer()

    def on_resize(self, event: events.Resize) -> None:
        if self.focused is not None:
            self._focused_last = self.focused
        self._arrange()
        # Where everything is hidden nothing keeps the focus; once there is room again, the keys go where they went.
        if self.focused is None and not self.has_class("-tiny"):
            self.call_after_refresh(self._focus_again)

    def _focus_again(self) -> None:
        if self.focused is None:
            last = self._focused_last
            (last if last is not None and last.display and last.region else self.prompt).focus()

    def _arrange(self, *, update: bool = True) -> None:
        self.update_classes(arrange(self.app.size.width, self.app.size.height, self._arrangement), update=update)

    def _repaint_all(self) -> None:
        """Repaint everything, because colours have changed."""
        self.transcript.repaint_all()
        self.panel.repaint_all()
        self.strip.repaint_all()
        for part in (self.header, self._surprise, self.query_one(KeyBar)):
            part.refresh()

    def _show_settings(self) -> None:
        self.header.show_settings(self.session.settings, self.session.free_text, self.session.pace)
        self._show_system()
        self.transcript.invite(free_text=self.session.free_text)
        self.composer.show_mode()

    def _show_system(self) -> None:
        system = "" if self.session.free_text else self.session.dialogue.system
        self.header.show_system(system, unread=self.session.reads_system is False)

    def show_conversation(self) -> None:
        """Show the conversation that the session holds now."""
        self.composer.another_conversation()
        self._show_settings()
        self.transcript.show(self.session.dialogue.path)
        self.inspector.clear()
        self.inspector.follow(self.session.dialogue.last_reply)
        self._reply_changed()

    def _reply_changed(self) -> None:
        """Update what depends on whether a reply is running."""
        self.steering.settle()
        self.models.show_progress()
        self._show_system()
        self.refresh_bindings()
        self.conversation_manager.refresh()
        self.call_later(self.several.ended)

    # -- asking -------------------------------------------------------------------------------------------------

    @on(Prompt.Sent)
    def _sent(self, message: Prompt.Sent) -> None:
        if self.session.live is not None:
            self.host.note(say("tui.still_writing"))
        elif self.conversation_manager.opening:
            self.host.note(say("tui.list.still_opening"))
        elif message.text.strip():
            self.tour.decline()
            self.steering.settle()
            question = self.reply.ask(message.text, in_place_of=self.composer.editing)
            self.composer.accept(message.text)
            self.reply.answer(question)

    @on(messages.ReplyArrived)
    def _reply_arrived(self, message: messages.ReplyArrived) -> None:
        self.reply.arrived(message.stream)

    def action_stop(self) -> None:
        """End the reply; what was written stays."""
        self.reply.stop()

    # -- the open token -----------------------------------------------------------------------------------------

    def action_tokens(self) -> None:
        """Move the focus to the tokens: to the one that the panel shows, or to the last."""
        self.leave_panel()
        self.transcript.focus()
        if self.transcript.cursor is None and self.inspector.token is not None:
            self.transcript.select(*self.inspector.token)
        if self.transcript.cursor is None:
            self.transcript.action_token(-1)

    def action_heat(self) -> None:
        """Tint tokens by the next measure, or by none after the last."""
        self.transcript.tint = following(self.transcript.tint)
        self._surprise.explain(self.transcript.tint)

    def action_inside(self) -> None:
        """Show what the model computed before the open token."""
        from genchat.tui.screens.inside import InsideScreen

        if self.inspector.token is not None:
            self.app.push_screen(InsideScreen.of(self.session, *self.inspector.token))

    # -- the tour -----------------------------------------------------------------------------------------------

    def _key_names(self) -> "Mapping[str, str]":
        names: Mapping[str, str] = getattr(self.app, "key_names", dict)()
        return names

    def action_tour(self) -> None:
        """Begin the tour, or go on where it was left."""
        self.tour.start()

    def action_tour_next(self) -> None:
        """Do what the stop of the tour asks for."""
        self.tour.next()

    def action_tour_leave(self) -> None:
        """Leave the tour; everything is put back."""
        self.tour.leave()

    def action_several_models(self) -> None:
        """Send what is written, or else the last message again, to several models."""
        from genchat.tui.screens.several_models import SeveralModelsScreen

        self.host.ask(SeveralModelsScreen(self.session.listings, self.session.model), self._send_to)

    def _send_to(self, names: tuple[str, ...] | None) -> None:
        if not names or self.session.live is not None:
            return
        text, question = self.prompt.text, self.question
        if text.strip():
            question = self.reply.ask(text, in_place_of=self.composer.editing)
            self.composer.accept(text)
        if question is None:
            self.host.note(say("several.nothing"))
        else:
            self.several.send(question, names)

    def _several_replied(self, turns: "Sequence[Turn]") -> None:
        from genchat.tui.screens.replies import RepliesScreen

        question = turns[0].parent
        self.host.ask(RepliesScreen("" if question is None else question.text, turns), self._reply_chosen)

    def _reply_chosen(self, chosen: "tuple[Turn, int] | None") -> None:
        if chosen is None:
            return
        turn, token = chosen
        shown = next((each for each in turn.siblings if each in self.session.dialogue.path), turn)
        self.session.show_sibling(shown, turn.siblings.index(turn) - turn.siblings.index(shown))
        self.show_conversation()
        self.transcript.focus()
        self.transcript.select(turn, token)

    def action_columns(self) -> None:
        """Show what several models expect at the open token."""
        from genchat.tui.screens.columns import ColumnsScreen

        if self.inspector.token is not None:
            self.host.ask(ColumnsScreen(self.session, *self.inspector.token), self._column_left)

    def _column_left(self, taken: "Taken | None") -> None:
        if taken is None:
            return
        self.transcript.select(taken.turn, taken.column.index)
        if taken.writes_it:
            self.forking.take(taken.token)
        else:
            column = taken.column
            self.forking.take_with(taken.turn, column.index, column.name, column.before, taken.token)

    # -- models and settings ------------------------------------------------------------------------------------

    def action_models(self) -> None:
        """Choose another model."""
        self.models.list_models(pick=True)

    def talk_to(self, name: str, *, in_turns: bool) -> None:
        """Continue with a model that was just trained; one that was not trained on turns continues a text."""
        if not in_turns and not self.session.free_text and self.session.live is None:
            self.action_mode()
        self.models.load(name)
        self.action_home()

    @on(messages.ModelsListed)
    def _models_listed(self, message: messages.ModelsListed) -> None:
        self.models.listed(message)

    @on(messages.LoadProgress)
    def _load_progressed(self, message: messages.LoadProgress) -> None:
        self.header.show_loading(message.name, message.share)

    @on(messages.BackendOpened)
    def _backend_opened(self, message: messages.BackendOpened) -> None:
        self.models.opened(message)
        self._show_system()
        if self.inspector.token is None:
            self.inspector.clear()
        else:
            self.inspector.open(*self.inspector.token)
        self._offer_free_text(message.name)

    def _offer_free_text(self, name: str) -> None:
        """Offer to have a text continued by a model that was not trained on turns: in a chat it begins mid-word."""
        listing = next((each for each in self.session.listings if each.name == name), None)
        if listing is None or listing.chat or self.session.free_text or self.session.dialogue.path:
            return
        from genchat.tui.screens.ask import ConfirmScreen

        def answered(yes: bool | None) -> None:
            if yes and not self.session.free_text:
                self.action_mode()

        title, question = say("tui.offer_text.title"), say("tui.offer_text.question", name=safe_line(name))
        self.host.ask(ConfirmScreen(title, question), answered)

    @on(messages.BackendFailed)
    def _backend_failed(self, message: messages.BackendFailed) -> None:
        self.models.failed(message)

    def action_sampling(self) -> None:
        """Change how tokens are drawn: on the bench where a token is open, else for the replies to come."""
        if self.bench.sampling_key():
            return
        from genchat.tui.screens.sampling import Choices, SamplingScreen

        def chosen(choices: Choices | None) -> None:
            if choices is not None:
                self.session.settings, self.session.pace = choices.settings, choices.pace
                self._show_settings()

        self.host.ask(SamplingScreen(Choices(self.session.settings, self.session.pace)), chosen)

    def action_system_prompt(self) -> None:
        """Ask for the system prompt of this conversation, which holds for the replies to come."""
        from genchat.tui.screens.ask import TextScreen

        hint = say("tui.system.hint")
        if self.session.reads_system is False:
            hint += "\n" + say("tui.system.unread", model=self.session.model)
        title, text = say("tui.system.title"), self.session.dialogue.system
        self.host.ask(TextScreen(title, text, hint, self.session.set_system), lambda _: self._show_system())

    def action_scroll_transcript(self, by: int) -> None:
        """Scroll the conversation by a page, from wherever the keys go."""
        if by < 0:
            self.transcript.action_page_up()
        else:
            self.transcript.action_page_down()

    def action_mode(self) -> None:
        """Switch between answering and continuing a text."""
        self.session.set_free_text(not self.session.free_text)
        self.show_conversation()
        self.action_home()
        self.host.note(say("tui.mode.text" if self.session.free_text else "tui.mode.chat"))

    # -- conversations ------------------------------------------------------------------------------------------

    def action_new(self) -> None:
        """Begin a new conversation."""
        self.conversation_manager.forget()
        self.session.begin()
        self.show_conversation()
        self.action_home()

    @on(ConversationList.Chosen)
    def _chosen(self, message: ConversationList.Chosen) -> None:
        self.conversation_manager.open(message.conversation)

    @on(ConversationList.OlderWanted)
    def _older_wanted(self) -> None:
        self.conversation_manager.show_older()

    @on(ConversationList.Asked)
    def _asked(self, message: ConversationList.Asked) -> None:
        if message.what == "rename":
            self.conversation_manager.rename_conversation(message.conversation)
        else:
            self.conversation_manager.delete(message.conversation)

    @on(messages.ConversationLoaded)
    def _loaded(self, message: messages.ConversationLoaded) -> None:
        if self.conversation_manager.loaded(message):
            self.action_home()  # in the list the first letters typed would rename or delete
            for turn in self.session.dialogue.path:
                if turn.stored is not None and turn.stored == message.message:
                    self.transcript.reveal_turn(turn)

    @on(messages.ConversationDeleted)
    def _deleted(self, message: messages.ConversationDeleted) -> None:
        self.conversation_manager.deleted(message)

    def action_rename(self) -> None:
        """Give this conversation another title."""
        if self.session.stored_id is not None:
            self.conversation_manager.rename_conversation(self.session.stored_id)

    def action_delete(self) -> None:
        """Ask for confirmation, then delete this conversation."""
        if self.session.stored_id is not None:
            self.conversation_manager.delete(self.session.stored_id)

    def action_search(self) -> None:
        """Search all messages."""
        self.conversation_manager.search()

    def action_copy(self) -> None:
        """Copy the last reply to the clipboard."""
        reply = self.session.dialogue.last_reply
        if reply is not None:
            self.app.copy_to_clipboard(safe(reply.text))
            self.host.note(say("tui.copied"))

    def action_tree(self) -> None:
        """Show all branches of the conversation."""
        from genchat.tui.screens.tree import TreeScreen

        def written() -> Turn | None:
            live = self.session.live
            return None if live is None else live.turn

        def chosen(turn: Turn | None) -> None:
            if turn is not None:
                self.session.show_branch(turn)
                self.show_conversation()
                self.transcript.reveal_turn(turn)

        self.host.ask(TreeScreen(self.session.dialogue, self.session.history, written), chosen)

    # -- moving about -------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        running = self.session.live is not None
        dialogue = self.session.dialogue
        if action in FORK_ACTIONS:
            return self.allows(action)
        match action:
            case "stop":
                return running and not self.bench.is_open  # there the key leaves the bench
            case "home":
                return not running and (self.composer.editing is not None or not self.prompt.has_focus)
            case "tour":
                return not running and not self.tour.is_on
            case "tour_next" | "tour_leave":
                return self.tour.is_on or self.tour.offering
            case "several_models":
                return not running and (self.question is not None or bool(self.prompt.text.strip()))
            case "regenerate" | "edit":
                return not running and self.question is not None
            case "new" | "mode":
                return not running
            case "system_prompt":
                return not running and not self.session.free_text
            case "copy":
                return dialogue.last_reply is not None
            case "tokens":
                return any(turn.records for turn in dialogue.path)
            case "opinion":
                return self.opinion.target is not None
            case "rename" | "delete" | "export" | "export_page" | "export_everything":
                return not running and self.session.stored_id is not None
            case "without_documents":
                reply = dialogue.last_reply
                return not running and reply is not None and (reply.abstained or bool(reply.passages))
            case "columns":
                turn = None if self.inspector.token is None else self.inspector.token[0]
                return not running and turn is not None and turn.role is Role.ASSISTANT
            case "inside":
                return not running and self.inspector.token is not None
        return True

    def action_home(self) -> None:
        """Go back to the prompt."""
        self.composer.leave()
        self.leave_panel()
        self.prompt.focus()

    def leave_panel(self) -> None:
        """Show the conversation again where the panel fills a narrow screen, because a hidden widget takes no keys."""
        if self.has_class("-panel-only"):
            self._arrangement.panel = None
            self._arrange()

    def action_next_place(self, by: int) -> None:
        """Move the focus round prompt, transcript, panel and list."""
        order: list[Widget] = [
            *(self.prompt, self.transcript, self.strip, self.panel, *self.bench.forms, self.conversations)
        ]
        reachable = [widget for widget in order if widget.display and widget.region]
        position = reachable.index(self.focused) if self.focused in reachable else -by
        reachable[(position + by) % len(reachable)].focus()

    def action_list(self) -> None:
        """Show or hide the conversations."""
        self._arrangement.list = self.has_class("-no-list") or self.has_class("-panel-only")
        self.leave_panel()
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

    def open_panel(self) -> None:
        """Show the panel and give it the focus."""
        self._arrangement.panel = True
        self._arrange()
        self.panel.focus()
