"""Keys that do the same in the transcript and among the candidates: the screen around them does it."""

from textual.binding import Binding

from genchat.tui.keys import bind

FORK_BINDINGS: tuple[Binding, ...] = (
    bind("e", "screen.type_token", "type_token", show=True),
    bind("c", "screen.go_on", "go_on", show=True),
    bind("u", "screen.undo_fork", "undo_fork", show=True),
    bind("t", "screen.heat", "tint"),
    bind("w", "screen.open_writer", "open_writer", show=True),
    bind("m", "screen.columns", "columns", show=True),
    bind("i", "screen.inside", "inside", show=True),
)
