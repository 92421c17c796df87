"""A training run that another process watches: its events on stdout, one JSON document a line."""

from typing import Annotated

import typer

from genchat.engine.training.event_lines import WatchedEvent, event_to_json
from genchat.engine.training.events import Ended, EndReason
from genchat.tui.cli.output import Output

FLAG = "--events"
AsEvents = Annotated[bool, typer.Option(FLAG, hidden=True)]


class EventLines:
    """Where events are written. A watcher that is `gone` is a wish to stop: what was learned is kept all the same."""

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
    """The command that a person would give for the same model."""
    return [word for word in arguments if word not in (FLAG, "--quiet")]
