"""The controller of training: it opens the form, keeps the run that goes on behind the chat, and offers the model."""

from collections.abc import Mapping

from textual.app import App

from genchat.engine.errors import GenchatError
from genchat.engine.language import say
from genchat.engine.paths import paths
from genchat.engine.text import safe
from genchat.tui.screens.chat import ChatScreen
from genchat.tui.screens.training import Next, TrainingScreen
from genchat.tui.screens.training_form import TrainingForm
from genchat.tui.training.job import JobStatus, TrainingJob
from genchat.tui.training.order import TrainingOrder, known_texts


class TrainingController:
    """This controller holds the one run that is going on, or whose end nobody has looked at yet."""

    def __init__(self, app: App[int], chat: ChatScreen) -> None:
        self._app = app
        self._chat = chat
        self.job: TrainingJob | None = None

    def open(self) -> None:
        """Show the run that is going on, or the form to begin one."""
        if self.job is None:
            self._ask()
        else:
            self._watch(self.job)

    def _ask(self, form: Mapping[str, str] | None = None) -> None:
        home = paths()
        screen = TrainingForm(known_texts(home), home, form)
        self._app.push_screen(screen, lambda order: self._begin(order) if order is not None else None)

    def _begin(self, order: TrainingOrder) -> None:
        try:
            self.job = TrainingJob(order, paths(), lambda: self._app.call_later(self._ended))
        except GenchatError as error:
            self._app.notify(safe(str(error)), severity="error", markup=False)
        else:
            self._watch(self.job)

    def _watch(self, job: TrainingJob) -> None:
        def go_on(choice: Next | None) -> None:
            if job.status.over:
                self.job = None
            if choice == "talk":
                self._talk(job)
            elif choice == "again":
                self._ask({**job.order.form, "name": "" if job.status is JobStatus.KEPT else job.order.name})

        self._app.push_screen(TrainingScreen(job), go_on)

    def _ended(self) -> None:
        """List the new model, and notify the person unless the run is on the screen."""
        job = self.job
        if job is None:
            return
        self._chat.models.list_models()
        if not any(isinstance(screen, TrainingScreen) for screen in self._app.screen_stack):
            failed = job.status is JobStatus.FAILED
            text = say(f"training_screen.note_{job.status.name.lower()}", name=job.order.name)
            self._app.notify(safe(text), severity="error" if failed else "information", markup=False)

    def _talk(self, job: TrainingJob) -> None:
        kept = job.state().kept
        if kept is not None:
            self._chat.talk_to(kept.name, in_turns=kept.chat)
