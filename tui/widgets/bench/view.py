"""What the bench shows, in plain values: made by its controller, painted by its widgets."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from genchat.engine.sampling import SamplingSettings
from genchat.engine.sampling.definition import StageDefinition, StageSetting
from genchat.engine.sampling.table import stages
from genchat.engine.token_labels import Labels

if TYPE_CHECKING:
    from genchat.engine.sampling.waterfall import Waterfall
    from genchat.tui.chat.token_records import Row


@dataclass(frozen=True, slots=True)
class BenchRow:
    """A row is a stage with the setting that switches it on, or, with `first` False, one more setting of that stage."""

    stage: StageDefinition
    setting: StageSetting
    first: bool = True


def bench_rows(settings: SamplingSettings) -> tuple[BenchRow, ...]:
    """Return the rows in the order in which the stages run; the further settings only of stages that are on."""
    rows = []
    for stage in stages():
        for index, setting in enumerate(stage.settings):
            if index == 0 or stage.is_on(settings):
                rows.append(BenchRow(stage, setting, index == 0))
    return tuple(rows)


@dataclass(frozen=True)
class BenchView:
    """The state of the bench at one moment.

    place counts from 1; count is how many tokens the reply has, and place may be one more: the token to come. token is
    the one that the reply has there. source says where the distribution comes from. waterfall is None where `error`
    says why nothing can be drawn.
    """

    place: int
    count: int
    token: int | None
    family: str
    source: str
    settings: SamplingSettings
    reply_settings: SamplingSettings
    rows: tuple[BenchRow, ...]
    chosen: int
    labels: Labels
    waterfall: "Waterfall | None" = None
    candidates: "tuple[Row, ...]" = ()
    error: str = ""

    @property
    def row(self) -> BenchRow:
        """Return the chosen row."""
        return self.rows[self.chosen]
