"""Training events as lines of JSON, for whoever watches a run from another process."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from genchat.engine.training.events import (
    Ended,
    Kept,
    Phase,
    Progress,
    Sample,
    Saved,
    Started,
    TrainingEvent,
    Validation,
)

WatchedEvent = TrainingEvent | Phase | Kept
_KINDS: Mapping[str, type[WatchedEvent]] = {
    kind.__name__.lower(): kind for kind in (Started, Progress, Validation, Sample, Saved, Ended, Phase, Kept)
}


def event_to_json(event: WatchedEvent) -> dict[str, Any]:
    """Plain values; a number that JSON cannot hold (the time left of a run without an end) becomes None."""
    values = {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in asdict(event).items()
    }
    return {"event": type(event).__name__.lower(), **values}


def event_from_line(line: str) -> WatchedEvent | None:
    """The event a line holds; None for anything else, since libraries may write to stdout too."""
    try:
        values = json.loads(line)
        return _KINDS[values.pop("event")](**values)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
