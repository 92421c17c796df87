"""`models`, `train ngram`, `config`, `doctor` and `completion`."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.tui.cli.conftest import Run

TEXT = "o rato roeu a roupa do rei de roma\n" * 3 + "a rainha com raiva resolveu remendar\n"


@pytest.fixture
def text(tmp_path: Path) -> Path:
    file = tmp_path / "rato.txt"
    file.write_text(TEXT, encoding="utf-8")
    return file


def test_a_trained_model_is_listed_shown_used_and_removed(genchat: Run, text: Path, tmp_path: Path) -> None:
    done = genchat("train", "ngram", str(text), "--name", "rato", "--order", "3", "--licence", "CC0", "--json")
    card = json.loads(done.stdout)
    assert (card["name"], card["family"], card["settings"]["order"]) == ("rato", "ngram", 3)
    listed = {entry["name"]: entry for entry in json.loads(genchat("models", "--json").stdout)}
    assert (listed["rato"]["origin"], listed["rato"]["family"]) == ("trained", "ngram")
    assert listed["ngram"]["origin"] == "built-in"
    assert listed["script"]["chosen"]
    shown = json.loads(genchat("models", "show", "rato", "--json").stdout)
    assert shown["sources"][0]["licence"] == "CC0"
    assert shown["checksum"] == card["checksum"]
    rows = genchat("models", "show", "rato").stdout.splitlines()
    assert [row.split()[0] for row in rows][:4] == ["name", "family", "origin", "chat"]
    assert rows[3].split() == ["chat", "false"]
    assert genchat("next", "o rato", "-m", "rato", "--top", "1").stdout.splitlines()[1].split()[1] == "·roeu"
    assert genchat("models", "rm", "rato").returncode == 0
    assert not (tmp_path / "home" / "data" / "models" / "rato").exists()


def test_the_same_text_gives_the_same_model(genchat: Run, text: Path) -> None:
    first = json.loads(genchat("train", "ngram", str(text), "--name", "a", "--tokens", "char", "--json").stdout)
    again = json.loads(genchat("train", "ngram", str(text), "--name", "b", "--tokens", "char", "--json").stdout)
    assert first["files"] == again["files"]


def test_a_model_is_replaced_only_when_asked(genchat: Run, text: Path) -> None:
    assert genchat("train", "ngram", str(text), "--name", "rato").returncode == 0
    refused = genchat("train", "ngram", str(text), "--name", "rato", "--order", "2")
    assert refused.returncode == 2
    assert "--replace" in refused.stderr
    assert genchat("train", "ngram", str(text), "--name", "rato", "--order", "2", "--replace").returncode == 0
    assert json.loads(genchat("models", "show", "rato", "--json").stdout)["settings"]["order"] == 2


@pytest.mark.parametrize(
    ("content", "options", "code"),
    [
        (b"", (), 2),
        (b"one", (), 2),
        (b"a\0b\0c", (), 2),
        (b"caf\xe9 caf\xe9\n", (), 2),
        (TEXT.encode(), ("--order", "0"), 2),
        (TEXT.encode(), ("--order", "99"), 2),
        (TEXT.encode(), ("--min-count", "0"), 2),
        (TEXT.encode(), ("--tokens", "syllable"), 2),
        (None, (), 2),
    ],
)
def test_what_cannot_be_trained_on_is_said_in_one_line(
    genchat: Run, tmp_path: Path, content: bytes | None, options: tuple[str, ...], code: int
) -> None:
    file = tmp_path / "input.txt"
    if content is not None:
        file.write_bytes(content)
    done = genchat("train", "ngram", str(file), "--name", "new", *options)
    assert (done.returncode, done.stderr.count("\n"), done.stdout) == (code, 1, "")
    assert not (tmp_path / "home" / "data" / "models" / "new").exists()


@pytest.mark.parametrize("content", [b"one two", "árvore ".encode() * 50, b"no newline at the end"])
def test_poor_texts_are_trained_on_or_refused_without_a_fault(genchat: Run, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "input.txt"
    file.write_bytes(content)
    done = genchat("train", "ngram", str(file), "--name", "new", "-q")
    assert done.returncode in (0, 1)
    assert "Traceback" not in done.stderr


def test_a_model_with_an_altered_file_is_refused(genchat: Run, text: Path, tmp_path: Path) -> None:
    genchat("train", "ngram", str(text), "--name", "rato")
    folder = tmp_path / "home" / "data" / "models" / "rato"
    largest = max((path for path in folder.iterdir() if path.name != "card.json"), key=lambda path: path.stat().st_size)
    content = bytearray(largest.read_bytes())
    content[len(content) // 2] ^= 1
    largest.write_bytes(content)
    done = genchat("next", "o", "-m", "rato")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "checksum" in done.stderr


def test_config_shows_who_decided(genchat: Run, tmp_path: Path) -> None:
    assert genchat("config", "set", "sampling.top_k", "5").returncode == 0
    values = json.loads(genchat("config", "show", "--json").stdout)
    file = tmp_path / "home" / "config" / "settings.toml"
    assert values["sampling.top_k"] == {"value": 5, "from": "file", "where": f"{file}:2"}
    assert values["model"] == {"value": "script", "from": "environment", "where": "GENCHAT_MODEL"}
    assert values["reply.max_tokens"]["from"] == "default"
    genchat("config", "unset", "sampling.top_k")
    assert json.loads(genchat("config", "--json").stdout)["sampling.top_k"]["from"] == "default"


def test_the_doctor_finds_a_healthy_home_healthy(genchat: Run, tmp_path: Path) -> None:
    done = genchat("doctor", "--json", env={"GENCHAT_PLUGINS": "none", "GENCHAT_MODEL": "ngram"})
    found = json.loads(done.stdout)
    assert (done.returncode, found["problems"]) == (0, [])
    assert found["versions"]["numpy"]
    assert found["environment"]["GEMINI_API_KEY"] == "not set"
    assert not (tmp_path / "home").exists()


def test_the_doctor_names_what_is_wrong_and_never_a_key(genchat: Run, tmp_path: Path) -> None:
    history = tmp_path / "home" / "data" / "history.db"
    history.parent.mkdir(parents=True)
    history.write_bytes(b"no database" * 200)
    done = genchat("doctor", env={"GENCHAT_NONSENSE": "1", "GEMINI_API_KEY": "secret-key-of-mine"})
    assert done.returncode == 1
    assert "GENCHAT_NONSENSE" in done.stdout
    assert any(str(history) in line and "damaged" in line for line in done.stdout.splitlines())
    assert "secret-key-of-mine" not in done.stdout + done.stderr
    assert history.read_bytes() == b"no database" * 200
    assert list(history.parent.iterdir()) == [history]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_completion_scripts_are_written(genchat: Run, shell: str) -> None:
    done = genchat("completion", shell)
    assert done.returncode == 0
    assert "_GENCHAT_COMPLETE" in done.stdout


def completed(genchat: Run, line: str) -> list[str]:
    words = line.split(" ")
    variables = {"_GENCHAT_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    return genchat(env=variables).stdout.split()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("genchat mod", {"models"}),
        ("genchat history exp", {"export"}),
        ("genchat train ng", {"ngram"}),
        ("genchat next -m scr", {"script"}),
        ("genchat -m scr", {"script"}),
        ("genchat models show scr", {"script"}),
        ("genchat config set sampling.temp", {"sampling.temperature"}),
        ("genchat score --summ", {"--summary"}),
        ("genchat next --color al", {"always"}),
    ],
)
def test_commands_options_and_names_are_completed(genchat: Run, line: str, expected: set[str]) -> None:
    assert set(completed(genchat, line)) == expected


def test_conversations_are_completed(genchat: Run) -> None:
    name = json.loads(genchat("x", "--json").stdout)["conversation"]
    assert completed(genchat, f"genchat history show {name[:3]}") == [name]


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_accepts_the_script(genchat: Run) -> None:
    script = genchat("completion", "bash").stdout
    checked = subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True, env=dict(os.environ))
    assert (checked.returncode, checked.stderr) == (0, "")
