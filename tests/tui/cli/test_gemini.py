"""Gemini from the command line: answers, keys, the list of models, and no trace of a key anywhere."""

import json
import os
import pty
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from genchat.engine.paths import paths
from tests.gemini_server import GeminiServer
from tests.gemini_server.answers import TEXT
from tests.tui.cli.conftest import ROOT, Run

KEY = "no-known-shape-but-a-key-0123456789"
OTHER_KEY = "AQ.another-key-with-a-shape-0123456789"


@pytest.fixture
def server() -> Iterator[GeminiServer]:
    with GeminiServer() as running:
        yield running
    assert running.problems == []


@pytest.fixture
def env(server: GeminiServer) -> dict[str, str]:
    return {"GENCHAT_GEMINI_ADDRESS": server.url, "GEMINI_API_KEY": KEY, "GENCHAT_MODEL": "gemini"}


def kept_at_home() -> str:
    """Everything genchat wrote anywhere, the file of keys aside."""
    home = Path(os.environ["GENCHAT_HOME"])
    files = [path for path in home.rglob("*") if path.is_file() and path != paths().keys]
    return "".join(path.read_bytes().decode("utf-8", "replace") for path in files)


class TestAnswers:
    def test_an_answer_on_stdout_and_what_leaves_the_machine_said_once(self, genchat: Run, env: dict[str, str]) -> None:
        first = genchat("oi", env=env)
        assert (first.returncode, first.stdout) == (0, TEXT + "\n")
        assert "leave this machine" in first.stderr
        second = genchat("oi", env=env)
        assert "leave this machine" not in second.stderr
        assert "127.0.0.1" in second.stderr

    def test_probabilities_in_json(self, genchat: Run, env: dict[str, str]) -> None:
        done = genchat("oi", "--json", env={**env, "GENCHAT_GEMINI_MODEL": "with-logprobs"})
        tokens = json.loads(done.stdout)["tokens"]
        assert [(token["token"], token["id"]) for token in tokens[:2]] == [("Bom", 101), ("·dia", 102)]
        assert [row["token"] for row in tokens[0]["top"]] == ["Bom", "Boa", "Oi"]

    @pytest.mark.parametrize(
        ("model", "code", "words"),
        [
            ("err-429", 3, "34 s"),
            ("err-404", 2, "gemini-pro-latest"),
            ("thinking-starved", 0, "2,999 tokens thinking"),
            ("safety", 1, "SAFETY"),
            ("cut", 1, "broke off"),
            ("err-400-location", 1, "not available in this region"),
            ("html-200", 3, "proxy"),
        ],
    )
    def test_each_trouble_has_its_words_and_exit_code(
        self, genchat: Run, env: dict[str, str], model: str, code: int, words: str
    ) -> None:
        variables = {**env, "GENCHAT_GEMINI_MODEL": model, "GENCHAT_GEMINI_PROBABILITIES": "false"}
        done = genchat("oi", env=variables)
        assert done.returncode == code
        assert words in done.stderr

    @pytest.mark.pty
    @pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
    def test_on_a_terminal_a_remark_begins_a_line_of_its_own(self, env: dict[str, str]) -> None:
        controller, terminal = pty.openpty()
        variables = {**os.environ, **env, "PYTHONPATH": str(ROOT), "GENCHAT_LANGUAGE": "en", "NO_COLOR": "1"}
        with subprocess.Popen(
            [sys.executable, "-P", "-m", "genchat", "oi"],
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            env=variables | {"GENCHAT_GEMINI_MODEL": "safety"},
            start_new_session=True,
        ) as running:
            os.close(terminal)
            shown = _read_until(controller, " SAFETY")
            running.wait(timeout=60)
        os.close(controller)
        assert "Bom dia\r\nGemini broke" in shown

    def test_without_a_key_the_next_step_is_said(self, genchat: Run, env: dict[str, str]) -> None:
        done = genchat("oi", env={**env, "GEMINI_API_KEY": ""})
        assert done.returncode == 2
        assert "genchat keys set gemini" in done.stderr

    def test_an_address_without_encryption_is_refused(self, genchat: Run, env: dict[str, str]) -> None:
        done = genchat("oi", env={**env, "GENCHAT_GEMINI_ADDRESS": "http://example.com"})
        assert done.returncode == 2
        assert "https" in done.stderr


class TestHygiene:
    @pytest.mark.parametrize("model", ["gemini-flash-latest", "err-401", "cut", "html-502"])
    def test_no_key_is_left_anywhere(self, genchat: Run, env: dict[str, str], server: GeminiServer, model: str) -> None:
        server.refused_keys.add(OTHER_KEY)
        for key in (KEY, OTHER_KEY):
            words = f"minha chave é {OTHER_KEY}, quer dizer {key}"
            done = genchat(words, env={**env, "GEMINI_API_KEY": key, "GENCHAT_GEMINI_MODEL": model})
            assert KEY not in done.stderr + kept_at_home()
            assert OTHER_KEY not in done.stderr + kept_at_home()
            assert "minha chave" in kept_at_home()
        assert {logged.key for logged in server.requests} == {KEY, OTHER_KEY}

    def test_a_fault_of_genchat_reports_no_stored_key(self, genchat: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        genchat("keys", "set", "gemini", stdin=KEY)

        def fail(*_: object, **__: object) -> None:
            raise ZeroDivisionError(KEY)

        monkeypatch.setattr("genchat.tui.cli.streaming.write_reply", fail)
        done = genchat("oi")
        assert done.returncode == 70
        assert "ZeroDivisionError" in kept_at_home()
        assert KEY not in done.stderr + kept_at_home()


class TestKeys:
    def test_a_key_is_stored_from_stdin_used_listed_and_forgotten(
        self, genchat: Run, env: dict[str, str], server: GeminiServer
    ) -> None:
        done = genchat("keys", "set", "gemini", stdin=KEY + "\n")
        assert done.returncode == 0
        assert stat.S_IMODE(paths().keys.stat().st_mode) == 0o600
        genchat("oi", env={**env, "GEMINI_API_KEY": ""})
        assert server.requests[-1].key == KEY
        listed = genchat("keys", "list", "--json")
        assert json.loads(listed.stdout) == [{"service": "gemini", "source": str(paths().keys), "hint": "…6789"}]
        assert genchat("keys", "rm", "gemini").returncode == 0
        assert genchat("keys", "rm", "gemini").returncode == 2
        assert "no key" in genchat("keys").stdout
        assert KEY not in done.stdout + done.stderr + listed.stderr

    def test_a_variable_that_goes_first_is_named(self, genchat: Run) -> None:
        done = genchat("keys", "set", "gemini", stdin=KEY, env={"GOOGLE_API_KEY": OTHER_KEY})
        assert "GOOGLE_API_KEY is set" in done.stderr

    @pytest.mark.parametrize("key", [KEY, OTHER_KEY])
    def test_a_key_on_the_command_line_is_neither_stored_nor_repeated(self, genchat: Run, key: str) -> None:
        done = genchat("keys", "set", "gemini", key)
        assert done.returncode == 2
        assert "not saved" in done.stderr
        assert key not in done.stdout + done.stderr + kept_at_home()
        assert not paths().keys.exists()

    @pytest.mark.parametrize("given", ["", "\n", "too short", "a\x00b", "dois\ndois" * 9])
    def test_what_is_no_key_is_refused(self, genchat: Run, given: str) -> None:
        assert genchat("keys", "set", "gemini", stdin=given).returncode in (1, 2)
        assert not paths().keys.exists()

    def test_an_unknown_service_is_refused(self, genchat: Run) -> None:
        assert "gemini" in genchat("keys", "set", "chatgpt", stdin=KEY).stderr

    @pytest.mark.pty
    @pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
    def test_on_a_terminal_the_key_is_not_shown_while_it_is_typed(self) -> None:
        controller, terminal = pty.openpty()
        with subprocess.Popen(
            [sys.executable, "-P", "-m", "genchat", "keys", "set", "gemini"],
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            env={**os.environ, "PYTHONPATH": str(ROOT), "GENCHAT_LANGUAGE": "en"},
            start_new_session=True,
        ) as running:
            os.close(terminal)
            shown = _read_until(controller, "not shown")
            os.write(controller, KEY.encode() + b"\n")
            shown += _read_until(controller, "saved in")
            assert running.wait(timeout=60) == 0
        os.close(controller)
        assert KEY not in shown
        assert json.loads(paths().keys.read_text()) == {"gemini": KEY}


def _read_until(descriptor: int, words: str) -> str:
    shown = ""
    while words not in shown:
        shown += os.read(descriptor, 4096).decode()
    return shown


class TestRemoteModels:
    def test_what_gemini_offers_is_listed(self, genchat: Run, env: dict[str, str]) -> None:
        done = genchat("models", "--remote", env=env)
        assert done.returncode == 0
        lines = done.stdout.splitlines()
        assert len(lines) == 4
        assert next(line for line in lines if "gemini-flash-latest" in line).startswith("▸")
        assert "1,048,576" in done.stdout

    def test_json_names_the_actions(self, genchat: Run, env: dict[str, str]) -> None:
        listed = json.loads(genchat("models", "list", "--remote", "--json", env=env).stdout)
        assert {model["name"]: model["chosen"] for model in listed} == {
            "gemini-9.9-flash": False,
            "gemini-embedding-001": True,
            "gemini-flash-latest": True,
            "gemini-pro-latest": False,
        }
        assert listed[1]["actions"] == ["embedContent"]

    def test_without_a_key_nothing_is_listed(self, genchat: Run) -> None:
        done = genchat("models", "--remote")
        assert (done.returncode, done.stdout) == (2, "")
