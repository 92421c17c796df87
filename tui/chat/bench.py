"""The controller of the sampling bench: it holds the settings that are tried, recomputes the open token's draw with
them, and lets the reply that is being written come token by token.

The distribution is taken from the record at once and from the open model as soon as it has answered. A change of a
setting is computed in the screen's own thread: it costs a few milliseconds and has to be seen with the key.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from genchat.engine.contract import ReplySettings
from genchat.engine.errors import GenchatError
from genchat.engine.language import say
from genchat.engine.language.numbers import percentage
from genchat.engine.sampling import SamplingSettings
from genchat.engine.sampling.steps import neighbour
from genchat.engine.text import safe
from genchat.tui.chat.dialogue import Turn
from genchat.tui.chat.forking import Forking
from genchat.tui.chat.host import Host
from genchat.tui.chat.inspector import Inspector
from genchat.tui.chat.session import Live, Session
from genchat.tui.widgets.bench.panel import BenchPanel, BenchStrip
from genchat.tui.widgets.bench.view import BenchRow, BenchView, bench_rows
from genchat.tui.widgets.transcript import Transcript

if TYPE_CHECKING:
    from genchat.engine.sampling.waterfall import Waterfall
    from genchat.tui.chat.bench_source import BenchSource, ModelQuestion
    from genchat.tui.chat.token_records import Row

_ROWS = 12  # candidates that a view holds at most
_CLASS = "-bench"  # of the screen, while the bench is shown


class Bench:
    """The bench stands on one token of one reply, or, while a reply comes token by token, on the token to come."""

    def __init__(
        self,
        session: Session,
        host: Host,
        transcript: Transcript,
        inspector: Inspector,
        forking: Forking,
        settings_changed: Callable[[], object],
    ) -> None:
        """`settings_changed` shows the settings of the session."""
        self._session = session
        self._host = host
        self._transcript = transcript
        self._inspector = inspector
        self._forking = forking
        self._settings_changed = settings_changed
        self.panel = BenchPanel(self, id="bench")
        self.strip = BenchStrip(self, id="bench-strip")
        self._turn: Turn | None = None
        self._index = 0
        self._source: BenchSource | None = None
        self._asking = self._asked = False  # the model: it has yet to answer; it was asked about this token
        self._finished: Turn | None = None  # a reply that ended while it came token by token
        self._base = SamplingSettings()  # of the reply
        self.settings = self._base  # those that are tried
        self._chosen = "temperature"  # the name of a setting
        self._texts: dict[str, str] = {}  # the last value of each setting that is a text
        inspector.watch = self._token_opened

    # -- opening and leaving ------------------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Return whether the bench is shown."""
        return self._turn is not None

    @property
    def forms(self) -> tuple[BenchPanel, BenchStrip]:
        """Return the two forms of the bench, of which one is shown."""
        return self.panel, self.strip

    @property
    def _has_focus(self) -> bool:
        return any(form.has_focus for form in self.forms)

    def sampling_key(self) -> bool:
        """Return whether the key for sampling belongs to the bench: it opens it on the open token; a second time it
        opens the screen of all settings for the bench.
        """
        if self.is_open:
            if self._has_focus:
                self._ask_for_all()
            else:
                next(form for form in self.forms if form.display).focus()
            return True
        transcript, token = self._transcript, self._inspector.token
        looking = transcript.cursor is not None or transcript.has_focus or self._inspector.has_focus
        if token is None or not looking:
            return False
        turn, index = token
        settings = turn.settings or self._session.settings
        self._begin(turn, settings.sampling)
        self._stand(index)
        return True

    def _begin(self, turn: Turn, settings: SamplingSettings) -> None:
        self._turn, self._base, self.settings = turn, settings, settings
        for owner in (self._session.settings.sampling, settings):
            self._remember_texts(owner)
        self._host.mark(_CLASS, True)

    def close(self) -> None:
        """Leave the bench; a reply that waits for its next token goes on by itself."""
        if self._turn is None:
            return
        live = self._live()
        if live is not None:
            live.stream.gate.open()
        had_focus = self._has_focus
        self._turn, self._source = None, None
        self._host.mark(_CLASS, False)
        if had_focus:
            self._transcript.focus()

    def _token_opened(self, turn: Turn | None, index: int) -> None:
        """Follow the open token: a click, or the next token of a reply that comes one by one."""
        begun = self._session.live
        if begun is not None and begun.turn is turn and turn is not self._turn and begun.stream.gate.holding:
            self._begin(turn, begun.stream.sampling)
            self._finished = None
            self._host.note(say("bench.by_token"))
        if self._turn is None:
            return
        live = self._live()
        if turn is None or (turn is not self._turn and index < 0):
            self.close()
        elif live is not None and live.stream.gate.holding:
            self._stand(len(turn.records))
        elif turn is not self._turn:
            self._begin(turn, (turn.settings or self._session.settings).sampling)
            self._stand(index)
        elif index >= 0 and (index != self._index or (live is None and not self._asked)):
            self._stand(index)

    def _live(self) -> Live | None:
        """Return the reply that is being written, if the bench stands on it."""
        live = self._session.live
        return live if live is not None and live.turn is self._turn else None

    # -- where it stands ----------------------------------------------------------------------------------------

    def _stand(self, index: int) -> None:
        """Go to token `index`, which may be the one to come."""
        turn = self._turn
        if turn is None:
            return
        from genchat.tui.chat.bench_source import ModelQuestion, stored_source

        # Token by token, what comes next follows from the place where the bench stood and the settings it had there.
        live = self._live()
        grows = live is not None and live.stream.gate.holding and self._index + 1 == index
        known, before_it = (self._source, self._index) if grows else (None, 0)
        self._index, self._source = index, None
        if index < len(turn.records):
            before = [record.token for record in turn.records[:index]]
            written = [token for token in before if token is not None]
            try:
                self._source = stored_source(turn.records[index], written, self._base)
            except GenchatError:
                self._source = None  # the grammar of the reply: its library is gone
        # A reply that runs free has a new token before the model could have read all of the others again.
        free = live is not None and not live.stream.gate.holding
        named = None if free or turn.opinion is not None else self._session.pool.made_by(turn.speaker)
        self._asking = self._asked = named is not None
        if named is not None:
            name, backend = named
            lock = self._session.pool.model_lock(name)
            prompt = self._session.prompt_of(turn)
            settings = live.stream.sampling if live is not None and known is not None else self._base
            question = ModelQuestion(turn, index, backend, lock, prompt, settings, known, before_it)
            self._host.work(partial(self._ask, question), "bench")
        self._show()

    def _ask(self, question: "ModelQuestion") -> None:
        try:
            source = question.answer()
        except Exception:  # a model that cannot be asked is no reason to end anything: what is stored is shown
            source = None
        self.panel.deliver(partial(self._answered, question, source))

    def _answered(self, question: "ModelQuestion", source: "BenchSource | None") -> None:
        if question.turn is not self._turn or question.index != self._index:
            return
        self._asking = False
        if source is not None and not (source.changed and self._source is not None):
            self._source = source
        elif source is not None and self._source is not None:
            self._source = replace(self._source, changed=True)
        self._show()

    # -- what is shown ------------------------------------------------------------------------------------------

    def _show(self) -> None:
        view = self.view()
        self.panel.show(view)
        self.strip.show(view)

    def view(self) -> BenchView | None:
        """Return the state of the bench, computed with the settings that are tried."""
        turn = self._turn
        if turn is None:
            return None
        from genchat.engine.token_labels import Labels

        rows = bench_rows(self.settings)
        chosen = next((place for place, row in enumerate(rows) if row.setting.name == self._chosen), 0)
        token = turn.records[self._index].token if self._index < len(turn.records) else None
        view = BenchView(
            place=self._index + 1,
            count=len(turn.records),
            token=token,
            family=turn.records_family,
            source=self._source_words(),
            settings=self.settings,
            reply_settings=self._base,
            rows=rows,
            chosen=chosen,
            labels=Labels(None) if self._source is None else self._source.labels,
        )
        if self._source is None:
            return view
        from genchat.engine.sampling.waterfall import waterfall

        source = self._source
        try:
            sampler = source.sampler.fork()
            sampler.use(self.settings)
            fall = waterfall(sampler, source.log_probs, source.before, self._index)
        except GenchatError as error:
            return replace(view, error=safe(str(error)))
        return replace(view, waterfall=fall, candidates=self._candidates(source, fall))

    def _source_words(self) -> str:
        source = self._source
        if source is None:
            return say("bench.source.asking" if self._asking else "bench.source.none")
        if source.known is None:
            words = say("bench.source.whole", count=len(source.log_probs))
        else:
            words = say("bench.source.stored", count=source.known, rest=percentage(source.rest))
        if source.changed or self._asking:
            words += "; " + say("bench.source.changed" if source.changed else "bench.source.asking")
        return words

    def _candidates(self, source: "BenchSource", fall: "Waterfall") -> "tuple[Row, ...]":
        import numpy as np

        from genchat.engine.distribution import top_ids
        from genchat.tui.chat.token_records import Row

        draw = fall.draw
        tokens = top_ids(source.log_probs, min(_ROWS, source.known or _ROWS)).tolist()
        if draw.token not in tokens:
            tokens[-1] = draw.token
        shares = dict(zip(fall.order.tolist(), fall.shares.tolist(), strict=True))
        rows = []
        for rank, token in enumerate(tokens, 1):
            cut = draw.cut_by(token)
            drawn = 0.0 if cut is not None else shares.get(token, 0.0)
            raw = float(np.exp(source.log_probs[token]))
            rows.append(Row(token, source.labels(token), rank, raw, drawn, cut))
        return tuple(rows)

    # -- keys ---------------------------------------------------------------------------------------------------

    def choose(self, by: int) -> None:
        """Go to another setting."""
        rows = bench_rows(self.settings)
        here = next((place for place, row in enumerate(rows) if row.setting.name == self._chosen), 0)
        self._chosen = rows[min(max(here + by, 0), len(rows) - 1)].setting.name
        self._show()

    def point_at(self, setting: str) -> None:
        """Go to the setting of that name."""
        self._chosen = setting
        self._show()

    def change(self, by: int) -> None:
        """Change the chosen setting by one step; a pattern is switched off and on again."""
        row = next((row for row in bench_rows(self.settings) if row.setting.name == self._chosen), None)
        if row is not None:
            values: dict[str, Any] = {row.setting.name: self._next_value(row, by)}
            self._try(replace(self.settings, **values))

    def _next_value(self, row: BenchRow, by: int) -> float | int | str:
        name = row.setting.name
        value: float | int | str = getattr(self.settings, name)
        if isinstance(value, str):
            return self._texts.get(name, "") if not value and by > 0 else "" if by < 0 else value
        return neighbour(row.setting, value, by)

    def _try(self, settings: SamplingSettings) -> None:
        self._remember_texts(settings)
        self.settings = settings
        self._show()

    def _remember_texts(self, settings: SamplingSettings) -> None:
        for row in bench_rows(settings):
            value = getattr(settings, row.setting.name)
            if isinstance(value, str) and value:
                self._texts[row.setting.name] = value

    def reset(self) -> None:
        """Go back to the settings of the reply."""
        self._try(self._base)

    def keep(self) -> None:
        """Use these settings for all replies to come, each with a seed of its own unless one was fixed."""
        fixed = self._session.settings.sampling.seed
        self._session.settings = replace(self._session.settings, sampling=replace(self.settings, seed=fixed))
        self._settings_changed()
        self._host.note(say("bench.kept"))

    def pick(self) -> None:
        """Let the person pick the token at this place."""
        if self._turn is not None and self._live() is None:
            self._forking.pick(self._turn, self._index, self._reply_settings())

    def _reply_settings(self) -> ReplySettings:
        owner = self._turn.settings if self._turn is not None else None
        return replace(owner or self._session.settings, sampling=self.settings)

    def _ask_for_all(self) -> None:
        from genchat.tui.screens.sampling import Choices, SamplingScreen

        def chosen(choices: Choices | None) -> None:
            if choices is not None:
                self._try(choices.settings.sampling)

        self._host.ask(SamplingScreen(Choices(self._reply_settings(), self._session.pace)), chosen)

    # -- token by token -----------------------------------------------------------------------------------------

    def draw_next(self) -> None:
        """Draw one token with these settings and wait.

        A reply that runs free is halted first. Where none is being written, another version of this one is forked off
        here, which waits before its next token.
        """
        turn, live = self._turn, self._live()
        if turn is None:
            return
        if live is None and self._finished is turn:
            self._finished = None
            self._host.note(say("bench.finished"))
        elif live is None:
            self._forking.draw(turn, min(self._index, max(len(turn.records) - 1, 0)), self._reply_settings())
        elif not live.stream.gate.holding:
            live.stream.gate.hold()
            self._transcript.action_follow()
            self._stand(len(turn.records))
        elif self._source is not None and (view := self.view()) is not None and not view.error:
            self._finished = turn  # should this be its last token, the key means something else afterwards
            live.stream.sampling = self.settings
            live.stream.gate.grant()
