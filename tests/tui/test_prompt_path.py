"""Whoever follows a prompt opens few files: counted on a prompt that is typed, and on one that is an argument."""

from tests.bench.prompt_path import MARK, ON_THE_COMMAND_LINE, ON_THE_SCREEN, command_line_way, screen_way


def test_a_prompt_on_the_screen_passes_few_rooms_and_enters_the_screen_twice() -> None:
    rooms = screen_way().rooms[ON_THE_SCREEN]
    assert len(rooms) <= MARK
    assert rooms["tui/screens/chat.py"] == ["ChatScreen._sent", "ChatScreen._reply_arrived"]


def test_a_prompt_on_the_command_line_passes_few_rooms() -> None:
    assert len(command_line_way().rooms[ON_THE_COMMAND_LINE]) <= MARK
