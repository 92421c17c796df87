"""The conversation, painted line by line: text is wrapped once, and a growing reply re-wraps only its tail.

A token cursor walks the tokens of any reply. The view follows the newest line until the person scrolls away from it.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from itertools import accumulate
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from genchat.engine.conversation import Role
from genchat.engine.language import say
from genchat.tui.chat.dialogue import Turn
from genchat.tui.chat.messages import CandidatesWanted, CursorMoved, QuestionOpened
from genchat.tui.colours import ThemeStyles, theme_styles
from genchat.tui.keys import bind
from genchat.tui.widgets.blocks import Block, PaintOptions
from genchat.tui.widgets.fork_bindings import FORK_BINDINGS
from genchat.tui.widgets.painting import Line
from genchat.tui.widgets.tint import OFF
from genchat.tui.widgets.wrapping import WrappedText

if TYPE_CHECKING:
    from genchat.tui.chat.token_records import TokenRecord

MARGIN = 2
WIDEST = 100  # longer lines are hard to read
SURPRISING = 5.0  # bits


class Transcript(ScrollView, can_focus=True):
    """The transcript paints all turns that are shown."""

    ALLOW_SELECT = True
    HELP_TITLE = "tui.help.transcript"
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("left", "token(-1)", "token_previous", show=True, shown="←→"),
        bind("right", "token(1)", "token_next"),
        bind("up", "token_line(-1)", "token_above"),
        bind("down", "token_line(1)", "token_below"),
        bind("home", "first_token", "token_first"),
        bind("end", "follow", "follow", show=True),
        bind("n", "surprise(1)", "surprise_next", show=True),
        bind("p", "surprise(-1)", "surprise_previous"),
        bind("enter", "candidates", "candidates", show=True),
        bind("pageup", "page_up", "page_up"),
        bind("pagedown", "page_down", "page_down"),
        *FORK_BINDINGS,
    ]

    class NothingSurprising(Message):
        """There is no improbable token in the direction that was asked for."""

    class SiblingWanted(Message):
        """The person clicked ‹ or › of a turn."""

        def __init__(self, turn: Turn, by: int) -> None:
            super().__init__()
            self.turn, self.by = turn, by

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._turns: list[Turn] = []
        self._blocks: list[Block] = []
        self._ends: list[int] = []  # running sum of the blocks' heights
        self._cursor: tuple[int, int] | None = None  # block, token
        self._wanted_cell: int | None = None
        self._tint = OFF
        self._free_text = False
        self._asked: list[Turn] = []  # messages whose tokens were asked for; where there are none, once is enough
        self.follows = True
        self.steer: Callable[[int], bool] = lambda by: False  # asked first what an arrow key is to do

    # -- what is shown ------------------------------------------------------------------------------------------

    def show(self, turns: list[Turn]) -> None:
        """Show these turns, scrolled to the end."""
        self._turns = turns
        self._asked = [turn for turn in self._asked if turn in turns]
        self._cursor = None
        self.follows = True
        self._lay_out()

    def invite(self, *, free_text: bool) -> None:
        """Choose what an empty conversation asks for: a question, or the beginning of a text."""
        if free_text != self._free_text:
            self._free_text = free_text
            self.refresh()

    def add(self, turn: Turn) -> None:
        """Show one more turn at the end."""
        self._turns = [*self._turns, turn]
        self._blocks.append(Block(turn, self._text_width))
        self.follows = True
        self._measure()

    def grow(self, turn: Turn, records: "Iterable[TokenRecord]") -> None:
        """Add tokens to a shown turn."""
        block = self._block_of(turn)
        if block is None:
            return
        before = block.height
        first = max(len(block.body.lines) - 1, 0)
        block.grow(records)
        if block.height != before:
            self._measure()
        else:
            self._refresh_block(block, first)

    def replace_records(self, turn: Turn) -> None:
        """Paint a shown turn anew whose text is divided into other tokens now."""
        for index, block in enumerate(self._blocks):
            if block.turn is turn:
                self._blocks[index] = Block(turn, self._text_width)
                if self._cursor is not None and self._cursor[0] == index:
                    self._cursor = None
        self._measure()

    def refresh_turn(self, turn: Turn) -> None:
        """Repaint a turn whose status, notes or error has changed."""
        block = self._block_of(turn)
        if block is not None:
            block.refresh_notes()
            block.forget()
            self._measure()

    @property
    def cursor(self) -> tuple[Turn, int] | None:
        """Return the token under the cursor."""
        if self._cursor is None:
            return None
        block, token = self._cursor
        return self._blocks[block].turn, token

    @property
    def tint(self) -> str:
        """Return by what tokens are tinted: one of widgets.tint.TINTS."""
        return self._tint

    @tint.setter
    def tint(self, value: str) -> None:
        self._tint = value
        self.repaint_all()

    def repaint_all(self) -> None:
        """Repaint everything, because colours have changed."""
        for block in self._blocks:
            block.forget()
        self.refresh()

    @property
    def _text_width(self) -> int:
        return max(min(self.scrollable_content_region.width - 2 * MARGIN, WIDEST), 8)

    @property
    def _theme_styles(self) -> ThemeStyles:
        return theme_styles(self.app.current_theme)

    def _block_of(self, turn: Turn) -> Block | None:
        return next((block for block in reversed(self._blocks) if block.turn is turn), None)

    def _lay_out(self) -> None:
        width = self._text_width
        self._blocks = [Block(turn, width) for turn in self._turns]
        if self._cursor is not None:
            block, token = self._cursor
            self._blocks[block].select(token)
        self._measure()

    def _measure(self) -> None:
        self._ends = list(accumulate((block.height for block in self._blocks), initial=1))[1:]
        self.virtual_size = Size(self.scrollable_content_region.width, self._ends[-1] if self._ends else 0)
        if self.follows:
            self.scroll_end(animate=False, immediate=True, x_axis=False, force=True)
        self.refresh()

    def _refresh_block(self, block: Block, first_body_line: int) -> None:
        top = self._top(self._blocks.index(block)) + 1 + first_body_line
        self.refresh_lines(top, block.height - first_body_line)

    def _top(self, index: int) -> int:
        return self._ends[index - 1] if index else 1

    def on_resize(self, event: events.Resize) -> None:
        if self._blocks and self._blocks[0].width == self._text_width:
            self._measure()
        else:
            self._lay_out()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self.follows = new_value >= self.max_scroll_y - 0.5

    # -- painting -----------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        styles = self._theme_styles
        line = self.scroll_offset.y + y
        if not self._blocks:
            return self._paint_empty(y, width)
        index = bisect_right(self._ends, line)
        if index >= len(self._blocks) or line < 1:
            return Strip.blank(width, styles.text)
        strip = self._blocks[index].strip(line - self._top(index), PaintOptions(styles, width, MARGIN, self._tint))
        selection = self.text_selection
        if selection is not None:
            strip = self._paint_selection(strip, selection, line)
        return strip.apply_offsets(0, line)

    def _paint_selection(self, strip: Strip, selection: Selection, line: int) -> Strip:
        span = selection.get_span(line)
        if span is None:
            return strip
        start, end = span
        text = strip.text
        begin = cell_len(text[:start])
        finish = strip.cell_length if end == -1 else cell_len(text[:end])
        style = self.screen.get_component_rich_style("screen--selection")
        middle = strip.crop(begin, finish).apply_style(style)
        return Strip.join([strip.crop(0, begin), middle, strip.crop(finish)])

    def _paint_empty(self, y: int, width: int) -> Strip:
        """Paint the welcome of a conversation without messages."""
        styles = self._theme_styles
        narrow = self.screen.has_class("-no-panel")
        key = "welcome_text" if self._free_text else "welcome_narrow" if narrow else "welcome"
        lines = _welcome(say(f"tui.{key}"), width - 2 * MARGIN, self.size.height)
        index = y - max((self.size.height - len(lines)) // 2, 0)
        if not 0 <= index < len(lines):
            return Strip.blank(width, styles.text)
        indent = max((width - max(map(len, lines))) // 2, MARGIN)
        style = styles.strong if lines[index] == "genchat" else styles.muted
        return Line(width, styles.text).add(" " * indent).add(lines[index], style).strip()

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        lines = [""]
        for block in self._blocks:
            lines += [" " * MARGIN + block.plain(index) for index in range(block.height)]
        extracted = selection.extract("\n".join(lines))
        return "\n".join(line.removeprefix(" " * MARGIN) for line in extracted.split("\n")), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        self.refresh()

    # -- the token cursor ---------------------------------------------------------------------------------------

    def select(self, turn: Turn, token: int) -> None:
        """Put the cursor on a token of a shown turn."""
        for index, block in enumerate(self._blocks):
            if block.turn is turn and 0 <= token < len(turn.records):
                self._move_to(index, token)
                return

    def reveal_turn(self, turn: Turn) -> None:
        """Scroll so that a shown turn begins near the top."""
        block = self._block_of(turn)
        if block is not None:
            self.follows = False
            self.scroll_to(y=max(self._top(self._blocks.index(block)) - 1, 0), animate=False)

    def unselect(self) -> None:
        """Remove the cursor without posting a message."""
        if self._cursor is not None:
            self._blocks[self._cursor[0]].select(None)
            self._cursor = None
            self.refresh()

    def _move_to(self, block: int, token: int, keep_cell: bool = False) -> None:
        if self._cursor is not None and self._cursor[0] < len(self._blocks):
            self._blocks[self._cursor[0]].select(None)
        self._cursor = (block, token)
        target = self._blocks[block]
        target.select(token)
        if not keep_cell:
            self._wanted_cell = None
        self._reveal(block, token)
        self.refresh()
        self.post_message(CursorMoved())

    def _reveal(self, block: int, token: int) -> None:
        lines = self._blocks[block].lines_of(token)
        if not lines:
            return
        top = self._top(block) + lines[0]
        height = self.scrollable_content_region.height
        if top < self.scroll_offset.y + 1:
            self.scroll_to(y=max(top - 2, 0), animate=False)
        elif top >= self.scroll_offset.y + height:
            self.scroll_to(y=top - height + 2, animate=False)
        self.follows = False

    def _with_tokens(self) -> list[int]:
        return [index for index, block in enumerate(self._blocks) if block.turn.records]

    def action_token(self, by: int) -> None:
        """Move the cursor one token forward or back, over the edges of turns."""
        with_tokens = self._with_tokens()
        if not with_tokens or self.steer(by):
            return
        if self._cursor is None:
            last = with_tokens[-1]
            self._move_to(last, len(self._blocks[last].turn.records) - 1)
            return
        block, token = self._cursor
        if 0 <= token + by < len(self._blocks[block].turn.records):
            self._move_to(block, token + by)
            return
        beyond = [index for index in with_tokens if (index > block if by > 0 else index < block)]
        if beyond and by > 0:
            self._move_to(beyond[0], 0)
        elif beyond:
            self._move_to(beyond[-1], len(self._blocks[beyond[-1]].turn.records) - 1)

    def action_token_line(self, by: int) -> None:
        """Move the cursor to the token above or below."""
        if self._cursor is None:
            self.action_token(-1)
            return
        block, token = self._cursor
        if self._wanted_cell is None:
            self._wanted_cell = self._blocks[block].cell_of(token)
        line = self._top(block) + self._blocks[block].lines_of(token)[0] + by
        while 1 <= line < self._ends[-1]:
            index = bisect_right(self._ends, line)
            nearest = self._blocks[index].token_at(line - self._top(index), self._wanted_cell)
            if nearest is not None:
                self._move_to(index, nearest, keep_cell=True)
                return
            if self._ask_for_tokens(index):
                return
            line += by

    def _ask_for_tokens(self, index: int) -> bool:
        """Ask for the tokens of a message of the person, once; returns whether that was done."""
        turn = self._blocks[index].turn
        if turn.role is not Role.USER or turn.records or not turn.text or turn in self._asked:
            return False
        self._asked.append(turn)
        self.post_message(QuestionOpened(turn))
        return True

    def lay_out_again(self, turn: Turn) -> None:
        """Lay out a turn whose tokens have just become known."""
        for index, block in enumerate(self._blocks):
            if block.turn is turn:
                self._blocks[index] = Block(turn, self._text_width)
                self._measure()

    def action_first_token(self) -> None:
        """Move the cursor to the first token of the first reply."""
        with_tokens = self._with_tokens()
        if with_tokens:
            self._move_to(with_tokens[0], 0)

    def action_surprise(self, by: int) -> None:
        """Move the cursor to the next or the previous token that the model found unlikely."""
        surprising = [
            (index, token)
            for index in self._with_tokens()
            for token, record in enumerate(self._blocks[index].turn.records)
            if (record.surprisal or 0) >= SURPRISING
        ]
        current = self._cursor or ((len(self._blocks), 0) if by < 0 else (-1, 0))
        beyond = [position for position in surprising if (position > current if by > 0 else position < current)]
        if beyond:
            self._move_to(*(beyond[0] if by > 0 else beyond[-1]))
        else:
            self.post_message(self.NothingSurprising())

    def action_candidates(self) -> None:
        """Go to the candidates of the open token."""
        self.post_message(CandidatesWanted())

    def action_follow(self) -> None:
        """Go back to the newest token."""
        self.unselect()
        self.follows = True
        self.scroll_end(animate=False, immediate=True, x_axis=False, force=True)
        self.post_message(CursorMoved())

    def on_click(self, event: events.Click) -> None:
        line = self.scroll_offset.y + event.y
        index = bisect_right(self._ends, line)
        if index >= len(self._blocks) or line < 1 or self.text_selection is not None:
            return
        block = self._blocks[index]
        row = line - self._top(index)
        if row == 0:
            self._click_pager(block, event.x - MARGIN)
            return
        token = block.token_at(row, event.x - MARGIN)
        if token is not None:
            self._move_to(index, token)
        else:
            self._ask_for_tokens(index)

    def _click_pager(self, block: Block, cell: int) -> None:
        pager = block.pager()
        start = block.width - len(pager)
        if pager and cell >= start:
            self.post_message(self.SiblingWanted(block.turn, -1 if cell < start + len(pager) // 2 else 1))


def _welcome(what_to_do: str, width: int, height: int) -> list[str]:
    """Return the lines of an empty conversation: the name, what to do, and the first keys, in two columns where there
    is room.
    """
    wrapped = WrappedText(min(width, 60), what_to_do)
    keys = say("tui.welcome_keys").split("\n")
    column = max(map(len, keys[::2])) + 4
    if column + max(map(len, keys[1::2])) <= width:
        keys = [first.ljust(column) + second for first, second in zip(keys[::2], keys[1::2], strict=True)]
    instructions = [wrapped.text[start:end] for start, end in wrapped.lines]
    lines = ["genchat", "", *instructions, "", *keys]
    return lines if len(lines) <= height else [*instructions, *keys]
