"""`genchat` as a person runs it, with small models plugged in."""

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PLUGINS = """
import sys
from genchat.engine.local_backend import LocalBackend
from tests.fakes import HashModel, ScriptModel


def script():
    return LocalBackend(ScriptModel("Olá, mundo!"))


def hostile():
    return LocalBackend(ScriptModel("a\\x1b]0;owned\\x07b\\x9b2Jc"))


def endless():
    return LocalBackend(ScriptModel("na " * 100_000))


def hash_model():
    return LocalBackend(HashModel())


def broken():
    raise RuntimeError("no such thing \\x1b[2J")


class _Buggy(LocalBackend):
    def reply(self, messages, settings, should_stop=None):
        raise ZeroDivisionError("AIzaSyA1234567890123456789012345678901x")


def buggy():
    return _Buggy(HashModel())
"""
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def plugins(tmp_path: Path) -> Path:
    """A folder for PYTHONPATH with a distribution that brings the backends above."""
    folder = tmp_path / "plugins"
    info = folder / "fakebackends-1.0.dist-info"
    info.mkdir(parents=True)
    (folder / "fakebackends.py").write_text(PLUGINS)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: fakebackends\nVersion: 1.0\n")
    names = ("script", "hostile", "endless", "hash_model", "broken", "buggy")
    (info / "entry_points.txt").write_text(
        "[genchat.backends]\n" + "".join(f"{name.split('_')[0]} = fakebackends:{name}\n" for name in names)
    )
    return folder


SETTINGS = {"GENCHAT_MODEL": "script", "GENCHAT_LANGUAGE": "en", "GENCHAT_SAMPLING_TEMPERATURE": "0"}


def _bytes(text: str | bytes | None) -> bytes | None:
    return text.encode() if isinstance(text, str) else text


@pytest.fixture
def genchat(plugins: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `genchat` in this process: quick, and the same but for pipes and signals. Its model is "script".

    `stdin` is text or bytes (none: the null device), `env` adds variables.
    """
    from genchat.__main__ import main
    from genchat.engine.language import use_language

    monkeypatch.syspath_prepend(str(plugins))

    def run(
        *arguments: str | bytes, stdin: str | bytes | None = None, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        content = _bytes(stdin)
        words = [os.fsdecode(word) for word in arguments]
        with monkeypatch.context() as patch, open(os.devnull, encoding="utf-8") as nothing:
            for name, value in {**SETTINGS, **(env or {})}.items():
                patch.setenv(name, value)
            patch.setattr(sys, "stdin", nothing if content is None else io.TextIOWrapper(io.BytesIO(content), "utf-8"))
            use_language("en")
            code = main(words)
        written = capsys.readouterr()
        return subprocess.CompletedProcess(words, code, written.out, written.err)

    return run


@pytest.fixture
def process(plugins: Path) -> Run:
    """Like `genchat`, in a process of its own."""

    def run(
        *arguments: str | bytes, stdin: str | bytes | None = None, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        variables = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{plugins}", **SETTINGS, **(env or {})}
        content = _bytes(stdin)
        done = subprocess.run(
            [sys.executable, "-P", "-m", "genchat", *arguments],
            input=content,
            stdin=subprocess.DEVNULL if content is None else None,
            capture_output=True,
            env=variables,
            timeout=120,
        )
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode("utf-8", "surrogateescape"), done.stderr.decode()
        )

    return run
