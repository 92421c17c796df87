"""What can be done with the open token, as a part of the chat screen: walk its candidates, take one, type another, go
on, take a fork back, and see how another model scores the reply.

ChatScreen inherits from this screen, which knows the keys and forwards them to the controllers.
"""

from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.screen import Screen

from genchat.engine.language import say
from genchat.tui.chat import messages
from genchat.tui.chat.dialogue import Turn
from genchat.tui.chat.forks import Forks
from genchat.tui.chat.host import Host
from genchat.tui.chat.inspector import Inspector
from genchat.tui.chat.second_opinion import SecondOpinion
from genchat.tui.keys import bind
from genchat.tui.widgets.panel import CandidateStrip, Panel
from genchat.tui.widgets.prompt import Prompt
from genchat.tui.widgets.transcript import Transcript


class MicroscopeScreen(Screen[None]):
    """This screen acts on the token under the cursor, or, without a cursor, on the one that the panel shows."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("e", "type_token", "type_token", show=True),
        bind("c", "go_on", "go_on", show=True),
        bind("u", "undo_fork", "undo_fork", show=True),
        bind("o", "opinion", "opinion", show=True),
    ]

    host: Host
    transcript: Transcript
    panel: Panel
    strip: CandidateStrip
    inspector: Inspector
    forks: Forks
    opinion: SecondOpinion

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

    def action_move_token(self, by: int) -> None:
        """Move the cursor while the candidates keep the focus."""
        if self.transcript.cursor is None and self.inspector.token is not None:
            self.transcript.select(*self.inspector.token)
        self.transcript.action_token(by)

    # -- candidates and forks -----------------------------------------------------------------------------------

    def action_candidates(self) -> None:
        """Move the focus to the candidates of the open token."""
        if self.transcript.cursor is None and self.inspector.token is not None:
            self.transcript.select(*self.inspector.token)
        for widget in (self.panel, self.strip):
            if widget.display and widget.region:
                widget.focus()
                return
        self.show_panel()

    @on(messages.CandidateTaken)
    def _candidate_taken(self, message: messages.CandidateTaken) -> None:
        if self.forks.place == (message.turn, message.index):
            self.forks.take(message.turn, message.index, [message.token])
            self.transcript.focus()
        else:
            self.host.note(say("tui.fork.not_here"))

    def action_type_token(self) -> None:
        """Ask for a text to stand at the open token."""
        self.forks.type_tokens()

    def action_go_on(self) -> None:
        """Let a stopped reply go on."""
        self.forks.go_on()

    def action_undo_fork(self) -> None:
        """Show the reply again that the open one was forked from."""
        origin = self.forks.origin
        turn = self.inspector.token[0] if self.inspector.token is not None else None
        if origin is not None and turn is not None and origin in turn.siblings:
            self.show_version(turn, turn.siblings.index(origin) - turn.siblings.index(turn))

    def show_panel(self) -> None:
        """Show the panel where it is hidden, and give it the focus."""
        raise NotImplementedError

    def show_version(self, turn: Turn, by: int) -> None:
        """Show the version of a turn that is `by` steps away."""
        raise NotImplementedError

    # -- another model ------------------------------------------------------------------------------------------

    def action_opinion(self) -> None:
        """Show how a local model scores the reply, or the reply's own tokens again."""
        self.opinion.toggle()

    @on(messages.OpinionArrived)
    def _opinion_arrived(self, message: messages.OpinionArrived) -> None:
        self.opinion.arrived(message)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        typing = isinstance(self.focused, Prompt)
        match action:
            case "candidates":
                return self.inspector.token is not None
            case "type_token":
                return not typing and self.forks.place is not None
            case "go_on":
                return not typing and self.forks.unfinished is not None
            case "undo_fork":
                return not typing and self.forks.origin is not None
            case "opinion":
                return self.opinion.target is not None
        return True
