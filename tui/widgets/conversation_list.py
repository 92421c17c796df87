"""The conversations that were kept, newest first, grouped by day."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from genchat.engine.history.records import Conversation
from genchat.engine.language import say
from genchat.engine.text import safe_line
from genchat.tui.dates import day_group, local_day
from genchat.tui.keys import bind

_OLDER = "older…"  # no conversation is called so


class ConversationList(OptionList):
    """The list opens the conversation that is chosen."""

    HELP_TITLE = "tui.help.conversations"
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("enter", "select", "open", show=True),
        bind("r", "ask('rename')", "rename", show=True),
        bind("delete,d", "ask('delete')", "delete", show=True),
    ]

    class Chosen(Message):
        """The person wants to open this conversation."""

        def __init__(self, conversation: str) -> None:
            super().__init__()
            self.conversation = conversation

    class Asked(Message):
        """The person wants to rename or delete the highlighted conversation."""

        def __init__(self, conversation: str, what: str) -> None:
            super().__init__()
            self.conversation, self.what = conversation, what

    class OlderWanted(Message):
        """The person wants to see more of the conversations."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False, compact=True)

    def show(self, conversations: Sequence[Conversation], current: str | None, *, older: bool = False) -> None:
        """Fill the list again; the highlight goes to the current conversation, or stays about where it was.

        `older` says that there are more than these.
        """
        today = datetime.now().astimezone().date()
        options: list[Option] = []
        last_day = ""
        titles = Counter(safe_line(conversation.title) for conversation in conversations)
        for conversation in conversations:
            day = day_group(local_day(conversation.updated), today)
            if day != last_day:
                options.append(Option(Content.styled(day, "$genchat-muted bold"), disabled=True))
                last_day = day
            title = safe_line(conversation.title) or say("tui.untitled")
            if titles[safe_line(conversation.title)] > 1:  # told apart by their time
                title = f"{conversation.updated.astimezone():%H:%M} {title}"
            style = "bold" if conversation.id == current else ""
            options.append(
                Option(Content.styled("  " + title, style) if style else Content("  " + title), id=conversation.id)
            )
        if older:
            options.append(Option(Content.styled("  " + say("tui.list.older"), "$genchat-muted"), id=_OLDER))
        before = self.highlighted
        self.clear_options()
        self.add_options(options)
        if current is not None and any(conversation.id == current for conversation in conversations):
            self.highlighted = self.get_option_index(current)
        elif before is not None and conversations:
            index = min(before, len(options) - 1)
            self.highlighted = index + options[index].disabled  # below the name of a day stands a conversation

    def on_focus(self) -> None:
        """Highlight something, so that Enter always has a conversation to open."""
        if self.highlighted is None:
            self.action_first()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if event.option_id == _OLDER:
            self.post_message(self.OlderWanted())
        elif event.option_id is not None:
            self.post_message(self.Chosen(event.option_id))

    def action_ask(self, what: str) -> None:
        """Ask the screen to rename or delete."""
        option = self.highlighted_option
        if option is not None and option.id is not None and option.id != _OLDER:
            self.post_message(self.Asked(option.id, what))
