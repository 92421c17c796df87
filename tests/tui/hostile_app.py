"""The real app over a model, a database and names that all attack the terminal. Run by test_pty_escapes in a pty.

Usage: python -m tests.tui.hostile_app FOLDER
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from genchat.engine.contract import (
    Backend,
    Capabilities,
    Event,
    Finish,
    ModelInfo,
    Notice,
    Passage,
    Passages,
    ReplySettings,
    Step,
    StopSignal,
)
from genchat.engine.conversation import Message, Role
from genchat.engine.distribution import top_k, unknown
from genchat.engine.errors import GenchatError
from genchat.engine.evidence import CorpusPlace, Evidence, NgramEvidence, NgramLevel, NgramShare
from genchat.engine.history import HistoryStore
from genchat.tui.app import GenchatApp
from tests.fakes import ByteTokenizer
from tests.tui.support import Listing, Source

ATTACKS = (
    "\x1b]0;PWNED\x07",  # window title
    "\x1b]52;c;UFdORUQ=\x07",  # clipboard
    "\x1b]8;;http://evil.example\x1b\\",  # hyperlink
    "\x1b[31337m",  # colours
    "\x1b[6n",  # makes the terminal type an answer
    "\x1bc",  # full reset
    "\x1bP1$tPWNED\x1b\\",  # device control string
    "\x1b_PWNED\x1b\\",  # application command
    "\x9b31337m",  # one-byte CSI
    "\x9d0;PWNED\x9c",  # one-byte OSC
    "\x90PWNED\x9c",  # one-byte device control string
    "\u202eDENWP\u202c",  # turns text around
    "\x1b]2;unterminated",
)
MARKUP = "[/] [b [@click=app.quit]hi[/] [link='x']"
HOSTILE = "".join(ATTACKS) + MARKUP


class _Vocabulary(ByteTokenizer):
    def token_bytes(self, token: int) -> bytes:
        return ATTACKS[token % len(ATTACKS)].encode()


class HostileBackend:
    """Every string it gives is an attack, and when asked twice it fails with one."""

    info = ModelInfo(HOSTILE, "gemini", 12, None, 0, "0" * 64, HOSTILE)
    capabilities = Capabilities("top-k")
    tokenizer = _Vocabulary()

    def __init__(self) -> None:
        self._asked = 0

    def reply(
        self, messages: Sequence[Message], settings: ReplySettings, should_stop: StopSignal | None = None
    ) -> Iterator[Event]:
        self._asked += 1
        if self._asked > 1:
            raise GenchatError("model_damaged", name=HOSTILE, reason=HOSTILE)
        place = Passage(1, HOSTILE, HOSTILE, HOSTILE, 0.5, (0, 5), {HOSTILE: 0.1}, {HOSTILE: 0.2})
        yield Passages((place,), HOSTILE, (HOSTILE,))
        yield Notice("chat.unknown_pieces", {"pieces": HOSTILE})
        # Character by character, so that no sequence is ever whole in one step.
        for position, character in enumerate(HOSTILE):
            known = top_k([(position % 13, -0.5), ((position + 1) % 13, -1.0)])
            yield Step(position, position % 13, character, -0.5, known, unknown("tui.panel.none"))
        yield Finish("end")

    def complete(self, text: str, settings: ReplySettings, should_stop: StopSignal | None = None) -> Iterator[Event]:
        return self.reply((), settings, should_stop)

    def explain(self, messages: Sequence[Message] | str, reply_tokens: Sequence[int]) -> Evidence | None:
        place = CorpusPlace(HOSTILE, 1, HOSTILE, 3, 9)
        share = (NgramShare(1, 1, 2, 0.5),)
        level = NgramLevel(1, (1, 2, 3), 2, 1.0, 1.0)
        return NgramEvidence(1, 5, (level,), dict.fromkeys(range(13), share), (1, 2), 3, (place,))


def main(folder: Path) -> None:
    """Fill a history with attacks and run the app on it."""
    with HistoryStore.open(folder / "history.db") as history:
        kept = history.new_conversation("chat", HOSTILE)
        history.add_message(kept, Role.USER, HOSTILE, None)
        backends = {"first": lambda: _backend(), HOSTILE: lambda: _backend()}
        listings = [Listing("first", HOSTILE, HOSTILE), Listing(HOSTILE, HOSTILE, HOSTILE, problem=HOSTILE)]
        GenchatApp(Source(backends, listings), history, ReplySettings(), "first").run()


def _backend() -> Backend:
    return HostileBackend()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
