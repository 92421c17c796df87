"""The real app over a model that writes fifteen words at once and then stalls. Run by test_departure in a pty.

Usage: python -m tests.tui.stalling_app FOLDER
"""

import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from genchat.engine.contract import Backend, Capabilities, Event, ModelInfo, ReplySettings, Step, StopSignal
from genchat.engine.conversation import Message
from genchat.engine.distribution import unknown
from genchat.engine.history import open_history
from genchat.tui.app import GenchatApp
from genchat.tui.departure import Departure
from tests.fakes import ByteTokenizer
from tests.tui.support import Source

WORDS = 15


class StallingBackend:
    """It never looks at the stop signal once it stalls."""

    info = ModelInfo("stalling", "ngram", 12, None, 0, "0" * 64, "stalling")
    capabilities = Capabilities("top-k")
    tokenizer = ByteTokenizer()

    def reply(
        self, messages: Sequence[Message], settings: ReplySettings, should_stop: StopSignal | None = None
    ) -> Iterator[Event]:
        for number in range(1, WORDS + 1):
            nothing = unknown("tui.panel.none")
            yield Step(number - 1, number, f"word{number} ", None, nothing, nothing)
        threading.Event().wait()

    def complete(self, text: str, settings: ReplySettings, should_stop: StopSignal | None = None) -> Iterator[Event]:
        return self.reply((), settings, should_stop)

    def explain(self, messages: Sequence[Message] | str, reply_tokens: Sequence[int]) -> None:
        return None


def _backend() -> Backend:
    return StallingBackend()


def main(home: Path) -> int:
    """Run the screen until it is left."""
    with Departure() as departure, open_history(home / "history.db") as history:
        app = GenchatApp(Source({"stalling": lambda: _backend()}), history, ReplySettings(), "stalling")
        app.run_alone(departure)
    departure.end_process_if_stalled(departure.code)
    return departure.code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
