"""Opening a plug-in: its code is loaded and called in a thread of its own, so that one that hangs holds up nobody.

The thread is a daemon: Ctrl-C ends the program while it still loads, and leaving the screen does not wait for it.
"""

import math
import threading
from collections.abc import Callable
from typing import Any

from genchat.engine.contract import Backend
from genchat.engine.errors import PluginError
from genchat.engine.plugins.border import CheckedBackend, CheckedLocalBackend
from genchat.engine.plugins.discovery import Plugin
from genchat.engine.plugins.guard import Guard
from genchat.engine.plugins.options import Options, arguments_for

Progress = Callable[[str, float], None]  # see engine.open_request
_GLANCE = 0.1  # seconds between two looks, so that Ctrl-C is seen in between


def open_plugin(plugin: Plugin, options: Options, timeout: float, progress: Progress | None = None) -> Backend:
    """The plug-in's backend, behind the border. While it loads, `progress` is told so; what that raises ends the wait.

    Raises PluginError for one that fails, does not keep the contract or takes longer than `timeout` seconds;
    SettingsError for an option it does not know; and whatever of genchat's own errors it raises itself.
    """

    def make() -> Backend:
        factory = plugin.point.load()
        positional, named = arguments_for(factory, plugin.name, options)
        return behind_the_border(factory(*positional, **named), plugin.name)

    opened: Backend = _in_own_thread(make, plugin.name, timeout, progress)
    return opened


def load_code(plugin: Plugin, timeout: float) -> None:
    """Import the plug-in's code without opening anything. Raises PluginError."""
    _in_own_thread(plugin.point.load, plugin.name, timeout)


def behind_the_border(opened: Any, name: str) -> Backend:
    """A LanguageModel or a Backend as the rest of genchat may use it. Raises PluginError for anything else."""
    from genchat.engine.local_backend import LocalBackend
    from genchat.engine.plugins.checked_model import CheckedModel

    if isinstance(opened, LocalBackend):
        return CheckedLocalBackend(opened, name)
    if hasattr(opened, "reply"):
        return CheckedBackend(opened, name)
    if hasattr(opened, "start"):
        return CheckedLocalBackend(LocalBackend(CheckedModel.around(opened, name)), name)
    raise PluginError("plugin_gives_no_backend", name=name, kind=type(opened).__name__)


def _in_own_thread(work: Callable[[], Any], name: str, timeout: float, progress: Progress | None = None) -> Any:
    done = threading.Event()
    results: list[Any] = []
    raised: list[BaseException] = []

    def run() -> None:
        try:
            with Guard(name, key="backend_failed_to_load"):
                results.append(work())
        except BaseException as error:
            raised.append(error)
        finally:
            done.set()

    threading.Thread(target=run, name=f"genchat plug-in {name}", daemon=True).start()
    waited = 0.0
    while not done.wait(min(_GLANCE, max(timeout - waited, 0.0))):
        waited += _GLANCE
        if waited >= timeout:
            raise PluginError("plugin_loads_too_long", name=name, seconds=f"{timeout:g}")
        if progress is not None:
            progress("plugins.loading", math.nan)
    if raised:
        raise raised[0]
    return results[0]
