"""The keys that act on one exchange of the chat, the one under the cursor or the last: again, edit, other versions."""

from textual import on
from textual.screen import Screen

from genchat.engine.conversation import Role
from genchat.tui.chat.composer import Composer
from genchat.tui.chat.dialogue import Turn
from genchat.tui.chat.live_reply import LiveReply
from genchat.tui.chat.session import Session
from genchat.tui.widgets.prompt import Prompt
from genchat.tui.widgets.transcript import Transcript


class ExchangeKeys(Screen[None]):
    """The base of the chat screen that hands these keys to the controllers of replies and of what is being written."""

    session: Session
    transcript: Transcript
    prompt: Prompt
    reply: LiveReply
    composer: Composer

    def leave_panel(self) -> None:
        """Show the conversation again where the panel fills a narrow screen."""
        raise NotImplementedError

    def show_conversation(self) -> None:
        """Show the conversation that the session holds now."""
        raise NotImplementedError

    def action_regenerate(self) -> None:
        """Make another version of the reply under the cursor, or of the last one."""
        question = self.question
        if question is not None:
            self.reply.answer(question)

    def action_without_documents(self) -> None:
        """Answer the question again without the documents; the reply based on them stays as another version."""
        question = self.question
        if question is not None:
            self.reply.answer(question, with_documents=False)

    def action_edit(self) -> None:
        """Edit the message under the cursor, or the last one, whose old wording stays as another version."""
        question = self.question
        if question is not None:
            self.edit(question)

    def edit(self, question: Turn, text: str | None = None) -> None:
        """Begin to write something else in place of a message: its text, or another one to begin with."""
        self.composer.edit(question)
        if text is not None:
            self.prompt.write(text)
        self.leave_panel()
        self.prompt.focus()
        self.refresh_bindings()

    @property
    def question(self) -> Turn | None:
        """The message of the person in the exchange under the cursor, or the last one."""
        cursor = self.transcript.cursor
        turn = cursor[0] if cursor is not None else self.session.dialogue.last_question
        return turn if turn is None or turn.role is Role.USER else self.session.dialogue.parent_of(turn)

    def action_sibling(self, by: int) -> None:
        """Show another version of the reply under the cursor, or of the last one; past its first or last version, of
        the message it answers.
        """
        cursor = self.transcript.cursor
        turn = cursor[0] if cursor is not None else self.session.dialogue.leaf
        question = None if turn is None or turn.role is Role.USER else self.session.dialogue.parent_of(turn)
        if turn is not None and not self._switch(turn, by) and question is not None:
            self._switch(question, by)

    def action_question_sibling(self, by: int) -> None:
        """Show another version of the message in the exchange under the cursor, or of the last one."""
        question = self.question
        if question is not None:
            self._switch(question, by)

    @on(Transcript.SiblingWanted)
    def _sibling_wanted(self, message: Transcript.SiblingWanted) -> None:
        self._switch(message.turn, message.by)

    def _switch(self, turn: Turn, by: int) -> bool:
        switched = self.session.live is None and self.session.show_sibling(turn, by) is not None
        if switched:
            self.show_conversation()
        return switched
