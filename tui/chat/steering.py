"""The controller of steering: at the end of a free text → appends the marked candidate and ← takes a token back.

Behind the last token a place is opened that has no token yet, only the candidates of the next one. What is written
there is another version of the text, whose old one stays. It is kept in the history when the person goes on to
something else, since a version for every key would bury the others.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from genchat.engine.contract import Backend, MessageData, ReplySettings, Step
from genchat.engine.conversation import Role
from genchat.engine.errors import GenchatError
from genchat.engine.history.records import RunStart
from genchat.engine.language import say
from genchat.engine.plugins.guard import reason_of
from genchat.engine.text import safe, safe_line
from genchat.tui.chat.dialogue import Status, Turn
from genchat.tui.chat.fork_request import DATA, forkable, known_tokens, shown_text
from genchat.tui.chat.host import Host
from genchat.tui.chat.inspector import Inspector
from genchat.tui.chat.messages import PlaceOpened
from genchat.tui.chat.reply_stream import unkept
from genchat.tui.chat.session import Session
from genchat.tui.widgets.transcript import Transcript

if TYPE_CHECKING:
    from genchat.engine.local_backend import LocalBackend
    from genchat.tui.chat.token_records import TokenRecord


@dataclass
class Place:
    """The open place behind the last token of `turn`; `step` is what the model believes there."""

    turn: Turn
    step: Step
    backend: Backend


class Steering:
    """This controller steers one text at a time. `marked` says which candidate is marked in the panel."""

    def __init__(
        self,
        session: Session,
        host: Host,
        transcript: Transcript,
        inspector: Inspector,
        marked: Callable[[], int | None],
    ) -> None:
        self._session, self._host, self._transcript, self._marked = session, host, transcript, marked
        self._inspector = inspector
        self._place: Place | None = None
        self._asked: Turn | None = None  # its next place is being computed
        self._unkept: Turn | None = None  # the version that is written by steering
        self._origin: tuple[Turn, int] | None = None  # what it begins like, and how long
        self._steps: list[Step] = []  # of the tokens behind that
        self._backend: Backend | None = None

    def key(self, by: int) -> bool:
        """Take an arrow key; returns False where it is not at the end of a free text, or has nothing to steer."""
        cursor, session = self._transcript.cursor, self._session
        if cursor is None or not session.free_text or session.live is not None:
            return False
        turn, index = cursor
        if turn.role is Role.USER or turn is not session.dialogue.leaf or index != len(turn.records) - 1:
            return False
        if self._asked is not None:
            return True  # keys that come faster than the model are not saved up
        place = self._place
        if place is None or place.turn is not turn:
            return by > 0 and self._open(turn)
        if by > 0:
            token = self._marked()
            if token is not None:
                self._append(place, token)
            return True
        return self._take_back(place)

    # -- writing ------------------------------------------------------------------------------------------------

    def _open(self, turn: Turn) -> bool:
        """Compute what may follow the text."""
        try:
            tokens = known_tokens(turn, len(turn.records))
        except GenchatError as problem:
            self._host.note(str(problem), error=True)
            return False
        special = bool(turn.records) and turn.records[-1].special
        self._asked = turn
        self._host.work(partial(self._compute, turn, tokens[:-1] if special else tokens), "steer", exclusive=True)
        return True

    def _compute(self, turn: Turn, tokens: Sequence[int]) -> None:
        session = self._session
        try:
            opened = session.pool.made_by(turn.speaker)
            name, backend = opened or (turn.backend, session.pool.open(turn.backend, session.progress))
            local, context = forkable(backend, turn, session.prompt_of(turn))
            with session.pool.model_lock(name):
                step = _next_step(local, str(context), tokens, turn.settings or session.settings)
            found = PlaceOpened(turn, step, backend)
        except GenchatError as problem:
            found = PlaceOpened(turn, None, None, safe(str(problem)))
        except Exception as problem:  # a model of another author may raise anything
            found = PlaceOpened(
                turn, None, None, say("fork.gone", name=safe_line(turn.backend), reason=reason_of(problem))
            )
        self._host.post(found)

    def opened(self, message: PlaceOpened) -> None:
        """Show the open place, or say why there is none."""
        turn, self._asked = message.turn, None
        if message.step is None or message.backend is None:
            self._host.note(message.error, error=True)
            return
        if turn is not self._session.dialogue.leaf or self._session.live is not None:
            return
        from genchat.tui.chat.token_records import Recorder

        if turn is not self._unkept:
            turn = self._version_of(turn, message.step.position, message.backend)
        self._place = Place(turn, message.step, message.backend)
        record = Recorder(message.backend.tokenizer).record(message.step)
        turn.records = [*turn.records[: message.step.position], replace(record, label=say("fork.next"))]
        self._show(turn)

    def _version_of(self, origin: Turn, count: int, backend: Backend) -> Turn:
        """Another version of a text, with its first `count` tokens, to be steered from there."""
        self.settle()
        turn = Turn(
            Role.ASSISTANT,
            text=origin.text,
            status=Status.STOPPED,
            speaker=origin.speaker,
            backend=origin.backend,
            family=origin.family,
            records=origin.records[:count],
            free_text=True,
            settings=origin.settings or self._session.settings,
            forked_from=origin,
            data={DATA: {"from": origin.stored, "at": count, "taken": [], "how": "steered"}},
        )
        self._session.dialogue.add(turn, origin.parent)
        self._unkept, self._origin, self._steps, self._backend = turn, (origin, count), [], backend
        self._transcript.show(self._session.dialogue.path)
        return turn

    def _append(self, place: Place, token: int) -> None:
        turn, count = place.turn, place.step.position
        before = known_tokens(turn, count)
        log_prob = place.step.raw.log_prob(token)
        text = _texts(place.backend, (*before, token))[-1]
        step = replace(place.step, token=token, text=text, log_prob=log_prob)
        self._put(turn, [*turn.records[:count], _record(place.backend, step)])
        self._steps.append(step)
        self._place = None
        self._open(turn)

    def _take_back(self, place: Place) -> bool:
        turn, count = place.turn, place.step.position
        if not count:
            return False
        if self._steps:
            self._steps.pop()
        elif self._origin is not None:
            self._origin = (self._origin[0], count - 1)
        self._put(turn, list(turn.records[: count - 1]))
        self._place = None
        return self._open(turn)

    def _put(self, turn: Turn, records: "list[TokenRecord]") -> None:
        turn.records = records
        if self._backend is not None:
            turn.text = "".join(_texts(self._backend, known_tokens(turn, len(records))))
        self._show(turn)

    def _show(self, turn: Turn) -> None:
        self._inspector.forget()
        self._transcript.lay_out_again(turn)
        self._transcript.select(turn, len(turn.records) - 1)
        self._host.keys_changed()

    # -- keeping ------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Keep the steered version in the history, without its open place; one that is like its origin is dropped."""
        turn, place = self._unkept, self._place
        self._unkept = self._place = self._asked = None
        if turn is None:
            return
        if place is not None and place.turn is turn:
            turn.records = turn.records[: place.step.position]
        if self._backend is not None and self._origin is not None:
            try:
                self._store(turn, self._backend, *self._origin)
            except GenchatError as problem:
                turn.notes.append(unkept(problem))

    def _store(self, turn: Turn, backend: Backend, origin: Turn, count: int) -> None:
        history, question = self._session.history, turn.parent
        if question is None or question.stored is None or turn.stored is not None:
            return
        settings = turn.settings or ReplySettings()
        recorder = history.begin_reply(history.message(question.stored), RunStart.of(backend, settings))
        turn.stored = recorder.message.id
        turn.data = {DATA: {**turn.data[DATA], "at": count, "taken": [step.token for step in self._steps]}}
        recorder.add(MessageData(turn.data))
        trace = None if origin.stored is None else history.trace(origin.stored)
        for kept in [] if trace is None else trace[:count]:
            recorder.add(kept)
        for step in self._steps:
            recorder.add(step)
        recorder.finish("stopped")


def _next_step(local: "LocalBackend", text: str, tokens: Sequence[int], settings: ReplySettings) -> Step:
    """What may follow: a step without a token, with the distribution of the model and the one to draw from."""
    from genchat.engine.distribution import exact
    from genchat.engine.sampling import Sampler

    before = [*local.text_prompt(text).tokens, *tokens]
    kept = None if local.pasts is None else local.pasts.cursor_at(local.model, before)
    log_probs = (local.model.start(before) if kept is None else kept).log_probs()
    draw = Sampler(settings.sampling, local.tokenizer).draw(log_probs, before, len(tokens))
    return Step(len(tokens), None, "", None, exact(log_probs), draw.distribution(), draw)


def _texts(backend: Backend, tokens: Sequence[int]) -> list[str]:
    """What each token adds to the text; a character split between tokens comes with its last one."""
    from genchat.engine.text import IncrementalText

    pending, tokenizer = IncrementalText(), backend.tokenizer
    return [] if tokenizer is None else [pending.push(tokenizer.token_bytes(token)) for token in tokens]


def _record(backend: Backend, step: Step) -> "TokenRecord":
    from genchat.tui.chat.token_records import Recorder

    return replace(Recorder(backend.tokenizer).record(step), text=shown_text(step), uniform=None, interval=None)
