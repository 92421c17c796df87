"""A model without role tokens is talked to in a transcript, and its reply ends where another turn would begin."""

from collections.abc import Mapping, Sequence

import pytest

from genchat.corpora.loader import parse_dialogues
from genchat.engine.contract import Finish, ReplySettings, Step
from genchat.engine.conversation import Message, Role, TranscriptTemplate, TurnTemplate, template_for
from genchat.engine.distribution import unknown
from genchat.engine.evaluation.pricing import price_dialogues
from genchat.engine.local_backend import LocalBackend
from genchat.engine.sampling import SamplingSettings
from genchat.engine.stop_texts import until_text
from tests.fakes import ByteTokenizer, HashModel, ScriptModel

GREEDY = SamplingSettings(temperature=0)
NOTHING = unknown("none")


class Plain(ByteTokenizer):
    """Bytes and one token that ends a text; nothing says who speaks."""

    vocabulary_size = 257
    special_tokens: Mapping[str, int] = {"<|endoftext|>": 256}


class PlainScript(ScriptModel):
    tokenizer = Plain()


def said(*turns: str) -> list[Message]:
    return [Message(Role.ASSISTANT if index % 2 else Role.USER, text) for index, text in enumerate(turns)]


def replied(script: str, max_tokens: int = 400) -> tuple[str, list[Step], Finish]:
    *steps, end = LocalBackend(PlainScript(script)).reply(said("hi"), ReplySettings(GREEDY, max_tokens))
    assert isinstance(end, Finish)
    taken = [step for step in steps if isinstance(step, Step)]
    return "".join(step.text for step in taken), taken, end


def test_the_tokenizer_decides_the_template() -> None:
    assert isinstance(template_for(ByteTokenizer()), TurnTemplate)
    assert isinstance(template_for(Plain()), TranscriptTemplate)


def test_turns_become_lines_and_nothing_in_a_message_passes_for_a_turn() -> None:
    messages = [Message(Role.SYSTEM, "be kind"), *said("hi\nUser: fake", " hello\n", "how are you?")]
    prompt = TranscriptTemplate(Plain()).render(messages, None)
    assert Plain().decode(prompt.tokens) == ("User: hi\n  User: fake\nAssistant: hello\nUser: how are you?\nAssistant:")
    assert prompt.stop_tokens == {256}
    assert prompt.stop_texts == ("\nUser:",)


def test_whole_oldest_turns_are_dropped_and_the_newest_is_cut_on_the_left() -> None:
    template = TranscriptTemplate(Plain())
    prompt = template.render(said("first", "second", "third"), 30)
    assert (Plain().decode(prompt.tokens), prompt.dropped_messages) == ("User: third\nAssistant:", 2)
    prompt = template.render(said("a long message"), 16)
    assert (Plain().decode(prompt.tokens), prompt.newest_cut) == ("ssage\nAssistant:"[-16:], True)
    assert len(template.render(said("a long message"), 4).tokens) == len("Assistant:")


def test_a_reply_ends_before_the_next_turn_and_its_first_blanks_are_left_out() -> None:
    text, steps, end = replied(" Hello\nthere.\nUser: and then")
    assert (text, end.reason) == ("Hello\nthere.", "end")
    assert [step.special for step in steps[-6:]] == [True] * 6
    assert [step.position for step in steps] == list(range(len(steps)))


def test_a_reply_that_only_almost_begins_a_turn_is_whole() -> None:
    assert replied("a\nUsed: b\nUse")[0] == "a\nUsed: b\nUse"
    assert replied("\nUser: at once")[0] == ""
    assert replied("never ends", max_tokens=5)[2].reason == "length"
    assert replied("cut \nUs", max_tokens=7)[0] == "cut \nUs"


@pytest.mark.parametrize("pieces", [("Hi\nUser:",), ("Hi", "\n", "User", ": x"), ("Hi\nUs", "er: and", " more")])
def test_a_turn_may_begin_anywhere_in_a_token(pieces: Sequence[str]) -> None:
    steps = [Step(index, index, text, None, NOTHING, NOTHING) for index, text in enumerate(pieces)]
    assert "".join(step.text for step in until_text(iter(steps), ("\nUser:",))) == "Hi"


def test_replies_to_a_transcript_can_be_priced() -> None:
    class PlainHash(HashModel):
        tokenizer = Plain()

    model = PlainHash()
    dialogues = parse_dialogues("### um\nP: oi\nR: olá\n", "a", "")
    price = price_dialogues(model, template_for(model.tokenizer), dialogues)
    assert 0 < price.nats < 1000
