"""Writes the events of a training run for a process that watches it: one JSON document a line on stdout."""

from typing import Annotated

import typer

from genchat.engine.training.event_lines import WatchedEvent, event_to_json
from genchat.engine.training.events import Ended, EndReason
from genchat.tui.cli.output import Output

FLAG = "--events"
AsEvents = Annotated[bool, typer.Option(FLAG, hidden=True)]


class EventLines:
    """Events are written here as lines.

    A watcher that is `gone` asks the run to stop; what was learned is kept all the same.
    """

    def __init__(self, output: Output) -> None:
        self._output = output
        self.gone = False

    def tell(self, event: WatchedEvent) -> EndReason | None:
        """Write one event; returns the reason why the run ended, once it has."""
        if not self.gone:
            try:
                self._output.json_line(event_to_json(event))
            except BrokenPipeError:
                self.gone = True
        return event.reason if isinstance(event, Ended) else None


def without_flag(arguments: tuple[str, ...]) -> list[str]:
    """Return the command that a person would type for the same model."""
    return [word for word in arguments if word not in (FLAG, "--quiet")]
