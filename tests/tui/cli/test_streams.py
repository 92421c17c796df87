"""What goes where, and how a run ends: pipes, terminals, colour, interruption, mistakes, faults."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from genchat.engine.language import use_language
from tests.tui.cli.conftest import ROOT, Run

HOSTILE = ("\x1b", "\x07", "\x9b")


def environment(plugins: Path, **more: str) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": f"{ROOT}{os.pathsep}{plugins}",
        "GENCHAT_MODEL": "script",
        "GENCHAT_LANGUAGE": "en",
        "GENCHAT_SAMPLING_TEMPERATURE": "0",
        "TERM": "xterm-256color",
    } | more


def on_a_terminal(plugins: Path, *arguments: str, **more: str) -> tuple[int, bytes]:
    """Run genchat with stdout and stderr on a pseudo-terminal, stdin closed; exit code and all that was written."""
    leader, follower = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "genchat", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=follower,
        stderr=follower,
        env=environment(plugins, **more),
    )
    os.close(follower)
    written = b""
    while True:
        try:
            piece = os.read(leader, 65536)
        except OSError:  # the last writer has gone
            break
        if not piece:
            break
        written += piece
    os.close(leader)
    return process.wait(timeout=60), written


@pytest.mark.pty
def test_on_a_terminal_nothing_of_the_model_reaches_it_raw(plugins: Path) -> None:
    for arguments in (["x"], ["x", "--jsonl"], ["next", "x"]):
        code, written = on_a_terminal(plugins, *arguments, "-m", "hostile", "--color", "never")
        assert code == 0
        text = written.decode()
        assert not any(character in text for character in HOSTILE), arguments


@pytest.mark.pty
def test_names_and_errors_reach_a_terminal_safely(plugins: Path, tmp_path: Path) -> None:
    folder = tmp_path / "home" / "data" / "models" / "evil"
    folder.mkdir(parents=True)
    (folder / "card.json").write_text(json.dumps({"name": "\x1b[2J", "format": 1}))
    for arguments in (["models"], ["-m", "a\x1b[2Jb", "x"], ["-m", "broken", "x"], ["doctor"]):
        _, written = on_a_terminal(plugins, *arguments, "--color", "never")
        assert b"\x1b" not in written, arguments


def test_into_a_pipe_text_goes_raw_unless_safe_is_asked_for(genchat: Run) -> None:
    raw = genchat("x", "-m", "hostile").stdout
    assert "\x1b]0;owned\x07" in raw
    safe = genchat("x", "-m", "hostile", "--safe").stdout
    assert not any(character in safe for character in HOSTILE)
    assert "owned" in safe


def test_json_means_the_same_when_it_is_made_safe(genchat: Run) -> None:
    text = json.loads(genchat("x", "-m", "hostile", "--json").stdout)["text"]
    assert text == "a\x1b]0;owned\x07b\x9b2Jc"


@pytest.mark.parametrize(
    ("variables", "options", "colored"),
    [
        ({}, (), False),
        ({"FORCE_COLOR": "1"}, (), True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, (), False),
        ({"NO_COLOR": "1"}, ("--color", "always"), True),
        ({"FORCE_COLOR": "1"}, ("--color", "never"), False),
        ({"GENCHAT_COLOR": "always"}, (), True),
    ],
)
def test_colour_follows_flag_then_variables(
    genchat: Run, variables: dict[str, str], options: tuple[str, ...], colored: bool
) -> None:
    assert ("\x1b[" in genchat("next", "x", *options, env=variables).stdout) is colored


@pytest.mark.pty
@pytest.mark.parametrize(("more", "colored"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_colour_on_a_terminal(plugins: Path, more: dict[str, str], colored: bool) -> None:
    _, written = on_a_terminal(plugins, "next", "x", **more)
    assert (b"\x1b[" in written) is colored


def test_a_reader_that_leaves_early_ends_genchat_quietly(plugins: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "genchat", "complete", "x", "-m", "endless", "-n", "1000000"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(plugins),
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.read(1)
    process.stdout.close()
    assert process.wait(timeout=60) == 141
    assert process.stderr.read() == b""
    process.stderr.close()


def test_ctrl_c_keeps_what_was_written(plugins: Path) -> None:
    variables = environment(plugins)
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "genchat", "x", "-m", "endless", "-n", "1000000", "--jsonl"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=variables,
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    final = json.loads(output.splitlines()[-1])
    assert final["finish"] == "stopped"
    assert b"stopped after" in errors
    shown = subprocess.run(
        [sys.executable, "-P", "-m", "genchat", "history", "show", "--json"],
        capture_output=True,
        env=variables,
        check=True,
    )
    assert final["text"][:20] in [message["text"][:20] for message in json.loads(shown.stdout)["messages"]]
    assert '"stopped"' in shown.stdout.decode()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_behind_stdout_is_said(plugins: Path) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "genchat", "x"],
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment(plugins),
        )
    assert done.returncode == 1
    assert done.stderr.decode().startswith("genchat: stdout cannot be written")
    assert done.stderr.count(b"\n") == 1


def test_without_a_terminal_and_without_a_prompt_the_screen_stays_closed(process: Run) -> None:
    done = process()
    assert (done.returncode, done.stdout) == (2, "")
    assert 'genchat "PROMPT"' in done.stderr


@pytest.mark.parametrize("command", [("eval",), ("train", "gpt"), ("prompt",)])
def test_in_the_help_names_and_explanations_stand_apart(genchat: Run, command: tuple[str, ...]) -> None:
    rows = [line for line in genchat(*command, "--help").stdout.splitlines() if line.startswith(("  -", "      --"))]
    assert len(rows) > 3
    assert all(len(line) < 30 or line[:30].endswith("  ") or "  " not in line.strip() for line in rows)


MISTAKES = [
    (("--temprature", "1", "x"), "did you mean --temperature"),
    (("--zzz", "x"), "no option --zzz"),
    (("next",), "TEXT is required"),
    (("next", "x", "--top", "0"), "--top is 0; use a whole number, 1 or more"),
    (("next", "x", "--top"), "needs exactly one value"),
    (("x", "--seed", "many"), '--seed: "many" is not a whole number'),
    (("x", "--temperature", "-1"), "--temperature"),
    (("x", "--temperature", "nan"), "--temperature"),
    (("x", "--top-p", "0"), "a number above 0, at most 1"),
    (("x", "--max-tokens", "0"), "--max-tokens"),
    (("x", "--color", "blue"), '--color is "blue"; use auto, always or never'),
    (("x", "--json", "--jsonl"), "choose one"),
    (("-m", "scrip", "x"), 'did you mean "script"'),
    (("-m", "../../etc", "x"), "installed:"),
    (("train",), "needs one of its commands"),
    (("train", "lstmm"), "is not a command of genchat train"),
    (("history", "foo"), "is not a command of genchat history"),
    (("-q", "next", "x"), "genchat -- next"),
    (("models", "rm", "ngram"), "comes with genchat"),
    (("completion", "tcsh"), "bash, zsh"),
    (("config", "set", "modle", "x"), 'did you mean "model"'),
    (("config", "set", "sampling.temperature", "-1"), "use a number, 0 or more"),
    (("--continue", "x"), "no conversation to continue"),
    (("next", " "), "TEXT is empty; type some text"),
    (("eval", "none.txt"), "none.txt does not exist"),
    (("eval", "./none"), "./none does not exist"),
    (("config", "unset", "modle"), 'did you mean "model"'),
    (("corpus", "show", "none"), "none was fetched or added yet"),
]


@pytest.mark.parametrize(("arguments", "said"), MISTAKES)
def test_a_mistake_is_one_line_that_says_what_to_do_with_exit_code_2(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    plugins: Path,
    arguments: tuple[str, ...],
    said: str,
) -> None:
    from genchat.__main__ import main

    monkeypatch.syspath_prepend(str(plugins))
    monkeypatch.setenv("GENCHAT_LANGUAGE", "en")
    assert main(list(arguments)) == 2
    written = capsys.readouterr()
    assert written.out == ""
    assert written.err.startswith("genchat: ")
    assert written.err.count("\n") == 1
    assert said in written.err


def test_a_word_close_to_a_command_is_answered_with_a_remark(genchat: Run) -> None:
    done = genchat("modls")
    assert done.stdout == "Olá, mundo!\n"
    assert "genchat models" in done.stderr


def test_a_broken_settings_file_is_named_with_its_line_and_the_doctor_still_works(genchat: Run, tmp_path: Path) -> None:
    file = tmp_path / "home" / "config" / "settings.toml"
    file.parent.mkdir(parents=True)
    file.write_text("[sampling]\ntemprature = 1\n")
    done = genchat("x")
    assert done.returncode == 2
    assert done.stderr.startswith(f"genchat: {file}:2: ")
    assert done.stderr.count("\n") == 1
    assert genchat("config", "path").stdout == f"{file}\n"
    doctor = genchat("doctor", "--json")
    assert doctor.returncode == 1
    assert any("temprature" in problem for problem in json.loads(doctor.stdout)["problems"])


def test_a_fault_of_genchat_is_one_line_and_a_report_without_keys(
    genchat: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "AIzaSyA1234567890123456789012345678901x"

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError(key)

    monkeypatch.setattr("genchat.tui.cli.streaming.write_reply", fail)
    done = genchat("a private question", "--no-log", env={"GEMINI_API_KEY": key})
    assert done.returncode == 70
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
    (report,) = (tmp_path / "home" / "cache" / "reports").iterdir()
    assert str(report) in done.stderr
    text = report.read_text()
    assert "ZeroDivisionError" in text
    assert key not in text
    assert "private question" not in text
    assert report.stat().st_mode & 0o077 == 0


def test_a_plugin_that_fails_is_named(genchat: Run) -> None:
    done = genchat("x", "-m", "broken")
    assert done.returncode == 1
    assert 'plug-in "broken"' in done.stderr
    assert "\x1b" not in done.stderr


@pytest.mark.parametrize(("variables", "word"), [({"LANG": "pt_BR.UTF-8"}, "uso:"), ({"LANG": "C"}, "usage:")])
def test_help_is_in_the_language_of_the_environment(process: Run, variables: dict[str, str], word: str) -> None:
    done = process("--help", env={**variables, "GENCHAT_LANGUAGE": "", "LC_ALL": "", "LC_MESSAGES": ""})
    assert done.stdout.startswith(word)


@pytest.mark.parametrize("tag", ["en", "pt-br"])
def test_every_help_page_can_be_written(tag: str, capsys: pytest.CaptureFixture[str]) -> None:
    from genchat.tui.cli.command_line import build
    from genchat.tui.cli.program import run

    use_language(tag)
    root = build()
    pending: list[tuple[tuple[str, ...], object]] = [((), root)]
    pages = 0
    while pending:
        words, command = pending.pop()
        assert run([*words, "--help"]) == 0, words
        page = capsys.readouterr().out
        assert " ".join(["genchat", *words]) in page
        assert "cli." not in page
        pages += 1
        for name in getattr(command, "list_commands", lambda context: [])(None):
            pending.append(((*words, name), command.get_command(None, name)))  # type: ignore[attr-defined]
    assert pages > 20
