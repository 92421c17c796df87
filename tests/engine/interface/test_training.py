"""Training from Python: the same runs as the command, on texts and on files."""

from pathlib import Path
from typing import Any

import pytest

import genchat
from genchat.engine.errors import TextUnusable, TrainingFailed, UsageError
from genchat.engine.model_card import read_card
from genchat.engine.paths import paths
from genchat.engine.training.events import Ended, Phase, Started

TEXT = "the cat sat on the mat.\nthe dog sat on the log.\n" * 60
TINY: dict[str, Any] = {"steps": 2, "layers": 1, "width": 16, "batch": 4, "window": 16, "evaluations": 1}


def test_a_counting_model_is_trained_kept_and_opened() -> None:
    events: list[object] = []
    model = genchat.train("ngram", TEXT, name="cats", order=3, languages="en", progress=events.append)
    assert model.next("the dog sat on the", top=2)[0].text in (" mat", " log")
    assert events
    assert all(isinstance(event, Phase) for event in events)
    assert "cats" in genchat.models().names
    card = read_card(paths().models / "cats")
    assert card.languages == ("en",)
    assert card.command == "genchat.train('ngram', […], name='cats', order=3)"


def test_a_network_is_trained_kept_and_opened(capsys: pytest.CaptureFixture[str]) -> None:
    events: list[object] = []
    model = genchat.train("lstm", TEXT, name="small", progress=events.append, **TINY)
    assert model.info.family == "lstm"
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Ended)
    assert len(model.complete("the", max_tokens=5, seed=1).steps) == 5
    assert capsys.readouterr() == ("", "")
    more = genchat.train("lstm", TEXT, name="more", begin_from="small", **TINY)
    assert more.info.parameters == model.info.parameters


def test_files_folders_and_texts_can_be_mixed(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "one.txt").write_text("one fish\n" * 9)
    (tmp_path / "two.txt").write_text("two fish\n" * 9)
    given: list[str | Path] = [tmp_path / "folder", str(tmp_path / "two.txt"), "red fish\nblue fish\n"]
    genchat.train("ngram", given, name="fish")
    assert [source["name"] for source in read_card(paths().models / "fish").sources] == ["one.txt", "two.txt", "text"]


def test_a_mistyped_file_name_is_never_trained_on() -> None:
    with pytest.raises(TextUnusable, match=r"book\.txt"):
        genchat.train("ngram", "my book.txt", name="book")
    with pytest.raises(TextUnusable, match="no file"):
        genchat.train("ngram", "word " * 5000, name="book")
    assert "book" not in genchat.models().names


@pytest.mark.parametrize(
    ("kind", "text", "choices", "said"),
    [
        ("rnn", TEXT, {}, "ngram, lstm, gpt"),
        ("ngram", b"bytes\n", {}, "bytes"),
        ("ngram", ["a\nb", 3], {}, "int"),
        ("ngram", TEXT, {"ordre": 3}, "order, tokens"),
        ("ngram", TEXT, {"order": "3"}, "order is '3'"),
        ("ngram", TEXT, {"order": 99}, "from 1 to 12"),
        ("ngram", TEXT, {"tokens": "bpe"}, "word | char"),
        ("lstm", TEXT, {"layrs": 1}, "layers"),
        ("lstm", TEXT, {"steps": "3"}, "steps"),
        ("lstm", TEXT, {"dropout": 2}, "dropout"),
        ("lstm", TEXT, {"begin_from": "ngram"}, "ngram"),
    ],
)
def test_what_cannot_be_trained_is_named(kind: str, text: Any, choices: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        genchat.train(kind, text, name="new", **choices)
    assert said in str(caught.value)
    assert not (paths().models / "new").exists()


def test_a_name_is_replaced_only_when_that_is_said() -> None:
    genchat.train("ngram", TEXT, name="cats")
    with pytest.raises(UsageError, match="replace=True"):
        genchat.train("ngram", TEXT, name="cats")
    genchat.train("ngram", "other words\n" * 9, name="cats", replace=True)
    with pytest.raises(UsageError):
        genchat.train("ngram", TEXT, name="gpt-chat", replace=True)


def test_a_counting_run_that_is_stopped_leaves_nothing() -> None:
    with pytest.raises(TrainingFailed):
        genchat.train("ngram", TEXT, name="cats", should_stop=lambda: True)
    assert "cats" not in genchat.models().names
