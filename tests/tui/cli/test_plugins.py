"""What a person sees on the command line of plug-ins that fail, and what is kept."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from genchat.engine.paths import paths
from tests.plugin_packages import install, install_faults
from tests.tui.cli.conftest import ROOT, Run

IN_A_REPLY = [
    ("own_error", "quota used up␛]0;owned␇, {later}"),
    ("middle", 'plug-in "middle" failed (ZeroDivisionError: no␛[2J luck [faulty.py:'),
    ("leaves", 'plug-in "leaves" failed (SystemExit: 0'),
    ("interrupts", 'plug-in "interrupts" failed (KeyboardInterrupt'),
    ("string", "it yielded str, which is not an event"),
    ("nothing", "it yielded NoneType, which is not an event"),
    ("surrogate", "Step.text holds half a character"),
    ("nan", "Step.log_prob is nan; it must be float ≤ "),
    ("no_distribution", "Step.raw is None; it must be exact(…), top_k(…) or unknown(…)"),
    ("missing_field", "missing 1 required positional argument: 'drawn_from'"),
    ("odd_finish", "Finish.reason is 'bored'"),
    ("odd_passage", "Passage.score is nan"),
]
AT_LOAD = [
    ("exit_at_load", 'the plug-in "exit_at_load" did not load (SystemExit: 0'),
    ("interrupt_at_load", 'the plug-in "interrupt_at_load" did not load (KeyboardInterrupt'),
    ("error_at_load", "not today"),
    ("gives_none", "gave a NoneType, which is neither a LanguageModel nor a Backend"),
    ("Old", "gave a Old without Backend.capabilities, Backend.explain, which contract 1 of this genchat asks for"),
    ("OldModel", "gave a _OldCursor without Cursor.evidence, which contract 1"),
    ("Unnormalised", "the probabilities of Cursor.log_probs() sum to 259, not to 1"),
    ("Unlabelled", 'plug-in "Unlabelled" failed (LookupError: no bytes'),
]


@pytest.fixture
def faults(tmp_path: Path, genchat: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    monkeypatch.syspath_prepend(str(install_faults(tmp_path / "faults")))
    yield genchat
    sys.modules.pop("faulty", None)


@pytest.mark.parametrize(("name", "said"), IN_A_REPLY)
def test_what_goes_wrong_in_a_reply_is_named_in_one_line_and_the_conversation_is_kept(
    faults: Run, name: str, said: str
) -> None:
    done = faults("a question", "-m", name)
    assert done.returncode == 1
    assert done.stdout == "so far "
    assert said in done.stderr
    assert done.stderr.startswith("genchat: ")
    assert done.stderr.count("\n") == 1
    assert "\x1b" not in done.stderr
    kept = json.loads(faults("history", "show", "--json").stdout)
    assert [message["text"] for message in kept["messages"]] == ["a question", "so far "]
    assert kept["messages"][1]["status"] == "error"
    assert said in kept["messages"][1]["run"]["error"].replace("\x1b", "␛").replace("\x07", "␇")


@pytest.mark.parametrize(("name", "said"), AT_LOAD)
def test_what_goes_wrong_at_load_or_at_the_first_token_is_named_in_one_line(faults: Run, name: str, said: str) -> None:
    done = faults("a question", "-m", name)
    assert done.returncode == 1
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_notice_in_the_authors_words_is_shown_made_safe_and_kept(faults: Run) -> None:
    done = faults("a question", "-m", "own_notice")
    assert (done.returncode, done.stdout, done.stderr) == (0, "so far x\n", "my own notice␛[2J\n")
    kept = json.loads(faults("history", "show", "--json").stdout)
    assert kept["messages"][1]["run"]["notices"][0]["key"].startswith("my own notice")


def test_a_reply_without_a_finish_is_cut_off_and_says_whose_fault_it_is(faults: Run) -> None:
    done = faults("a question", "-m", "no_end")
    assert (done.returncode, done.stdout) == (1, "so far x\n")
    assert 'plug-in "no_end" ended its reply without a Finish' in done.stderr


def test_why_there_are_no_probabilities_is_said_in_the_authors_words(faults: Run) -> None:
    done = faults("a question", "-m", "works", "--json")
    assert json.loads(done.stdout)["tokens"][0]["no_distribution"] == "no probabilities, by design"


def test_a_plugin_that_hangs_at_load_ends_with_its_time(faults: Run) -> None:
    done = faults("a question", "-m", "slow", env={"GENCHAT_PLUGIN_TIMEOUT": "0.05"})
    assert done.returncode == 1
    assert 'plug-in "slow" was still loading after 0.05 s' in done.stderr


def test_other_commands_name_a_plugin_that_fails_too(faults: Run) -> None:
    for arguments in (("next", "x"), ("score", "x"), ("complete", "x")):
        done = faults(*arguments, "-m", "Unnormalised")
        assert done.returncode == 1
        assert 'plug-in "Unnormalised" does not keep the contract' in done.stderr


class TestOptions:
    def test_options_reach_a_factory_that_takes_all_of_them(self, faults: Run) -> None:
        assert faults("config", "set", "plugins.options_mapping.depth", "3").returncode == 0
        assert faults("config", "set", "plugins.options_mapping.word", "hello there").returncode == 0
        done = faults("x", "-m", "options_mapping")
        assert done.stdout == "so far {'depth': 3, 'word': 'hello there'}\n"
        shown = faults("config", "show", "--json")
        assert json.loads(shown.stdout)["plugins.options_mapping.depth"]["value"] == 3
        assert "plugins.options_mapping.word" in faults("config").stdout
        assert faults("config", "unset", "plugins.options_mapping.depth").returncode == 0
        assert faults("x", "-m", "options_mapping").stdout == "so far {'word': 'hello there'}\n"

    def test_options_reach_parameters_of_their_names(self, faults: Run) -> None:
        assert faults("x", "-m", "options_named").stdout == "so far hello\n"
        write_settings("[plugins.options_named]\nword_said = 'ab'\ntimes = 2\n")
        assert faults("x", "-m", "options_named").stdout == "so far abab\n"

    def test_an_unknown_option_names_file_line_and_what_is_known(self, faults: Run) -> None:
        file = write_settings("model = 'ngram'\n[plugins.options_named]\ntime = 2\n")
        done = faults("x", "-m", "options_named")
        assert done.returncode == 2
        assert f'{file}:3: plug-in "options_named" knows no option "time"' in done.stderr
        assert "word_said, times" in done.stderr

    def test_a_plugin_without_options_and_one_that_needs_one_say_so(self, faults: Run) -> None:
        write_settings("[plugins.works]\ntime = 2\n")
        assert 'plug-in "works" takes no options' in faults("x", "-m", "works").stderr
        done = faults("x", "-m", "options_needed")
        assert done.returncode == 2
        assert "genchat config set plugins.options_needed.address VALUE" in done.stderr

    def test_a_value_the_author_refuses_is_told_in_the_authors_words(self, faults: Run) -> None:
        write_settings("[plugins.options_named]\ntimes = 0\n")
        done = faults("x", "-m", "options_named")
        assert (done.returncode, done.stderr) == (2, "genchat: times must be 1 or more\n")

    @pytest.mark.parametrize("text", ["plugins = 3\n", "[plugins]\nx = 3\n", '[plugins.x]\n"a.b" = 3\n'])
    def test_what_is_no_table_of_options_is_named_with_its_line(self, faults: Run, text: str) -> None:
        file = write_settings(text)
        done = faults("x")
        assert done.returncode == 2
        assert f"{file}:{text.count(chr(10))}: plugins" in done.stderr
        assert "[plugins.NAME]" in done.stderr

    def test_a_plugin_has_a_key_of_its_own_that_ends_up_nowhere(self, faults: Run) -> None:
        key = "a-key-of-no-known-shape"
        assert faults("x", "-m", "keyed").stdout == "so far without a key\n"
        assert faults("keys", "set", "keyed", stdin=key).returncode == 0
        assert "keyed" in faults("keys").stdout
        done = faults("x", "-m", "keyed")
        assert done.stdout.startswith(f"so far key of {len(key)}")
        assert key.encode() not in paths().history.read_bytes()
        assert key not in faults("keys", "list", "--json").stdout
        assert faults("x", "-m", "keyed", env={"KEYED_API_KEY": "one-of-the-environment"}).stdout.startswith(
            "so far key of 22"
        )
        assert faults("keys", "set", "nobody", stdin=key).returncode == 2


def write_settings(text: str) -> Path:
    file = paths().settings
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


class TestNames:
    @pytest.fixture
    def odd(self, tmp_path: Path, faults: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
        points = {"ngram": "faulty:works", "my model": "faulty:works", "works": "faulty:works"}
        monkeypatch.syspath_prepend(str(install(tmp_path / "odd", "oddities", points, {})))
        return faults

    def test_doctor_and_models_tell_names_that_are_invalid_taken_or_there_twice(self, odd: Run) -> None:
        told = [
            'plug-in "ngram" of oddities 1.0: another model has that name',
            'plug-in "my model" of oddities 1.0: no model can be called that',
            'plug-in "works" of faulty 1.0: oddities 1.0 brings one of that name',
        ]
        problems = json.loads(odd("doctor", "--json").stdout)["problems"]
        listed = odd("models").stdout
        entries = json.loads(odd("models", "--json").stdout)
        for text in told:
            assert any(problem.startswith(text) for problem in problems)
            assert text in listed
            assert any(str(entry["problem"]).startswith(text) for entry in entries)
        assert next(entry["problem"] for entry in entries if entry["name"] == "ngram") is None

    def test_what_is_shadowed_stays_shadowed_and_an_invalid_name_says_why(self, odd: Run) -> None:
        assert odd("next", "Bom", "-m", "ngram").returncode == 0
        assert "no model can be called that" in odd("x", "-m", "my model").stderr

    def test_options_of_nobody_are_told_by_the_doctor(self, faults: Run) -> None:
        write_settings("[plugins.absent]\nx = 1\n")
        problems = json.loads(faults("doctor", "--json").stdout)["problems"]
        assert any('a plug-in "absent" that is not installed' in problem for problem in problems)


def test_a_package_with_damaged_metadata_hides_no_other(tmp_path: Path, faults: Run) -> None:
    broken = Path(sys.path[0]) / "broken-1.0.dist-info"
    broken.mkdir()
    (broken / "entry_points.txt").write_text("[genchat.backends\nx")
    assert faults("x", "-m", "works").stdout == "so far good\n"


def test_ctrl_c_ends_a_plugin_that_hangs_at_load(tmp_path: Path) -> None:
    code = "import sys, threading\ndef hang():\n    print('loading', flush=True)\n    threading.Event().wait()\n"
    folder = install(tmp_path / "hangs", "hangs", {"hangs": "hangs:hang"}, {"hangs": code})
    variables = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{folder}", "GENCHAT_LANGUAGE": "en"}
    command = [sys.executable, "-P", "-m", "genchat", "x", "-m", "hangs"]
    with subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "loading\n"
        running.send_signal(signal.SIGINT)
        _, told = running.communicate(timeout=60)
    assert (running.returncode, told.count("\n")) == (130, 1)
