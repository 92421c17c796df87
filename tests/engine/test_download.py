"""Downloads arrive whole, checked and resumable, or not at all. The server is a loopback one."""

import hashlib
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from genchat.engine.download import check_address, download
from genchat.engine.errors import GenchatError, RemoteError

CONTENT = bytes(range(256)) * 4096
DIGEST = hashlib.sha256(CONTENT).hexdigest()


class Server(ThreadingHTTPServer):
    """Serves CONTENT at /file, the same cut short at /cut, without resuming at /whole, and 404 elsewhere."""

    ranges: list[str | None]


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        self.server.ranges.append(wanted)
        if self.path not in ("/file", "/cut", "/whole"):
            self.send_error(404)
            return
        begin = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and self.path != "/whole" else 0
        body = CONTENT[begin:]
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if self.path == "/cut" else body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as running:
        running.ranges = []
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def address(server: Server, path: str) -> str:
    return f"http://127.0.0.1:{server.server_port}{path}"


def test_a_file_arrives_with_progress_and_is_not_fetched_twice(server: Server, tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    for _ in range(2):
        path = download(
            address(server, "/file"),
            tmp_path / "f",
            sha256=DIGEST,
            progress=lambda have, whole: seen.append((have, whole)),
        )
        assert path.read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert len(server.ranges) == 1


def test_a_cut_download_is_kept_and_resumed(server: Server, tmp_path: Path) -> None:
    target = tmp_path / "f"
    with pytest.raises(RemoteError, match="broke"):
        download(address(server, "/cut"), target, sha256=DIGEST)
    part = tmp_path / "f.part"
    have = part.stat().st_size
    assert 0 < have < len(CONTENT)
    assert not target.exists()
    assert download(address(server, "/file"), target, sha256=DIGEST).read_bytes() == CONTENT
    assert server.ranges[-1] == f"bytes={have}-"
    assert not part.exists()


def test_a_server_that_cannot_resume_starts_over(server: Server, tmp_path: Path) -> None:
    (tmp_path / "f.part").write_bytes(b"something old")
    assert download(address(server, "/whole"), tmp_path / "f", sha256=DIGEST).read_bytes() == CONTENT


def test_a_person_can_stop_and_go_on(server: Server, tmp_path: Path) -> None:
    asked = iter([False, True])
    with pytest.raises(GenchatError, match="stopped"):
        download(address(server, "/file"), tmp_path / "f", sha256=DIGEST, should_stop=lambda: next(asked))
    assert (tmp_path / "f.part").stat().st_size > 0
    assert download(address(server, "/file"), tmp_path / "f", sha256=DIGEST).read_bytes() == CONTENT


def test_a_wrong_hash_removes_the_file(server: Server, tmp_path: Path) -> None:
    with pytest.raises(RemoteError, match="sha256"):
        download(address(server, "/file"), tmp_path / "f", sha256="0" * 64)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_and_a_closed_port_are_told_apart(server: Server, tmp_path: Path) -> None:
    with pytest.raises(RemoteError, match="404"):
        download(address(server, "/nothing"), tmp_path / "f", sha256=None)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(RemoteError, match="reached"):
        download(f"http://127.0.0.1:{port}/file", tmp_path / "f", sha256=None)


@pytest.mark.parametrize("wrong", ["http://example.org/x", "ftp://example.org/x", "file:///etc/passwd", "x"])
def test_only_https_or_this_machine(wrong: str) -> None:
    with pytest.raises(RemoteError, match="https"):
        check_address(wrong)


def test_offline_opens_no_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*arguments: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setenv("GENCHAT_OFFLINE", "1")
    monkeypatch.setattr(socket, "socket", forbidden)
    with pytest.raises(RemoteError, match="GENCHAT_OFFLINE"):
        download("https://example.org/x", tmp_path / "f", sha256=None)


def test_a_folder_that_cannot_be_written_is_said(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(GenchatError, match="could not be written"):
        download(address(server, "/file"), tmp_path / "file" / "f", sha256=DIGEST)
