"""The part of the chat screen that deals with models: which there are, choosing one, opening it."""

from functools import partial

from textual import on
from textual.worker import NoActiveWorker, get_current_worker

from genchat.engine.errors import GenchatError
from genchat.engine.language import say
from genchat.engine.text import safe, safe_line
from genchat.tui.chat.dialogue import Status
from genchat.tui.chat.inspector import Inspector
from genchat.tui.chat.messages import BackendFailed, BackendOpened, LoadProgress, ModelsListed
from genchat.tui.screens.conversing import ConversingScreen
from genchat.tui.widgets.header import Header


class LeftError(Exception):
    """The screen was left while a model was being opened."""


def _left() -> bool:
    try:
        return get_current_worker().is_cancelled
    except NoActiveWorker:
        return False


class ModelChoosingScreen(ConversingScreen):
    """Base of the chat screen, which makes the header and the inspector."""

    header: Header
    inspector: Inspector

    def list_models(self, *, pick: bool = False) -> None:
        """Look which models there are; with `pick`, let the person choose."""

        def look() -> None:
            self.session.list_models()
            self.post_message(ModelsListed(pick))

        self.run_worker(look, thread=True, exit_on_error=False, group="models")

    @on(ModelsListed)
    def _models_listed(self, message: ModelsListed) -> None:
        if self.session.backend is None:
            self.header.show_backend(self.session.family_of(self.session.model), self.session.model, None)
        if message.pick:
            from genchat.tui.screens.models import ModelsScreen

            picker = ModelsScreen(self.session.listings, self.session.model)
            self.app.push_screen(picker, lambda name: self.load_backend(name) if name is not None else None)

    def action_models(self) -> None:
        """Talk to another model."""
        self.list_models(pick=True)

    def load_progress(self, key: str, share: float) -> None:
        """How far the opening of a model has come; from any thread. Raises LeftError once nobody waits for it."""
        if _left():
            raise LeftError
        self.post_message(LoadProgress(say(key), share))

    def load_backend(self, name: str) -> None:
        """Talk to another model from the next turn on."""
        self.session.model = name
        self.header.show_backend(self.session.family_of(name), name, None)
        backend = self.session.backend
        if backend is not None:
            self.post_message(BackendOpened(name, backend))
            return
        self.show_progress()
        self.run_worker(partial(self._load, name), thread=True, exit_on_error=False, group="load")

    def _load(self, name: str) -> None:
        try:
            backend = self.session.desk.open(name, self.load_progress)
        except GenchatError as error:
            self.post_message(BackendFailed(name, safe(str(error))))
        except Exception as error:
            reason = safe(f"{type(error).__name__}: {error}")
            self.post_message(BackendFailed(name, say("tui.load_failed", name=safe_line(name), reason=reason)))
        else:
            self.post_message(BackendOpened(name, backend))

    @on(LoadProgress)
    def _load_progressed(self, message: LoadProgress) -> None:
        self.header.show_loading(message.name, message.share)

    @on(BackendOpened)
    def _backend_opened(self, message: BackendOpened) -> None:
        if message.name == self.session.model:
            info = message.backend.info
            self.header.show_backend(info.family, info.name, info)
            self.show_progress()
        if self.inspector.token is None:
            self.inspector.clear()
        else:
            self.inspector.open(*self.inspector.token)

    @on(BackendFailed)
    def _backend_failed(self, message: BackendFailed) -> None:
        if message.name == self.session.model:
            self.header.show_problem(say("tui.header.failed"))
            if self.session.live is None:
                self.note(message.error, error=True)

    def show_progress(self) -> None:
        """In the header: how the reply comes, or that the model is still loading."""
        live = self.session.live
        if live is not None:
            self.header.show_progress(live.turn.status, live.turn.tokens_per_second)
        elif self.session.backend is None:
            self.header.show_progress(Status.WAITING, None)
        else:
            last = self.session.dialogue.last_reply
            self.header.show_progress(None, last.tokens_per_second if last is not None else None)
