"""A history whose file is removed, moved or replaced while it is open loses nothing and says so."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from genchat.engine.conversation import Role
from genchat.engine.history import HistoryStore
from tests.engine.history.makers import answer, ask

Blow = Callable[[Path], object]


def removed(path: Path) -> None:
    path.unlink()


def moved(path: Path) -> None:
    path.rename(path.with_name("elsewhere.db"))


def removed_with_its_side_files(path: Path) -> None:
    for each in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        each.unlink(missing_ok=True)


def folder_removed(path: Path) -> None:
    shutil.rmtree(path.parent)


@pytest.mark.parametrize("blow", [removed, moved, removed_with_its_side_files, folder_removed])
def test_everything_said_before_and_after_stands_in_the_file_again(tmp_path: Path, blow: Blow) -> None:
    path = tmp_path / "home" / "history.db"
    with HistoryStore.open(path) as store:
        question = ask(store, "before")
        blow(path)
        store.add_message(store.conversation(question.conversation), Role.USER, "after", question.id)
        assert [message.text for message in store.shown(question.conversation)] == ["before", "after"]
        assert [notice.key for notice in store.take_news()] == ["history.rescued"]
        assert store.take_news() == ()
    with HistoryStore.open(path) as again:
        assert [message.text for message in again.shown(question.conversation)] == ["before", "after"]
        assert again.check().problems == ()


def test_a_file_that_took_its_place_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    with HistoryStore.open(tmp_path / "other.db") as other:
        kept = ask(other, "another history")
    with HistoryStore.open(path) as store:
        question = ask(store, "before")
        os.replace(tmp_path / "other.db", path)
        answer(store, question)
        beside = store.path
        assert beside is not None
        assert beside != path
        assert store.shown(question.conversation)[0].text == "before"
    with HistoryStore.open(beside) as again:
        assert len(again.shown(question.conversation)) == 2
    with HistoryStore.open(path) as stranger:
        assert stranger.shown(kept.conversation)[0].text == "another history"
