"""Taking a conversation, or what the screen shows, out of genchat, as a part of the chat screen.

ChatScreen inherits from this screen, which has no keys: all of it is reached by the command palette.
"""

from textual import on
from textual.screen import Screen

from genchat.tui.chat import messages
from genchat.tui.chat.conversation_manager import ConversationManager
from genchat.tui.screens.screen_picture import self_contained


class SharingScreen(Screen[None]):
    """This screen writes conversations and pictures to files."""

    conversation_manager: ConversationManager

    def action_export(self) -> None:
        """Write the conversation to a Markdown file."""
        self.conversation_manager.export()

    def action_export_page(self) -> None:
        """Write the conversation to a web page."""
        self.conversation_manager.export("page")

    def action_export_everything(self) -> None:
        """Write the conversation to a JSON file that can be imported again."""
        self.conversation_manager.export("everything")

    def action_picture(self) -> None:
        """Write what is on the screen to an SVG file."""
        self.conversation_manager.picture(lambda: self_contained(self.app.export_screenshot(title="genchat")))

    @on(messages.ConversationExported)
    def _exported(self, message: messages.ConversationExported) -> None:
        self.conversation_manager.exported(message)
