"""The controller that lists, chooses and opens models, and shows its progress in the header."""

from functools import partial

from textual.worker import NoActiveWorker, get_current_worker

from genchat.engine.errors import GenchatError
from genchat.engine.language import say
from genchat.engine.text import safe, safe_line
from genchat.tui.chat.dialogue import Status
from genchat.tui.chat.host import Host
from genchat.tui.chat.messages import BackendFailed, BackendOpened, LoadProgress, ModelsListed
from genchat.tui.chat.session import Session
from genchat.tui.widgets.header import Header


class LeftError(Exception):
    """The screen was left while a model was being opened."""


def _left() -> bool:
    try:
        return get_current_worker().is_cancelled
    except NoActiveWorker:
        return False


class ModelSwitcher:
    """This controller lists and opens models; nothing else sets `session.model`."""

    def __init__(self, session: Session, host: Host, header: Header) -> None:
        self._session = session
        self._host = host
        self._header = header
        session.progress = self.progressed

    def list_models(self, *, pick: bool = False) -> None:
        """Find out which models there are; with `pick`, let the person choose one."""

        def look() -> None:
            self._session.list_models()
            self._host.post(ModelsListed(pick))

        self._host.work(look, "models")

    def listed(self, message: ModelsListed) -> None:
        """Show the models, which are known now."""
        session = self._session
        if session.backend is None:
            self._header.show_backend(session.family_of(session.model), session.model, None)
        if message.pick:
            from genchat.tui.screens.models import ModelsScreen

            picker = ModelsScreen(session.listings, session.model)
            self._host.ask(picker, lambda name: self.load(name) if name is not None else None)

    def progressed(self, key: str, share: float) -> None:
        """Report how far the opening of a model has come.

        Any thread may call this. Raises LeftError once nobody waits for the model.
        """
        if _left():
            raise LeftError
        self._host.post(LoadProgress(say(key), share))

    def load(self, name: str) -> None:
        """Use another model from the next turn on."""
        session = self._session
        session.model = name
        self._header.show_backend(session.family_of(name), name, None)
        backend = session.backend
        if backend is not None:
            self._host.post(BackendOpened(name, backend))
            return
        self.show_progress()
        self._host.work(partial(self._load, name), "load")

    def _load(self, name: str) -> None:
        try:
            backend = self._session.pool.open(name, self.progressed)
        except GenchatError as error:
            self._host.post(BackendFailed(name, safe(str(error))))
        except Exception as error:
            reason = safe(f"{type(error).__name__}: {error}")
            self._host.post(BackendFailed(name, say("tui.load_failed", name=safe_line(name), reason=reason)))
        else:
            self._host.post(BackendOpened(name, backend))

    def opened(self, message: BackendOpened) -> None:
        """Show that a model is ready."""
        if message.name == self._session.model:
            info = message.backend.info
            self._header.show_backend(info.family, info.name, info)
            self.show_progress()

    def failed(self, message: BackendFailed) -> None:
        """Show that a model could not be opened."""
        if message.name == self._session.model:
            self._header.show_problem(say("tui.header.failed"))
            if self._session.live is None:
                self._host.note(message.error, error=True)

    def show_progress(self) -> None:
        """Show in the header how the reply is coming, or that the model is still loading."""
        live = self._session.live
        if live is not None:
            self._header.show_progress(live.turn.status, live.turn.tokens_per_second)
        elif self._session.backend is None:
            self._header.show_progress(Status.WAITING, None)
        else:
            last = self._session.dialogue.last_reply
            self._header.show_progress(None, last.tokens_per_second if last is not None else None)
