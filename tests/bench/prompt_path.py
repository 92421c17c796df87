"""The rooms that one prompt passes: from the key to panel and history file, and from the argument to stdout and file.

A room is a file of genchat. The way has stations, each a function at which something happens to the prompt or to its
reply: the key is taken, the message is kept, a token is drawn, the model goes on to it, it is kept, condensed and
shown. A room is passed if one of its functions stands on the stack when a station is reached, the station's own file
included: these are the files that call onwards, which whoever follows the prompt has to open. Files that are only
consulted and answer (texts, colours, labels, tokenizers, rows of a table) never stand there and do not count, nor does
what lies behind the last station: how the store writes a row, how a widget paints a line. The question why, which the
screen asks a model by itself, is another way. What else the screen brings up to date for a reply (header, list,
surprise) is measured in the same way and stands apart.

A station that is not reached is an error: then the way has changed and this file must be told.
"""

import asyncio
import io
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from genchat.engine.history import HistoryStore
from genchat.engine.local_backend import LocalBackend
from genchat.engine.ngram.sources import plain_source
from genchat.engine.ngram.training import build_ngram, train_ngram
from genchat.engine.paths import paths
from genchat.tui.cli.program import run as run_program
from tests.bench import Row
from tests.tui.support import Source, chat, make_app, until

MARK = 14
_TEXT = plain_source("cats.txt", "o gato bebe leite . a gata bebe agua . " * 30)
_REPLY = (
    "HistoryStore.add_message",
    "HistoryStore.begin_reply",
    "NgramCursor.advance",
    "Sampler.draw",
    "StoreRecorder.add",
    "StoreRecorder.finish",
)
ON_THE_SCREEN = (
    "Prompt.action_send",
    *_REPLY,
    "Recorder.record",
    "Transcript.show",
    "Transcript.grow",
    "Panel.show",
)
BESIDE = ("Header.show_progress", "ConversationList.show", "SurpriseLine.show")
ON_THE_COMMAND_LINE = (*_REPLY, "Output.text")

Rooms = dict[str, list[str]]  # a file, and its functions that were called from other files


class Way:
    """Notes, for each station, the files on the stack when it is reached; while `open`, in any thread."""

    def __init__(self, *groups: tuple[str, ...]) -> None:
        self.rooms: Mapping[tuple[str, ...], Rooms] = {group: {} for group in groups}
        self.open = False
        self._group_of = {station: group for group in groups for station in group}
        self._reached: set[str] = set()

    def profile(self, frame: FrameType, event: str, _: Any) -> None:
        """For sys.setprofile."""
        if not self.open or event != "call":
            return
        station = frame.f_code.co_qualname
        group = self._group_of.get(station)
        if group is None or _file(frame.f_code) is None:
            return
        self._reached.add(station)
        for file, function in reversed(list(_entrances(frame))):
            known = self.rooms[group].setdefault(file, [])
            if function not in known:
                known.append(function)

    def check(self) -> None:
        """Raises LookupError for a station that was not reached."""
        missing = self._group_of.keys() - self._reached
        if missing:
            raise LookupError(f"never reached: {', '.join(sorted(missing))}")


def _file(code: CodeType) -> str | None:
    """The file of genchat that holds `code`, as the checkout names it."""
    _, package, inside = code.co_filename.rpartition("/genchat/")
    return inside if package and inside.startswith(("engine/", "tui/")) and code.co_name != "<module>" else None


def _entrances(frame: FrameType) -> Iterator[tuple[str, str]]:
    """From the innermost outwards: each file on the stack and its function that another file called."""
    here: FrameType | None = frame
    entered: tuple[str, str] | None = None
    while here is not None:
        file = _file(here.f_code)
        if file is not None:
            if entered is not None and entered[0] != file:
                yield entered
            entered = (file, here.f_code.co_qualname)
        here = here.f_back
    if entered is not None:
        yield entered


@contextmanager
def _home() -> Iterator[Path]:
    """A home of its own, without plug-ins, for as long as it is entered."""
    with tempfile.TemporaryDirectory() as home:
        before = {name: os.environ.get(name) for name in ("GENCHAT_HOME", "GENCHAT_PLUGINS")}
        os.environ.update(GENCHAT_HOME=home, GENCHAT_PLUGINS="none")
        try:
            yield Path(home)
        finally:
            for name, value in before.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value


def _traced(way: Way, work: Callable[[], object]) -> None:
    threading.setprofile(way.profile)
    sys.setprofile(way.profile)
    try:
        work()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    way.check()


async def _ask_on_the_screen(way: Way, home: Path) -> None:
    backend = LocalBackend(build_ngram([_TEXT], "cats", unit="word"))
    with HistoryStore.open(home / "history.db") as history:
        app = make_app(Source({"script": lambda: backend}), history=history)
        async with app.run_test(size=(120, 36)) as pilot:
            session = chat(app).session
            await until(pilot, lambda: session.backend is not None)
            chat(app).prompt.write("o gato")
            await pilot.pause(0.1)
            way.open = True
            await pilot.press("enter")
            await until(pilot, lambda: session.dialogue.last_reply is not None and session.live is None)
            await pilot.pause(0.1)
            way.open = False


def screen_way() -> Way:
    """A prompt typed on the screen, answered by an n-gram model and kept in a file."""
    way = Way(ON_THE_SCREEN, BESIDE)
    with _home() as home:
        _traced(way, lambda: asyncio.run(_ask_on_the_screen(way, home)))
    return way


def command_line_way() -> Way:
    """A prompt given as an argument, answered by an n-gram model and kept in a file."""
    way = Way(ON_THE_COMMAND_LINE)
    with _home(), redirect_stdout(io.StringIO()):
        train_ngram([_TEXT], paths().models / "cats")
        way.open = True
        _traced(way, lambda: run_program(["--model", "cats", "--temperature", "0", "o gato"]))
    return way


def _rows(what: str, rooms: Rooms, mark: int | None) -> list[Row]:
    total = Row(f"{what}: rooms", len(rooms), "", mark, "mark" if mark else "")
    entrances = sum(map(len, rooms.values()))
    steps = [Row(f"  {file}", len(entered), "", note=", ".join(entered)) for file, entered in rooms.items()]
    return [total, Row(f"{what}: entrances", entrances, ""), *steps]


def run() -> list[Row]:
    """The rooms in the order in which they are first passed, each with the functions by which it is entered."""
    screen, command_line = screen_way(), command_line_way()
    return [
        *_rows("key to panel and file", screen.rooms[ON_THE_SCREEN], MARK),
        *_rows("beside the way", screen.rooms[BESIDE], None),
        *_rows("argument to stdout and file", command_line.rooms[ON_THE_COMMAND_LINE], MARK),
    ]


if __name__ == "__main__":
    from tests.bench import table

    print(table(run()))
