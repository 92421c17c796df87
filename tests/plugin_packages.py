"""Packages that bring backends, written into a folder as if they were installed: some work, most of them fail."""

from collections.abc import Mapping
from pathlib import Path

BACKENDS = '''
import sys
import threading
import numpy as np
from genchat import (
    Capabilities, Finish, GenchatError, ModelInfo, Notice, Passage, Passages, Step, UsageError, find_key, unknown,
)
from tests.fakes import HashModel

NOTHING = unknown("no probabilities, by design")
GATE = threading.Event()


class Words:
    """Yields what `events` gives."""

    info = ModelInfo("words", "a family of my own", 0, None, 0, "")
    capabilities = Capabilities("none", can_fork=False, can_score=False, can_explain=False)
    tokenizer = None

    def __init__(self, events=()):
        self.events = events

    def reply(self, messages, settings, should_stop=None):
        yield word("so far ")
        yield from self.events() if callable(self.events) else self.events

    def complete(self, text, settings, should_stop=None):
        return self.reply((), settings, should_stop)

    def explain(self, messages, reply_tokens):
        return None


def word(text, position=0, **more):
    return Step(position, None, text, None, NOTHING, NOTHING, **more)


def raising(error):
    def events():
        raise error
        yield
    return lambda: Words(events)


def yielding(*events):
    return lambda: Words(events)


works = yielding(word("good", 1), Finish("end"))
own_error = raising(GenchatError("quota used up\\x1b]0;owned\\x07, {later}"))
own_notice = yielding(Notice("my own notice\\x1b[2J"), word("x", 1), Finish("end"))
middle = raising(ZeroDivisionError("no\\x1b[2J luck"))
leaves = raising(SystemExit(0))
interrupts = raising(KeyboardInterrupt())
string = yielding("a string")
nothing = yielding(None)
surrogate = yielding(word("\\udc80", 1))
no_end = yielding(word("x", 1))
nan = yielding(Step(1, None, "x", float("nan"), NOTHING, NOTHING))
no_distribution = yielding(Step(1, None, "x", None, None, NOTHING))
odd_finish = yielding(Finish("bored"))
odd_passage = yielding(Passages((Passage(1, "a", "b", "c", float("nan")),), "mine"))


def missing_field():
    def events():
        yield Step(1, None, "x", None, NOTHING)
    return Words(events)


def exit_at_load():
    sys.exit(0)


def interrupt_at_load():
    raise KeyboardInterrupt


def error_at_load():
    raise GenchatError("not today")


def gives_none():
    return None


def slow():
    GATE.wait()
    return works()


class Old:
    """A backend of a contract before there were capabilities."""

    info = ModelInfo("old", "plugin", 0, None, 0, "")
    tokenizer = None

    def reply(self, messages, settings, should_stop=None):
        yield Finish("end")

    def complete(self, text, settings, should_stop=None):
        yield Finish("end")


class _OldCursor:
    def log_probs(self): ...
    def advance(self, token): ...
    def fork(self): ...


class OldModel(HashModel):
    def start(self, tokens):
        return _OldCursor()


class Unnormalised(HashModel):
    def start(self, tokens):
        cursor = super().start(tokens)
        cursor.log_probs = lambda: np.zeros(self.info.vocabulary_size, dtype=np.float32)
        return cursor


class _Unlabelled(type(HashModel.tokenizer)):
    def token_bytes(self, token):
        raise LookupError("no bytes")


class Unlabelled(HashModel):
    tokenizer = _Unlabelled()


def options_mapping(options):
    return yielding(word(f"{dict(options)}", 1), Finish("end"))()


def options_named(word_said="hello", times=1):
    if times < 1:
        raise UsageError("times must be 1 or more")
    return yielding(word(word_said * times, 1), Finish("end"))()


def options_needed(*, address):
    return yielding(word(address, 1), Finish("end"))()


def keyed():
    key = find_key("keyed")
    said = "without a key" if key is None else f"key of {len(key.value)}: {key.value}"
    return yielding(word(said, 1), Finish("end"))()


def prints():
    print("\\x1b[2Jprinted at load")
    def events():
        print("\\x1b[2Jprinted in the reply")
        yield word("quiet", 1)
        yield Finish("end")
    return Words(events)
'''
WORKING = ("works", "own_error", "own_notice", "middle", "leaves", "interrupts", "string", "nothing", "surrogate")
NAMES = (
    *WORKING, "no_end", "nan", "no_distribution", "odd_finish", "odd_passage", "missing_field", "exit_at_load",
    "interrupt_at_load", "error_at_load", "gives_none", "slow", "Old", "OldModel", "Unnormalised", "Unlabelled",
    "options_mapping", "options_named", "options_needed", "keyed", "prints",
)  # fmt: skip


def install(folder: Path, package: str, points: Mapping[str, str], code: Mapping[str, str]) -> Path:
    """Write a distribution with the entry points `points` (name -> "module:attribute") and the modules `code`."""
    information = folder / f"{package}-1.0.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    lines = "".join(f"{name} = {place}\n" for name, place in points.items())
    (information / "entry_points.txt").write_text(f"[genchat.backends]\n{lines}")
    for name, text in code.items():
        (folder / f"{name}.py").write_text(text)
    return folder


def install_faults(folder: Path) -> Path:
    """The package "faulty", whose backends are those of BACKENDS."""
    return install(folder, "faulty", {name: f"faulty:{name}" for name in NAMES}, {"faulty": BACKENDS})
