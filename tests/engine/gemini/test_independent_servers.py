"""The same clients against servers that others wrote, where they are installed.

- aimock (npm @copilotkit/aimock): node_modules beside the project, or GENCHAT_AIMOCK names its llmock script;
- llmock (PyPI): on the path, or GENCHAT_LLMOCK names the program. It speaks to both SDKs.
"""

import json
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from genchat.engine.contract import Finish, Notice, ReplySettings, Step
from genchat.engine.conversation import Message, Role
from genchat.engine.gemini.backend import GeminiBackend
from genchat.engine.gemini.connection import Connection
from genchat.engine.gemini.errors import GeminiError
from tests.engine.gemini.conftest import ask

pytestmark = pytest.mark.slow
Connect = Callable[..., Connection]
ROOT = Path(__file__).parents[3]
FIXTURES = {
    "fixtures": [
        {"match": {"userMessage": "oi"}, "response": {"content": "Bom dia! Como posso ajudar?"}},
        {
            "match": {"userMessage": "devagar"},
            "response": {"error": {"message": "devagar", "type": "RESOURCE_EXHAUSTED"}, "status": 429},
        },
        {
            "match": {"userMessage": "quebra"},
            "response": {"error": {"message": "quebrou", "type": "INTERNAL"}, "status": 500},
        },
    ]
}


@contextmanager
def running(command: list[str], port: int) -> Iterator[str]:
    """A server process, once it listens."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            while process.poll() is None:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    threading.Event().wait(0.05)
            else:
                pytest.fail(f"{command[0]} ended before it listened")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def aimock(tmp_path: Path) -> Iterator[str]:
    script = Path(os.environ.get("GENCHAT_AIMOCK", ROOT / "node_modules/.bin/llmock"))
    node = shutil.which("node")
    if node is None or not script.exists():
        pytest.skip("aimock is not installed")
    (tmp_path / "fixtures.json").write_text(json.dumps(FIXTURES))
    port = free_port()
    with running([node, str(script), "-p", str(port), "-f", str(tmp_path), "--log-level", "silent"], port) as url:
        yield url


@pytest.fixture
def llmock() -> str:
    program = os.environ.get("GENCHAT_LLMOCK") or shutil.which("llmock")
    if program is None:
        pytest.skip("llmock is not installed")
    return program


def reply(backend: GeminiBackend, text: str) -> tuple[str, Finish, list[str]]:
    events = list(backend.reply((Message(Role.USER, text),), ReplySettings()))
    finish = events[-1]
    assert isinstance(finish, Finish)
    said = "".join(event.text for event in events if isinstance(event, Step))
    return said, finish, [event.key for event in events if isinstance(event, Notice)]


def test_aimock_streams_an_answer(connect: Connect, aimock: str, tmp_path: Path) -> None:
    backend = GeminiBackend(connect(url=aimock), "gemini-flash-latest", told_folder=tmp_path, probabilities=False)
    said, finish, _ = reply(backend, "oi")
    assert said == "Bom dia! Como posso ajudar?"
    assert finish.reason == "end"


def test_aimock_answers_in_one_piece(connect: Connect, aimock: str) -> None:
    assert connect(url=aimock).client().generate(ask()).text == "Bom dia! Como posso ajudar?"


@pytest.mark.parametrize(("text", "kind"), [("devagar", "quota"), ("quebra", "server")])
def test_aimock_refuses(connect: Connect, aimock: str, text: str, kind: str) -> None:
    with pytest.raises(GeminiError) as caught:
        list(connect(url=aimock).client().stream(ask(text=text)))
    assert caught.value.kind == kind


def served_by(llmock: str, *options: str) -> tuple[list[str], int]:
    port = free_port()
    return [llmock, "serve", "-p", str(port), "--response-style", "static", *options], port


def test_llmock_streams_an_answer(connect: Connect, sdk: str, llmock: str, tmp_path: Path) -> None:
    with running(*served_by(llmock)) as url:
        connection = connect(sdk, url=url + "/gemini")
        backend = GeminiBackend(connection, "gemini-2.0-flash", told_folder=tmp_path, probabilities=False)
        said, finish, _ = reply(backend, "oi")
        assert said
        assert finish.reason == "end"
        assert any(model.name for model in connection.client().models())


@pytest.mark.parametrize(("status", "kind"), [(429, "quota"), (503, "server"), (401, "bad_key"), (404, "no_model")])
def test_llmock_refuses(connect: Connect, sdk: str, llmock: str, status: int, kind: str) -> None:
    with running(*served_by(llmock, "--error-rate", f"{status}=1.0")) as url:
        with pytest.raises(GeminiError) as caught:
            list(connect(sdk, url=url + "/gemini").client().stream(ask("gemini-2.0-flash")))
        assert caught.value.kind == kind


@pytest.mark.parametrize("fault", ["disconnect", "truncate", "malformed"])
def test_llmock_breaks_off_in_the_middle(connect: Connect, sdk: str, llmock: str, fault: str, tmp_path: Path) -> None:
    with running(*served_by(llmock, "--stream-fault", f"{fault}=1.0")) as url:
        connection = connect(sdk, url=url + "/gemini")
        backend = GeminiBackend(connection, "gemini-2.0-flash", told_folder=tmp_path, probabilities=False)
        whole = connection.client().generate(ask("gemini-2.0-flash")).text
        said, finish, _ = reply(backend, "oi")
        # The server breaks off at a random place, which may be after the end.
        assert whole.startswith(said)
        assert finish.reason == ("end" if said == whole else "cut")
