"""The table of stages, and what is derived from it: keys, flags, words, the README's list."""

import re
from pathlib import Path

import pytest

from genchat.engine.errors import UsageError
from genchat.engine.language import LANGUAGES, say, use_language
from genchat.engine.sampling import SamplingSettings
from genchat.engine.sampling import stages as files
from genchat.engine.sampling.settings import understood
from genchat.engine.sampling.table import stage_label, stage_settings, stages
from genchat.engine.settings import known_settings
from genchat.tui.cli.sampling_options import SamplingCommand
from tests.readme import README, sampling_table

FOLDER = Path(files.__path__[0])


def test_every_file_is_a_stage_of_its_own_that_names_its_source() -> None:
    there = {path.stem for path in FOLDER.glob("*.py")} - {"__init__"}
    assert {stage.name.replace("-", "_") for stage in stages()} == there
    for stage in stages():
        text = (FOLDER / f"{stage.name.replace('-', '_')}.py").read_text(encoding="utf-8")
        docstring = text.split('"""')[1]
        assert re.search(r"\(.*\d{4}|OpenAI|temperature 0", docstring), stage.name


def test_the_stages_run_in_the_documented_order() -> None:
    documented = [
        *("repetition", "frequency", "presence", "dry"),
        *("temperature", "grammar", "greedy"),
        *("top-n-sigma", "top-k", "typical-p", "top-p", "min-p", "xtc", "mirostat"),
    ]
    assert [stage.name for stage in stages() if stage.name in documented] == documented


def test_the_names_of_old_settings_stay() -> None:
    old = ("temperature", "top_k", "top_p", "min_p", "repetition_penalty", "repetition_window")
    assert tuple(setting.name for setting in stage_settings())[:6] == old
    assert (SamplingSettings().temperature, SamplingSettings().top_p, SamplingSettings().seed) == (0.5, 0.9, None)


def test_of_the_new_stages_none_is_on_by_default() -> None:
    assert [stage.name for stage in stages() if stage.is_on(SamplingSettings())] == ["temperature", "top-p"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_stage_and_setting_has_its_words(language: str) -> None:
    use_language(language)
    for stage in stages():
        assert stage_label(stage.name)
    for setting in stage_settings():
        for kind in ("name", "help", "hint"):
            assert say(f"sampling.{kind}.{setting.name}")
    names = [say(f"sampling.name.{setting.name}") for setting in stage_settings()]
    assert len(set(names)) == len(names)
    assert max(map(len, names)) <= 24, "a name is as wide as its column on the sampling screen"


def test_every_setting_is_a_key_a_variable_and_a_flag() -> None:
    known = known_settings()
    flags = {name for param in SamplingCommand("x").sampling_parameters for name in param.opts}
    for setting in stage_settings():
        key = known[f"sampling.{setting.name}"]
        assert key.variable == f"GENCHAT_SAMPLING_{setting.name.upper()}"
        assert (key.default, key.low, key.high, key.above) == (
            setting.default,
            setting.low,
            setting.high,
            setting.above,
        )
        assert "--" + setting.name.replace("_", "-") in flags


def test_bounds_hold_for_defaults_and_for_what_switches_off() -> None:
    for setting in stage_settings():
        assert setting.allows(setting.default), setting.name
        assert setting.off is None or setting.allows(setting.off), setting.name
        if setting.kind is not str:
            assert not setting.allows(setting.high + 1 if setting.high < float("inf") else setting.low - 1), (
                setting.name
            )


def test_a_setting_that_does_not_exist_is_a_mistake_of_the_program() -> None:
    with pytest.raises(TypeError, match="temprature"):
        SamplingSettings(temprature=1)


def test_what_an_old_or_damaged_file_says_is_used_as_far_as_it_is_understood() -> None:
    read = understood({"temperature": 0.7, "top_p": 9, "top_k": "many", "seed": 5, "of_tomorrow": 1})
    assert read == SamplingSettings(temperature=0.7, seed=5)
    with pytest.raises(UsageError):
        SamplingSettings(top_p=9)


def test_a_stage_of_a_later_version_is_called_by_its_name_made_safe() -> None:
    assert stage_label("top-secret") == "top-secret"
    assert "\x1b" not in stage_label("\x1b[2J")


def test_the_readme_lists_every_setting() -> None:
    assert sampling_table() in README.read_text(encoding="utf-8")
