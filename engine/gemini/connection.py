"""From settings and key to a client. The key is looked up at each request, so a key set meanwhile is used at once."""

import os
import threading
import time
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path

from genchat.engine.gemini.address import Address, find_address
from genchat.engine.gemini.attempts import Pause
from genchat.engine.gemini.client import GeminiClient, RemoteModel
from genchat.engine.gemini.errors import GeminiError
from genchat.engine.keys import ApiKey, find_key, is_sendable
from genchat.engine.paths import Paths
from genchat.engine.settings import Settings

ClientFactory = Callable[[ApiKey, Address, float, Pause], GeminiClient]
_SUGGESTIONS = 4


class Connection:
    """A connection holds one address and the client that talks to it, which is made when first needed. It opens nothing
    by itself.
    """

    def __init__(
        self,
        address: Address,
        factory: ClientFactory,
        *,
        keys_file: Path,
        timeout: float,
        offline: bool,
        environment: Mapping[str, str] | None = None,
        pause: Pause = time.sleep,
    ) -> None:
        self.address = address
        self._factory = factory
        self._keys_file = keys_file
        self._timeout = timeout
        self._offline = offline
        self._environment = environment
        self._pause = pause
        self._lock = threading.Lock()
        self._client: GeminiClient | None = None
        self._key: ApiKey | None = None

    def client(self) -> GeminiClient:
        """The client for the key in force. Raises GeminiError without a key or where genchat is kept offline."""
        if self._offline:
            raise GeminiError("offline", variant="offline_by_choice")
        key = find_key("gemini", self._keys_file, self._environment)
        if key is None:
            raise GeminiError("no_key")
        if not is_sendable(key.value):
            raise GeminiError("bad_key", variant="key_unsendable", source=key.source)
        with self._lock:
            if self._client is None or key != self._key:
                if self._client is not None:
                    self._client.close()
                self._client = self._factory(key, self.address, self._timeout, self._pause)
                self._key = key
            return self._client

    def close(self) -> None:
        """Let the client go; the next request makes another."""
        with self._lock:
            if self._client is not None:
                self._client.close()
            self._client = self._key = None


def open_connection(settings: Settings, paths: Paths) -> Connection:
    """The connection follows the settings. Raises UsageError for an address that is not taken."""
    choices = settings.gemini
    return Connection(
        find_address(choices.address, os.environ),
        _legacy if choices.sdk == "google-generativeai" else _current,
        keys_file=paths.keys,
        timeout=choices.timeout,
        offline=settings.offline,
    )


def list_models(connection: Connection) -> list[RemoteModel]:
    """These are the models that the service offers, by name. Raises GeminiError."""
    return sorted(connection.client().models(), key=lambda model: model.name)


def suggestions(connection: Connection, name: str) -> list[str]:
    """These are names of models that can be talked to, the likeliest to be meant first; none where there are none."""
    try:
        names = [model.name for model in connection.client().models() if model.generates]
    except GeminiError:
        return []
    near = get_close_matches(name, names, _SUGGESTIONS, 0.6)
    latest = [candidate for candidate in names if candidate.endswith("-latest")]
    return list(dict.fromkeys([*near, *latest, *names]))[:_SUGGESTIONS]


def _current(key: ApiKey, address: Address, timeout: float, pause: Pause) -> GeminiClient:
    from genchat.engine.gemini.google_genai_client import GoogleGenaiClient

    return GoogleGenaiClient(key, address, timeout, pause)


def _legacy(key: ApiKey, address: Address, timeout: float, pause: Pause) -> GeminiClient:
    from genchat.engine.gemini.google_generativeai_client import GoogleGenerativeaiClient

    return GoogleGenerativeaiClient(key, address, timeout, pause)
