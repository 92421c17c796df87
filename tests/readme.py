"""What the README shows of the program: `python -m tests.readme` runs it and writes pictures and example anew.

In the pictures a person asks the built-in statistical model, and the token of the reply about which it was least
certain is opened. The same text, seed and model give the same picture, so a picture that differs shows a change.
"""

import asyncio
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from textual.pilot import Pilot

from genchat.engine.contract import ReplySettings
from genchat.engine.history import HistoryStore
from genchat.engine.language import say, use_language
from genchat.engine.paths import paths
from genchat.engine.registry import Registry
from genchat.engine.sampling import SamplingSettings
from genchat.engine.sampling.table import stage_settings
from genchat.engine.settings import Settings
from genchat.tui.app import GenchatApp
from genchat.tui.chat.reply_stream import ReplyStream
from genchat.tui.screens.screen_picture import self_contained
from tests.tui.support import chat, until
from tests.tui.support import say as tell

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "tui" / "pictures"
README = ROOT / "README.md"
_EXAMPLE = re.compile(r"(?<=\n)\$ genchat (?P<words>.*)\n(?P<shown>(?:.*\n)+?)(?=…\n```)")
_TABLE = re.compile(r"\| flag \| default \| what it does \|\n(?:\|.*\n)+")
SIZE = (120, 36)
QUESTIONS = (("Bom dia!",), ("How does a language model choose the next word?",), ("Good morning!", "What can I cook?"))
_SETTINGS = ReplySettings(SamplingSettings(temperature=0.5, top_p=0.9, seed=3))


async def draw(dark: bool, folder: Path) -> Path:
    """One picture, in a home of its own."""
    with HistoryStore.open(paths().history) as history:
        app = GenchatApp(Registry(paths(), Settings()), history, _SETTINGS, "ngram", dark=dark)
        async with app.run_test(size=SIZE) as pilot:
            screen = chat(app)
            await until(pilot, lambda: screen.session.backend is not None, tries=3000)
            for conversation in QUESTIONS:
                await pilot.press("ctrl+n")
                await _talk(pilot, conversation)
            await _open_the_least_certain(pilot)
            target = folder / f"chat-{'dark' if dark else 'light'}.svg"
            target.write_text(self_contained(app.export_screenshot(title="genchat")), encoding="utf-8")
            return target


async def _talk(pilot: Pilot[int], questions: Sequence[str]) -> None:
    for question in questions:
        await tell(pilot, question)


async def _open_the_least_certain(pilot: Pilot[int]) -> None:
    """The token drawn from the most open distribution, with its reasons."""
    app = pilot.app
    assert isinstance(app, GenchatApp)
    screen = chat(app)
    reply = screen.session.dialogue.last_reply
    assert reply is not None
    opened = max(range(len(reply.records)), key=lambda index: reply.records[index].drawn_entropy or 0.0)
    screen.transcript.focus()
    screen.transcript.select(reply, opened)
    await pilot.pause(1.0)  # for the reasons


def with_fresh_example(readme: str) -> str:
    """The README with what its example command prints now, down to the line of dots."""
    found = _EXAMPLE.search(readme)
    assert found is not None, "the README has no example that ends in a line of dots"
    command = [sys.executable, "-m", "genchat", *shlex.split(found["words"])]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    shown = "".join(done.stdout.splitlines(keepends=True)[: found["shown"].count("\n")])
    return readme[: found.start("shown")] + shown + readme[found.end("shown") :]


def sampling_table() -> str:
    """The list of what decides how a token is drawn, one line a setting, as the README holds it."""
    use_language("en")
    lines = ["| flag | default | what it does |", "|---|---|---|"]
    for setting in stage_settings():
        flag = "--" + setting.name.replace("_", "-")
        names = f"`{setting.short}`, `{flag}`" if setting.short else f"`{flag}`"
        default = f"`{setting.default}`" if setting.kind is str else f"{setting.default:g}"
        lines.append(f"| {names} | {default} | {say(f'sampling.help.{setting.name}')} |")
    return "\n".join(lines) + "\n"


def with_fresh_table(readme: str) -> str:
    """The README with the list of settings as it is now."""
    return _TABLE.sub(lambda _: sampling_table(), readme, count=1)


def main() -> None:
    """Write everything and say where it is."""
    PICTURES.mkdir(exist_ok=True)
    setattr(ReplyStream, "_speed", lambda stream: None)  # noqa: B010  # the one number that differs each time
    use_language("en")
    os.environ |= {"GENCHAT_LANGUAGE": "en", "GENCHAT_PLUGINS": "none"}
    for dark in (True, False):
        with tempfile.TemporaryDirectory() as home:
            os.environ["GENCHAT_HOME"] = home
            print(asyncio.run(draw(dark, PICTURES)))
            if dark:
                readme = with_fresh_table(with_fresh_example(README.read_text(encoding="utf-8")))
                README.write_text(readme, encoding="utf-8")
                print(README)


if __name__ == "__main__":
    main()
