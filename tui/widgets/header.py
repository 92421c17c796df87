"""The first line of the chat screen: the model in use, its sampling settings, and its speed."""

import math
import time

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from genchat.engine.contract import ModelInfo, ReplySettings
from genchat.engine.language import say
from genchat.engine.language.numbers import percentage, setting, short_count, whole
from genchat.engine.sampling.table import stage_label, stages
from genchat.engine.text import safe_line
from genchat.tui.chat.dialogue import Status
from genchat.tui.colours import theme_styles
from genchat.tui.widgets.painting import right_aligned

_LONGEST_NAME = 32
_LONGEST_SYSTEM = 24  # characters shown of the system prompt
_SPEED_EVERY = 0.4  # seconds; a number that changes faster cannot be read


class Header(Widget):
    """The header is one painted line."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._family = "plugin"
        self._backend = ""
        self._parameters = ""
        self._settings = ReplySettings()
        self._free_text = False
        self._pace = 0.0
        self._system = ""
        self._system_unread = False
        self._kept = True
        self._status: Status | None = None
        self._speed: float | None = None
        self._next_speed_at = 0.0
        self._load_text = ""
        self._problem = ""

    def show_backend(self, family: str, title: str, info: ModelInfo | None) -> None:
        """Show the backend in use; `info` is given once it is loaded."""
        self._family, self._backend = family, safe_line(title)
        self._parameters = short_count(info.parameters) if info is not None and info.parameters else ""
        self._load_text = self._problem = ""
        self.refresh()

    def show_settings(self, settings: ReplySettings, free_text: bool, pace: float = 0.0) -> None:
        """Show how the next reply will be made; `pace` is the greatest number of tokens a second, 0 for no limit."""
        self._settings, self._free_text, self._pace = settings, free_text, pace
        self.refresh()

    def show_system(self, text: str, *, unread: bool) -> None:
        """Show the beginning of the system prompt; `unread` says that the model in use does not read it."""
        self._system = safe_line(text, _LONGEST_SYSTEM)
        self._system_unread = unread
        self.refresh()

    def show_kept(self, kept: bool) -> None:
        """Show whether messages are stored when genchat ends."""
        self._kept = kept
        self.refresh()

    def show_progress(self, status: Status | None, speed: float | None) -> None:
        """Show how the present reply is coming; `speed` is in tokens a second."""
        if status is self._status and status is Status.STREAMING and time.monotonic() < self._next_speed_at:
            return
        self._next_speed_at = time.monotonic() + _SPEED_EVERY
        self._status, self._speed = status, speed
        self.refresh()

    def show_loading(self, what: str, share: float) -> None:
        """Show how far the opening of the model has come; `share` is from 0 to 1, NaN where it is not known."""
        self._load_text = safe_line(what) if math.isnan(share) else f"{safe_line(what)} {percentage(share)}"
        self.refresh()

    def show_problem(self, problem: str) -> None:
        """Show that the model could not be opened."""
        self._problem = problem
        self.refresh()

    def render_line(self, y: int) -> Strip:
        styles = theme_styles(self.app.current_theme)
        if y:
            return Strip([Segment("─" * self.size.width, styles.rule)], self.size.width)
        left = [(" genchat   " if self.size.width >= 80 else " ", styles.muted)]
        left.append((safe_line(self._family, _LONGEST_NAME), styles.family(self._family)))
        if self._backend != self._family:
            left += [(" · ", styles.faint), (safe_line(self._backend, _LONGEST_NAME), styles.text)]
        if self._parameters:
            left.append((f" {self._parameters}", styles.muted))
        left.append(("   " + self._settings_text(), styles.muted))
        if self._pace:
            left.append(("   " + say("tui.header.slow", pace=setting(self._pace)), styles.text))
        if self._free_text:
            left.append(("   " + say("tui.header.free_text"), styles.text))
        if self._system:
            left.append((f"   {say('tui.header.system')} “{self._system}”", styles.muted))
            if self._system_unread:
                left.append((" " + say("tui.header.system_unread"), styles.warning))
        if not self._kept:
            left.append(("   " + say("tui.header.not_kept"), styles.error))
        right = []
        if self._speed is not None:
            right.append((f"{whole(round(self._speed))} {say('tui.header.speed')}   ", styles.muted))
        if self._status is Status.STREAMING:
            right.append((f"● {say('tui.header.streaming')} ", styles.text))
        elif self._problem:
            right.append((f"✗ {self._problem} ", styles.error))
        elif self._status is Status.WAITING:
            right.append((f"○ {self._load_text or say('tui.header.loading')} ", styles.muted))
        return right_aligned(self.size.width, styles.text, left, [("  ", styles.text), *right])

    def _settings_text(self) -> str:
        sampling = self._settings.sampling
        pieces = []
        for stage in stages():
            if not stage.is_on(sampling):
                continue
            value = stage.shown_value(sampling)
            pieces.append(stage_label(stage.name) + ("" if value is None else f" {setting(value)}"))
            if stage.ends:
                break
        if sampling.seed is not None:
            pieces.append(f"{say('tui.sampling.seed')} {sampling.seed}")
        return "  ".join(pieces)
