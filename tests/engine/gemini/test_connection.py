"""Where the key goes: addresses, keys that change, and the tidy list of models."""

from collections.abc import Callable
from pathlib import Path

import pytest

from genchat.engine.errors import UsageError
from genchat.engine.gemini.address import DEFAULT, find_address
from genchat.engine.gemini.backend import open_backend
from genchat.engine.gemini.connection import Connection, list_models, open_connection, suggestions
from genchat.engine.gemini.errors import GeminiError
from genchat.engine.keys import store_key
from genchat.engine.paths import paths
from genchat.engine.settings import GeminiChoices, Settings
from tests.engine.gemini.conftest import KEY, ask
from tests.gemini_server import GeminiServer

Connect = Callable[..., Connection]


class TestAddress:
    def test_google_is_the_default(self) -> None:
        address = find_address("", {})
        assert (address.url, address.is_default, address.is_loopback) == (DEFAULT, True, False)

    def test_the_setting_goes_before_the_variable(self) -> None:
        variables = {"GOOGLE_GEMINI_BASE_URL": "https://proxy.example/gemini/"}
        assert find_address("", variables).url == "https://proxy.example/gemini"
        assert find_address("https://other.example", variables).url == "https://other.example"
        assert find_address("", variables).host == "proxy.example"

    @pytest.mark.parametrize("url", ["http://127.0.0.1:80", "http://localhost", "http://[::1]:8", "http://127.9.9.9"])
    def test_this_machine_needs_no_encryption(self, url: str) -> None:
        assert find_address(url, {}).is_loopback

    @pytest.mark.parametrize(
        "url", ["http://example.com", "http://192.168.0.1", "http://127.0.0.1.evil.example", "http://localhost.evil"]
    )
    def test_elsewhere_the_key_never_goes_unencrypted(self, url: str) -> None:
        with pytest.raises(UsageError, match="unencrypted"):
            find_address(url, {})

    @pytest.mark.parametrize(
        "url", ["generativelanguage", "ftp://x", "https://", "https://a:port", "https://x/?key=1", "//x", "http://[::1"]
    )
    def test_what_is_no_address_is_refused(self, url: str) -> None:
        with pytest.raises(UsageError, match="use one such as"):
            find_address(url, {})

    def test_a_password_in_an_address_is_refused_and_not_repeated(self) -> None:
        with pytest.raises(UsageError) as caught:
            find_address("https://me:hunter2@example.com", {})
        assert "hunter2" not in str(caught.value)


class TestOpening:
    @pytest.mark.parametrize("name", ["", "../x", "a b", "a?b", "models/", "x" * 200, "a/b"])
    def test_a_model_name_that_cannot_be_is_refused(self, name: str) -> None:
        with pytest.raises(UsageError, match="cannot name"):
            open_backend(Settings(gemini=GeminiChoices(model=name)), paths())

    def test_the_prefix_of_a_model_name_may_be_left_out(self) -> None:
        assert open_backend(Settings(gemini=GeminiChoices(model="models/x-1")), paths()).info.name == "x-1"

    def test_a_key_stored_meanwhile_is_used_at_once(
        self, server: GeminiServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        connection = open_connection(Settings(gemini=GeminiChoices(address=server.url)), paths())
        with pytest.raises(GeminiError) as caught:
            connection.client()
        assert caught.value.kind == "no_key"
        store_key("gemini", KEY, paths().keys)
        connection.client().generate(ask())
        monkeypatch.setenv("GEMINI_API_KEY", "another-key-0123456789")
        connection.client().generate(ask())
        assert [logged.key for logged in server.requests] == [KEY, "another-key-0123456789"]
        assert connection.client() is connection.client()
        connection.close()

    def test_the_older_library_is_named_where_it_is_missing(
        self, connect: Connect, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(__import__("sys").modules, "google.generativeai", None)
        with pytest.raises(GeminiError, match="legacy-gemini"):
            connect("google-generativeai").client().models()


class TestModels:
    def test_the_list_is_sorted(self, connect: Connect) -> None:
        names = [model.name for model in list_models(connect())]
        assert names == sorted(names)
        assert len(names) == 4

    def test_the_nearest_name_is_suggested_first(self, connect: Connect) -> None:
        assert suggestions(connect(), "gemini-9.8-flash")[0] == "gemini-9.9-flash"

    def test_no_list_means_no_suggestion(self, connect: Connect, server: GeminiServer) -> None:
        server.refused_keys.add(KEY)
        assert suggestions(connect(), "gemini-9.8-flash") == []


def test_nothing_of_an_sdk_is_loaded_before_the_first_request(tmp_path: Path) -> None:
    import subprocess
    import sys

    program = (
        "import sys\n"
        "from genchat.engine.gemini.backend import open_backend\n"
        "from genchat.engine.gemini.embedder import open_embedder\n"
        "from genchat.engine.paths import paths\n"
        "from genchat.engine.settings import Settings\n"
        "open_backend(Settings(), paths()), open_embedder(Settings(), paths())\n"
        "print([name for name in sys.modules if name.startswith(('google.genai', 'google.generativeai', 'httpx'))])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
