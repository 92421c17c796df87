"""Settings: who wins, what is refused and how it is named, what is written."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from genchat.engine.errors import ExitCode, GenchatError, SettingsError
from genchat.engine.sampling import SamplingSettings
from genchat.engine.settings import (
    Settings,
    build_settings,
    known_settings,
    load_settings,
    read_layers,
    set_setting,
    unset_setting,
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "settings.toml"


def write(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def test_without_file_variables_and_flags_the_defaults_hold_and_nothing_is_written(file: Path) -> None:
    assert load_settings(file, {}) == Settings()
    assert not file.parent.exists()


def test_the_sampling_defaults_are_those_of_the_sampler() -> None:
    assert Settings().sampling == SamplingSettings()


def test_each_layer_wins_over_the_one_before(file: Path) -> None:
    write(file, "[sampling]\ntemperature = 0.1\ntop_k = 1\nmin_p = 0.1\n")
    variables = {"GENCHAT_SAMPLING_TOP_K": "2", "GENCHAT_SAMPLING_MIN_P": "0.2"}
    layers = read_layers(file, variables, {"sampling.min_p": 0.3, "sampling.top_p": None})
    assert [(layers[f"sampling.{name}"].value, layers[f"sampling.{name}"].layer) for name in _NAMES] == [
        (0.1, "file"),
        (2, "environment"),
        (0.3, "flag"),
        (0.9, "default"),
    ]


_NAMES = ("temperature", "top_k", "min_p", "top_p")


def test_a_whole_number_is_good_for_a_fraction(file: Path) -> None:
    chosen = load_settings(write(file, "sampling.temperature = 1\n"), {}).sampling.temperature
    assert (chosen, type(chosen)) == (1.0, float)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("model = 'x'\n\n[sampling]\n# a comment\ntemprature = 1\n", 5, '"sampling.temperature"'),
        ("[sampling]\ntop_p = 1\ntemperature = -0.5\n", 3, "a number, 0 or more"),
        ("[sampling]\n\ntop_p = 0\n", 3, "a number above 0, at most 1"),
        ("language = 'xx'\n", 1, "auto, en or pt-br"),
        ("\nmodel = 3\n", 2, "model is 3"),
        ("history.keep = 'yes'\n", 1, "true or false"),
        ("[sampling]\ntop_k = 1.5\n", 2, "a whole number, 0 or more"),
        ("[sampling]\ntop_k = true\n", 2, "top_k is true"),
        ("[sampling]\ntemperature = nan\n", 2, "temperature is nan"),
        ("[sampling]\nseed = inf\n", 2, "seed is inf"),
        ("model = 'a'\nsampling = 3\n", 2, '"sampling"'),
        ("model = 'a'\n[nonsense]\nx = 1\n", 2, '"nonsense"'),
        ("[sampling]\n\ntop_k = = 3\n", 3, "TOML"),
        ("model = 'a'\nmodel = 'b'\n", 2, "TOML"),
    ],
)
def test_what_is_not_understood_is_named_with_file_and_line(file: Path, text: str, line: int, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(write(file, text), {})
    assert f"settings.toml:{line}:" in str(caught.value)
    assert said in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_file_that_is_not_utf8_is_named(file: Path) -> None:
    write(file, "")
    file.write_bytes(b"model = 'caf\xe9'\n")
    with pytest.raises(SettingsError, match="not UTF-8 at byte 12"):
        load_settings(file, {})


def test_a_folder_in_the_place_of_the_file_is_named(file: Path) -> None:
    file.mkdir(parents=True)
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(file, {})


@pytest.mark.parametrize(
    ("name", "value"),
    [("GENCHAT_SAMPLING_TOP_K", "many"), ("GENCHAT_HISTORY_KEEP", "perhaps"), ("GENCHAT_SAMPLING_TOP_P", "2")],
)
def test_a_wrong_variable_is_named(file: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(file, {name: value})
    assert name in str(caught.value)


@pytest.mark.parametrize(("word", "meant"), [("1", True), ("ON", True), ("no", False), ("false", False)])
def test_switches_are_read_from_variables(file: Path, word: str, meant: bool) -> None:
    assert load_settings(file, {"GENCHAT_HISTORY_KEEP": word}).history.keep is meant


def test_a_wrong_flag_is_named_by_its_spelling(file: Path) -> None:
    with pytest.raises(SettingsError, match="--max-tokens"):
        load_settings(file, {}, {"reply.max_tokens": 0})


def test_setting_keeps_comments_and_order(file: Path) -> None:
    write(file, "# mine\nmodel = 'a'  # the best\n\n[sampling]\n# hot\ntemperature = 2.0\n")
    assert set_setting(file, "sampling.temperature", "0.5") == 0.5
    set_setting(file, "history.keep", "false")
    text = file.read_text(encoding="utf-8")
    assert text.startswith("# mine\nmodel = 'a'  # the best\n\n[sampling]\n# hot\ntemperature = 0.5\n")
    assert not load_settings(file, {}).history.keep


def test_unsetting_brings_the_default_back(file: Path) -> None:
    set_setting(file, "sampling.seed", "7")
    assert load_settings(file, {}).sampling.seed == 7
    unset_setting(file, "sampling.seed")
    assert load_settings(file, {}).sampling.seed is None


def test_unsetting_tells_whether_it_was_set_and_knows_no_strange_names(file: Path) -> None:
    file.parent.mkdir(parents=True)
    file.write_text("strange = 1\n[sampling]\nseed = 7\n", encoding="utf-8")
    assert unset_setting(file, "sampling.seed")
    assert not unset_setting(file, "sampling.seed")
    assert unset_setting(file, "strange")
    with pytest.raises(SettingsError):
        unset_setting(file, "strange")


def test_unsetting_what_is_not_set_writes_nothing(file: Path) -> None:
    unset_setting(file, "sampling.seed")
    assert not file.exists()


@pytest.mark.parametrize(("name", "value"), [("sampling.temprature", "1"), ("sampling.temperature", "-1")])
def test_a_setting_that_would_be_refused_is_not_written(file: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError):
        set_setting(file, name, value)
    assert not file.exists()


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("in the way")
    with pytest.raises(GenchatError, match="cannot be"):
        set_setting(tmp_path / "config" / "settings.toml", "model", "a")


def test_a_write_that_fails_leaves_the_file_as_it_was_and_nothing_beside_it(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(file, "model = 'a'\n")

    def full(source: str, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(GenchatError, match="No space left") as caught:
        set_setting(file, "model", "b")
    assert caught.value.exit_code == ExitCode.FAILED
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    assert file.read_text(encoding="utf-8") == "model = 'a'\n"


def test_a_linked_file_stays_a_link_and_keeps_its_permissions(tmp_path: Path) -> None:
    real, link = tmp_path / "dotfiles" / "genchat.toml", tmp_path / "settings.toml"
    write(real, "model = 'a'\n")
    real.chmod(0o640)
    link.symlink_to(real)
    set_setting(link, "model", "b")
    assert link.is_symlink()
    assert load_settings(real, {}).model == "b"
    assert real.stat().st_mode & 0o777 == 0o640


_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "model": st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1),
    "language": st.sampled_from(["auto", "en", "pt-br"]),
    "history.keep": st.booleans(),
    "sampling.temperature": st.floats(0, 1e6),
    "sampling.top_k": st.integers(0, 10**9),
    "reply.max_tokens": st.integers(1, 10**9),
}


@given(st.fixed_dictionaries({}, optional=_VALUES))
@hypothesis_settings(deadline=None, max_examples=60)
def test_what_was_set_is_read_back(tmp_path_factory: pytest.TempPathFactory, values: dict[str, Any]) -> None:
    file = tmp_path_factory.mktemp("home") / "settings.toml"
    for name, value in values.items():
        set_setting(file, name, str(value))
    assert load_settings(file, {}) == build_settings(values)


@given(st.text())
@hypothesis_settings(deadline=None, max_examples=100)
def test_any_file_is_understood_or_refused_by_name(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = tmp_path_factory.mktemp("home") / "settings.toml"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    said = ""
    try:
        load_settings(file, {})
    except SettingsError as error:
        said = str(error)
    assert not said or str(file) in said


def test_every_setting_has_a_variable_of_its_own() -> None:
    variables = [setting.variable for setting in known_settings().values()]
    assert len(set(variables)) == len(variables)
