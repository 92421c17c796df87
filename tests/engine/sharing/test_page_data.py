"""What a page knows is what the history knows, and nothing of it can leave its place."""

import json
import math
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genchat.engine.conversation import Role
from genchat.engine.distribution import TopKDistribution
from genchat.engine.history import NullHistory
from genchat.engine.language import use_language
from genchat.engine.sharing.page import as_page
from genchat.engine.sharing.page_data import IMPOSSIBLE
from genchat.engine.sharing.visible_text import script_json, visible
from genchat.engine.text import safe
from tests.engine.sharing.talks import HOSTILE, HUGE, talk


class Seen(HTMLParser):
    """The elements of a page and the text of its data blocks."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.blocks: dict[str, str] = {}
        self._block = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += attrs
        self._block = dict(attrs).get("id") or "" if tag == "script" else ""

    def handle_data(self, data: str) -> None:
        if self._block:
            self.blocks[self._block] = self.blocks.get(self._block, "") + data

    def handle_endtag(self, tag: str) -> None:
        self._block = ""


def page_of(history: NullHistory, name: str) -> str:
    return as_page(history, history.conversation(name))


@given(st.text())
def test_visible_text_holds_nothing_that_is_not_safe_and_can_be_cut_anywhere(text: str) -> None:
    assert safe(visible(text)) == visible(text)
    assert "".join(map(visible, text)) == visible(text)


def test_visible_text_names_what_turns_text_around() -> None:
    assert visible("a\u202eb\u2028\x1b ção\n\t👩‍👩‍👧") == "a⟨U+202E⟩b⟨U+2028⟩␛ ção\n\t👩‍👩‍👧"


@given(
    st.recursive(
        st.text() | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_json_for_a_script_means_the_same_and_cannot_end_the_element(value: object) -> None:
    written = script_json(value)
    assert json.loads(written) == value
    assert not re.search("[<>&\u2028\u2029]", written)


def test_every_message_of_every_branch_and_every_candidate_is_in_the_page(history: NullHistory) -> None:
    name = talk(history)
    seen = Seen(page_of(history, name))
    data = json.loads(seen.blocks["data"])
    tree = history.tree(name)
    assert [message["text"] for message in data["messages"]] == [message.text for message in tree]
    assert [tree[place].id for place in data["shown"]] == [message.id for message in history.shown(name)]
    strings = data["strings"]
    traced = 0
    for place, message in enumerate(tree):
        trace = history.trace(message.id)
        assert (trace is not None) == (f"tokens-{place}" in seen.blocks)
        if trace is None:
            continue
        columns = json.loads(seen.blocks[f"tokens-{place}"])
        assert data["messages"][place]["count"] == len(trace) == len(columns["text"])
        assert "".join(strings[text] for text in columns["text"]) == message.text
        for index, step in enumerate(trace):
            assert isinstance(step.raw, TopKDistribution)
            flat = columns["candidates"][index]
            rows = [flat[at : at + 4] for at in range(0, len(flat), 4)]
            assert len(rows) == len(step.raw.tokens)
            assert [row[1] for row in rows] == [
                pytest.approx(1000 * value, abs=0.51) for value in step.raw.token_log_probs.tolist()
            ]
            assert [label for label, *_ in rows if label < 0] == [-1 - columns["label"][index]]
            for token, (_, _, after, stage) in zip(step.raw.tokens.tolist(), rows, strict=True):
                kept = step.drawn_from.log_prob(token)
                assert kept is not None
                assert (after == IMPOSSIBLE) == math.isinf(kept)
                assert (stage > 0) == (step.cut_by(token) is not None)
            traced += 1
    assert traced > 100


@pytest.mark.parametrize("hostile", [*HOSTILE, HUGE])
def test_what_hostile_people_write_adds_no_element_and_stays_harmless_text(history: NullHistory, hostile: str) -> None:
    plain = Seen(page_of(history, talk(history)))
    name = talk(history, pieces=(hostile, f"x{hostile}", "y"), title=hostile, question=hostile, name=hostile)
    asked = history.add_message(history.conversation(name), Role.SYSTEM, hostile, None)
    page = page_of(history, name)
    seen = Seen(page)
    assert [tag for tag in seen.elements if tag != "script"] == [tag for tag in plain.elements if tag != "script"]
    assert {key for key, _ in seen.attributes} == {key for key, _ in plain.attributes}
    assert not [key for key, _ in seen.attributes if key.startswith("on")]
    assert safe(page) == page
    assert visible(asked.text) in [message["text"] for message in json.loads(seen.blocks["data"])["messages"]]


def test_a_page_without_traces_holds_the_texts_alone(history: NullHistory) -> None:
    name = talk(history)
    seen = Seen(as_page(history, history.conversation(name), traces=False))
    assert list(seen.blocks) == ["data"]
    assert [message["text"] for message in json.loads(seen.blocks["data"])["messages"]] == [
        message.text for message in history.tree(name)
    ]


def test_a_page_speaks_the_language_in_use(history: NullHistory) -> None:
    name = talk(history, 1, 3)
    assert '<html lang="en"' in page_of(history, name)
    use_language("pt-br")
    page = page_of(history, name)
    assert '<html lang="pt-BR"' in page
    assert "antes da amostragem" in page


def test_an_empty_conversation_is_a_page_too(history: NullHistory) -> None:
    conversation = history.new_conversation(title="")
    page = as_page(history, conversation)
    assert json.loads(Seen(page).blocks["data"])["messages"] == []
