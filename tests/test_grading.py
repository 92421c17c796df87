"""Replies are marked without knowing whose they are, twice, and the means come out a model."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from genchat.engine.contract import Capabilities, Event, Finish, ModelInfo, ReplySettings, Step, StopSignal, Tokenizer
from genchat.engine.conversation import Message
from genchat.engine.distribution import unknown
from genchat.engine.errors import UsageError
from genchat.engine.evidence import Evidence
from tests.bench.grading import SETS, Answer, Item, answers, items, main, summary, write_sheets
from tests.bench.heldout import LANGUAGES

_ITEMS = [Item(f"c-{number}", "conversations", "en", ("hello", "and you?"), ("greets", "says")) for number in range(6)]


class _CountingBackend:
    """Says how many messages it was given."""

    info = ModelInfo("counting", "plugin", 0, None, 0, "")
    capabilities = Capabilities()
    tokenizer: Tokenizer | None = None

    def reply(
        self, messages: Sequence[Message], settings: ReplySettings, should_stop: StopSignal | None = None
    ) -> Iterator[Event]:
        if messages[-1].text == "fail":
            raise UsageError("top_k_negative", value=-1)
        nothing = unknown("")
        yield Step(0, None, f" {len(messages)} messages", None, nothing, nothing)
        yield Finish("end")

    def complete(self, text: str, settings: ReplySettings, should_stop: StopSignal | None = None) -> Iterator[Event]:
        yield Finish("end")

    def explain(self, messages: Sequence[Message] | str, reply_tokens: Sequence[int]) -> Evidence | None:
        return None


def _given() -> list[Answer]:
    return [
        answer
        for model in ("first-model", "second-model")
        for answer in answers(model, _CountingBackend(), _ITEMS, ReplySettings())
    ]


def _mark(sheet: Path, key: Path, by_model: dict[str, int]) -> None:
    whose = json.loads(key.read_text())
    rows = [json.loads(line) for line in sheet.read_text().splitlines()]
    marked = [row | {"mark": by_model[whose[row["row"]]["model"]]} for row in rows]
    sheet.write_text("".join(json.dumps(row) + "\n" for row in marked))


def test_later_turn_is_asked_with_the_replies_before_it() -> None:
    first, second = list(answers("m", _CountingBackend(), _ITEMS[:1], ReplySettings()))
    assert (first.reply, first.before) == ("1 messages", ())
    assert (second.reply, second.before) == ("3 messages", ("hello", "1 messages"))


def test_model_that_fails_is_marked_on_its_failure_and_the_rest_is_asked() -> None:
    asked = [Item("x", "prompts", "en", ("fail",), ("answers",)), _ITEMS[0]]
    given = list(answers("m", _CountingBackend(), asked, ReplySettings()))
    assert given[0].reply.startswith("[no reply: ")
    assert len(given) == 3


def test_sheets_hold_the_same_rows_in_two_orders_and_no_model(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.jsonl"
    write_sheets(_given(), sheet, 7)
    first, second = sheet.read_text(), (tmp_path / "sheet.second.jsonl").read_text()
    assert sorted(first.splitlines()) == sorted(second.splitlines())
    assert first != second
    assert "-model" not in first
    write_sheets(_given(), sheet, 7)
    assert sheet.read_text() == first


def test_means_come_out_a_model_with_how_often_both_passes_agree(tmp_path: Path) -> None:
    sheet, key = tmp_path / "sheet.jsonl", tmp_path / "sheet.key.json"
    write_sheets(_given(), sheet, 7)
    _mark(sheet, key, {"first-model": 2, "second-model": 0})
    _mark(tmp_path / "sheet.second.jsonl", key, {"first-model": 2, "second-model": 1})
    table = {(line.split()[0], line.split()[2]): line.split() for line in summary(sheet)[1:]}
    assert table["first-model", "all"][3:] == ["12", "12", "2.000", "0%", "0%", "100%", "12", "100%"]
    assert table["second-model", "conversations"][3:] == ["12", "12", "0.500", "50%", "50%", "0%", "12", "0%"]


def test_unmarked_sheet_has_no_mean_and_a_wrong_mark_is_named(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.jsonl"
    write_sheets(_given(), sheet, 7)
    assert summary(sheet)[1].split()[3:] == ["12", "0", "-", "-", "-", "-", "0", "-"]
    sheet.write_text(sheet.read_text().replace('"mark": null', '"mark": 3', 1))
    with pytest.raises(ValueError, match="r00001"):
        summary(sheet)


def test_every_set_has_questions_in_every_language_with_something_to_expect() -> None:
    for part in SETS:
        for language in LANGUAGES:
            found = items(part, language)
            assert found
            assert all(len(item.turns) == len(item.expects) and all(item.expects) for item in found)


def test_unknown_set_is_refused_before_any_model_opens(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["ask", "--models", "none", "--sets", "songs", "--out", str(tmp_path / "sheet.jsonl")])
    assert "no set songs" in capsys.readouterr().err
