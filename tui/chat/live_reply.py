"""The controller of the reply that is being made: from a message to a stream in a worker thread, and on to
transcript and panel.

The way of a prompt: `ask` keeps the message, `answer` starts the stream, the stream makes the reply and keeps it
(tui/chat/reply_stream.py), `arrived` takes what came into the turn and shows it.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from textual.worker import get_current_worker

from genchat.engine.contract import Backend, ReplySettings
from genchat.engine.conversation import Role
from genchat.engine.errors import GenchatError
from genchat.tui.chat.dialogue import Status, Turn
from genchat.tui.chat.fork_request import Fork, ForkListener, ForkRequest
from genchat.tui.chat.host import Host
from genchat.tui.chat.inspector import Inspector
from genchat.tui.chat.messages import ReplyArrived
from genchat.tui.chat.reply_stream import Batch, HistoryListener, ReplyStream, Request, take_notice, unkept
from genchat.tui.chat.session import Live, Session
from genchat.tui.widgets.transcript import Transcript

_PAUSE = (0.05, 0.25)  # least and most seconds between two paintings of a growing reply
_PAINTING_SHARE = 3  # a painting that took t seconds is followed by a pause of this times t, which belongs to the keys
_PATIENCE = 0.6  # seconds a stopped reply has to end by itself


@dataclass(frozen=True)
class ReplyCallbacks:
    """These functions update the rest of the screen: `progress` while a reply comes, `changed` when one has begun or
    ended.
    """

    progress: Callable[[], object]
    changed: Callable[[], object]


class LiveReply:
    """This controller makes one reply at a time; nothing else sets `session.live`."""

    def __init__(
        self, session: Session, host: Host, transcript: Transcript, inspector: Inspector, callbacks: ReplyCallbacks
    ) -> None:
        self._session = session
        self._host = host
        self._transcript = transcript
        self._inspector = inspector
        self._callbacks = callbacks
        self._paint_next_at = 0.0
        self._stop_countdown: Callable[[], object] | None = None

    # -- asking -------------------------------------------------------------------------------------------------

    def ask(self, text: str, in_place_of: Turn | None = None) -> Turn:
        """Add a message of the person, at the end or as another version of an earlier message."""
        session, dialogue = self._session, self._session.dialogue
        parent = dialogue.leaf if in_place_of is None else dialogue.parent_of(in_place_of)
        question = dialogue.add(Turn(Role.USER, text, free_text=session.free_text), parent)
        self._store(question)
        if not dialogue.title:
            dialogue.title = text
        return question

    def _store(self, question: Turn) -> None:
        """Keep a message of the person in the history."""
        session = self._session
        above = session.dialogue.parent_of(question)
        while above is not None and above.stored is None:  # the reply of a model that did not open, say
            above = above.parent
        try:
            under = None if above is None else above.stored
            kept = session.history.add_message(session.conversation_to_write(), Role.USER, question.text, under)
            question.stored = kept.id
        except GenchatError as problem:
            question.notes.append(unkept(problem))

    def answer(self, question: Turn, *, with_documents: bool = True, model: str = "") -> None:
        """Begin a reply to `question`; a second reply becomes another version of the first.

        Without documents, the model behind them answers by itself; where there is none, a local model does. `model`
        is asked in place of the one in use.
        """
        session = self._session
        if question.stored is None and not question.notes:  # a text that was only read so far
            self._store(question)
        settings = session.settings_for(question)
        turn = session.dialogue.add(session.new_reply(settings), question)
        name, open_backend = session.opener(with_documents)
        if model:
            name, open_backend = model, partial(session.pool.open, model, session.progress)
            turn.speaker = turn.backend = model
            turn.family = session.family_of(model)
        begun = tuple(session.dialogue.messages_before(turn))
        stream = ReplyStream(
            Request(begun, settings, question.text if session.free_text else None),
            open_backend,
            session.pool.model_lock(name),
            None if question.stored is None else HistoryListener(session.history, question.stored, turn, settings),
            session.pace,
        )
        self._start(turn, stream)

    def go_on(self, fork: Fork, settings: ReplySettings, open_backend: Callable[[], Backend]) -> None:
        """Begin a reply with the tokens of another one, as another version of that one."""
        session, origin = self._session, fork.origin
        question = origin.parent
        if question is None:
            return
        turn = Turn(
            Role.ASSISTANT,
            status=Status.STREAMING,
            speaker=fork.by or origin.speaker,
            backend=fork.by or origin.backend,
            family=session.family_of(fork.by) if fork.by else origin.family,
            free_text=origin.free_text,
            settings=settings,
            forked_from=origin,
            system=origin.system,
        )
        session.dialogue.add(turn, question)
        opened = session.pool.made_by(origin.speaker)
        stream = ReplyStream(
            ForkRequest(
                tuple(session.dialogue.messages_before(turn)),
                settings,
                question.text if origin.free_text else None,
                fork,
            ),
            open_backend,
            session.pool.model_lock(fork.by or (opened[0] if opened is not None else origin.backend)),
            None if question.stored is None else ForkListener(session.history, question.stored, turn, settings, fork),
            session.pace,
        )
        if fork.how == "drawn":
            stream.gate.hold()
        self._start(turn, stream)

    def _start(self, turn: Turn, stream: ReplyStream) -> None:
        self._session.live = Live(turn, stream)
        self._transcript.show(self._session.dialogue.path)
        self._inspector.token = None
        self._inspector.follow(turn)
        self._callbacks.changed()
        self._host.work(partial(self._make, stream), "reply")

    def _make(self, stream: ReplyStream) -> None:
        worker = get_current_worker()
        stream.run(lambda: self._host.post(ReplyArrived(stream)), lambda: worker.is_cancelled)

    # -- showing ------------------------------------------------------------------------------------------------

    def arrived(self, stream: ReplyStream) -> None:
        """Show what the stream holds, at once or after a pause if the screen was painted a moment ago."""
        wait = self._paint_next_at - time.monotonic()
        if wait <= 0:
            self._drain(stream)
        else:
            self._host.later(wait, partial(self._drain, stream))

    def _drain(self, stream: ReplyStream) -> None:
        started = time.monotonic()
        self._paint_next_at = started + _PAUSE[0]
        self._host.painted(partial(self._painted, started))
        batch = stream.drain()
        live = self._session.live
        if live is None or live.stream is not stream:  # that reply was abandoned
            return
        turn = live.turn
        self._take(batch, turn)
        if batch.late is not None:
            self._transcript.replace_records(turn)
        elif batch.records:
            self._transcript.grow(turn, batch.records)
        if batch.changes_more_than_text:
            self._transcript.refresh_turn(turn)
        if self._inspector.following:
            self._inspector.follow(turn)
        if batch.status is None:
            self._callbacks.progress()
        else:
            self._count_down_to_retry(turn)
            self._callbacks.changed()

    def _take(self, batch: Batch, turn: Turn) -> None:
        """Copy what arrived into its turn."""
        turn.text += batch.text
        if batch.late is not None:
            turn.records[:] = batch.late
            self._inspector.divided_anew(turn)
        turn.records += batch.records
        for notice in batch.notices:
            take_notice(turn, notice)
        turn.passages = batch.passages or turn.passages
        turn.data = turn.data if batch.data is None else batch.data
        turn.tokens_per_second = batch.tokens_per_second
        if batch.backend is not None:
            turn.speaker, turn.family = batch.backend.info.name, batch.backend.info.family
            turn.checksum = batch.backend.info.checksum
            turn.status = Status.STREAMING
        if batch.status is not None:
            turn.status, turn.error = batch.status, batch.error
            turn.retry_at = None if batch.retry_after is None else time.monotonic() + batch.retry_after
            self._session.live = None

    def _painted(self, started: float) -> None:
        """Paint less often on a slow or busy machine."""
        spent = time.monotonic() - started
        self._paint_next_at = started + min(max(_PAINTING_SHARE * spent, _PAUSE[0]), _PAUSE[1])

    # -- ending -------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """End the reply; what was written stays."""
        live = self._session.live
        if live is not None:
            live.stream.stop()
            self._host.later(_PATIENCE, partial(self._give_up, live))

    def _give_up(self, live: Live) -> None:
        """Abandon a reply whose model does not react to the request to stop; what was written stays."""
        if self._session.live is live:
            self._drain(live.stream)
        if self._session.live is live:
            live.turn.status = Status.STOPPED
            self._session.live = None
            self._transcript.refresh_turn(live.turn)
            self._callbacks.changed()

    def _count_down_to_retry(self, turn: Turn) -> None:
        """Show how long it is until the service answers again, where it has said so."""
        if self._stop_countdown is not None:
            self._stop_countdown()
            self._stop_countdown = None
        if turn.retry_at is not None:
            self._stop_countdown = self._host.every(1.0, partial(self._count_down, turn))

    def _count_down(self, turn: Turn) -> None:
        self._transcript.refresh_turn(turn)
        if self._stop_countdown is not None and (turn.retry_at is None or turn.retry_at <= time.monotonic()):
            self._stop_countdown()
            self._stop_countdown = None
