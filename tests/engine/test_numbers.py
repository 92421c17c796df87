"""Numbers as each language writes them, in texts and alone, and as people type them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genchat.engine.errors import SettingsError, UsageError
from genchat.engine.language import use_language
from genchat.engine.language.filling import filled
from genchat.engine.language.numbers import decimal, exact, percent, percentage, plain, short_count, whole
from genchat.engine.number_input import read_number, read_whole_number
from genchat.engine.settings import known_settings, load_settings, set_setting


@pytest.mark.parametrize(
    ("written", "english", "portuguese"),
    [
        (lambda tag: decimal(12345.678, tag=tag), "12,345.68", "12.345,68"),
        (lambda tag: decimal(2.43184, 4, tag), "2.4318", "2,4318"),
        (lambda tag: whole(12345, tag), "12,345", "12.345"),
        (lambda tag: plain(0.8, tag), "0.8", "0,8"),
        (lambda tag: exact(0.00015, tag), "0.00015", "0,00015"),
        (lambda tag: percent(0.0312, tag), "3.1", "3,1"),
        (lambda tag: percentage(0.354, tag), "35.4%", "35,4%"),
        (lambda tag: short_count(3_200_000, tag), "3.2M", "3,2M"),
    ],
)
def test_each_language_has_its_marks(written, english: str, portuguese: str) -> None:  # type: ignore[no-untyped-def]
    assert (written("en"), written("pt-br")) == (english, portuguese)


@pytest.mark.parametrize(
    ("template", "value", "english", "portuguese"),
    [
        ("{count:# cat|# cats}", 0, "0 cats", "0 cats"),
        ("{count:# cat|# cats}", 1, "1 cat", "1 cat"),
        ("{count:# cat|# cats}", 12345, "12,345 cats", "12.345 cats"),
        ("{count:was|were}", 1, "was", "was"),
        ("{count:#}", 12345, "12,345", "12.345"),
        ("{count}", 12345, "12345", "12345"),  # what is no amount: a year, a line, an id
        ("{count}", 0.5, "0.5", "0,5"),
        ("{count}", True, "True", "True"),
        ("{count:# cat|# cats}", "1.5", "1.5 cats", "1.5 cats"),
    ],
)
def test_a_text_takes_the_form_that_fits_its_number(
    template: str, value: object, english: str, portuguese: str
) -> None:
    assert filled(template, {"count": value}, "en") == english
    assert filled(template, {"count": value}, "pt-br") == portuguese


@pytest.mark.parametrize("tag", ["en", "pt-br"])
@pytest.mark.parametrize(
    ("typed", "number"),
    [("0.8", 0.8), ("0,8", 0.8), (" 1 ", 1.0), (",5", 0.5), ("-2,25", -2.25), ("1e-3", 0.001), ("1.234", 1.234)],
)
def test_a_point_and_a_comma_are_both_understood(tag: str, typed: str, number: float) -> None:
    use_language(tag)
    assert read_number("x", typed) == number


@pytest.mark.parametrize(
    ("typed", "likely"),
    [("1,000", "1000"), ("1.234,5", "1234.5"), ("1,234.5", "1234.5"), ("12 000", "12000")],
)
def test_a_number_of_two_readings_is_refused_with_what_to_type(typed: str, likely: str) -> None:
    use_language("en")
    with pytest.raises(UsageError, match=rf"such as {likely}$"):
        read_number("--minutes", typed)


def test_what_to_type_has_the_marks_of_the_reader() -> None:
    use_language("pt-br")
    with pytest.raises(UsageError, match=r"como 1234,5$"):
        read_number("--minutes", "1.234,5")


@pytest.mark.parametrize("typed", ["abc", "", "1_000", "0,8,1", "1.2.3"])
def test_what_is_no_number_is_said(typed: str) -> None:
    use_language("en")
    with pytest.raises(UsageError, match=r"is not a number; use a number such as 0\.8"):
        read_number("--temperature", typed)


@pytest.mark.parametrize(("typed", "said"), [("1.5", "whole number such as 40"), ("1.000", "such as 1000")])
def test_a_whole_number_has_no_marks(typed: str, said: str) -> None:
    use_language("en")
    with pytest.raises(UsageError, match=said):
        read_whole_number("--steps", typed)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_is_read_as_it_is_written(number: float) -> None:
    assert read_number("x", str(number)) == number


@given(st.text(max_size=20))
def test_any_text_is_a_number_or_refused_by_name(text: str) -> None:
    for read in (read_number, read_whole_number):
        try:
            read("--top", text)
        except UsageError as error:
            assert error.values["name"] == "--top"  # noqa: PT017


@pytest.mark.parametrize("typed", ["0,8", "0.8"])
def test_settings_are_read_with_either_mark(tmp_path: Path, typed: str) -> None:
    file = tmp_path / "settings.toml"
    assert set_setting(file, "sampling.temperature", typed) == 0.8
    assert load_settings(file, {"GENCHAT_SAMPLING_TOP_P": typed}).sampling.top_p == 0.8


def test_a_variable_that_is_no_number_says_what_to_write(tmp_path: Path) -> None:
    use_language("en")
    with pytest.raises(SettingsError, match='GENCHAT_SAMPLING_TEMPERATURE: "warm" is not a number; use a number such'):
        load_settings(tmp_path / "none", {"GENCHAT_SAMPLING_TEMPERATURE": "warm"})


@pytest.mark.parametrize("tag", ["en", "pt-br"])
def test_what_a_setting_may_be_is_said_in_words(tag: str) -> None:
    use_language(tag)
    for setting in known_settings().values():
        assert setting.allowed
        assert not set(setting.allowed) & set("≥≤|")
    number = {"en": "a number above 0, at most 1", "pt-br": "um número acima de 0 e no máximo 1"}
    assert known_settings()["sampling.top_p"].allowed == number[tag]
