"""Training events on their way to a watching process."""

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genchat.engine.training.event_lines import WatchedEvent, event_from_line, event_to_json
from genchat.engine.training.events import Ended, Kept, Phase, Progress, Sample, Started
from genchat.tui.cli.output import Output
from genchat.tui.cli.watched import EventLines

ENDED = Ended("done", 80, 4.0, 1.5, 2.25)


def progress(left: float | None) -> Progress:
    return Progress(3, 0.3, 2.5, 12_345.6, 1.5, left, 0.1)


class _Gone(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError


def test_a_watcher_that_is_gone_is_noticed_and_no_fault() -> None:
    watcher = EventLines(Output(_Gone(), io.StringIO()))
    assert watcher.tell(progress(4.0)) is None
    assert watcher.gone
    assert watcher.tell(ENDED) == "done"


EVENTS = (
    Started(1_234_567, 9000, 1000, "fp32", "cpu", {"seed": 1}),
    progress(None),
    Sample(40, "a [b]\x1b\u2028"),
    ENDED,
    Phase("writing", 1.0),
    Kept("a", "b", True),
)


@pytest.mark.parametrize("event", EVENTS)
def test_events_survive_the_pipe(event: WatchedEvent) -> None:
    assert event_from_line(json.dumps(event_to_json(event))) == event


@given(st.text() | st.dictionaries(st.text(), st.integers()).map(json.dumps))
@settings(deadline=None, max_examples=50)
def test_what_is_no_event_is_passed_over(line: str) -> None:
    assert event_from_line(line) is None


def test_an_endless_time_left_is_no_number() -> None:
    assert event_to_json(progress(float("inf")))["seconds_left"] is None
