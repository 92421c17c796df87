"""The conversation as a tree: versions stand side by side, one path is shown."""

from genchat.engine.conversation import Message, Role
from genchat.tui.chat.dialogue import Dialogue, Turn


def _talk() -> tuple[Dialogue, Turn, Turn]:
    dialogue = Dialogue()
    question = dialogue.append(Turn(Role.USER, "hi"))
    answer = dialogue.append(Turn(Role.ASSISTANT, "hello"))
    return dialogue, question, answer


def test_a_second_answer_is_shown_and_the_first_is_kept() -> None:
    dialogue, question, answer = _talk()
    other = dialogue.add(Turn(Role.ASSISTANT, "hey"), question)
    assert dialogue.path == [question, other]
    assert other.version == (2, 2)
    assert dialogue.show_sibling(other, -1) is answer
    assert dialogue.path == [question, answer]


def test_there_is_nothing_beyond_the_first_and_last_version() -> None:
    dialogue, _, answer = _talk()
    assert dialogue.show_sibling(answer, 1) is None
    assert dialogue.show_sibling(answer, -1) is None


def test_an_edited_first_question_begins_another_branch() -> None:
    dialogue, question, _ = _talk()
    other = dialogue.add(Turn(Role.USER, "hola"), dialogue.parent_of(question))
    assert dialogue.path == [other]
    assert dialogue.show_sibling(other, -1) is question
    assert [turn.text for turn in dialogue.path] == ["hi", "hello"]


def test_a_model_gets_what_stands_before_its_turn_only() -> None:
    dialogue, _, answer = _talk()
    dialogue.append(Turn(Role.USER, "more"))
    assert dialogue.messages_before(answer) == [Message(Role.USER, "hi")]


def test_the_text_is_kept_as_it_is_and_shown_safely() -> None:
    turn = Turn(Role.USER, "a\x1b[2J")
    assert turn.text == "a\x1b[2J"
    assert "\x1b" not in turn.shown_text
