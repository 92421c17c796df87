"""The controller of forks: it takes a candidate or a typed text at the open token, goes on from a reply that was cut,
and goes back to the branch a fork came from.

The model that wrote the reply goes on with it. If it is not open, it is opened first, and that is said; where it
cannot be had or is no longer the same, nothing is begun, and a note says what can be done instead.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from genchat.engine.contract import Backend, ReplySettings
from genchat.engine.conversation import Role
from genchat.engine.errors import GenchatError, UsageError
from genchat.engine.language import say
from genchat.engine.plugins.guard import reason_of
from genchat.engine.text import safe, safe_line
from genchat.tui.chat.dialogue import Status, Turn
from genchat.tui.chat.fork_request import DATA, Fork, check_room, forkable, known_tokens
from genchat.tui.chat.host import Host
from genchat.tui.chat.inspector import Inspector
from genchat.tui.chat.live_reply import LiveReply
from genchat.tui.chat.messages import ForkReady
from genchat.tui.chat.questions import Questions
from genchat.tui.chat.session import Session
from genchat.tui.widgets.transcript import Transcript

_BROKEN_OFF = (Status.STOPPED, Status.LENGTH, Status.INTERRUPTED, Status.ERROR, Status.CUT)


class Forking:
    """This controller begins forks and undoes them. `show` shows the conversation that the session holds."""

    def __init__(
        self,
        session: Session,
        host: Host,
        transcript: Transcript,
        inspector: Inspector,
        reply: LiveReply,
        show: Callable[[], object],
        edit: Callable[[Turn, str], object],
    ) -> None:
        self._session, self._host, self._transcript = session, host, transcript
        self._inspector, self._reply, self._show = inspector, reply, show
        self.questions = Questions(
            session, host, transcript, edit, lambda turn, text: reply.answer(reply.ask(text, in_place_of=turn))
        )

    @property
    def place(self) -> tuple[Turn, int] | None:
        """Return the open token."""
        return self._inspector.token

    @property
    def reply(self) -> Turn | None:
        """Return the reply under the cursor, or the last one."""
        cursor = self._transcript.cursor
        return cursor[0] if cursor is not None else self._session.dialogue.last_reply

    @property
    def broken_off(self) -> bool:
        """Return whether the reply under the cursor, or the last one, ended before its own end."""
        turn = self.reply
        return turn is not None and turn.status in _BROKEN_OFF and bool(turn.records)

    # -- taking a token -----------------------------------------------------------------------------------------

    def take(self, token: int) -> None:
        """Go on with another token at the open place; in a message of the person, write it there."""
        if self.place is not None:
            turn, index = self.place
            if turn.role is Role.USER:
                self.questions.rewrite(turn, index, (token,))
            else:
                self._begin(Fork(turn, index, (token,), "candidate"))

    def type_text(self) -> None:
        """Ask for a token or a text to go on with at the open place."""
        if self.place is not None:
            turn, index = self.place
            if turn.role is Role.USER:
                self.questions.type_text(turn, index)
            else:
                self._begin(Fork(turn, index, (), "typed"))

    def pick(self, turn: Turn, index: int, settings: ReplySettings) -> None:
        """Ask for a token or a text to go on with at a place of a reply, with other settings from there on."""
        self._begin(Fork(turn, index, (), "typed", settings))

    def draw(self, turn: Turn, index: int, settings: ReplySettings) -> None:
        """Go on from a place of a reply with other settings, token by token: the gate of the stream is held."""
        self._begin(Fork(turn, index, (), "drawn", settings))

    def take_with(self, turn: Turn, index: int, name: str, spelled: tuple[int, ...], token: int) -> None:
        """Have another model, which is open, go on with a token of its own; `spelled` is what stays, in its tokens."""
        fork, backend = Fork(turn, index, (token,), "candidate", None, name, spelled), self._session.pool.ready(name)
        if backend is None:
            self._host.note(say("fork.gone", name=safe_line(name), reason=""), error=True)
            return
        try:
            settings = self._settings_of(fork)
        except GenchatError as problem:
            self._host.note(str(problem), error=True)
            return
        self.ready(self._checked(fork, settings, backend, ""))

    def _ask(self, fork: Fork, settings: ReplySettings, backend: Backend) -> None:
        """Ask for the text of a typed fork, now that its model is open."""
        from genchat.engine.local_backend import local_backend_of
        from genchat.tui.chat.typed_text import TypedText
        from genchat.tui.screens.type_token import TypeScreen

        local = local_backend_of(backend)
        if local is None:
            return
        try:
            before = (*self._tokens_before(fork, backend), *fork.kept)
        except GenchatError as problem:
            self._host.note(str(problem), error=True)
            return
        opened = self._session.pool.made_by(fork.origin.speaker)
        lock = self._session.pool.model_lock(fork.origin.backend if opened is None else opened[0])
        typed = TypedText(local, lock, before)

        def chosen(text: str | None) -> None:
            if text is not None:
                taken = replace(fork, taken=typed.tokens(text))
                self.ready(ForkReady(taken, self._settings_of(taken), backend))

        self._host.ask(TypeScreen(fork.origin.records[fork.at].label, typed), chosen)

    def _tokens_before(self, fork: Fork, backend: Backend) -> tuple[int, ...]:
        local, context = forkable(backend, fork.origin, self._session.prompt_of(fork.origin))
        return (local.text_prompt(context) if isinstance(context, str) else local.prompt(context)).tokens

    def go_on(self) -> None:
        """Go on from the end of a reply that was stopped, or that reached its limit."""
        turn = self.reply
        if turn is None:
            return
        if turn.status not in _BROKEN_OFF:
            self._host.note(say("fork.ended"))
            return
        self._begin(Fork(turn, len(turn.records), (), "continued"))

    def _begin(self, fork: Fork) -> None:
        session, turn = self._session, fork.origin
        if session.live is not None:
            self._host.note(say("tui.still_writing"))
            return
        ready = session.backend_of(turn)
        try:
            checksum = self._checksum_of(turn)
            if ready is not None:
                forkable(ready, turn, session.prompt_of(turn), checksum)
            known_tokens(turn, fork.at)
            settings = self._settings_of(fork)
        except GenchatError as problem:
            self._host.note(str(problem), error=True)
            return
        if ready is not None:
            self.ready(self._checked(fork, settings, ready, checksum))
        else:
            self._host.note(say("fork.opening", name=safe_line(turn.backend)))
            self._host.work(partial(self._open, fork, settings, checksum), "fork", exclusive=True)

    def _settings_of(self, fork: Fork) -> ReplySettings:
        turn = fork.origin
        if turn.parent is None:
            raise UsageError("fork_without_tokens", name=turn.speaker)
        settings = fork.settings or turn.settings or self._session.settings_for(turn.parent)
        if fork.how == "continued":
            return replace(settings, max_tokens=fork.at + self._session.settings.max_tokens)
        return replace(settings, max_tokens=max(settings.max_tokens, fork.at + len(fork.taken)))

    def _checksum_of(self, turn: Turn) -> str:
        run = None if turn.stored is None else self._session.history.run(turn.stored)
        return "" if run is None else run.checksum

    def _checked(self, fork: Fork, settings: ReplySettings, backend: Backend, checksum: str) -> ForkReady:
        context = self._session.prompt_of(fork.origin)
        try:
            local, _ = forkable(backend, fork.origin, context, checksum)
            check_room(local, len(fork.taken))
        except GenchatError as problem:
            return ForkReady(fork, settings, None, safe(str(problem)))
        return ForkReady(fork, settings, backend)

    def _open(self, fork: Fork, settings: ReplySettings, checksum: str) -> None:
        name = fork.origin.backend
        try:
            backend = self._session.pool.open(name, self._session.progress)
        except GenchatError as problem:
            why = say("fork.gone", name=safe_line(name), reason=safe(str(problem)))
            self._host.post(ForkReady(fork, settings, None, why))
        except Exception as problem:  # a model of another author may raise anything
            why = say("fork.gone", name=safe_line(name), reason=reason_of(problem))
            self._host.post(ForkReady(fork, settings, None, why))
        else:
            self._host.post(self._checked(fork, settings, backend, checksum))

    def ready(self, message: ForkReady) -> None:
        """Begin the fork whose model is open, or say why it cannot be."""
        backend = message.backend
        if backend is None:
            self._host.note(message.error, error=True)
        elif self._session.live is not None:
            self._host.note(say("tui.still_writing"))
        elif message.fork.origin not in self._session.dialogue.path:
            return  # another conversation, or another branch, is shown by now
        elif message.fork.how == "typed" and not message.fork.taken:
            self._ask(message.fork, message.settings, backend)
        else:
            self._reply.go_on(message.fork, message.settings, lambda: backend)

    # -- going back ---------------------------------------------------------------------------------------------

    def origin_of(self, turn: Turn | None) -> tuple[Turn, int] | None:
        """Return the reply that `turn` was forked from, and the place; None for a reply that was not forked."""
        told = None if turn is None else turn.data.get(DATA)
        if turn is None or not isinstance(told, dict):
            return None
        number = told.get("from")
        origin = turn.forked_from or next(
            (other for other in turn.siblings if number is not None and other.stored == number), None
        )
        at = told.get("at")
        return None if origin is None or not isinstance(at, int) else (origin, at)

    def undo(self) -> None:
        """Show the branch again that the reply was forked from. The fork stays as another version."""
        turn = self.reply
        found = self.origin_of(turn)
        if turn is None or found is None:
            self._host.note(say("fork.nothing_to_undo"))
            return
        if self._session.live is not None:
            self._host.note(say("tui.still_writing"))
            return
        origin, at = found
        siblings = turn.siblings
        self._session.show_sibling(turn, siblings.index(origin) - siblings.index(turn))
        self._show()
        self._transcript.select(origin, min(at, len(origin.records) - 1))
