"""The ten stops. A stop says what to look at and which key to press, knows when that was done, and can do it itself.

Keys are given by the ids of their bindings, so that a person who has remapped one reads the right one. To change a stop
is to change its entry.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genchat.engine.sampling import SamplingSettings

if TYPE_CHECKING:
    from genchat.tui.chat.dialogue import Turn
    from genchat.tui.tour.stage import Stage


@dataclass
class Seen:
    """What the tour remembers of the screen as it was when the stop began, and the screens that were opened since."""

    cursor: "tuple[Turn, int] | None" = None
    temperature: float = 0.0
    cuts: tuple[float, ...] = ()
    replies: int = 0
    opened: frozenset[str] = frozenset()  # names of the classes of screens that were opened and left again


@dataclass(frozen=True)
class Stop:
    """`name` is that of its texts, tour.NAME and tour.NAME_title; `keys` are ids of bindings, in the order of use."""

    name: str
    keys: tuple[str, ...]
    done: "Callable[[Stage, Seen], bool]"
    show: "Callable[[Stage], object]"  # does it for the person


def cuts_of(settings: SamplingSettings) -> tuple[float, ...]:
    """The settings that cut candidates."""
    return settings.top_k, settings.top_p, settings.min_p, settings.typical_p, settings.top_n_sigma


def replies_of(screen: "Stage") -> int:
    """How many versions the newest reply has."""
    reply = screen.session.dialogue.last_reply
    return 0 if reply is None else len(reply.siblings)


def _moved(screen: "Stage", seen: Seen) -> bool:
    return screen.transcript.cursor is not None and screen.transcript.cursor != seen.cursor


def _walk(screen: "Stage") -> None:
    """Go to the token before, from the first one to the next."""
    cursor = screen.transcript.cursor
    if cursor is None:
        screen.action_tokens()
    else:
        screen.transcript.action_token(-1 if cursor[1] else 1)


def _forked(screen: "Stage", seen: Seen) -> bool:
    return replies_of(screen) > seen.replies and screen.session.live is None


def _fork(screen: "Stage") -> None:
    """Take the second candidate at the open token."""
    screen.bench.close()
    if screen.forking.place is None:
        screen.action_tokens()
    place = screen.forking.place
    if place is not None:
        rows = [row for row in place[0].records[place[1]].rows(8) if row.token != place[0].records[place[1]].token]
        if rows:
            screen.forking.take(rows[0].token)


def _bench(screen: "Stage", setting: str, by: int) -> None:
    if not screen.bench.is_open:
        screen.action_tokens()
        screen.bench.sampling_key()
    screen.bench.point_at(setting)
    screen.bench.change(by)


def _surprise(screen: "Stage") -> None:
    screen.bench.close()
    screen.action_tokens()
    screen.transcript.action_surprise(1)
    if not screen.panel.region:
        screen.action_panel()


def _was_opened(name: str) -> "Callable[[Stage, Seen], bool]":
    """Whether the screen of that class was opened and left again."""
    return lambda screen, seen: name in seen.opened


def _of_the_app(action: str) -> "Callable[[Stage], object]":
    return lambda screen: screen.app.call_later(screen.app.run_action, action)


STOPS: tuple[Stop, ...] = (
    Stop(
        "reply",
        ("tokens",),
        lambda screen, seen: screen.transcript.cursor is not None,
        lambda screen: screen.action_tokens(),
    ),
    Stop(
        "token",
        ("token_next", "token_previous"),
        _moved,
        _walk,
    ),
    Stop(
        "temperature",
        ("sampling", "bench_more"),
        lambda screen, seen: screen.bench.is_open and screen.bench.settings.temperature != seen.temperature,
        lambda screen: _bench(screen, "temperature", 1),
    ),
    Stop(
        "cut",
        ("bench_below", "bench_less"),
        lambda screen, seen: screen.bench.is_open and cuts_of(screen.bench.settings) != seen.cuts,
        lambda screen: _bench(screen, "top_k", -1),
    ),
    Stop("fork", ("bench_leave", "candidates", "candidate_below", "candidate_take"), _forked, _fork),
    Stop("why", ("surprise_next", "panel"), _moved, _surprise),
    Stop("compare", ("columns",), _was_opened("ColumnsScreen"), lambda screen: screen.action_columns()),
    Stop("inside", ("inside",), _was_opened("InsideScreen"), lambda screen: screen.action_inside()),
    Stop("train", ("train",), _was_opened("TrainingForm"), _of_the_app("train")),
    Stop("documents", ("documents",), _was_opened("DocumentsScreen"), _of_the_app("documents")),
)
