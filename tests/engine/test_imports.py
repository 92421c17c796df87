"""What is loaded when: the light parts of genchat never pay for the heavy libraries."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = ("torch", "google.genai", "google.generativeai", "transformers", "textual", "tokenizers", "huggingface_hub")
LISTED = (*HEAVY, "numpy", "rich")


def loaded_by(code: str, home: Path) -> set[str]:
    """The heavy modules in sys.modules after `code` ran in a Python of its own."""
    program = f"import sys\n{code}\nprint('LOADED', *[name for name in {LISTED} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-P", "-c", program],
        capture_output=True,
        text=True,
        check=True,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT), "GENCHAT_HOME": str(home), "GENCHAT_PLUGINS": "none"},
    )
    return set(done.stdout.splitlines()[-1].split()[1:])


def command(*arguments: str) -> str:
    return f"from genchat.__main__ import main\nassert main({list(arguments)!r}) in (0, 1)"


@pytest.mark.parametrize(
    "arguments", [("--help",), ("--version",), ("prompt", "--help"), ("train", "--help"), ("history", "--help")]
)
def test_help_loads_no_library_but_typer(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    assert loaded_by(command(*arguments), tmp_path) == set()


def test_an_unused_command_is_not_imported(tmp_path: Path) -> None:
    code = (
        command("--help")
        + "\nassert not [name for name in sys.modules if name.startswith('genchat.tui.cli.commands.history')]"
    )
    assert loaded_by(code, tmp_path) == set()


@pytest.mark.parametrize(
    "arguments",
    [
        ("next", "Eu gosto de", "-m", "ngram"),
        ("score", "Eu gosto de café", "-m", "ngram"),
        ("bom dia", "-m", "ngram"),
        ("history", "list"),
        ("models",),
        ("doctor",),
        ("config",),
    ],
)
def test_the_counting_model_and_the_history_load_no_heavy_library(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    assert not loaded_by(command(*arguments), tmp_path).intersection(HEAVY)


def test_importing_genchat_rooms_loads_nothing_heavy(tmp_path: Path) -> None:
    code = "import genchat.engine.contract, genchat.engine.decoding, genchat.engine.registry, genchat.engine.settings\n"
    code += "import genchat.engine.history.store, genchat.corpora"
    assert not loaded_by(code, tmp_path).intersection(HEAVY)
