"""What the person is writing: a message, the beginning of a text, or a new wording of a sent message."""

from textual.widgets import Static

from genchat.engine.language import say
from genchat.engine.redaction import redact
from genchat.tui.chat.dialogue import Turn
from genchat.tui.chat.host import Host
from genchat.tui.chat.session import Session
from genchat.tui.widgets.prompt import Prompt

_MARKS = {"chat": "›", "free_text": "¶", "editing": "✎"}


class Composer:
    """The composer fills the prompt and the mark before it, and knows which message is being edited."""

    def __init__(self, session: Session, host: Host, prompt: Prompt, mark: Static) -> None:
        self._session = session
        self._host = host
        self._prompt = prompt
        self._mark = mark
        self._editing: Turn | None = None

    @property
    def editing(self) -> Turn | None:
        """Return the sent message that is being edited."""
        return self._editing

    def show_mode(self) -> None:
        """Say what is expected: a message, the continuation of a text, or a new wording."""
        mode = "editing" if self._editing is not None else "free_text" if self._session.free_text else "chat"
        self._prompt.suggest(say(f"tui.prompt.{mode}"))
        self._mark.update(_MARKS[mode])

    def edit(self, question: Turn) -> None:
        """Begin to write something else in place of `question`."""
        self._editing = question
        self._prompt.write(question.text)
        self.show_mode()

    def leave(self) -> None:
        """Stop editing and leave the sent message as it was."""
        if self._editing is not None:
            self._editing = None
            self._prompt.write("")
            self.show_mode()

    def another_conversation(self) -> None:
        """Stop editing, because another conversation is shown; what is written in the prompt stays."""
        self._editing = None
        self.show_mode()

    def accept(self, text: str) -> None:
        """Remove the sent text from the prompt, and warn if it contains what looks like a key.

        A key is kept out of the history, but the model reads it.
        """
        self._editing = None
        self._prompt.accept(text)
        if redact(text) != text:
            self._host.note(say("tui.key_pasted"), error=True)
        self.show_mode()
