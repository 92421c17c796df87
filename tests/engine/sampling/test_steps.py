"""Sliders: every number of every stage can be walked from end to end, within its bounds."""

import pytest

from genchat.engine.sampling import SamplingSettings
from genchat.engine.sampling.definition import StageSetting
from genchat.engine.sampling.steps import neighbour, place_of, values_of
from genchat.engine.sampling.table import stage_settings

NUMBERS = [setting for setting in stage_settings() if setting.kind is not str]
OF_ANY_KIND = [
    StageSetting("a", 0.0, off=0.0, low=0, high=1),
    StageSetting("b", 0, off=0, low=0, high=9),
    StageSetting("c", 1.0, off=1.0, low=1),
    StageSetting("d", 0.0, off=0.0),
    StageSetting("e", 0.5, low=0, high=1, above=True),
]


@pytest.mark.parametrize("setting", [*NUMBERS, *OF_ANY_KIND], ids=lambda setting: setting.name)
def test_every_value_is_allowed_and_reached_by_the_arrows_one_by_one(setting: StageSetting) -> None:
    values = values_of(setting)
    assert len(values) == len(set(values)) >= 5
    assert all(setting.allows(value) and type(value) is setting.kind for value in values)
    assert setting.off is None or setting.off in values
    walked = [values[0]]
    while (further := neighbour(setting, walked[-1], 1)) != walked[-1]:
        walked.append(further)  # type: ignore[arg-type]
    assert tuple(walked) == values
    assert [place_of(setting, value) for value in (values[0], values[-1])] == [0.0, 1.0]
    back = [walked[-1]]
    while (further := neighbour(setting, back[-1], -1)) != back[-1]:
        back.append(further)  # type: ignore[arg-type]
    assert back == walked[::-1]


def by_name(name: str) -> StageSetting:
    return next(setting for setting in NUMBERS if setting.name == name)


@pytest.mark.parametrize(
    ("name", "value", "less", "more"),
    [("temperature", 0.55, 0.5, 0.6), ("top_k", 7, 5, 10), ("top_k", 5000, 1000, 0), ("top_p", 0.98, 0.97, 0.99)],
)
def test_a_value_typed_by_hand_goes_to_the_nearest_place_in_that_direction(
    name: str, value: float, less: float, more: float
) -> None:
    assert neighbour(by_name(name), value, -1) == less
    assert neighbour(by_name(name), value, 1) == more


def test_a_text_has_no_slider() -> None:
    texts = [setting for setting in stage_settings() if setting.kind is str]
    for setting in texts:
        assert values_of(setting) == ()
        assert neighbour(setting, "x", 1) == "x"
        assert place_of(setting, "x") is None


def test_the_defaults_stand_on_their_sliders() -> None:
    for setting in NUMBERS:
        assert getattr(SamplingSettings(), setting.name) in values_of(setting), setting.name
