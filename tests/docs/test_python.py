"""docs/python.md says what is true: each of its examples runs and prints what stands below it."""

from pathlib import Path

import pytest

import genchat
from tests.docs.examples import BLOCK, DOCUMENT, keep_a_conversation, outputs


def test_every_example_prints_what_stands_below_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GENCHAT_PLUGINS", "none")
    keep_a_conversation()
    text = DOCUMENT.read_text(encoding="utf-8")
    ran = list(outputs(text))
    assert len(ran) == len(BLOCK.findall(text)) == 10
    differing = [(code, printed) for code, shown, printed in ran if printed != shown]
    assert not differing, "to renew the outputs: python -m tests.docs.examples"


def test_every_name_of_the_document_exists() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for name in ("open", "models", "history", "train", "documents", "Model", "GenchatError"):
        assert f"genchat.{name}" in text
        assert name in dir(genchat)
