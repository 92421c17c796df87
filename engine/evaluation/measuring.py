"""One model measured on texts: bits per byte, perplexity, speed and memory. Each model in a process of its own.

A process of its own makes the memory honest: its peak is what this model alone needed, Python and libraries included.
"""

import multiprocessing
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from genchat.corpora.loader import parse_dialogues
from genchat.engine.contract import HasTemplate
from genchat.engine.conversation import ChatTemplate, template_for
from genchat.engine.decoding import generate
from genchat.engine.errors import GenchatError, TextUnusable
from genchat.engine.evaluation.pricing import Price, Scope, price_dialogues, price_text
from genchat.engine.paths import Paths
from genchat.engine.sampling import SamplingSettings
from genchat.engine.settings import Settings

if TYPE_CHECKING:
    from genchat.engine.contract import Backend, LanguageModel

_WRITTEN = 128  # tokens drawn to time writing
_LEAD_IN = 64  # tokens of the text that stand before them


@dataclass(frozen=True)
class EvalText:
    """This is a text to measure on. The scopes "replies" and "all" want it in the form of a dialogue file."""

    name: str
    text: str
    scope: Scope = "text"


@dataclass(frozen=True)
class Measurement:
    """One model was measured on one text. Speeds are tokens a second; `peak_memory` is bytes, None where unknown."""

    model: str
    family: str
    text: str
    scope: Scope
    price: Price
    read_speed: float
    write_speed: float
    load_seconds: float
    peak_memory: int | None


@dataclass(frozen=True)
class Failure:
    """A model could not be measured, and `error` says why."""

    model: str
    error: GenchatError


def measure_each(
    models: Sequence[str], texts: Sequence[EvalText], paths: Paths, settings: Settings
) -> Iterator[list[Measurement] | Failure]:
    """The function gives, for each model in turn, one measurement per text, or says why there is none."""
    for name in models:
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            try:
                yield pool.submit(_in_own_process, name, texts, paths, settings).result()
            except GenchatError as error:
                yield Failure(name, error)
            except BrokenProcessPool:
                yield Failure(name, GenchatError("measuring_died", model=name))


def _in_own_process(name: str, texts: Sequence[EvalText], paths: Paths, settings: Settings) -> list[Measurement]:
    from genchat.engine.registry import Registry

    started = time.perf_counter()
    backend = Registry(paths, settings).open(name)
    return measure(backend, name, texts, time.perf_counter() - started)


def measure(backend: "Backend", name: str, texts: Sequence[EvalText], load_seconds: float = 0.0) -> list[Measurement]:
    """The function measures `backend` on every text, in this process.

    Raises UsageError for a backend without exact distributions, TextUnusable for broken dialogues.
    """
    from genchat.engine.registry import language_model

    model = language_model(backend)
    template = backend.template if isinstance(backend, HasTemplate) else template_for(model.tokenizer)
    measurements = []
    for text in texts:
        started = time.perf_counter()
        price = _price(model, template, text)
        read_speed = price.tokens / max(time.perf_counter() - started, 1e-9)
        write_speed = _write_speed(model, text.text)
        measurements.append(
            Measurement(
                name,
                model.info.family,
                text.name,
                text.scope,
                price,
                read_speed,
                write_speed,
                load_seconds,
                peak_memory(),
            )
        )
    return measurements


def _price(model: "LanguageModel", template: ChatTemplate, text: EvalText) -> Price:
    if text.scope == "text":
        return price_text(model, text.text)
    try:
        dialogues = parse_dialogues(text.text, text.name, "")
    except ValueError as error:
        raise TextUnusable("dialogues_broken", reason=error) from None
    return price_dialogues(model, template, dialogues, text.scope)


def _write_speed(model: "LanguageModel", text: str) -> float:
    lead_in = model.tokenizer.encode(text[: 16 * _LEAD_IN])[:_LEAD_IN]
    cursor = model.start(lead_in)
    started = time.perf_counter()
    steps = list(generate(model, lead_in, SamplingSettings(seed=0), max_tokens=_WRITTEN, cursor=cursor))
    return len(steps) / max(time.perf_counter() - started, 1e-9)


def peak_memory() -> int | None:
    """These are the most bytes of memory this process has held so far; None where the system does not say."""
    try:
        for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        import resource
    except ImportError:  # Windows
        return None
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size if sys.platform == "darwin" else size * 1024
