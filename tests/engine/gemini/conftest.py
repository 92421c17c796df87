"""A Gemini on the loopback, and clients of both SDKs that talk to it."""

import gc
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from genchat.engine.gemini.address import Address
from genchat.engine.gemini.client import GenerateRequest, Turn
from genchat.engine.gemini.connection import Connection, _current, _legacy
from genchat.engine.keys import ApiKey
from tests.gemini_server import GeminiServer

KEY = "AQ.test-key-which-must-never-be-seen-0123456789"
_LEAVES_SOCKETS_OPEN = pytest.mark.filterwarnings(
    "ignore:unclosed:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
SDKS = ("google-genai", pytest.param("google-generativeai", marks=_LEAVES_SOCKETS_OPEN))
FACTORIES: dict[str, Any] = {"google-genai": _current, "google-generativeai": _legacy}


def _installed(sdk: str) -> bool:
    try:
        return find_spec("google.genai" if sdk == "google-genai" else "google.generativeai") is not None
    except ModuleNotFoundError:
        return False


@pytest.fixture
def server() -> Iterator[GeminiServer]:
    with GeminiServer() as running:
        yield running
    assert running.problems == []


@pytest.fixture(params=SDKS)
def sdk(request: pytest.FixtureRequest) -> str:
    name = str(request.param)
    if not _installed(name):
        pytest.skip(f"{name} is not installed")
    return name


@pytest.fixture
def connect(server: GeminiServer, tmp_path: Path) -> Iterator[Callable[..., Connection]]:
    """A connection to the server; nothing in it sleeps."""
    opened: list[Connection] = []

    def make(
        sdk: str = "google-genai", *, key: str = KEY, timeout: float = 20.0, offline: bool = False, url: str = ""
    ) -> Connection:
        connection = Connection(
            Address(url or server.url),
            FACTORIES[sdk],
            keys_file=tmp_path / "keys.json",
            timeout=timeout,
            offline=offline,
            environment={"GEMINI_API_KEY": key} if key else {},
            pause=lambda seconds: None,
        )
        opened.append(connection)
        return connection

    yield make
    for connection in opened:
        connection.close()
    # What the older SDK drops in the middle of a stream is collected here, not in the test that happens to come next.
    opened.clear()
    gc.collect()


def ask(model: str = "gemini-flash-latest", text: str = "oi", **values: Any) -> GenerateRequest:
    """A request of one turn."""
    return GenerateRequest(model, (Turn("user", text),), **values)


def key() -> ApiKey:
    """The key of the tests as it is found."""
    return ApiKey(KEY, "GEMINI_API_KEY")
