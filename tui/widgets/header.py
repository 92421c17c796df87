"""The first line: what is being talked to, how it draws its tokens, how fast it is."""

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
from genchat.tui.colours import inks
from genchat.tui.widgets.painting import right_aligned

_LONGEST_NAME = 32
_SPEED_EVERY = 0.4  # seconds; a number that changes faster cannot be read


class Header(Widget):
    """One painted line."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._family = "plugin"
        self._backend = ""
        self._parameters = ""
        self._settings = ReplySettings()
        self._free_text = False
        self._kept = True
        self._status: Status | None = None
        self._speed: float | None = None
        self._next_speed_at = 0.0
        self._load_text = ""
        self._problem = ""

    def show_backend(self, family: str, title: str, info: ModelInfo | None) -> None:
        """The backend in use; `info` once it is loaded."""
        self._family, self._backend = family, safe_line(title)
        self._parameters = short_count(info.parameters) if info is not None and info.parameters else ""
        self._load_text = self._problem = ""
        self.refresh()

    def show_settings(self, settings: ReplySettings, free_text: bool) -> None:
        """How the next reply will be made."""
        self._settings, self._free_text = settings, free_text
        self.refresh()

    def show_kept(self, kept: bool) -> None:
        """Whether what is said outlives genchat."""
        self._kept = kept
        self.refresh()

    def show_progress(self, status: Status | None, speed: float | None) -> None:
        """How the present reply is coming; `speed` in tokens a second."""
        if status is self._status and status is Status.STREAMING and time.monotonic() < self._next_speed_at:
            return
        self._next_speed_at = time.monotonic() + _SPEED_EVERY
        self._status, self._speed = status, speed
        self.refresh()

    def show_loading(self, what: str, share: float) -> None:
        """How far the opening of the model has come; `share` from 0 to 1, NaN where it is not known."""
        self._load_text = safe_line(what) if math.isnan(share) else f"{safe_line(what)} {percentage(share)}"
        self.refresh()

    def show_problem(self, problem: str) -> None:
        """The model could not be opened."""
        self._problem = problem
        self.refresh()

    def render_line(self, y: int) -> Strip:
        found = inks(self.app.current_theme.dark)
        if y:
            return Strip([Segment("─" * self.size.width, found.rule)], self.size.width)
        left = [(" genchat   " if self.size.width >= 80 else " ", found.muted)]
        left.append((safe_line(self._family, _LONGEST_NAME), found.family(self._family)))
        if self._backend != self._family:
            left += [(" · ", found.faint), (safe_line(self._backend, _LONGEST_NAME), found.text)]
        if self._parameters:
            left.append((f" {self._parameters}", found.muted))
        left.append(("   " + self._settings_text(), found.muted))
        if self._free_text:
            left.append(("   " + say("tui.header.free_text"), found.text))
        if not self._kept:
            left.append(("   " + say("tui.header.not_kept"), found.error))
        right = []
        if self._speed is not None:
            right.append((f"{whole(round(self._speed))} {say('tui.header.speed')}   ", found.muted))
        if self._status is Status.STREAMING:
            right.append((f"● {say('tui.header.streaming')} ", found.text))
        elif self._problem:
            right.append((f"✗ {self._problem} ", found.error))
        elif self._status is Status.WAITING:
            right.append((f"○ {self._load_text or say('tui.header.loading')} ", found.muted))
        return right_aligned(self.size.width, found.text, left, [("  ", found.text), *right])

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
