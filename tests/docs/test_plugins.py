"""The package of docs/plugins.md, taken from the page as it stands: built, installed, talked to, and tested."""

import json
import os
import re
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from genchat.engine.paths import paths
from tests.installing import build, new_environment, pip, site_of

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^\*\*`([^`]+)`\*\*\n\n```\w+\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
ON_THE_SCREEN = """
import asyncio
from genchat.engine.contract import ReplySettings
from genchat.engine.history import NullHistory
from genchat.engine.paths import paths
from genchat.engine.registry import Registry
from genchat.engine.settings import load_settings
from genchat.tui.app import GenchatApp

async def talk(name):
    models = Registry(paths(), load_settings(paths().settings))
    app = GenchatApp(models, NullHistory(), ReplySettings(max_tokens=12), name)
    async with app.run_test(size=(120, 40)) as pilot:
        session = app.session
        app.screen.prompt.write("Water")
        await pilot.press("enter")
        for _ in range(1000):
            reply = session.dialogue.last_reply
            if reply is not None and session.live is None:
                break
            await pilot.pause(0.01)
        print(name, reply.family, reply.status.name, repr(reply.text), reply.error, sep="|")

asyncio.run(talk("bigrams"))
asyncio.run(talk("oracle"))
"""
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the page."""
    folder = tmp_path_factory.mktemp("genchat-bigrams")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def environment(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """genchat's wheel and the package's, installed side by side."""
    folder = new_environment(tmp_path_factory.mktemp("environment"), tmp_path_factory.mktemp("libraries"))
    with zipfile.ZipFile(build("wheel", ROOT, tmp_path_factory.mktemp("genchat"))) as wheel:
        wheel.extractall(site_of(folder))
    pip(folder, "install", str(build("wheel", package, tmp_path_factory.mktemp("plugin"))))
    return folder


@pytest.fixture
def run(environment: Path, tmp_path: Path) -> Run:
    """Python of that environment, in a folder and a home of its own."""

    def run(*arguments: str, stdin: str = "", folder: Path = tmp_path) -> subprocess.CompletedProcess[str]:
        variables = {**os.environ, "PYTHONPATH": "", "GENCHAT_LANGUAGE": "en", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        command = [str(environment / "bin" / "python"), "-P", *arguments]
        return subprocess.run(command, cwd=folder, env=variables, input=stdin, capture_output=True, text=True)

    return run


def test_the_page_shows_every_file_it_names() -> None:
    tree = re.search(r"```\ngenchat-bigrams/\n(.*?)```", PAGE, re.DOTALL)
    assert tree is not None
    assert {line.strip() for line in tree[1].splitlines()} == FILES.keys()


def test_the_models_answer_on_the_command_line_with_their_options_and_their_key(run: Run) -> None:
    listed = {entry["name"]: entry for entry in json.loads(run("-m", "genchat", "models", "--json").stdout)}
    assert listed["bigrams"]["description"] == listed["oracle"]["description"] == "genchat-bigrams 1.0"
    answered = run("-m", "genchat", "-m", "bigrams", "Water", "--json", "-n", "5", "--seed", "1")
    assert (answered.returncode, len(json.loads(answered.stdout)["tokens"])) == (0, 5)
    likeliest = json.loads(run("-m", "genchat", "next", "th", "-m", "bigrams", "--json").stdout)["top"][0]
    assert likeliest["token"].startswith("e")
    refused = run("-m", "genchat", "-m", "oracle", "Will it rain?")
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "the oracle wants a key; give it one with: genchat keys set oracle" in refused.stderr
    assert run("-m", "genchat", "keys", "set", "oracle", stdin="a-key-of-the-oracle").returncode == 0
    assert run("-m", "genchat", "config", "set", "plugins.oracle.answers", '["Ask the cat."]').returncode == 0
    assert run("-m", "genchat", "-m", "oracle", "Will it rain?").stdout == "Ask the cat.\n"


def test_wrong_options_are_told_in_the_authors_words_or_genchats(run: Run) -> None:
    settings = paths().settings
    settings.parent.mkdir(parents=True)
    settings.write_text("[plugins.bigrams]\nsmoothing = -1\n")
    refused = run("-m", "genchat", "-m", "bigrams", "Water")
    assert refused.stderr == "genchat: plugins.bigrams.smoothing is -1; give a number above 0\n"
    settings.write_text("[plugins.bigrams]\nsmothing = 1\n")
    assert 'knows no option "smothing"; it knows: text, smoothing' in run("-m", "genchat", "-m", "bigrams", "x").stderr


def test_the_models_answer_on_the_screen(run: Run) -> None:
    done = run("-c", ON_THE_SCREEN)
    assert done.returncode == 0, done.stderr
    first, second = (line.split("|") for line in done.stdout.splitlines())
    assert first[:3] in (["bigrams", "bigrams", "DONE"], ["bigrams", "bigrams", "LENGTH"])
    assert first[3] != "''"
    assert second[:3] == ["oracle", "oracle", "ERROR"]
    assert "the oracle wants a key" in second[4]


def test_the_package_passes_the_contract_as_its_own_tests_put_it(run: Run, package: Path) -> None:
    done = run("-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(package), "tests", folder=package)
    assert done.returncode == 0, done.stdout
    assert re.search(r"^[34]\d passed", done.stdout, re.MULTILINE), done.stdout
