"""The controller of stored conversations: it lists, opens, searches, renames, deletes and exports them."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from genchat.engine.errors import GenchatError
from genchat.engine.history.records import SearchHit
from genchat.engine.language import say
from genchat.engine.paths import paths
from genchat.engine.text import safe, safe_line
from genchat.tui.chat.export import check_free, document, ending_of, make_folder, suggested_path, write_text
from genchat.tui.chat.host import Host
from genchat.tui.chat.kept_conversations import load_dialogue
from genchat.tui.chat.messages import ConversationDeleted, ConversationExported, ConversationLoaded
from genchat.tui.chat.session import Session
from genchat.tui.widgets.conversation_list import ConversationList

_SLOW = 0.3  # seconds of opening after which it is said
LISTED = 200  # conversations; as many more each time they are asked for


class ConversationManager:
    """The manager fills the list of conversations and reads them from the history.

    It calls `begun` when another one is to be shown.
    """

    def __init__(
        self, session: Session, host: Host, conversations: ConversationList, begun: Callable[[], object]
    ) -> None:
        self._session = session
        self._host = host
        self._list = conversations
        self._begun = begun
        self._listed = LISTED
        self._opening = 0  # the number of the newest request; an older one is not shown any more
        self.opening = False

    def refresh(self) -> None:
        """Read the list again."""
        try:
            kept = self._session.history.conversations(limit=self._listed + 1)
        except GenchatError as problem:
            self._host.note(str(problem), error=True)
            kept = ()
        for notice in self._session.history.take_news():
            self._host.note(say(notice.key, **dict(notice.values)), lasting=True)
        older = len(kept) > self._listed
        self._list.show(kept[: self._listed], self._session.stored_id, older=older)

    def show_older(self) -> None:
        """List more conversations."""
        self._listed += LISTED
        self.refresh()

    def open(self, name: str, message: int | None = None) -> None:
        """Read a conversation, which is then shown at `message` if one is given."""
        if self._session.live is not None:
            self._host.note(say("tui.still_writing"))
            return
        self._opening += 1
        self.opening = True
        number = self._opening
        self._host.later(_SLOW, lambda: self._say_opening(number, name))
        self._host.work(partial(self._read, name, message, number), "open", exclusive=True)

    def _say_opening(self, number: int, name: str) -> None:
        if self.opening and number == self._opening:
            self._host.note(say("tui.list.opening", title=safe_line(self._title_of(name), 60) or say("tui.untitled")))

    def forget(self) -> None:
        """Show no conversation that is still being read: what was decided later holds."""
        self._opening += 1
        self.opening = False

    def _read(self, name: str, message: int | None, number: int) -> None:
        history = self._session.history
        try:
            if message is not None:
                history.show(message)
            dialogue, conversation = load_dialogue(history, name)
        except GenchatError as problem:
            self._host.post(ConversationLoaded(None, None, None, safe(str(problem)), number))
        else:
            self._host.post(ConversationLoaded(dialogue, conversation, message, "", number))

    def loaded(self, message: ConversationLoaded) -> bool:
        """Continue a conversation that was read. Returns False if reading failed, or something else was begun since."""
        if message.number != self._opening:
            return False
        self.opening = False
        if message.dialogue is None or message.conversation is None:
            self._host.note(message.error, error=True)
            self.refresh()
            return False
        if self._session.live is not None:
            return False
        self._session.resume(message.dialogue, message.conversation)
        self._begun()
        return True

    def _title_of(self, name: str) -> str:
        try:
            return self._session.history.conversation(name).title
        except GenchatError:
            return ""

    def rename_conversation(self, name: str) -> None:
        """Ask for another title."""
        from genchat.tui.screens.ask import LineScreen

        def rename(title: str) -> None:
            self._session.history.rename(name, title)

        question = LineScreen(say("tui.rename.title"), safe_line(self._title_of(name)), check=rename)
        self._host.ask(question, lambda title: self.refresh() if title is not None else None)

    def delete(self, name: str) -> None:
        """Ask for confirmation, then delete a conversation."""
        from genchat.tui.screens.ask import ConfirmScreen

        if self._session.live is not None and name == self._session.stored_id:
            self._host.note(say("tui.still_writing"))
            return
        title = safe_line(self._title_of(name), 60) or say("tui.untitled")
        question = ConfirmScreen(say("tui.delete.title"), say("tui.delete.question", title=title))
        self._host.ask(question, lambda yes: self._delete_now(name) if yes else None)

    def _delete_now(self, name: str) -> None:
        if name == self._session.stored_id:
            self._session.begin()
            self._begun()

        def delete() -> None:
            try:
                self._session.history.delete(name)
            except GenchatError as problem:
                self._host.post(ConversationDeleted(safe(str(problem))))
            else:
                self._host.post(ConversationDeleted())

        # In a large history it takes a while until not a byte is left.
        self._host.work(delete, "delete")

    def deleted(self, message: ConversationDeleted) -> None:
        """Say whether the conversation could be deleted."""
        self.refresh()
        self._host.note(message.error or say("tui.delete.done"), error=bool(message.error))

    def search(self) -> None:
        """Search all messages, and open the match that was chosen."""
        from genchat.tui.screens.search import SearchScreen

        def chosen(hit: SearchHit | None) -> None:
            if hit is not None:
                self.open(hit.conversation, hit.message)

        self._host.ask(SearchScreen(self._session.history), chosen)

    def export(self, form: str = "markdown") -> None:
        """Write the present conversation to a file: as "markdown", as a "page" or as JSON with "everything"."""
        from genchat.tui.screens.ask import LineScreen

        name = self._session.stored_id
        if name is None:
            self._host.note(say("tui.export.nothing"))
            return

        def check(path: str) -> None:
            check_free(Path(path).expanduser())

        def chosen(path: str | None) -> None:
            if path is not None:
                self._host.work(lambda: self._export_now(name, form, path), "export")

        start = str(suggested_path(self._title_of(name), ending=ending_of(form)))
        title, hint = say(f"tui.export.title_{form}"), say(f"tui.export.hint_{form}")
        self._host.ask(LineScreen(title, start, hint, check), chosen)

    def _export_now(self, name: str, form: str, path: str) -> None:
        try:
            write_text(Path(path).expanduser(), document(self._session.history, name, form))
        except GenchatError as problem:
            self._host.post(ConversationExported(path, safe(str(problem))))
        else:
            self._host.post(ConversationExported(path))

    def exported(self, message: ConversationExported) -> None:
        """Say where the conversation was written, or why it was not."""
        self._host.note(message.error or say("tui.export.done", path=message.path), error=bool(message.error))

    def picture(self, draw: Callable[[], str]) -> None:
        """Write what is on the screen now, as `draw` gives it, to an SVG file."""
        from genchat.tui.screens.ask import LineScreen

        def ask() -> None:
            drawn = draw()  # before the dialog covers it
            folder = paths().data / "pictures"

            def write(path: str) -> None:
                target = Path(path).expanduser()
                if target.parent == folder:
                    make_folder(folder)
                write_text(target, drawn)

            def written(path: str | None) -> None:
                if path is not None:
                    self._host.note(say("tui.export.done", path=path))

            name = self._session.stored_id
            start = str(suggested_path("" if name is None else self._title_of(name), folder, ".svg"))
            self._host.ask(
                LineScreen(say("tui.export.title_picture"), start, say("tui.export.hint_picture"), write), written
            )

        self._host.painted(ask)  # the palette has gone by then
