"""Days as the reader calls them."""

from datetime import UTC, date, datetime

import pytest

from genchat.engine.language import use_language
from genchat.tui.dates import day_group, day_name, local_day

_TODAY = date(2026, 3, 10)


@pytest.mark.parametrize(
    ("day", "group", "name"),
    [
        (date(2026, 3, 10), "today", "today"),
        (date(2026, 3, 9), "yesterday", "yesterday"),
        (date(2026, 3, 4), "past week", "4 March 2026"),
        (date(2026, 2, 28), "February 2026", "28 February 2026"),
        (date(2025, 12, 31), "December 2025", "31 December 2025"),
    ],
)
def test_near_days_have_names_and_far_ones_a_date(day: date, group: str, name: str) -> None:
    assert day_group(day, _TODAY) == group
    assert day_name(day, _TODAY) == name


def test_a_date_is_written_as_the_language_does() -> None:
    use_language("pt-br")
    assert day_name(date(2026, 2, 28), _TODAY) == "28 de fevereiro de 2026"


def test_a_moment_without_a_zone_is_universal_time() -> None:
    assert local_day(datetime(2026, 3, 10, 12)) == local_day(datetime(2026, 3, 10, 12, tzinfo=UTC))
