"""What opening the screen costs: nothing heavy is imported, whatever the model."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from genchat.engine.conversation import Role
from genchat.engine.errors import UsageError
from genchat.engine.history import HistoryStore
from genchat.engine.paths import paths
from genchat.tui.app import GenchatApp, run_app
from genchat.tui.cli.command_context import CommandContext
from genchat.tui.colours import DARK, LIGHT

HEAVY = (
    "numpy",
    "typer",
    "pydantic",
    "torch",
    "google.genai",
    "google.generativeai",
    "transformers",
    "tokenizers",
    "tiktoken",
    "safetensors",
    "jinja2",
    "huggingface_hub",
    "pygments",
    "markdown_it",
    "rich.markdown",
    "rich.syntax",
    "genchat.tui.palette",
    "genchat.tui.screens.search",
)


def test_the_screen_loads_nothing_heavy() -> None:
    code = f"import sys, genchat.tui.app; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


_ON_A_TERMINAL = f"""
import sys
import genchat.tui.app
from genchat.tui.cli.program import run

class Terminal:
    isatty = staticmethod(lambda: True)
    flush = staticmethod(lambda: None)

def stand_in(context):
    context.registry, context.settings.reply_settings()
    print([name for name in {HEAVY!r} if name in sys.modules], file=sys.__stdout__)
    return 0

genchat.tui.app.run_app = stand_in
sys.stdin = sys.stdout = Terminal()
assert run([]) == 0
"""


def test_genchat_without_a_word_opens_the_screen_before_it_reads_a_command_line(tmp_path: Path) -> None:
    environment = {**os.environ, "GENCHAT_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", _ON_A_TERMINAL], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.strip() == "[]"


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[GenchatApp]:
    """The apps that `run_app` made; none of them runs."""
    found: list[GenchatApp] = []
    monkeypatch.setenv("GENCHAT_HOME", str(tmp_path))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(GenchatApp, "run_alone", lambda app, departure: found.append(app))
    return found


def test_continue_opens_the_screen_on_the_latest_conversation(opened: list[GenchatApp]) -> None:
    with HistoryStore.open(paths().history) as history:
        conversation = history.new_conversation()
        history.add_message(conversation, Role.USER, "oi", None)
    context = CommandContext()
    context.continue_latest = True
    run_app(context)
    run_app(CommandContext())
    assert [app.get_default_screen().conversation for app in opened] == [conversation.id, None]


@pytest.mark.parametrize(
    ("choice", "told", "theme"),
    [
        ("light", "15;0", LIGHT),
        ("dark", "0;15", DARK),
        ("auto", "0;15", LIGHT),
        ("auto", "15;0", DARK),
        ("auto", "", DARK),
    ],
)
def test_the_theme_is_the_chosen_one_or_that_of_the_terminal(
    opened: list[GenchatApp], monkeypatch: pytest.MonkeyPatch, choice: str, told: str, theme: str
) -> None:
    monkeypatch.setenv("COLORFGBG", told)
    context = CommandContext()
    context.take_flags({"theme": choice})
    run_app(context)
    assert opened[0].theme == theme


@pytest.mark.parametrize("term", ["dumb", "unknown"])
def test_a_terminal_that_cannot_show_the_screen_is_told_so(
    opened: list[GenchatApp], monkeypatch: pytest.MonkeyPatch, term: str
) -> None:
    monkeypatch.setenv("TERM", term)
    with pytest.raises(UsageError, match=f"TERM={term}"):
        run_app(CommandContext())
    assert not opened
