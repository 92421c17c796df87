"""A page in a real browser: headless Chromium, driven by the DevTools protocol over its WebSocket.

A test that needs it asks for the fixture `browser` and is skipped, by name, where no Chromium is installed. Every
session starts a browser of its own with a profile that is thrown away.
"""

import base64
import itertools
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from websockets.sync.client import ClientConnection, connect

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PATIENCE = 60.0  # seconds until a browser that says nothing counts as broken
_KEYS = {
    "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "Escape": 27, "Tab": 9, "Enter": 13,
}  # fmt: skip


def chromium() -> str | None:
    """The program, or None where there is none."""
    named = os.environ.get("GENCHAT_CHROMIUM")
    return named or next((found for name in _NAMES if (found := shutil.which(name))), None)


class Page:
    """One tab. `requests` are the addresses that it asked for, `troubles` what its console complained of.

    `blocked` are those of them that the policy of the page held back.
    """

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._numbers = itertools.count(1)
        self._loaded = False
        self.requests: list[str] = []
        self.blocked: list[str] = []
        self.troubles: list[str] = []
        self._addresses: dict[str, str] = {}  # of the requests, by their ids
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command of the protocol and its result."""
        number = next(self._numbers)
        self._connection.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = self._next()
            if message.get("id") == number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                result: dict[str, Any] = message["result"]
                return result

    def _next(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self._connection.recv(timeout=_PATIENCE))
        parameters = message.get("params", {})
        match message.get("method"):
            case "Page.loadEventFired":
                self._loaded = True
            case "Network.requestWillBeSent":
                self.requests.append(parameters["request"]["url"])
                self._addresses[parameters["requestId"]] = parameters["request"]["url"]
            case "Network.loadingFailed" if parameters.get("blockedReason") == "csp":
                self.blocked.append(self._addresses[parameters["requestId"]])
            case "Log.entryAdded":
                self.troubles.append(parameters["entry"]["text"])
            case "Runtime.exceptionThrown":
                self.troubles.append(json.dumps(parameters["exceptionDetails"]))
            case "Page.javascriptDialogOpening":
                self.troubles.append(f"dialog: {parameters['message']}")
        return message

    def open(self, path: Path) -> None:
        """Open a file and wait until it is loaded."""
        self._loaded = False
        self.requests.clear()
        self.blocked.clear()
        self.troubles.clear()
        self.call("Page.navigate", url=path.as_uri())
        while not self._loaded:
            self._next()

    def value(self, expression: str) -> Any:
        """The value of an expression of JavaScript, awaited if it is a promise."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(json.dumps(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def painted(self) -> None:
        """Wait until everything so far has been painted."""
        self.value("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))")

    def press(self, *keys: str) -> None:
        """Press keys one after another, as the person at the keyboard does."""
        for key in keys:
            code = _KEYS.get(key)
            common: dict[str, Any] = {"key": key}
            if code is not None:
                common["windowsVirtualKeyCode"] = code
            text = {} if code is not None else {"text": key}
            self.call("Input.dispatchKeyEvent", type="keyDown", **common, **text)
            self.call("Input.dispatchKeyEvent", type="keyUp", **common)

    def point(self, selector: str, *, click: bool = False) -> None:
        """Move the mouse over the middle of the first element of a selector, and click it if asked to."""
        place = self.value(
            f"[document.querySelector({json.dumps(selector)})].map((at) => {{ at.scrollIntoView({{ block: 'center' }});"
            " const box = at.getClientRects()[0]; return [box.left + box.width / 2, box.top + box.height / 2]; })[0]"
        )
        where = {"x": place[0], "y": place[1]}
        self.call("Input.dispatchMouseEvent", type="mouseMoved", **where)
        if click:
            for kind in ("mousePressed", "mouseReleased"):
                self.call("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **where)

    def appear(self, width: int = 1280, height: int = 900, *, dark: bool = False, phone: bool = False) -> None:
        """The size of the window and the theme of the device."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def picture(self, path: Path) -> None:
        """Write what is seen as a PNG."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))

    def printed(self) -> bytes:
        """The page as a PDF."""
        return base64.b64decode(self.call("Page.printToPDF")["data"])


@contextmanager
def running(program: str, profile: Path) -> Iterator[Page]:
    """A browser with one tab. Its profile is a folder that does not exist yet."""
    process = subprocess.Popen(
        [
            program,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--remote-debugging-port=0",
            f"--user-data-dir={profile}",
            "about:blank",
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        with connect(_address(process, profile), max_size=None) as connection:
            yield Page(connection)
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
        process.wait()


def _address(process: "subprocess.Popen[bytes]", profile: Path) -> str:
    """Where the tab of a browser that was just started listens."""
    announced = profile / "DevToolsActivePort"
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and process.poll() is None:
        with suppress(OSError, ValueError, StopIteration):
            port = int(announced.read_text().split()[0])
            with urlopen(f"http://127.0.0.1:{port}/json/list", timeout=_PATIENCE) as answer:
                return next(str(tab["webSocketDebuggerUrl"]) for tab in json.load(answer) if tab["type"] == "page")
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
    raise RuntimeError("the browser did not start")
