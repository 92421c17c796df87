"""Documents from Python: added, listed, searched, answered from."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import genchat
from genchat.engine.errors import DocumentsError, UsageError
from tests.engine.interface.test_shown import parsed


@pytest.fixture
def documents(tmp_path: Path) -> Iterator[genchat.Documents]:
    (tmp_path / "tea.md").write_text("# Tea <b>\n\nGreen tea is steeped for two minutes at 70 degrees.\n")
    with genchat.documents() as opened:
        yield opened


def test_a_file_is_added_found_and_answered_from(documents: genchat.Documents, tmp_path: Path) -> None:
    added = documents.add(tmp_path / "tea.md", str(tmp_path))
    assert [event.outcome for event in added] == ["added"]
    assert [event.outcome for event in documents.add(tmp_path / "tea.md")] == ["unchanged"]
    assert "tea.md" in [document.name for document in documents.list()]
    assert [document.name for document in documents.list("documents")] == ["tea.md"]
    passages = documents.search("How long is green tea steeped?", limit=1)
    assert passages.enough
    assert passages[0].source == "tea.md"
    reply = documents.answer("How long is green tea steeped?")
    assert "two minutes" in reply.text
    assert reply.passages[0].source == "tea.md"
    for shown in (added, documents, passages, reply):
        parsed(shown._repr_html_())
        assert "tea.md" in repr(shown)


def test_what_cannot_be_added_or_found_is_named(documents: genchat.Documents, tmp_path: Path) -> None:
    (tmp_path / "picture.md").write_bytes(b"\0\1\2")
    failed = documents.add(tmp_path / "picture.md")[0]
    assert failed.outcome == "failed"
    assert "picture.md" in str(failed.problem)
    wrong: Any = 3
    with pytest.raises(UsageError, match="int"):
        documents.add(wrong)
    with pytest.raises(UsageError, match="int"):
        documents.search(wrong)
    with pytest.raises(DocumentsError):
        documents.list("nothing")
