"""The keys of candidates and forks on the chat screen: going into the candidates and back, taking, typing, undoing."""

from textual import on
from textual.screen import Screen
from textual.widget import Widget

from genchat.engine.language import say
from genchat.tui.chat import messages
from genchat.tui.chat.forking import Forking
from genchat.tui.chat.host import Host
from genchat.tui.chat.inspector import Inspector
from genchat.tui.chat.second_opinion import SecondOpinion
from genchat.tui.chat.session import Session
from genchat.tui.chat.steering import Steering
from genchat.tui.widgets.panel import CandidateStrip, Panel
from genchat.tui.widgets.transcript import Transcript

FORK_ACTIONS = ("type_token", "go_on", "undo_fork", "open_writer")


class ForkKeys(Screen[None]):
    """The base of the chat screen that hands these keys to the controller of forks."""

    session: Session
    transcript: Transcript
    panel: Panel
    strip: CandidateStrip
    host: Host
    inspector: Inspector
    opinion: SecondOpinion
    forking: Forking
    steering: Steering

    def leave_panel(self) -> None:
        """Show the conversation again where the panel fills a narrow screen."""
        raise NotImplementedError

    def open_panel(self) -> None:
        """Show the panel, on a narrow screen in place of the conversation."""
        raise NotImplementedError

    def action_home(self) -> None:
        """Go back to the prompt."""
        raise NotImplementedError

    def allows(self, action: str) -> bool:
        """Return whether one of FORK_ACTIONS would do something now."""
        if action == "open_writer":
            return self.inspector.needs_writer
        if self.session.live is not None:
            return False
        if action == "undo_fork":
            return self.forking.origin_of(self.forking.reply) is not None
        return self.forking.place is not None if action == "type_token" else self.forking.broken_off

    @on(messages.CursorMoved)
    def _cursor_moved(self) -> None:
        cursor = self.transcript.cursor
        if cursor is None:
            self.inspector.follow_last()
        else:
            self.inspector.following = False
            self.inspector.open(*cursor)
        self.refresh_bindings()

    @on(messages.TokenPicked)
    def _token_picked(self, message: messages.TokenPicked) -> None:
        self.transcript.select(message.turn, message.index)

    @on(messages.EvidenceArrived)
    def _evidence_arrived(self, message: messages.EvidenceArrived) -> None:
        self.inspector.answered(message)

    @on(Transcript.NothingSurprising)
    def _nothing_surprising(self) -> None:
        self.host.note(say("tui.surprise.none"))

    def action_opinion(self) -> None:
        """Show how a local model scores the reply, or the reply's own tokens again."""
        self.opinion.toggle()

    @on(messages.OpinionArrived)
    def _opinion_arrived(self, message: messages.OpinionArrived) -> None:
        self.opinion.arrived(message)

    @on(messages.CandidatesWanted)
    def _candidates_wanted(self) -> None:
        """Give the focus to whichever shows the candidates, and show the panel where none does."""
        if self.forking.place is None:
            return
        shown: list[Widget] = [part for part in (self.panel, self.strip) if part.display and part.region]
        if shown:
            shown[0].focus()
        else:
            self.open_panel()

    @on(messages.CandidatesLeft)
    def _candidates_left(self) -> None:
        self.leave_panel()
        if self.transcript.cursor is None:
            self.action_home()
        else:
            self.transcript.focus()

    @on(messages.TokenStepWanted)
    def _token_step_wanted(self, message: messages.TokenStepWanted) -> None:
        self.transcript.action_token(message.by)

    @on(messages.CandidateTaken)
    def _candidate_taken(self, message: messages.CandidateTaken) -> None:
        self._back_to_the_text()
        self.forking.take(message.token)

    @on(messages.ForkReady)
    def _fork_ready(self, message: messages.ForkReady) -> None:
        self.forking.ready(message)

    @on(messages.PlaceOpened)
    def _place_opened(self, message: messages.PlaceOpened) -> None:
        self.steering.opened(message)

    def on_unmount(self) -> None:
        self.steering.settle()

    def marked(self) -> int | None:
        """Return the candidate that is marked where candidates are shown."""
        return (self.panel if self.panel.region else self.strip).marked

    @on(messages.QuestionOpened)
    def _question_opened(self, message: messages.QuestionOpened) -> None:
        self.forking.questions.want(message.turn)

    @on(messages.QuestionScored)
    def _question_scored(self, message: messages.QuestionScored) -> None:
        self.forking.questions.scored(message)

    def action_open_writer(self) -> None:
        """Open the model that wrote the reply, so that it says why it chose the open token."""
        self.inspector.open_writer()

    @on(messages.WriterOpened)
    def _writer_opened(self, message: messages.WriterOpened) -> None:
        self.inspector.writer_opened(message)
        self.refresh_bindings()

    def _back_to_the_text(self) -> None:
        self.leave_panel()
        self.transcript.focus()

    def action_type_token(self) -> None:
        """Type a token or a text at the open place."""
        self.forking.type_text()

    def action_go_on(self) -> None:
        """Go on from the end of a reply that was cut."""
        self._back_to_the_text()
        self.forking.go_on()

    def action_undo_fork(self) -> None:
        """Show the branch again that the reply was forked from."""
        self.forking.undo()
