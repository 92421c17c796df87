"""Exports hold what was kept, and nothing in them can drive a terminal."""

import json

from genchat.engine.contract import Passage, Passages
from genchat.engine.history import HistoryStore
from genchat.engine.language import use_language
from genchat.engine.text import safe
from tests.engine.history.makers import answer, ask, events, run, words

HOSTILE = "\x1b]0;owned\x07 \x9b31m \u202e\U000e0041 [/] ação 👩‍👩‍👧"


def test_json_holds_every_branch_and_every_token(store: HistoryStore) -> None:
    question = ask(store, "O que é fome?")
    recorder = store.begin_reply(question, run())
    recorder.add(Passages((Passage(1, "guia.md", "l. 3", "Fome é…", 1.5),), "FTS5", ("fome",)))
    for event in events(6):
        recorder.add(event)
    reply = recorder.finish()
    other = answer(store, question, "outra")
    document = json.loads(store.export(question.conversation, "json"))
    assert document["format"] == 1
    assert document["conversation"]["id"] == question.conversation
    assert [message["id"] for message in document["messages"]] == [question.id, reply.id, other.id]
    assert [message["parent"] for message in document["messages"]] == [None, question.id, question.id]
    kept = document["messages"][1]
    assert "".join(token["text"] for token in kept["tokens"]) == kept["text"] == reply.text
    assert kept["run"]["seed"] == 3
    assert kept["passages"][0]["source"] == "guia.md"
    assert kept["missing"] == ["fome"]
    trace = store.trace(reply.id)
    assert trace is not None
    for token, step in zip(kept["tokens"], trace, strict=True):
        assert token["token"] == step.token
        shown = [candidate["token"] for candidate in token["candidates"]]
        assert shown == step.raw.tokens.tolist()  # type: ignore[attr-defined]
        cut = {candidate["token"]: candidate["cut_by"] for candidate in token["candidates"] if candidate["cut_by"]}
        assert cut == dict(step.cut)
    without = json.loads(store.export(question.conversation, "json", traces=False))
    assert "tokens" not in without["messages"][1]


def test_json_gives_back_hostile_text_exactly_and_writes_it_harmlessly(store: HistoryStore) -> None:
    question = ask(store, HOSTILE)
    store.rename(question.conversation, HOSTILE)
    written = store.export(question.conversation, "json")
    assert safe(written) == written
    assert json.loads(written)["messages"][0]["text"] == HOSTILE


def test_markdown_is_the_shown_branch_to_read(store: HistoryStore) -> None:
    question = ask(store, "Oi")
    answer(store, question, "não esta")
    recorder = store.begin_reply(question, run())
    recorder.add(Passages((Passage(1, "guia.md", "l. 3", "…", 1.5),), "FTS5"))
    for step in words(HOSTILE):
        recorder.add(step)
    recorder.finish("stopped")
    written = store.export(question.conversation, "markdown")
    assert written.startswith("# Oi\n\n## You\n\nOi\n\n## genchat (hash) · stopped\n\n")
    assert "não esta" not in written
    assert "[1] guia.md l. 3" in written
    assert safe(written) == written
    use_language("pt-br")
    assert "## Você" in store.export(question.conversation, "markdown")
