"""What was exported comes back as it was; what is no sound export is refused, and nothing is written over."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genchat.engine.contract import MessageData, Notice, Passage, Passages
from genchat.engine.conversation import Role
from genchat.engine.errors import ConversationExists, HistoryError
from genchat.engine.history import HistoryStore, NullHistory
from genchat.engine.history.import_reading import read_export, read_file
from tests.engine.history.makers import GOOGLE_KEY, answer, ask, events, run, words

HOSTILE = "\x1b]0;owned\x07 \x9b31m \u202e\U000e0041 </script> [/] ação 👩‍👩‍👧 \x00"


def rich(store: HistoryStore) -> str:
    """The id of a conversation that has something of everything: branches, traces, passages, data, a failure."""
    question = ask(store, HOSTILE)
    recorder = store.begin_reply(question, run())
    recorder.add(
        Passages(
            (Passage(1, "guia.md", "l. 3", "Fome é…", 1.5, (0, 4), {"bm25": 2.5}, {"fome": 0.5}, ""),),
            "FTS5",
            ("fome",),
        )
    )
    recorder.add(MessageData({"menu": [1, {"prato": "feijão"}]}))
    recorder.add(Notice("an author's words", {"a": 1}))
    for event in events(12):
        recorder.add(event)
    first = recorder.finish()
    again = store.begin_reply(question, run())
    for step in words("um dois três"):
        again.add(step)
    again.finish("error", "it broke")
    store.add_message(store.conversation(question.conversation), Role.USER, "e depois?", first.id)
    store.add_message(store.conversation(question.conversation), Role.SYSTEM, "a second root", None)
    answer(store, store.tree(question.conversation)[3], "pronto")
    store.show(first.id)
    return question.conversation


def told(document: str) -> Any:
    """An export with its messages numbered in order, for their ids belong to a file."""
    written = json.loads(document)
    numbers = {message["id"]: place for place, message in enumerate(written["messages"])}
    for message in written["messages"]:
        message["id"] = numbers[message["id"]]
        message["parent"] = numbers.get(message["parent"])
    written["conversation"]["head"] = numbers[written["conversation"]["head"]]
    return written


def test_an_export_imported_and_exported_again_is_the_same(store: HistoryStore) -> None:
    name = rich(store)
    ask(store, "before it, so that the ids differ")
    exported = store.export(name, "json")
    with NullHistory(secrets=tuple) as other:
        ask(other, "something else is there already")
        imported = other.import_conversation(read_export(exported))
        assert imported.conversation.id == name
        assert imported.without_tokens == 0
        assert told(other.export(name, "json")) == told(exported)
        assert [message.text for message in other.shown(name)] == [message.text for message in store.shown(name)]
        assert other.check().sound
        for mine, theirs in zip(store.tree(name), other.tree(name), strict=True):
            assert (mine.data, mine.sibling_count) == (theirs.data, theirs.sibling_count)
            kept, came = store.trace(mine.id), other.trace(theirs.id)
            assert (kept is None) == (came is None)
            if kept is not None and came is not None:
                assert [step.text for step in kept] == [step.text for step in came]
                assert [step.cut for step in kept] == [step.cut for step in came]
        assert other.search("pronto")


def test_the_second_generation_is_the_first_letter_for_letter_after_the_ids(store: HistoryStore) -> None:
    exported = store.export(rich(store), "json")
    with NullHistory(secrets=tuple) as other, NullHistory(secrets=tuple) as third:
        name = other.import_conversation(read_export(exported)).conversation.id
        second = other.export(name, "json")
        third.import_conversation(read_export(second))
        assert third.export(name, "json") == second


def test_what_is_in_the_history_is_never_written_over(store: HistoryStore) -> None:
    name = rich(store)
    exported = store.export(name, "json")
    changed = json.loads(exported)
    changed["messages"][0]["text"] = "another text"
    with pytest.raises(ConversationExists):
        store.import_conversation(read_export(json.dumps(changed)))
    assert store.export(name, "json") == exported
    copied = store.import_conversation(read_export(json.dumps(changed)), as_copy=True).conversation
    assert copied.id != name
    assert store.tree(copied.id)[0].text == "another text"
    assert store.export(name, "json") == exported


def test_the_pieces_of_an_export_never_take_the_place_of_a_whole_vocabulary(store: HistoryStore) -> None:
    name = rich(store)
    exported = json.loads(store.export(name, "json"))
    exported["vocabularies"]["v1"]["pieces"] = dict.fromkeys(exported["vocabularies"]["v1"]["pieces"], "lie")
    before = store.export(name, "json")
    copied = store.import_conversation(read_export(json.dumps(exported)), as_copy=True).conversation
    assert '"lie"' in store.export(copied.id, "json")
    assert store.export(name, "json") == before


def test_an_export_without_tokens_says_how_many_replies_came_without(store: HistoryStore) -> None:
    exported = store.export(rich(store), "json", traces=False)
    with NullHistory(secrets=tuple) as other:
        imported = other.import_conversation(read_export(exported))
        assert imported.without_tokens == 3
        assert other.trace(other.tree(imported.conversation.id)[1].id) is None


def test_a_key_in_a_file_is_not_kept(store: HistoryStore) -> None:
    exported = store.export(rich(store), "json")
    altered = json.loads(exported)
    altered["messages"][1]["text"] = GOOGLE_KEY + altered["messages"][1]["text"]
    altered["messages"][1]["run"]["detail"] = GOOGLE_KEY
    altered["conversation"]["title"] = GOOGLE_KEY
    with NullHistory(secrets=lambda: (GOOGLE_KEY,)) as other:
        imported = other.import_conversation(read_export(json.dumps(altered)))
        assert GOOGLE_KEY not in other.export(imported.conversation.id, "json")
        assert imported.without_tokens == 1


def _set(path: str, value: object) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        *way, last = [int(part) if part.isdecimal() else part for part in path.split(".")]
        for part in way:
            document = document[part]
        document[last] = value

    return change


BROKEN = {
    "conversation.id": "../../etc",
    "conversation.kind": "spy",
    "conversation.created": "yesterday",
    "messages": {},
    "messages.0.role": "root",
    "messages.0.text": None,
    "messages.0.id": 2**70,
    "messages.0.parent": 1,  # itself, in the end
    "messages.1.parent": 999_999,
    "messages.1.run.seconds": 1e999,
    "messages.1.run.prompt_tokens": -1,
    "messages.1.run.seed": "3",
    "messages.1.run.finish_reason": "magic",
    "messages.1.run.notices": [{"key": 1}],
    "messages.1.run": None,
    "messages.1.passages.0.highlight": [4, 999],
    "messages.1.passages.0.parts": {"bm25": "much"},
    "messages.1.trace.data": "%%%",
    "messages.1.trace.codec": 200,
    "messages.1.trace": "none",
    "vocabularies.v1.pieces": {"-1": "x"},
    "vocabularies.v1.special": {"<|end|>": 2**40},
}


@pytest.mark.parametrize("place", BROKEN)
def test_a_file_that_was_changed_is_refused_whole_and_the_place_is_named(store: HistoryStore, place: str) -> None:
    document = json.loads(store.export(rich(store), "json"))
    if place == "messages.0.parent":
        document["messages"][0]["parent"] = document["messages"][1]["id"]
    else:
        _set(place, BROKEN[place])(document)
    with NullHistory(secrets=tuple) as other:
        with pytest.raises(HistoryError) as refused:
            other.import_conversation(read_export(json.dumps(document)))
        assert refused.value.key in ("import_broken", "import_not_json")
        if refused.value.key == "import_broken":
            assert place.split(".")[0] in str(refused.value.values["place"])
        assert other.conversations() == ()
        assert other.check().messages == 0


@pytest.mark.parametrize(
    ("document", "key"),
    [
        ("", "import_not_json"),
        ("{", "import_not_json"),
        ("[" * 200_000, "import_not_json"),
        ('{"genchat": NaN}', "import_not_json"),
        ('{"a": 1' + "0" * 10_000 + "}", "import_not_json"),
        ("[]", "import_foreign"),
        ('{"messages": []}', "import_foreign"),
        ('{"genchat": "9", "conversation": {}}', "import_broken"),
        ('{"genchat": "9", "format": 99, "conversation": {}}', "import_newer"),
    ],
)
def test_what_is_no_export_is_told_apart(store: HistoryStore, document: str, key: str) -> None:
    with pytest.raises(HistoryError) as refused:
        store.import_conversation(read_export(document))
    assert refused.value.key == key
    assert str(refused.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    for path, content, key in (
        (tmp_path / "absent.json", None, "import_unreadable"),
        (tmp_path, None, "import_unreadable"),
        (tmp_path / "latin.json", b"\xff\xfe\xfa", "import_not_json"),
    ):
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(HistoryError) as refused:
            read_file(path)
        assert refused.value.key == key


def _places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value of a document, its root left out."""
    if way:
        yield way
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        if key != "tokens":
            yield from _places(each, (*way, key))


_VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=12),
    st.lists(st.integers(), max_size=2), st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)  # fmt: skip


@pytest.fixture(scope="module")
def document() -> str:
    with NullHistory(secrets=tuple) as history:
        return history.export(rich(history), "json")


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_any_value_in_any_place_is_taken_or_refused_and_the_file_stays_sound(
    document: str, data: st.DataObject
) -> None:
    changed = json.loads(document)
    way = data.draw(st.sampled_from(list(_places(changed))))
    holder = changed
    for part in way[:-1]:
        holder = holder[part]
    holder[way[-1]] = data.draw(_VALUES)
    with NullHistory(secrets=tuple) as history:
        try:
            name = history.import_conversation(read_export(json.dumps(changed))).conversation.id
        except HistoryError:
            assert history.conversations() == ()
        else:
            history.export(name, "json")
            history.export(name, "markdown")
        assert history.check().sound
