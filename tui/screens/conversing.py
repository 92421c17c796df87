"""The part of the chat screen that deals with kept conversations: open, search, rename, delete, export, copy."""

from functools import partial
from pathlib import Path

from textual import on
from textual.screen import Screen

from genchat.engine.errors import GenchatError
from genchat.engine.history.records import SearchHit
from genchat.engine.language import say
from genchat.engine.text import safe, safe_line
from genchat.tui.chat.export import suggested_path, write_export
from genchat.tui.chat.history_writer import load_dialogue
from genchat.tui.chat.messages import ConversationDeleted, ConversationLoaded
from genchat.tui.chat.session import Session
from genchat.tui.widgets.conversation_list import ConversationList

_LASTING = 15  # seconds
_LISTED = 200  # conversations; as many more each time they are asked for


class ConversingScreen(Screen[None]):
    """Base of the chat screen. `show_conversation`: another conversation is to be shown."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._listed = _LISTED

    def show_conversation(self) -> None:
        """The session holds another conversation now."""
        raise NotImplementedError

    def action_home(self) -> None:
        """Back to the prompt."""
        raise NotImplementedError

    def note(self, text: str, *, error: bool = False, lasting: bool = False) -> None:
        """A word to the person that is no part of the conversation; errors and `lasting` ones stand there longer."""
        seconds = _LASTING if error or lasting else None
        self.notify(safe(text), severity="error" if error else "information", timeout=seconds, markup=False)

    def refresh_list(self) -> None:
        """Read the list of conversations anew."""
        try:
            kept = self.session.history.conversations(limit=self._listed + 1)
        except GenchatError as problem:
            self.note(str(problem), error=True)
            kept = ()
        older = len(kept) > self._listed
        self.query_one(ConversationList).show(kept[: self._listed], self.session.stored_id, older=older)

    @on(ConversationList.OlderWanted)
    def _older_wanted(self) -> None:
        self._listed += _LISTED
        self.refresh_list()

    @on(ConversationList.Chosen)
    def _chosen(self, message: ConversationList.Chosen) -> None:
        self.open_conversation(message.conversation)

    def open_conversation(self, name: str, message: int | None = None) -> None:
        """Show a kept conversation, at `message` if one is given."""
        if self.session.live is not None:
            self.note(say("tui.still_writing"))
            return
        work = partial(self._read, name, message)
        self.run_worker(work, thread=True, exclusive=True, exit_on_error=False, group="open")

    def _read(self, name: str, message: int | None) -> None:
        try:
            if message is not None:
                self.session.history.show(message)
            dialogue, conversation = load_dialogue(self.session.history, name)
        except GenchatError as problem:
            self.post_message(ConversationLoaded(None, None, None, safe(str(problem))))
        else:
            self.post_message(ConversationLoaded(dialogue, conversation, message))

    @on(ConversationLoaded)
    def _loaded(self, message: ConversationLoaded) -> None:
        if message.dialogue is None or message.conversation is None:
            self.note(message.error, error=True)
            self.refresh_list()
        elif self.session.live is None:
            self.session.resume(message.dialogue, message.conversation)
            self.show_conversation()
            self.action_home()  # in the list the first letters typed would rename or delete
            if message.message is not None:
                self.show_message(message.message)

    def show_message(self, stored: int) -> None:
        """Bring a kept message into view."""
        raise NotImplementedError

    @on(ConversationList.Asked)
    def _asked(self, message: ConversationList.Asked) -> None:
        if message.what == "rename":
            self._rename(message.conversation)
        else:
            self._delete(message.conversation)

    def action_rename(self) -> None:
        """Give this conversation another title."""
        if self.session.stored_id is not None:
            self._rename(self.session.stored_id)

    def action_delete(self) -> None:
        """Delete this conversation, after a question."""
        if self.session.stored_id is not None:
            self._delete(self.session.stored_id)

    def _title_of(self, name: str) -> str:
        try:
            return self.session.history.conversation(name).title
        except GenchatError:
            return ""

    def _rename(self, name: str) -> None:
        from genchat.tui.screens.ask import LineScreen

        def rename(title: str) -> None:
            self.session.history.rename(name, title)

        def done(title: str | None) -> None:
            if title is not None:
                self.refresh_list()

        self.app.push_screen(LineScreen(say("tui.rename.title"), safe_line(self._title_of(name)), check=rename), done)

    def _delete(self, name: str) -> None:
        from genchat.tui.screens.ask import ConfirmScreen

        if self.session.live is not None and name == self.session.stored_id:
            self.note(say("tui.still_writing"))
            return
        title = safe_line(self._title_of(name), 60) or say("tui.untitled")
        question = ConfirmScreen(say("tui.delete.title"), say("tui.delete.question", title=title))
        self.app.push_screen(question, lambda yes: self._delete_now(name) if yes else None)

    def _delete_now(self, name: str) -> None:
        if name == self.session.stored_id:
            self.session.begin()
            self.show_conversation()

        def delete() -> None:
            try:
                self.session.history.delete(name)
            except GenchatError as problem:
                self.post_message(ConversationDeleted(safe(str(problem))))
            else:
                self.post_message(ConversationDeleted())

        # In a large history it takes a while until not a byte is left.
        self.run_worker(delete, thread=True, exit_on_error=False, group="delete")

    @on(ConversationDeleted)
    def _deleted(self, message: ConversationDeleted) -> None:
        self.refresh_list()
        self.note(message.error or say("tui.delete.done"), error=bool(message.error))

    def action_search(self) -> None:
        """Search everything that was said."""
        from genchat.tui.screens.search import SearchScreen

        def found(hit: SearchHit | None) -> None:
            if hit is not None:
                self.open_conversation(hit.conversation, hit.message)

        self.app.push_screen(SearchScreen(self.session.history), found)

    def action_export(self) -> None:
        """Write the conversation to a Markdown file."""
        from genchat.tui.screens.ask import LineScreen

        name = self.session.stored_id
        if name is None:
            self.note(say("tui.export.nothing"))
            return

        def write(path: str) -> None:
            write_export(self.session.history, name, Path(path).expanduser())

        def done(path: str | None) -> None:
            if path is not None:
                self.note(say("tui.export.done", path=path))

        start = str(suggested_path(self._title_of(name)))
        self.app.push_screen(LineScreen(say("tui.export.title"), start, say("tui.export.hint"), write), done)

    def action_copy(self) -> None:
        """The last reply into the clipboard."""
        reply = self.session.dialogue.last_reply
        if reply is not None:
            self.app.copy_to_clipboard(safe(reply.text))
            self.note(say("tui.copied"))
